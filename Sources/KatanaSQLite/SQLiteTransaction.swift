import Katana
import KatanaSQL

/// A connection with an open transaction, shared by the transaction and the savepoints in it.
final class SQLiteSession: @unchecked Sendable {
  let database: SQLiteDatabase
  let lease: Lease
  let isReadOnly: Bool
  /// As in PostgreSQL, nothing runs after a failure until the transaction or its savepoint was rolled back.
  var hasFailed = false
  private var isOpen = true

  init(_ database: SQLiteDatabase, _ lease: Lease, isReadOnly: Bool) {
    self.database = database
    self.lease = lease
    self.isReadOnly = isReadOnly
  }

  /// Nobody ended it: closing the connection does.
  deinit { if isOpen { lease.discard() } }

  var connection: Connection { lease.connection }

  nonisolated(nonsending) func perform(
    _ order: Order,
    _ statement: SQLStatement?,
    _ context: borrowing Context
  ) async throws -> Outcome {
    try check()
    do {
      return try await database.perform(
        order,
        statement,
        on: connection,
        until: SQLiteDatabase.deadline(of: statement, context),
        context
      )
    } catch {
      hasFailed = true
      throw error
    }
  }

  func check() throws(SQLError) {
    if !isOpen { throw SQLError(.refused, "the transaction has ended", state: "25P01") }
    if hasFailed {
      throw SQLError(
        .refused,
        "current transaction is aborted, commands ignored until end of transaction block",
        state: "25P02"
      )
    }
  }

  nonisolated(nonsending) func commit(_ context: borrowing Context) async throws {
    _ = try await perform(.control("COMMIT"), nil, context)
    await end(context)
  }

  nonisolated(nonsending) func rollback(_ context: borrowing Context) async {
    if !isOpen { return }
    if !connection.isAutocommit {
      _ = await Hand.perform(.control("ROLLBACK"), on: connection, until: .max, context.native, isStoppable: false)
    }
    await end(context)
  }

  private nonisolated(nonsending) func end(_ context: borrowing Context) async {
    isOpen = false
    var isSound = connection.isAutocommit
    if isReadOnly, isSound {
      let outcome = await Hand.perform(
        .control("PRAGMA query_only = OFF"),
        on: connection,
        until: .max,
        context.native,
        isStoppable: false
      )
      if case .failed = outcome { isSound = false }
    }
    if isSound { lease.end() } else { lease.discard() }
  }
}

/// A transaction, or a savepoint in one.
final class SQLiteTransaction: SQLTransaction {
  private let session: SQLiteSession
  private let depth: Int

  var dialect: SQLDialect { .sqlite }

  init(_ session: SQLiteSession, depth: Int) {
    self.session = session
    self.depth = depth
  }

  private var savepoint: String { "katana_\(depth)" }

  nonisolated(nonsending) func run(
    _ statement: SQLStatement,
    variant: UInt64,
    _ parameters: borrowing SQLParameters,
    _ context: borrowing Context
  ) async throws -> SQLResult {
    let query = Order.Query(statement: statement, variant: variant, cells: parameters.cells(of: statement))
    guard case .result(let result) = try await session.perform(.run(query), statement, context) else { fatalError() }
    return result
  }

  nonisolated(nonsending) func runEach(
    _ statement: SQLStatement,
    _ parameters: borrowing SQLParameters,
    _ context: borrowing Context
  ) async throws -> [SQLResult] {
    if parameters.setCount == 0 { return [] }
    let query = Order.Query(
      statement: statement,
      cells: parameters.cells(of: statement),
      setCount: parameters.setCount
    )
    guard case .results(let all) = try await session.perform(.runEach(query), statement, context) else { fatalError() }
    return all
  }

  nonisolated(nonsending) func copy(
    _ statement: SQLStatement,
    _ parameters: borrowing SQLParameters,
    _ context: borrowing Context
  ) async throws -> Int {
    if parameters.setCount == 0 { return 0 }
    let query = Order.Query(
      statement: statement,
      cells: parameters.cells(of: statement),
      setCount: parameters.setCount
    )
    guard case .count(let count) = try await session.perform(.copy(query), statement, context) else { fatalError() }
    return count
  }

  nonisolated(nonsending) func stream(
    _ statement: SQLStatement,
    variant: UInt64,
    _ parameters: borrowing SQLParameters,
    _ context: borrowing Context,
    _ row: nonisolated(nonsending) (borrowing SQLRow) async throws -> Void
  ) async throws {
    try session.check()
    let query = Order.Query(statement: statement, variant: variant, cells: parameters.cells(of: statement))
    do {
      try await session.database.rows(
        of: query,
        on: session.connection,
        until: SQLiteDatabase.deadline(of: statement, context),
        context,
        row
      )
    } catch {
      session.hasFailed = true
      throw error
    }
  }

  nonisolated(nonsending) func begin(
    _ options: SQLTransactionOptions,
    _ context: borrowing Context
  ) async throws -> any SQLTransaction {
    let inner = SQLiteTransaction(session, depth: depth + 1)
    _ = try await session.perform(.control("SAVEPOINT \(inner.savepoint)"), nil, context)
    return inner
  }

  nonisolated(nonsending) func commit(_ context: borrowing Context) async throws {
    if depth == 0 { return try await session.commit(context) }
    _ = try await session.perform(.control("RELEASE \(savepoint)"), nil, context)
  }

  nonisolated(nonsending) func rollback(_ context: borrowing Context) async {
    if depth == 0 { return await session.rollback(context) }
    // Where SQLite itself has ended the whole transaction there is no savepoint, and the failure stays.
    if session.connection.isAutocommit {
      session.hasFailed = true
      return
    }
    let outcome = await Hand.perform(
      .control("ROLLBACK TO \(savepoint); RELEASE \(savepoint)"),
      on: session.connection,
      until: .max,
      context.native,
      isStoppable: false
    )
    if case .failed = outcome { session.hasFailed = true } else { session.hasFailed = false }
  }
}
