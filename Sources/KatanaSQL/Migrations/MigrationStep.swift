/// A step of a schema in the words of one database.
package struct MigrationStep: Sendable {
  package let version: String
  package let name: String
  package let checksum: String
  package let up: String
  package let down: String?

  package init(version: String, name: String, checksum: String, up: String, down: String? = nil) {
    self.version = version
    self.name = name
    self.checksum = checksum
    self.up = up
    self.down = down
  }

  /// `0003_reviews`
  package var label: String { version == name ? name : "\(version)_\(name)" }

  /// Whether a text asks for statements that cannot stand in a transaction (`CREATE INDEX CONCURRENTLY`): by a line
  /// `-- migrate: no transaction`, or goose's `-- +goose NO TRANSACTION`.
  static func isOutsideTransaction(_ text: String) -> Bool {
    text.split(separator: "\n").contains { line in
      let words = line.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
      return words == "-- migrate: no transaction" || words == "-- +goose no transaction"
    }
  }

  /// By number where versions are numbers (`1.9` before `1.10`), else by text; numbers come first.
  static func isBefore(_ a: String, _ b: String) -> Bool {
    guard let left = numbers(a), let right = numbers(b) else {
      return numbers(a) != nil || numbers(b) == nil && a < b
    }
    for (l, r) in zip(left, right) where l != r { return (l.count, l) < (r.count, r) }
    return left.count < right.count
  }

  /// Without leading zeros; nil for a version that is no number.
  private static func numbers(_ version: String) -> [String]? {
    let parts = version.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isASCII && $0.isNumber } }) else { return nil }
    return parts.map { String($0.drop { $0 == "0" }) }
  }

  /// The steps of generated code for a database.
  ///
  /// - Throws: ``SQLMigrationError`` for a step that is not there in its dialect.
  package static func steps(
    _ migrations: [SQLMigration],
    for dialect: SQLDialect
  ) throws(SQLMigrationError) -> [MigrationStep] {
    var steps: [MigrationStep] = []
    for migration in migrations {
      guard let up = dialect == .postgres ? migration.postgres : migration.sqlite else {
        throw SQLMigrationError(
          "the migration \(migration.version)_\(migration.name) has no text for SQLite",
          remedy: "generate the code with 'katana gen sql --sqlite', which says what cannot be translated"
        )
      }
      steps.append(
        MigrationStep(
          version: migration.version,
          name: migration.name,
          checksum: migration.checksum,
          up: up
        )
      )
    }
    return steps
  }
}

/// Why a database is not brought to another version, and what to do.
public struct SQLMigrationError: Error, Sendable, CustomStringConvertible {
  public let message: String
  public let remedy: String?
  /// What the database said.
  public let cause: SQLError?

  package init(_ message: String, remedy: String? = nil, cause: SQLError? = nil) {
    self.message = message
    self.remedy = remedy
    self.cause = cause
  }

  public var description: String {
    message + (cause.map { ": \($0)" } ?? "") + (remedy.map { "; \($0)" } ?? "")
  }
}
