import CKatana
import KatanaSQL
import Synchronization

/// A queue for a right that some have together or one has alone: first come, first served, without a thread that waits.
///
/// Workload: taken and left by each statement that writes; nearly always free.
final class Gate: Sendable {
  enum Mode { case shared, exclusive }

  /// Invariant: `!isExclusive || shared == 0`; the first of the queue cannot be admitted.
  struct State {
    var shared = 0
    var isExclusive = false
    var queue: [GateWaiter] = []
  }

  let state = Mutex(State())
  let sharedMax: Int
  let queueMax: Int

  init(sharedMax: Int = .max, queueMax: Int) {
    self.sharedMax = sharedMax
    self.queueMax = queueMax
  }

  /// Takes the right, or waits for it on the reactor of the exchange until `deadline` (``Connection/now()``) or the
  /// exchange's end.
  ///
  /// - Returns: false when it ended first.
  /// - Throws: ``SQLError`` of kind `poolExhausted` when too many wait.
  nonisolated(nonsending) func enter(
    _ mode: Mode,
    until deadline: UInt64,
    _ exchange: OpaquePointer
  ) async throws(SQLError) -> Bool {
    let (isFree, isFull) = state.withLock { state in
      if state.queue.isEmpty, take(mode, &state) { return (true, false) }
      return (false, state.queue.count >= queueMax)
    }
    if isFree { return true }
    if isFull { throw SQLError(.poolExhausted, "\(queueMax) statements wait for the database already") }
    if kt_exchange_cancelled(exchange) { return false }
    let waiter = GateWaiter(self, mode)
    await withUnsafeContinuation { waiter.wait($0, until: deadline, exchange) }
    waiter.disarm(exchange)
    return waiter.isAdmitted
  }

  /// Takes the right if nobody is in the way.
  func enterAtOnce(_ mode: Mode) -> Bool {
    state.withLock { state in state.queue.isEmpty && take(mode, &state) }
  }

  func leave(_ mode: Mode) {
    let admitted = state.withLock { state in
      if mode == .exclusive { state.isExclusive = false } else { state.shared -= 1 }
      return admit(&state)
    }
    for waiter in admitted { waiter.resume() }
  }

  func take(_ mode: Mode, _ state: inout State) -> Bool {
    guard !state.isExclusive, mode == .shared ? state.shared < sharedMax : state.shared == 0 else { return false }
    if mode == .exclusive { state.isExclusive = true } else { state.shared += 1 }
    return true
  }

  func admit(_ state: inout State) -> [GateWaiter] {
    var admitted: [GateWaiter] = []
    while let first = state.queue.first, take(first.mode, &state) {
      first.isAdmitted = true
      admitted.append(state.queue.removeFirst())
    }
    return admitted
  }
}

/// One that waits at a gate. `isAdmitted` and the place in the queue are the gate's lock's; the rest is the reactor's.
final class GateWaiter: @unchecked Sendable {
  private let gate: Gate
  let mode: Gate.Mode
  var isAdmitted = false
  private var continuation: UnsafeContinuation<Void, Never>?
  private var timer: OpaquePointer?
  private var reactor: OpaquePointer?

  init(_ gate: Gate, _ mode: Gate.Mode) {
    self.gate = gate
    self.mode = mode
  }

  func wait(_ continuation: UnsafeContinuation<Void, Never>, until deadline: UInt64, _ exchange: OpaquePointer) {
    self.continuation = continuation
    let isFree = gate.state.withLock { state in
      if state.queue.isEmpty, gate.take(mode, &state) {
        isAdmitted = true
        return true
      }
      state.queue.append(self)
      return false
    }
    if isFree { return continuation.resume() }
    // Admission by another thread resumes by way of this reactor, hence after this call.
    let context = Unmanaged.passUnretained(self).toOpaque()
    kt_exchange_on_cancel(
      exchange,
      { Unmanaged<GateWaiter>.fromOpaque($0!).takeUnretainedValue().abandon() },
      context
    )
    let now = Connection.now()
    reactor = kt_exchange_reactor(exchange)
    if deadline != .max {
      let milliseconds = deadline > now ? (deadline - now) / 1_000_000 + 1 : 0
      timer = kt_reactor_after(
        reactor!,
        milliseconds,
        {
          let waiter = Unmanaged<GateWaiter>.fromOpaque($0!).takeUnretainedValue()
          waiter.timer = nil
          waiter.abandon()
        },
        context
      )
    }
  }

  /// After the wait, on its reactor.
  func disarm(_ exchange: OpaquePointer) {
    kt_exchange_on_cancel(exchange, nil, nil)
    if let timer, let reactor { kt_reactor_cancel(reactor, timer) }
    timer = nil
  }

  func resume() { continuation?.resume() }

  private func abandon() {
    let (wasWaiting, admitted) = gate.state.withLock { state -> (Bool, [GateWaiter]) in
      guard !isAdmitted, let index = state.queue.firstIndex(where: { $0 === self }) else { return (false, []) }
      state.queue.remove(at: index)
      // Those behind may be of the kind that can go.
      return (true, gate.admit(&state))
    }
    if wasWaiting { resume() }
    for waiter in admitted { waiter.resume() }
  }
}
