import CKatana
import KatanaSQL

/// Hands an order to a connection, on a worker or here, and waits for its end, also when the request ends first: the
/// order's parameters lie in the request's memory.
final class Hand: @unchecked Sendable {
  private let connection: Connection
  private let order: Order
  private var outcome = Outcome.failed(.deadlineExceeded)
  private var waiter: UnsafeContinuation<Void, Never>?
  private let work = UnsafeMutablePointer<kt_work>.allocate(capacity: 1)

  private init(_ connection: Connection, _ order: Order) {
    self.connection = connection
    self.order = order
  }

  deinit { work.deallocate() }

  /// - Parameter isStoppable: false for what has to be done also when nobody waits for it any more.
  nonisolated(nonsending) static func perform(
    _ order: Order,
    on connection: Connection,
    until deadline: UInt64,
    _ exchange: OpaquePointer,
    isStoppable: Bool = true
  ) async -> Outcome {
    if connection.options.execution == .reactor {
      return performHere(order, on: connection, until: deadline, exchange, isStoppable: isStoppable)
    }
    prepare(connection, until: deadline, exchange, isStoppable)
    let hand = Hand(connection, order)
    await withUnsafeContinuation { hand.submit(exchange, isStoppable, $0) }
    if isStoppable { kt_exchange_on_cancel(exchange, nil, nil) }
    if hand.isRefused {
      // What must be done is done here.
      if !isStoppable { return connection.perform(order) }
      return .failed(
        SQLError(.poolExhausted, "all threads for work that blocks are busy (ServerConfiguration.workers)")
      )
    }
    return hand.outcome
  }

  /// The same on the calling thread.
  static func performHere(
    _ order: Order,
    on connection: Connection,
    until deadline: UInt64,
    _ exchange: OpaquePointer,
    isStoppable: Bool = true
  ) -> Outcome {
    prepare(connection, until: deadline, exchange, isStoppable)
    return connection.perform(order)
  }

  private static func prepare(
    _ connection: Connection,
    until deadline: UInt64,
    _ exchange: OpaquePointer,
    _ isStoppable: Bool
  ) {
    connection.isStopped.store(isStoppable && kt_exchange_cancelled(exchange), ordering: .relaxed)
    connection.deadline = isStoppable ? deadline : .max
  }

  private var isRefused = false

  private func submit(_ exchange: OpaquePointer, _ isStoppable: Bool, _ waiter: UnsafeContinuation<Void, Never>) {
    self.waiter = waiter
    work.initialize(
      to: kt_work(
        run: {
          let hand = Unmanaged<Hand>.fromOpaque($0.pointee.context).takeUnretainedValue()
          hand.outcome = hand.connection.perform(hand.order)
        },
        done: { Unmanaged<Hand>.fromOpaque($0.pointee.context).takeUnretainedValue().waiter!.resume() },
        context: Unmanaged.passUnretained(self).toOpaque(),
        reactor: nil,
        next: nil,
        state: 0
      )
    )
    guard kt_reactor_offload(kt_exchange_reactor(exchange), work) == KT_OK else {
      isRefused = true
      return waiter.resume()
    }
    if isStoppable {
      kt_exchange_on_cancel(
        exchange,
        { Unmanaged<Hand>.fromOpaque($0!).takeUnretainedValue().stop() },
        Unmanaged.passUnretained(self).toOpaque()
      )
    }
  }

  private func stop() {
    connection.isStopped.store(true, ordering: .relaxed)
    kt_work_cancel(work)
  }
}
