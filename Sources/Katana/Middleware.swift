/// What is done around handlers: it sees a request before its handler and how that ended.
///
/// ```swift
/// struct Timing: Middleware {
///   func begin(_ context: Context) -> ContinuousClock.Instant? { .now }
///
///   func end(_ start: ContinuousClock.Instant, _ context: Context, _ error: (any Error)?) throws {
///     metrics.record(.now - start)
///     if let error { throw error }
///   }
/// }
///
/// router.use {
///   RequestIdentifier()
///   Timing()
/// }
/// ```
///
/// The same code serves synchronous and asynchronous handlers. The state between both calls has a type of its own and
/// lives on the stack; a chain is one type, so that there is no existential and no allocation for a request. Requests
/// that were refused before they reached a handler (404, 405, 413, 415, 401 …) do not get here. Content that the route
/// buffers is there already.
public protocol Middleware: Sendable {
  associatedtype State = Void

  /// Before the handler. Nil: the request was answered here and goes no further; ``end(_:_:_:)`` is not called.
  func begin(_ context: Context) throws -> State?

  /// After the handler, in reverse order. `error` is what it threw: throw it on, throw another one, or answer and
  /// return. For an error that leaves all middleware the server answers.
  func end(_ state: State, _ context: Context, _ error: (any Error)?) throws
}

extension Middleware {
  public func end(_ state: State, _ context: Context, _ error: (any Error)?) throws {
    if let error { throw error }
  }
}

/// Middleware that has to wait, before the handler or after it. Routes that it is used on are served asynchronously.
public protocol AsyncMiddleware: Sendable {
  /// Calls `next` once to go on, or answers without it.
  nonisolated(nonsending) func handle(
    _ context: Context,
    _ next: nonisolated(nonsending) (Context) async throws -> Void
  ) async throws
}

/// One middleware around another.
public struct MiddlewareChain<Outer: Middleware, Inner: Middleware>: Middleware {
  public typealias State = (Outer.State, Inner.State)

  @usableFromInline let outer: Outer
  @usableFromInline let inner: Inner

  @inlinable
  init(_ outer: Outer, _ inner: Inner) {
    self.outer = outer
    self.inner = inner
  }

  @inlinable
  public func begin(_ context: Context) throws -> State? {
    guard let first = try outer.begin(context) else { return nil }
    do {
      if let second = try inner.begin(context) { return (first, second) }
    } catch {
      try outer.end(first, context, error)
      return nil
    }
    try outer.end(first, context, nil)
    return nil
  }

  @inlinable
  public func end(_ state: State, _ context: Context, _ error: (any Error)?) throws {
    do {
      try inner.end(state.1, context, error)
    } catch {
      return try outer.end(state.0, context, error)
    }
    try outer.end(state.0, context, nil)
  }
}

/// Puts middleware in a chain, the first outermost.
@resultBuilder
public enum MiddlewareBuilder {
  @inlinable
  public static func buildPartialBlock<M: Middleware>(first: M) -> M { first }

  @inlinable
  public static func buildPartialBlock<Outer: Middleware, Inner: Middleware>(
    accumulated: Outer,
    next: Inner
  ) -> MiddlewareChain<Outer, Inner> { MiddlewareChain(accumulated, next) }
}

/// Sends back `X-Request-Id`: ``Context/requestID``.
public struct RequestIdentifier: Middleware {
  public init() {}

  public func begin(_ context: Context) -> Void? {
    context.sendRequestID()
    return ()
  }
}

extension Router {
  /// Uses middleware on the routes that `isWanted` names, also on those that are added later. What is used first is
  /// outermost. On a folder of files, ``Middleware/end(_:_:_:)`` is called when the file begins to be sent.
  ///
  /// ```swift
  /// router.use { RequestIdentifier() }
  /// router.use(on: { $0.operation == "createOrder" }) { Audit(journal) }
  /// ```
  @inlinable
  public mutating func use<M: Middleware>(
    on isWanted: @escaping @Sendable (Route) -> Bool = { _ in true },
    @MiddlewareBuilder _ make: () -> M
  ) {
    let middleware = make()
    layers.append(
      Layer(
        isWanted: isWanted,
        wrapping: .both(
          { next in
            { context in
              guard let state = try middleware.begin(context) else { return }
              do {
                try next(context)
              } catch {
                return try middleware.end(state, context, error)
              }
              try middleware.end(state, context, nil)
            }
          },
          { next in
            { context in
              guard let state = try middleware.begin(context) else { return }
              do {
                try await next(context)
              } catch {
                return try middleware.end(state, context, error)
              }
              try middleware.end(state, context, nil)
            }
          }
        )
      )
    )
  }

  /// Uses asynchronous middleware. Folders of files are left out: they answer without a task.
  @inlinable
  public mutating func use<M: AsyncMiddleware>(
    async middleware: M,
    on isWanted: @escaping @Sendable (Route) -> Bool = { _ in true }
  ) {
    layers.append(
      Layer(
        isWanted: isWanted,
        wrapping: .async { next in
          { context in
            try await middleware.handle(context) { context async throws in
              // It stays on the reactor's task, which the type of handlers does not say.
              nonisolated(unsafe) let same = context
              try await next(same)
            }
          }
        }
      )
    )
  }

  public typealias SyncBody = @Sendable (Context) throws -> Void
  public typealias AsyncBody = @Sendable (Context) async throws -> Void

  @usableFromInline
  struct Layer: Sendable {
    @usableFromInline
    enum Wrapping: Sendable {
      case both(@Sendable (@escaping SyncBody) -> SyncBody, @Sendable (@escaping AsyncBody) -> AsyncBody)
      case async(@Sendable (@escaping AsyncBody) -> AsyncBody)
    }

    let isWanted: @Sendable (Route) -> Bool
    let wrapping: Wrapping

    @usableFromInline
    init(isWanted: @escaping @Sendable (Route) -> Bool, wrapping: Wrapping) {
      self.isWanted = isWanted
      self.wrapping = wrapping
    }
  }

  /// The handler of a route with the middleware around it.
  func layered(_ route: Route, _ handler: Handler) -> Handler {
    var handler = handler
    for layer in layers.reversed() where layer.isWanted(route) {
      switch (layer.wrapping, handler) {
      case (.both(let wrap, _), .sync(let inner)): handler = .sync(SyncHandler(wrap(inner.body)))
      case (.both(_, let wrap), .async(let inner)): handler = .async(AsyncHandler(wrap(inner.body)))
      case (.both(let wrap, _), .folder(let folder)):
        handler = .sync(SyncHandler(wrap { context in folder.serve(context) }))
      case (.async(let wrap), .sync(let inner)):
        let body = inner.body
        handler = .async(AsyncHandler(wrap { context in try body(context) }))
      case (.async(let wrap), .async(let inner)): handler = .async(AsyncHandler(wrap(inner.body)))
      case (.async, .folder): break
      }
    }
    return handler
  }
}
