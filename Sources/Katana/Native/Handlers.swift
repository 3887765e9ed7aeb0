import CKatana

/// A synchronous handler as the C core calls it: one function for all, with the closure as its context.
final class SyncHandler: Sendable {
  let body: @Sendable (Context) throws -> Void
  /// Whose handler it is, for the log.
  let label: String

  init(_ body: @escaping @Sendable (Context) throws -> Void, label: String = "") {
    self.body = body
    self.label = label
  }

  static let entry: kt_handler_fn = { context, exchange in
    Unmanaged<SyncHandler>.fromOpaque(context!)._withUnsafeGuaranteedRef { $0.serve(exchange) }
  }

  private func serve(_ exchange: OpaquePointer) {
    let context = Context(exchange)
    do {
      try body(context)
    } catch {
      context.fail(error, in: label)
    }
  }
}

/// An asynchronous handler: the core suspends the exchange and a pooled task of the reactor serves it.
final class AsyncHandler: Sendable {
  let body: @Sendable (Context) async throws -> Void
  /// Whose handler it is, for the log.
  let label: String

  init(_ body: @escaping @Sendable (Context) async throws -> Void, label: String = "") {
    self.body = body
    self.label = label
  }

  static let entry: kt_handler_fn = { context, exchange in
    kt_exchange_suspend(exchange)
    Unmanaged<AsyncHandler>.fromOpaque(context!)._withUnsafeGuaranteedRef { handler in
      let executor = kt_reactor_data(kt_exchange_reactor(exchange))!
      Unmanaged<ReactorExecutor>.fromOpaque(executor)._withUnsafeGuaranteedRef { $0.start(handler, on: exchange) }
    }
  }

  func serve(_ exchange: OpaquePointer) async {
    do {
      try await body(Context(exchange))
    } catch {
      Context(exchange).fail(error, in: label)
    }
    kt_exchange_leave(exchange)
  }
}
