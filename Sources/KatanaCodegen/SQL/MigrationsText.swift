import KatanaQueries

/// The migrations, for a service that brings its database up to date by itself.
struct MigrationsText {
  let migrations: [Migration]

  func write(to text: inout SwiftText) {
    text.line()
    text.doc("The steps of the schema, in their order.")
    text.block("public enum Migrations {") { text in
      text.line("public static let all: [SQLMigration] = [")
      text.indented { text in
        for migration in migrations {
          text.line("SQLMigration(")
          text.indented { text in
            text.line("version: \(swiftLiteral(migration.version)), name: \(swiftLiteral(migration.name)),")
            text.string("postgres: ", migration.up, migration.sqliteUp == nil ? "," : ",")
            if let sqlite = migration.sqliteUp { text.string("sqlite: ", sqlite, ",") }
            text.line("checksum: \(swiftLiteral(migration.checksum))),")
          }
        }
      }
      text.line("]")
    }
  }
}
