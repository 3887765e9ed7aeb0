import CKatana

/// One request and the means to answer it, on the reactor that the request arrived on.
///
/// A context cannot be stored, captured by a task or sent elsewhere: the compiler keeps it inside the handler. The
/// request's bytes stay valid until the handler returns, across every `await`.
public struct Context: ~Escapable {
  @usableFromInline let exchange: OpaquePointer

  @_lifetime(immortal)
  @inlinable
  init(_ exchange: OpaquePointer) { self.exchange = exchange }

  /// For the modules of this package that stand on the C core.
  package var native: OpaquePointer { exchange }

  /// The request's head and, for routes that buffer it, its content.
  public var request: Request {
    @_lifetime(copy self)
    @inlinable
    get { Request(exchange) }
  }

  /// True once nobody waits for the response: the client left, the deadline passed, or the server gave up draining.
  public var isCancelled: Bool { kt_exchange_cancelled(exchange) }

  /// Index of the reactor that serves this request.
  @inlinable
  public var reactorIndex: Int { Int(kt_reactor_index(kt_exchange_reactor(exchange))) }

  /// Suspends an asynchronous handler without blocking its reactor. Zero lets other work that is ready go first.
  ///
  /// - Throws: ``RequestCancelled`` when the request is cancelled already or while it sleeps.
  public nonisolated(nonsending) func sleep(milliseconds: UInt64) async throws(RequestCancelled) {
    let exchange = exchange
    await withUnsafeContinuation { (waiter: Waiter) in
      if kt_exchange_sleep(exchange, milliseconds, resumeWaiter, pointer(to: waiter)) != KT_OK { waiter.resume() }
    }
    if kt_exchange_cancelled(exchange) { throw RequestCancelled() }
  }
}

/// The request ended before its handler did: the client left, a deadline passed, or the server stopped.
public struct RequestCancelled: Error {
  public init() {}
}
