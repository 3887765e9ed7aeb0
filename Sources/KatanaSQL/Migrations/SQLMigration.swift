/// A step of a schema, as generated code carries it for a service that brings its own database up to date.
public struct SQLMigration: Sendable {
  /// What orders the steps and names them in the database.
  public let version: String
  public let name: String
  /// Statements for PostgreSQL.
  public let postgres: String
  /// Statements for SQLite; nil where the step was not translated.
  public let sqlite: String?
  /// SHA-256 of the file, in hexadecimal digits: a step that was applied must not change.
  public let checksum: String

  public init(version: String, name: String, postgres: String, sqlite: String? = nil, checksum: String) {
    self.version = version
    self.name = name
    self.postgres = postgres
    self.sqlite = sqlite
    self.checksum = checksum
  }
}
