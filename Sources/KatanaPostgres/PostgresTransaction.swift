import CKatana
import CKatanaPostgres
import Katana
import KatanaSQL

/// A transaction, or a savepoint in one. BEGIN goes out with the first statement, so that it costs no round trip.
final class PostgresTransaction: SQLTransaction, @unchecked Sendable {
  private let database: Native
  private let lease: Lease
  private let isSavepoint: Bool
  /// Reactor's thread only.
  private var hasEnded = false

  var dialect: SQLDialect { .postgres }

  init(_ database: Native, _ lease: Lease, isSavepoint: Bool = false) {
    self.database = database
    self.lease = lease
    self.isSavepoint = isSavepoint
  }

  private func checkOpen() throws(SQLError) {
    if hasEnded || lease.hasEnded { throw SQLError(.refused, "the transaction has ended", state: "25P01") }
  }

  nonisolated(nonsending) func run(
    _ statement: SQLStatement,
    variant: UInt64,
    _ parameters: borrowing SQLParameters,
    _ context: borrowing Context
  ) async throws -> SQLResult {
    try checkOpen()
    let call = try Call(database, statement, variant: variant, parameters, KT_PG_RUN, context)
    await call.wait(on: lease)
    return try call.result()
  }

  nonisolated(nonsending) func runEach(
    _ statement: SQLStatement,
    _ parameters: borrowing SQLParameters,
    _ context: borrowing Context
  ) async throws -> [SQLResult] {
    try checkOpen()
    if parameters.setCount == 0 { return [] }
    let call = try Call(database, statement, variant: 0, parameters, KT_PG_RUN, context)
    await call.wait(on: lease)
    return try call.results()
  }

  nonisolated(nonsending) func stream(
    _ statement: SQLStatement,
    variant: UInt64,
    _ parameters: borrowing SQLParameters,
    _ context: borrowing Context,
    _ row: nonisolated(nonsending) (borrowing SQLRow) async throws -> Void
  ) async throws {
    try checkOpen()
    let call = try Call(database, statement, variant: variant, parameters, KT_PG_STREAM, context)
    try await call.stream(on: lease, row)
  }

  nonisolated(nonsending) func copy(
    _ statement: SQLStatement,
    _ parameters: borrowing SQLParameters,
    _ context: borrowing Context
  ) async throws -> Int {
    try checkOpen()
    if parameters.setCount == 0 { return 0 }
    let call = try Call(database, statement, variant: 0, parameters, KT_PG_COPY, context)
    await call.wait(on: lease)
    return try call.result().affected
  }

  nonisolated(nonsending) func begin(
    _ options: SQLTransactionOptions,
    _ context: borrowing Context
  ) async throws -> any SQLTransaction {
    try checkOpen()
    try await plain(.savepoint, context)
    return PostgresTransaction(database, lease, isSavepoint: true)
  }

  @discardableResult
  private nonisolated(nonsending) func plain(
    _ statement: SQLStatement,
    _ context: borrowing Context
  ) async throws -> PostgresResult {
    let call = try Call(database, plain: statement, context.native)
    await call.wait(on: lease)
    return try call.result() as! PostgresResult
  }

  nonisolated(nonsending) func commit(_ context: borrowing Context) async throws {
    try checkOpen()
    if isSavepoint {
      try await plain(.releaseSavepoint, context)
      hasEnded = true
      return
    }
    if lease.isUnused {  // nothing was run
      end()
      return
    }
    let result = try await plain(.commit, context)
    end()
    if result.isRollback {
      throw SQLError(.refused, "the transaction was rolled back, as a statement in it had failed", state: "25P02")
    }
  }

  nonisolated(nonsending) func rollback(_ context: borrowing Context) async {
    if hasEnded || lease.hasEnded { return }
    hasEnded = true
    if isSavepoint {
      do {
        try await plain(.rollbackToSavepoint, context)
        try await plain(.releaseSavepoint, context)
      } catch {
        lease.end()  // nobody knows what the transaction holds
      }
      return
    }
    // Waited for where somebody is there to wait, so that what comes next finds its locks gone.
    if lease.isAlive, !lease.isUnused, !context.isCancelled { _ = try? await plain(.rollback, context) }
    lease.end()
  }

  private func end() {
    hasEnded = true
    lease.end()
  }
}
