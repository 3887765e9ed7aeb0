import KatanaContract

/// Everything that a folder of SQL files says: the seam between those who read SQL and those who write Swift.
public struct QueryContract: Sendable {
  /// The types that the migrations create and a query uses, in the order of their names.
  public var types: [UserType]
  /// In the order of their paths.
  public var files: [QueryFile]
  /// In the order in which they are applied.
  public var migrations: [Migration]

  public init(types: [UserType], files: [QueryFile], migrations: [Migration]) {
    self.types = types
    self.files = files
    self.migrations = migrations
  }
}

/// An enum, a composite type (a table's row among them) or a domain of the schema.
public struct UserType: Sendable {
  public enum Kind: Sendable {
    /// The labels in their order, which is how PostgreSQL compares them.
    case enumeration(labels: [String])
    case composite(fields: [(name: String, type: SQLType)])
    case domain(base: SQLType, isNotNull: Bool)
  }

  public var schema: String
  /// Without the schema where that is `public`, else with it: `audit.severity`. ``SQLType`` refers to it by this name.
  public var name: String
  public var kind: Kind
  /// Where a migration creates it; nil for one that is only in the database.
  public var location: Location?

  public init(schema: String, name: String, kind: Kind, location: Location? = nil) {
    self.schema = schema
    self.name = name
    self.kind = kind
    self.location = location
  }
}

/// One file of queries, which becomes one repository.
public struct QueryFile: Sendable {
  /// The file's name without `.sql`.
  public var name: String
  /// As the user's command leads to it.
  public var path: String
  /// In the order in which they are written.
  public var queries: [Query]

  public init(name: String, path: String, queries: [Query]) {
    self.name = name
    self.path = path
    self.queries = queries
  }
}

extension QueryContract {
  /// Whether every step and every query has a text for SQLite, too.
  public var isTranslatedToSQLite: Bool {
    migrations.allSatisfy { $0.sqliteUp != nil } && files.allSatisfy { $0.queries.allSatisfy { $0.sqlite != nil } }
  }
}

/// One step of the schema.
public struct Migration: Sendable {
  /// What orders the migrations and names them in the database: the digits that the file's name begins with, else the
  /// whole name.
  public var version: String
  /// The file's name without version and suffixes.
  public var name: String
  public var path: String
  public var up: String
  public var down: String?
  /// The same for SQLite; nil where it has not been translated.
  public var sqliteUp: String?
  public var sqliteDown: String?
  /// SHA-256 of the bytes of the file (of the one that goes up, where there are two), in hexadecimal digits.
  public var checksum: String

  public init(
    version: String,
    name: String,
    path: String,
    up: String,
    down: String? = nil,
    sqliteUp: String? = nil,
    sqliteDown: String? = nil,
    checksum: String
  ) {
    self.version = version
    self.name = name
    self.path = path
    self.up = up
    self.down = down
    self.sqliteUp = sqliteUp
    self.sqliteDown = sqliteDown
    self.checksum = checksum
  }
}
