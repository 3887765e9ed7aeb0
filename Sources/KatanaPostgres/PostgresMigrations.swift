import CPQ
import KatanaSQL

extension PostgresDatabase {
  /// Brings a database to the schema of this program before it serves: applies what was not applied, each step in a
  /// transaction of its own, on a connection of its own. Other processes that do the same wait for each other. Blocks
  /// the calling thread.
  ///
  /// - Parameter url: as for the database: `postgresql://user@host/name`.
  /// - Returns: how many steps were applied.
  /// - Throws: ``SQLMigrationError`` when a step fails, or when the database has been brought to its schema by other
  ///   steps than these.
  @discardableResult
  public static func migrate(_ migrations: [SQLMigration], url: String) throws(SQLMigrationError) -> Int {
    let session: PostgresMigrationSession
    do throws(SQLError) { session = try PostgresMigrationSession(url: url) } catch {
      throw SQLMigrationError("the database cannot be reached", cause: error)
    }
    return try Migrator(session, MigrationStep.steps(migrations, for: .postgres)).up()
  }
}

/// A connection of libpq's that blocks.
package final class PostgresMigrationSession: MigrationSession {
  /// `katana` in ASCII: who migrates holds this advisory lock.
  private static let lockKey = 0x6b61_7461_6e61
  /// How long another process may take for all its steps.
  private static let lockTimeoutSeconds = 600

  private let handle: OpaquePointer

  package init(url: String) throws(SQLError) {
    guard let handle = PQconnectdb(url) else { throw .outOfMemory }
    if PQstatus(handle) != CONNECTION_OK {
      let message = Self.trimmed(PQerrorMessage(handle))
      PQfinish(handle)
      throw SQLError(.unavailable, message)
    }
    // What a migration says with NOTICE is not an error.
    PQsetNoticeReceiver(handle, { _, _ in }, nil)
    self.handle = handle
  }

  deinit { PQfinish(handle) }

  package var dialect: SQLDialect { .postgres }

  package func execute(_ text: String) throws(SQLError) { PQclear(try checked(PQexec(handle, text), text)) }

  package func rows(_ text: String) throws(SQLError) -> [[String?]] {
    let result = try checked(PQexec(handle, text), text)
    defer { PQclear(result) }
    return (0..<PQntuples(result)).map { row in
      (0..<PQnfields(result)).map { column in
        PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
      }
    }
  }

  package func lock() throws(SQLError) {
    try execute("SET lock_timeout = '\(Self.lockTimeoutSeconds)s'")
    try execute("SELECT pg_advisory_lock(\(Self.lockKey))")
    try execute("RESET lock_timeout")
  }

  package func unlock() { try? execute("SELECT pg_advisory_unlock(\(Self.lockKey))") }

  package func begin() throws(SQLError) { try execute("BEGIN") }

  /// What a step set for its session is its own.
  package func commit() throws(SQLError) {
    try execute("COMMIT")
    try execute("RESET ALL")
  }

  package func rollback() {
    if isInTransaction { try? execute("ROLLBACK") }
    try? execute("RESET ALL")
  }

  package var isInTransaction: Bool {
    let status = PQtransactionStatus(handle)
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
  }

  private func checked(_ result: OpaquePointer?, _ text: String) throws(SQLError) -> OpaquePointer {
    guard let result else { throw SQLError(.connectionLost, Self.trimmed(PQerrorMessage(handle))) }
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return result
    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
      PQclear(result)
      // Ends the copy, too; the transaction with it.
      PQreset(handle)
      throw SQLError(.refused, "COPY from or to the client cannot stand in a migration", state: "0A000")
    default:
      defer { PQclear(result) }
      throw Self.failure(of: result, text)
    }
  }

  private static func failure(of result: OpaquePointer, _ text: String) -> SQLError {
    func field(_ code: Character) -> String? {
      PQresultErrorField(result, Int32(code.asciiValue!)).map { String(cString: $0) }
    }
    var error = SQLError(
      .refused,
      field("M") ?? trimmed(PQresultErrorMessage(result)),
      state: field("C") ?? ""
    )
    error.detail = field("D")
    error.hint = field("H")
    error.schema = field("s")
    error.table = field("t")
    error.column = field("c")
    error.constraint = field("n")
    if let position = field("P").flatMap({ Int($0) }), text.contains("\n") {
      let line = text.unicodeScalars.prefix(position - 1).count { $0 == "\n" } + 1
      error.message += " (line \(line))"
    }
    return error
  }

  /// libpq ends its messages with newlines.
  private static func trimmed(_ text: UnsafePointer<CChar>?) -> String {
    let text = text.map { String(cString: $0) } ?? "the connection is lost"
    return String(text.reversed().drop { $0.isWhitespace }.reversed())
  }
}
