import CKatana
import CKatanaPostgres
import Katana
import KatanaSQL

// Continuations travel through C as the pointer that they are, so waiting allocates nothing.
typealias Waiter = UnsafeContinuation<Void, Never>

/// Resumes who waits for the operation in `memory`, once.
private let resume: kt_ready_fn = { memory in
  let op = memory!.assumingMemoryBound(to: kt_pg_op.self)
  guard let waiter = op.pointee.waiter else { return }
  op.pointee.waiter = nil
  unsafeBitCast(waiter, to: Waiter.self).resume()
}

/// One statement under way, or one wait for a connection. Its memory is the request's.
///
/// Whoever waits is resumed once: by the driver, or because the request was cancelled, after which the driver forgets
/// the call.
struct Call {
  let exchange: OpaquePointer
  let pool: OpaquePointer
  let op: UnsafeMutablePointer<kt_pg_op>
  let statement: SQLStatement?

  init(
    _ native: Native, _ statement: SQLStatement, variant: UInt64, _ parameters: borrowing SQLParameters, _ kind: kt_pg_kind,
    _ context: borrowing Context
  ) throws(SQLError) {
    let prepared = try native.prepared(statement, variant: variant, context.native)
    precondition(parameters.count == statement.parameters.count, "the statement has another number of parameters")
    try self.init(native, context.native, kind, statement)
    op.pointee.statement = prepared
    op.pointee.set_n = UInt32(max(parameters.setCount, 1))
    // Laid out alike.
    op.pointee.cells = UnsafeRawPointer(parameters.cells(ofSet: 0)).assumingMemoryBound(to: kt_bytes.self)
    if parameters.setCount > 1 && kind == KT_PG_RUN { try makeRoomForResults(parameters.setCount) }
    context.countQuery()
  }

  /// A statement without parameters.
  init(_ native: Native, plain statement: SQLStatement, _ exchange: OpaquePointer) throws(SQLError) {
    let prepared = try native.prepared(statement, variant: 0, exchange)
    try self.init(native, exchange, KT_PG_RUN, statement)
    op.pointee.statement = prepared
    op.pointee.set_n = 1
  }

