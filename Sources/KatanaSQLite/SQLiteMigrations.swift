import CSQLite
import KatanaSQL

extension SQLiteDatabase {
  /// Brings the database to the schema of this program before it serves: applies what was not applied, each step in a
  /// transaction of its own. Other processes that do the same wait for each other. Blocks the calling thread.
  ///
  /// Foreign keys are not looked at while a step runs, since tables are made anew in it, and all of them at its end.
  ///
  /// - Returns: how many steps were applied.
  /// - Throws: ``SQLMigrationError`` when a step fails, which leaves nothing behind, or when the database has been
  ///   brought to its schema by other steps than these.
  @discardableResult
  public func migrate(_ migrations: [SQLMigration]) throws(SQLMigrationError) -> Int {
    try Migrator(migrationSession(), MigrationStep.steps(migrations, for: .sqlite)).up()
  }

  package func migrationSession() -> any MigrationSession { SQLiteMigrationSession(self) }
}

/// The connection that was open first.
private final class SQLiteMigrationSession: MigrationSession {
  /// How long another process may take for a step.
  private static let lockTimeoutMilliseconds: Int32 = 60_000

  private let database: SQLiteDatabase

  init(_ database: SQLiteDatabase) { self.database = database }

  var dialect: SQLDialect { .sqlite }

  func execute(_ text: String) throws(SQLError) {
    try database.start { connection throws(SQLError) in
      connection.resetClock()
      try connection.execute(text)
    }
  }

  func rows(_ text: String) throws(SQLError) -> [[String?]] {
    try database.start { connection throws(SQLError) in
      var statement: OpaquePointer?
      let code = sqlite3_prepare_v2(connection.handle, text, -1, &statement, nil)
      defer { sqlite3_finalize(statement) }
      if code != SQLITE_OK { throw connection.failure(code) }
      var rows: [[String?]] = []
      while true {
        let code = sqlite3_step(statement)
        if code == SQLITE_DONE { return rows }
        if code != SQLITE_ROW { throw connection.failure(code) }
        rows.append(
          (0..<sqlite3_column_count(statement)).map { column in
            sqlite3_column_text(statement, column).map { String(cString: $0) }
          }
        )
      }
    }
  }

  // A transaction of SQLite that writes is alone: it is the lock.

  func lock() throws(SQLError) {
    try database.start { connection throws(SQLError) in
      sqlite3_busy_timeout(connection.handle, Self.lockTimeoutMilliseconds)
      try connection.execute("PRAGMA foreign_keys = OFF")
    }
  }

  func unlock() {
    try? database.start { connection throws(SQLError) in
      try connection.execute("PRAGMA foreign_keys = ON")
      sqlite3_busy_timeout(connection.handle, 0)
    }
  }

  func begin() throws(SQLError) { try execute("BEGIN IMMEDIATE") }

  func commit() throws(SQLError) {
    if let row = try rows("PRAGMA foreign_key_check").first {
      var error = SQLError(
        .refused,
        "a row of '\(row[0] ?? "")' refers to a row of '\(row[2] ?? "")' that is not there",
        state: "23503"
      )
      error.table = row[0]
      throw error
    }
    try execute("COMMIT")
  }

  func rollback() { if isInTransaction { try? execute("ROLLBACK") } }

  var isInTransaction: Bool {
    (try? database.start { connection throws(SQLError) in !connection.isAutocommit }) ?? false
  }
}
