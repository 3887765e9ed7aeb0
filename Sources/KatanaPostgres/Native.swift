import CKatana
import CKatanaPostgres
import Katana
import KatanaSQL

/// Owns the C side of a database. Its pools belong to their reactors.
final class Native: @unchecked Sendable {
  let pg: OpaquePointer

  init(_ pg: OpaquePointer) { self.pg = pg }

  deinit { kt_pg_release(pg) }

  func pool(_ exchange: OpaquePointer) throws(SQLError) -> OpaquePointer {
    guard let pool = kt_pg_pool_of(pg, kt_exchange_reactor(exchange)) else { throw .outOfMemory }
    return pool
  }

  /// The statement as this reactor's connections know it.
  @inline(__always)
  func prepared(_ statement: SQLStatement, variant: UInt64, _ exchange: OpaquePointer) throws(SQLError) -> OpaquePointer
  {
    let pool = try pool(exchange)
    if let known = kt_pg_statement_find(pool, statement.index, variant) { return known }
    return try add(statement, variant, to: pool)
  }

  private func add(_ statement: SQLStatement, _ variant: UInt64, to pool: OpaquePointer) throws(SQLError)
    -> OpaquePointer
  {
    guard let sql = statement.text(for: .postgres, variant: variant) else {
      throw SQLError(.unsupported, "the statement has no text for PostgreSQL")
    }
    let parameters = statement.parameters.map(\.rawValue)
    let columns = statement.columns.map(\.rawValue)
    let added = sql.withCString { sql in
      parameters.withUnsafeBufferPointer { parameters in
        columns.withUnsafeBufferPointer { columns in
          var text = kt_pg_text(
            sql: sql,
            parameters: parameters.baseAddress,
            parameter_n: parameters.count,
            columns: columns.baseAddress,
            column_n: columns.count,
            read_only: statement.isReadOnly
          )
          return kt_pg_statement_add(pool, statement.index, variant, &text)
        }
      }
    }
    guard let added else { throw .outOfMemory }
    return added
  }
}

extension SQLStatement {
  static func begin(_ options: SQLTransactionOptions) -> SQLStatement {
    switch (options.isolation, options.isReadOnly) {
    case (.readCommitted, false): beginReadCommitted
    case (.repeatableRead, false): beginRepeatableRead
    case (.serializable, false): beginSerializable
    case (.readCommitted, true): beginReadCommittedReadOnly
    case (.repeatableRead, true): beginRepeatableReadReadOnly
    case (.serializable, true): beginSerializableReadOnly
    }
  }

  private static let beginReadCommitted = SQLStatement(
    "begin",
    [.init("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")]
  )
  private static let beginRepeatableRead = SQLStatement(
    "begin",
    [.init("BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE")]
  )
  private static let beginSerializable = SQLStatement("begin", [.init("BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE")])
  private static let beginReadCommittedReadOnly = SQLStatement(
    "begin",
    [.init("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY")]
  )
  private static let beginRepeatableReadReadOnly = SQLStatement(
    "begin",
    [.init("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")]
  )
  private static let beginSerializableReadOnly = SQLStatement(
    "begin",
    [.init("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY")]
  )

  static let commit = SQLStatement("commit", [.init("COMMIT")])
  static let rollback = SQLStatement("rollback", [.init("ROLLBACK")])
  // The name may be taken many times: the last one counts.
  static let savepoint = SQLStatement("savepoint", [.init("SAVEPOINT katana")])
  static let releaseSavepoint = SQLStatement("release savepoint", [.init("RELEASE SAVEPOINT katana")])
  static let rollbackToSavepoint = SQLStatement("rollback to savepoint", [.init("ROLLBACK TO SAVEPOINT katana")])
}