  init(_ native: Native, _ exchange: OpaquePointer, _ kind: kt_pg_kind, _ statement: SQLStatement?) throws(SQLError) {
    self.exchange = exchange
    self.statement = statement
    pool = try native.pool(exchange)
    guard let memory = kt_exchange_alloc(exchange, MemoryLayout<kt_pg_op>.size) else { throw .outOfMemory }
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: MemoryLayout<kt_pg_op>.size)
    op = memory.bindMemory(to: kt_pg_op.self, capacity: 1)
    op.pointee.kind = UInt8(kind.rawValue)
    op.pointee.done = resume
    op.pointee.context = UnsafeMutableRawPointer(op)
    op.pointee.deadline_ns = deadline(of: statement)
  }

  private func makeRoomForResults(_ count: Int) throws(SQLError) {
    let size = count * MemoryLayout<OpaquePointer?>.stride
    guard let memory = kt_exchange_alloc(exchange, size) else { throw .outOfMemory }
    op.pointee.results = memory.initializeMemory(as: OpaquePointer?.self, repeating: nil, count: count)
  }

  /// The lesser of the request's, which counts until the response has begun, and the statement's own.
  private func deadline(of statement: SQLStatement?) -> UInt64 {
    let own = statement?.deadline.map { limit in
      let (seconds, attoseconds) = limit.components
      let left = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
      let sum = left.partialValue.addingReportingOverflow(UInt64(clamping: attoseconds / 1_000_000_000))
      let end = sum.partialValue.addingReportingOverflow(kt_reactor_now_ns(kt_exchange_reactor(exchange)))
      return left.overflow || sum.overflow || end.overflow ? UInt64.max : end.partialValue
    }
    return min(own ?? .max, kt_response_started(exchange) ? .max : kt_exchange_deadline_ns(exchange))
  }

  // MARK: Waiting

  nonisolated(nonsending) func wait(on lease: Lease?) async {
    let op = op
    if kt_exchange_cancelled(exchange) { return }
    await withUnsafeContinuation { (waiter: Waiter) in
      suspend(waiter)
      if let lease { kt_pg_submit_on(lease.native, op) } else { kt_pg_submit(pool, op) }
    }
    kt_exchange_on_cancel(exchange, nil, nil)
  }

  private func suspend(_ waiter: Waiter) {
    op.pointee.waiter = unsafeBitCast(waiter, to: UnsafeMutableRawPointer.self)
    kt_exchange_on_cancel(
      exchange,
      { memory in
        let op = memory!.assumingMemoryBound(to: kt_pg_op.self)
        if op.pointee.waiter == nil { return }  // it is done
        kt_pg_abandon(op)
        resume(op)
      }, op)
  }

  // MARK: What came of it

  func result() throws -> SQLResult {
    try check()
    guard let result = op.pointee.result else { throw SQLError.outOfMemory }
    op.pointee.result = nil
    return PostgresResult(result, exchange)
  }

  func results() throws -> [SQLResult] {
    guard let results = op.pointee.results else { return [try result()] }
    try check()
    return (0..<Int(op.pointee.set_n)).map { PostgresResult(results[$0]!, exchange) }
  }

  /// Throws unless the statement did what it should.
  func check() throws {
    if op.pointee.outcome == UInt8(KT_PG_OK.rawValue) { return }
    throw failure()
  }

  private func failure() -> any Error {
    defer { free() }
    let outcome = op.pointee.outcome
    if outcome == UInt8(KT_PG_WAITS.rawValue) && !isLate { return RequestCancelled() }
    var error = op.pointee.error.map { SQLError($0) } ?? SQLError(.connectionLost, "")
    switch kt_pg_outcome(UInt32(outcome)) {
    case KT_PG_REFUSED:
      break
    case KT_PG_LOST:
      error.kind = .connectionLost
      if error.message.isEmpty { error.message = "the connection to PostgreSQL ended: \(poolError)" }
    case KT_PG_UNAVAILABLE: error = SQLError(.unavailable, "no connection to PostgreSQL: \(poolError)")
    case KT_PG_EXHAUSTED: error = SQLError(.poolExhausted, "no connection to PostgreSQL had time")
    case KT_PG_CHANGED:
      error = SQLError(.undecodable, "\(poolError); the schema has changed since `katana gen sql`")
    case KT_PG_NOMEM: error = .outOfMemory
    case KT_PG_STREAMS:
      error = SQLError(.refused, "a stream of the same transaction has not ended, and waits for its reader", state: "55006")
      error.hint = "collect the rows first, or run the statement outside of the transaction"
    default: error = SQLError(.deadlineExceeded, "the statement took longer than it may")
    }
    error.statement = statement.map { "\($0.name)" }
    return error
  }

  /// Whether the request was cancelled because its time was over; timers know milliseconds.
  private var isLate: Bool {
    let deadline = op.pointee.deadline_ns
    return deadline < 2_000_000 || kt_reactor_now_ns(kt_exchange_reactor(exchange)) >= deadline - 2_000_000
  }

  private var poolError: String { String(cString: kt_pg_pool_error(pool)) }

  private func free() {
    kt_pg_result_free(op.pointee.error)
    kt_pg_result_free(op.pointee.result)
    op.pointee.error = nil
    op.pointee.result = nil
    guard let results = op.pointee.results else { return }
    for set in 0..<Int(op.pointee.set_n) {
      kt_pg_result_free(results[set])
      results[set] = nil
    }
  }

  // MARK: Streams

  nonisolated(nonsending) func stream(
    on lease: Lease, _ row: nonisolated(nonsending) (borrowing SQLRow) async throws -> Void
  ) async throws {
    var cells: UnsafeMutablePointer<kt_bytes>?
    await wait(on: lease)
    do {
      while let result = op.pointee.result {
        op.pointee.result = nil
        defer { kt_pg_result_free(result) }
        let count = kt_pg_result_columns(result)
        if cells == nil { cells = try allocateCells(count) }
        kt_pg_result_row(result, 0, cells!)
        let read = UnsafeRawPointer(cells!).assumingMemoryBound(to: SQLCell.self)
        try await row(SQLRow(read, columnCount: count))
        if kt_exchange_cancelled(exchange) { break }
        if kt_pg_next(op) == KT_AGAIN {
          await withUnsafeContinuation { (waiter: Waiter) in suspend(waiter) }
          kt_exchange_on_cancel(exchange, nil, nil)
        }
      }
    } catch {
      leave()
      throw error
    }
    if kt_exchange_cancelled(exchange) { leave() }
    try check()
  }

  private func allocateCells(_ count: Int) throws(SQLError) -> UnsafeMutablePointer<kt_bytes> {
    guard let memory = kt_exchange_alloc(exchange, max(count, 1) * MemoryLayout<kt_bytes>.stride) else { throw .outOfMemory }
    return memory.bindMemory(to: kt_bytes.self, capacity: count)
  }

  /// The rest is not wanted.
  private func leave() {
    kt_pg_abandon(op)
    free()
  }
}

extension SQLError {
  /// What the server says.
  fileprivate init(_ error: OpaquePointer) {
    func field(_ letter: Unicode.Scalar) -> String? {
      kt_pg_result_error(error, CChar(letter.value)).map { String(cString: $0) }
    }
    let state = field("C") ?? ""
    // 57014: cancelled, by the server's statement_timeout.
    self.init(state == "57014" ? .deadlineExceeded : .refused, field("M") ?? "", state: state)
    detail = field("D")
    hint = field("H")
    schema = field("s")
    table = field("t")
    column = field("c")
    constraint = field("n")
  }
}
