import CKatana
import Katana
import KatanaSQL

/// An embedded SQLite database as an executor of statements: the same repositories as on PostgreSQL.
///
/// Each reactor has connections of its own, with their statements prepared. Readers never wait in a file; writers of
/// this process queue, first come, first served, without a thread that waits, and when another process holds the lock
/// they try again until their deadline. Statements that write, and transactions that are not read only, begin with the
/// write lock (`BEGIN IMMEDIATE`), so that none fails half-way for another one.
///
/// Within ``SQLExecutor/withTransaction(_:_:_:)`` use the transaction that the body gets: a statement that is sent to
/// the database itself would wait for that very transaction until its deadline.
///
/// How values lie in the file is in the module's own article.
public final class SQLiteDatabase: SQLExecutor {
  public let location: SQLiteLocation
  public let options: SQLiteOptions
  private let pools: ReactorLocal<Pool>
  /// The right to write in this process; in memory, also to read.
  let turn: Gate
  /// Was open first: keeps a database in memory alive, and serves the start of the program.
  private let keeper: Connection

  public var dialect: SQLDialect { .sqlite }

  /// Opens the database, and creates a file that is missing.
  ///
  /// - Throws: ``SQLError`` of kind `unavailable` naming the path and the cause when it cannot be opened or written.
  public init(_ location: SQLiteLocation, options: SQLiteOptions = SQLiteOptions()) throws(SQLError) {
    self.location = location
    self.options = options
    turn = Gate(queueMax: options.queueMax)
    pools = ReactorLocal { Pool(location, options) }
    keeper = Connection(location, options)
    try keeper.open()
    do throws(SQLError) {
      // A file that may only be read opens without an error; only use tells.
      try start { connection throws(SQLError) in try connection.execute("BEGIN IMMEDIATE; ROLLBACK") }
    } catch where error.state == "40001" {
      // Another process writes just now. SQLite refuses one that may only read before it looks for locks.
    } catch {
      throw SQLError(.unavailable, "cannot write to the database '\(location)': \(error.message)", state: error.state)
    }
  }

  /// From `sqlite:path`, `sqlite://path` or `sqlite::memory:`.
  public convenience init(url: String, options: SQLiteOptions = SQLiteOptions()) throws(SQLError) {
    guard url.hasPrefix("sqlite:") else {
      throw SQLError(.unavailable, "'\(url)' is no address of SQLite: write sqlite:PATH or sqlite::memory:")
    }
    var path = url.dropFirst(7)
    if path.hasPrefix("//") { path = path.dropFirst(2) }
    if path.isEmpty { throw SQLError(.unavailable, "'\(url)' names no file: write sqlite:PATH or sqlite::memory:") }
    try self.init(path == ":memory:" ? .memory("katana") : .file(String(path)), options: options)
  }

  /// Blocks the calling thread: for the start of a program. The connection is nobody else's meanwhile.
  func start<R>(_ body: (Connection) throws(SQLError) -> R) throws(SQLError) -> R {
    keeper.deadline = .max
    keeper.isStopped.store(false, ordering: .relaxed)
    return try body(keeper)
  }

  public nonisolated(nonsending) func run(
    _ statement: SQLStatement,
    variant: UInt64,
    _ parameters: borrowing SQLParameters,
    _ context: borrowing Context
  ) async throws -> SQLResult {
    let query = Order.Query(statement: statement, variant: variant, cells: parameters.cells(of: statement))
    guard case .result(let result) = try await once(.run(query), statement, context) else { fatalError() }
    return result
  }

  public nonisolated(nonsending) func runEach(
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
    guard case .results(let results) = try await once(.runEach(query), statement, context) else { fatalError() }
    return results
  }

  public nonisolated(nonsending) func copy(
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
    guard case .count(let count) = try await once(.copy(query), statement, context) else { fatalError() }
    return count
  }

  public nonisolated(nonsending) func stream(
    _ statement: SQLStatement,
    variant: UInt64,
    _ parameters: borrowing SQLParameters,
    _ context: borrowing Context,
    _ row: nonisolated(nonsending) (borrowing SQLRow) async throws -> Void
  ) async throws {
    let query = Order.Query(statement: statement, variant: variant, cells: parameters.cells(of: statement))
    let deadline = Self.deadline(of: statement, context)
    let lease = try await lease(turnMode(isReadOnly: statement.isReadOnly), until: deadline, context)
    do {
      try await rows(of: query, on: lease.connection, until: deadline, context, row)
    } catch {
      lease.end()
      throw error
    }
    lease.end()
  }

  public nonisolated(nonsending) func begin(
    _ options: SQLTransactionOptions,
    _ context: borrowing Context
  ) async throws -> any SQLTransaction {
    let deadline = Self.deadline(of: nil, context)
    let lease = try await lease(turnMode(isReadOnly: options.isReadOnly), until: deadline, context)
    let text = options.isReadOnly ? "PRAGMA query_only = ON; BEGIN" : "BEGIN IMMEDIATE"
    do {
      _ = try await perform(.control(text), nil, on: lease.connection, until: deadline, context)
    } catch {
      lease.discard()
      throw error
    }
    return SQLiteTransaction(SQLiteSession(self, lease, isReadOnly: options.isReadOnly), depth: 0)
  }

  // What transactions use, too.

  /// On CLOCK_MONOTONIC: the sooner of the request's deadline and the statement's own.
  static func deadline(of statement: SQLStatement?, _ context: borrowing Context) -> UInt64 {
    let deadline = kt_exchange_deadline_ns(context.native)
    guard let (seconds, attoseconds) = statement?.deadline?.components else { return deadline }
    let own = UInt64(max(seconds, 0)) * 1_000_000_000 + UInt64(max(attoseconds, 0) / 1_000_000_000)
    return min(deadline, Connection.now() + own)
  }

