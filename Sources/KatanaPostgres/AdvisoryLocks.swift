import CKatanaPostgres
import Katana
import KatanaSQL

extension PostgresDatabase {
  /// Runs `body` while no other session of the database holds the lock (`pg_advisory_lock`), in a transaction or not:
  /// for work that must not be done twice at a time, on however many machines. Takes a connection for itself meanwhile.
  ///
  /// The lock is the session's: when its connection ends before `body` returns, somebody else may take it.
  ///
  /// - Throws: ``SQLError`` of kind `deadlineExceeded` when the request's time passes before the lock is free.
  public nonisolated(nonsending) func withAdvisoryLock<R>(
    _ key: Int64,
    _ context: borrowing Context,
    _ body: nonisolated(nonsending) (borrowing Context) async throws -> R
  ) async throws -> R {
    let lease = try await Lease(native, context)
    defer { lease.end() }
    try await lock(.advisoryLock, key, lease, context)
    do {
      let result = try await body(context)
      try await lock(.advisoryUnlock, key, lease, context)
      return result
    } catch {
      if context.isCancelled { lease.close() } else { try await lock(.advisoryUnlock, key, lease, context) }
      throw error
    }
  }

  private nonisolated(nonsending) func lock(
    _ statement: SQLStatement,
    _ key: Int64,
    _ lease: Lease,
    _ context: borrowing Context
  ) async throws {
    var parameters = try SQLParameters(context, count: 1)
    try parameters.append(LockKey(value: key))
    let call = try Call(native, statement, variant: 0, parameters, KT_PG_RUN, context)
    await call.wait(on: lease)
    do {
      _ = try call.result()
    } catch {
      lease.close()  // nobody knows whether it holds the lock
      throw error
    }
  }
}

extension SQLTransaction {
  /// Waits until no other transaction or session holds the lock and keeps it until this transaction ends
  /// (`pg_advisory_xact_lock`). PostgreSQL only.
  ///
  /// - Throws: ``SQLError`` of kind `unsupported` for another database.
  public nonisolated(nonsending) func advisoryLock(_ key: Int64, _ context: borrowing Context) async throws {
    var parameters = try SQLParameters(context, count: 1)
    try parameters.append(LockKey(value: key))
    _ = try await run(.advisoryTransactionLock, variant: 0, parameters, context)
  }
}

/// An int8.
private struct LockKey: SQLValue {
  static var sqlType: SQLType { .int8 }
  let value: Int64

  init(value: Int64) { self.value = value }

  init?(sql bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 8 else { return nil }
    value = Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
  }

  var sqlByteCount: Int { 8 }

  func write(to bytes: UnsafeMutableRawBufferPointer) { bytes.storeBytes(of: value.bigEndian, as: Int64.self) }
}

extension SQLStatement {
  fileprivate static let advisoryLock = SQLStatement(
    "advisory lock",
    [.init("SELECT pg_advisory_lock($1)")],
    parameters: [.int8]
  )
  fileprivate static let advisoryUnlock = SQLStatement(
    "advisory unlock",
    [.init("SELECT pg_advisory_unlock($1)")],
    parameters: [.int8]
  )
  fileprivate static let advisoryTransactionLock = SQLStatement(
    "advisory transaction lock",
    [.init("SELECT pg_advisory_xact_lock($1)")],
    parameters: [.int8]
  )
}
