import CSQLite
import KatanaSQL

/// What a connection is told to do. Cells lie in the request's arena; whoever gives the order waits for its end.
enum Order {
  struct Query {
    let statement: SQLStatement
    var variant: UInt64 = 0
    let cells: UnsafePointer<SQLCell>
    /// Sets of as many cells as the statement has parameters.
    var setCount = 1
  }

  /// BEGIN and its like.
  case control(String)
  case run(Query)
  /// All sets or none.
  case runEach(Query)
  /// As `runEach`, of which only the number of rows is wanted.
  case copy(Query)
  case beginStream(Query)
  /// Into the buffer, until that is full.
  case fetch(RowBuffer)
  case endStream

  /// Part of a stream that has begun.
  var isContinuation: Bool {
    switch self {
    case .fetch, .endStream: true
    default: false
    }
  }
}

extension SQLParameters {
  /// The first set's; the others stand behind it.
  ///
  /// - Precondition: a set has what the statement asks for, since the statement's types say what is read.
  func cells(of statement: SQLStatement) -> UnsafePointer<SQLCell> {
    precondition(count == statement.parameters.count, "the statement has another number of parameters")
    return cells(ofSet: 0)
  }
}

enum Outcome {
  case done
  case result(SQLiteResult)
  case results([SQLiteResult])
  case count(Int)
  case fetched(rowCount: Int, isLast: Bool)
  case failed(SQLError)

  /// Another process holds the lock, and nothing has happened.
  var isBusy: Bool { if case .failed(let error) = self { error.isBusy } else { false } }
}

extension SQLError {
  var isBusy: Bool { state == "40001" }
}

extension Connection {
  /// Never throws and never waits for a lock of another process: that is an outcome.
  func perform(_ order: Order) -> Outcome {
    do throws(SQLError) {
      try open()
      if isAutocommit { resetClock() }
      switch order {
      case .control(let text):
        try execute(text)
        return .done
      case .run(let query): return .result(try run(query))
      case .runEach(let query):
        return .results(
          try whole(query) { connection throws(SQLError) in
            var results: [SQLiteResult] = []
            try connection.forEachSet(of: query) { set throws(SQLError) in results.append(try connection.run(set)) }
            return results
          }
        )
      case .copy(let query):
        return .count(
          try whole(query) { connection throws(SQLError) in
            var count = 0
            try connection.forEachSet(of: query) { set throws(SQLError) in count += try connection.run(set).affected }
            return count
          }
        )
      case .beginStream(let query):
        let prepared = try statement(query.statement, variant: query.variant)
        do throws(SQLError) { try prepared.bind(query.cells) } catch {
          prepared.reset()
          throw error
        }
        streaming = prepared
        return .done
      case .fetch(let rows): return try fetch(into: rows)
      case .endStream:
        streaming?.reset()
        streaming = nil
        return .done
      }
    } catch {
      return .failed(error)
    }
  }

  private func run(_ query: Order.Query) throws(SQLError) -> SQLiteResult {
    let prepared = try statement(query.statement, variant: query.variant)
    defer { prepared.reset() }
    try prepared.bind(query.cells)
    let rows = RowBuffer(sizeMax: options.resultSizeMax)
    var rowCount = 0
    while try step(prepared) {
      try prepared.appendRow(to: rows)
      rowCount += 1
    }
    rows.finish()
    return SQLiteResult(
      rows,
      rowCount: rowCount,
      columnCount: Int(prepared.columnCount),
      affected: prepared.isReadOnly ? rowCount : Int(sqlite3_changes64(handle))
    )
  }

  private func step(_ prepared: PreparedStatement) throws(SQLError) -> Bool {
    switch sqlite3_step(prepared.handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let message = String(cString: sqlite3_errmsg(handle))
      // What else is asked of the connection must not meet a statement that is half-way.
      sqlite3_reset(prepared.handle)
      throw .sqlite(code, message, of: handle)
    }
  }

  private func forEachSet(
    of query: Order.Query,
    _ body: (Order.Query) throws(SQLError) -> Void
  ) throws(SQLError) {
    for set in 0..<query.setCount {
      if isStopped.load(ordering: .relaxed) { throw .deadlineExceeded }
      try body(
        Order.Query(
          statement: query.statement,
          variant: query.variant,
          cells: query.cells + set * query.statement.parameters.count
        )
      )
    }
  }

  /// In a transaction of its own, or in a savepoint where there is one.
  private func whole<R>(
    _ query: Order.Query,
    _ body: (Connection) throws(SQLError) -> R
  ) throws(SQLError) -> R {
    let isNested = !isAutocommit
    try execute(isNested ? "SAVEPOINT katana_each" : query.statement.isReadOnly ? "BEGIN" : "BEGIN IMMEDIATE")
    do throws(SQLError) {
      let result = try body(self)
      try execute(isNested ? "RELEASE katana_each" : "COMMIT")
      return result
    } catch {
      // SQLite itself ends a transaction after some errors, after an interruption for one.
      if !isAutocommit { try? execute(isNested ? "ROLLBACK TO katana_each; RELEASE katana_each" : "ROLLBACK") }
      throw error
    }
  }

  private func fetch(into rows: RowBuffer) throws(SQLError) -> Outcome {
    guard let prepared = streaming else { return .fetched(rowCount: 0, isLast: true) }
    rows.clear()
    var rowCount = 0
    while rows.count < options.streamBufferSize, rowCount < 1024 {
      guard try step(prepared) else {
        rows.finish()
        prepared.reset()
        streaming = nil
        return .fetched(rowCount: rowCount, isLast: true)
      }
      try prepared.appendRow(to: rows)
      rowCount += 1
    }
    rows.finish()
    return .fetched(rowCount: rowCount, isLast: false)
  }
}