  nonisolated(nonsending) func rows(
    of query: Order.Query,
    on connection: Connection,
    until deadline: UInt64,
    _ context: borrowing Context,
    _ row: nonisolated(nonsending) (borrowing SQLRow) async throws -> Void
  ) async throws {
    _ = try await perform(.beginStream(query), query.statement, on: connection, until: deadline, context)
    let buffer = RowBuffer(sizeMax: max(options.resultSizeMax, options.streamBufferSize))
    let columnCount = query.statement.columns.count
    do {
      while true {
        // The deadline is the database's: a consumer may take the time that it needs.
        let fetched = try await perform(
          .fetch(buffer),
          query.statement,
          on: connection,
          until: Self.deadline(of: query.statement, context),
          context
        )
        guard case .fetched(let rowCount, let isLast) = fetched else { fatalError() }
        for index in 0..<rowCount {
          let cells = buffer.cells.map { UnsafePointer($0 + index * columnCount) }
          guard let cells else { continue }
          try await row(SQLRow(cells, columnCount: columnCount))
        }
        if isLast { return }
        try context.checkCancellation()
      }
    } catch {
      _ = await Hand.perform(.endStream, on: connection, until: .max, context.native, isStoppable: false)
      throw error
    }
  }

  /// Gives an order, again and again while another process holds the lock, and names the statement in its error.
  nonisolated(nonsending) func perform(
    _ order: Order,
    _ statement: SQLStatement?,
    on connection: Connection,
    until deadline: UInt64,
    _ context: borrowing Context
  ) async throws -> Outcome {
    if statement != nil, !order.isContinuation { context.countQuery() }
    var attempt: UInt64 = 0
    while true {
      let outcome = await Hand.perform(order, on: connection, until: deadline, context.native)
      guard case .failed(let error) = outcome else { return outcome }
      guard error.isBusy, connection.isAutocommit else { throw named(error, statement, context) }
      if Connection.now() >= deadline { throw ended(statement, context) }
      attempt += 1
      // The lock is held for the time of one transaction, mostly less than a millisecond.
      do { try await context.sleep(milliseconds: min(attempt, 20)) } catch { throw ended(statement, context) }
    }
  }

  private func named(_ error: SQLError, _ statement: SQLStatement?, _ context: borrowing Context) -> any Error {
    if error.kind == .deadlineExceeded { return ended(statement, context) }
    var error = error
    error.statement = statement.map { "\($0.name)" }
    return error
  }

  /// Why a wait or a statement ended before it was done.
  func ended(_ statement: SQLStatement?, _ context: borrowing Context) -> any Error {
    if context.isCancelled, context.timeLeft > .zero { return RequestCancelled() }
    var error = SQLError.deadlineExceeded
    error.statement = statement.map { "\($0.name)" }
    return error
  }

  private func turnMode(isReadOnly: Bool) -> Gate.Mode? {
    if !isReadOnly { return .exclusive }
    if case .memory = location { return .shared }
    return nil
  }

  private nonisolated(nonsending) func once(
    _ order: Order,
    _ statement: SQLStatement,
    _ context: borrowing Context
  ) async throws -> Outcome {
    let deadline = Self.deadline(of: statement, context)
    let mode = turnMode(isReadOnly: statement.isReadOnly)
    if let outcome = try atOnce(order, statement, mode, until: deadline, context) { return outcome }
    let lease = try await lease(mode, until: deadline, context)
    do {
      let outcome = try await perform(order, statement, on: lease.connection, until: deadline, context)
      lease.end()
      return outcome
    } catch {
      lease.end()
      throw error
    }
  }

  /// The usual case on the reactor: nobody is in the way. Nil where somebody is, and nothing has happened.
  private func atOnce(
    _ order: Order,
    _ statement: SQLStatement,
    _ mode: Gate.Mode?,
    until deadline: UInt64,
    _ context: borrowing Context
  ) throws -> Outcome? {
    guard options.execution == .reactor, let lease = try leaseAtOnce(mode, context) else { return nil }
    let outcome = Hand.performHere(order, on: lease.connection, until: deadline, context.native)
    lease.end()
    if outcome.isBusy { return nil }
    context.countQuery()
    if case .failed(let error) = outcome { throw named(error, statement, context) }
    return outcome
  }

  private func leaseAtOnce(_ mode: Gate.Mode?, _ context: borrowing Context) throws -> Lease? {
    let pool = try pools.value(for: context)
    if let mode, !turn.enterAtOnce(mode) { return nil }
    if pool.gate.enterAtOnce(.shared) { return Lease(connection: pool.take(), pool: pool, gate: turn, mode: mode) }
    if let mode { turn.leave(mode) }
    return nil
  }

  private nonisolated(nonsending) func lease(
    _ mode: Gate.Mode?,
    until deadline: UInt64,
    _ context: borrowing Context
  ) async throws -> Lease {
    if let lease = try leaseAtOnce(mode, context) { return lease }
    if let mode, !(try await turn.enter(mode, until: deadline, context.native)) { throw ended(nil, context) }
    do {
      let pool = try pools.value(for: context)
      guard try await pool.gate.enter(.shared, until: deadline, context.native) else { throw ended(nil, context) }
      return Lease(connection: pool.take(), pool: pool, gate: turn, mode: mode)
    } catch {
      if let mode { turn.leave(mode) }
      throw error
    }
  }
}
