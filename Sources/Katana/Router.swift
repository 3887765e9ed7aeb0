/// Routes and their handlers, in the order they were added.
///
/// A closure that awaits is served on a pooled task of its reactor; one that does not runs straight from the reactor's
/// loop and must not block. A handler that throws a ``Problem`` answers with it; any other error is told in the log,
/// and the client gets 500 without its text. What is wrong with a path is an error of the server that is made of the
/// router.
public struct Router: Sendable {
  enum Handler: Sendable {
    case sync(SyncHandler)
    case async(AsyncHandler)
    case folder(FolderHandler)
  }

  var entries: [(route: Route, handler: Handler)] = []
  @usableFromInline var layers: [Layer] = []
  var authenticators: [String: Judge] = [:]
  /// What clients are told that credentials are for (RFC 9110 §11.5).
  public var realm = "api"

  /// A router without routes: every request is answered 404.
  public init() {}

  /// Adds a route whose handler does not wait.
  public mutating func add(_ route: Route, _ handler: @escaping @Sendable (Context) throws -> Void) {
    entries.append((route, .sync(SyncHandler(handler))))
  }

  /// Adds a route whose handler awaits.
  public mutating func add(_ route: Route, async handler: @escaping @Sendable (Context) async throws -> Void) {
    entries.append((route, .async(AsyncHandler(handler))))
  }

  /// Adds a route for GET, which serves HEAD, too.
  public mutating func get(_ path: String, _ handler: @escaping @Sendable (Context) throws -> Void) {
    add(Route(.get, path), handler)
  }

  /// Adds a route for GET, which serves HEAD, too, with a handler that awaits.
  public mutating func get(_ path: String, async handler: @escaping @Sendable (Context) async throws -> Void) {
    add(Route(.get, path), async: handler)
  }

  /// Adds a route for POST.
  public mutating func post(_ path: String, _ handler: @escaping @Sendable (Context) throws -> Void) {
    add(Route(.post, path), handler)
  }

  /// Adds a route for POST, with a handler that awaits.
  public mutating func post(_ path: String, async handler: @escaping @Sendable (Context) async throws -> Void) {
    add(Route(.post, path), async: handler)
  }

  /// Adds a route for PUT.
  public mutating func put(_ path: String, _ handler: @escaping @Sendable (Context) throws -> Void) {
    add(Route(.put, path), handler)
  }

  /// Adds a route for PUT, with a handler that awaits.
  public mutating func put(_ path: String, async handler: @escaping @Sendable (Context) async throws -> Void) {
    add(Route(.put, path), async: handler)
  }

  /// Adds a route for PATCH.
  public mutating func patch(_ path: String, _ handler: @escaping @Sendable (Context) throws -> Void) {
    add(Route(.patch, path), handler)
  }

  /// Adds a route for PATCH, with a handler that awaits.
  public mutating func patch(_ path: String, async handler: @escaping @Sendable (Context) async throws -> Void) {
    add(Route(.patch, path), async: handler)
  }

  /// Adds a route for DELETE.
  public mutating func delete(_ path: String, _ handler: @escaping @Sendable (Context) throws -> Void) {
    add(Route(.delete, path), handler)
  }

  /// Adds a route for DELETE, with a handler that awaits.
  public mutating func delete(_ path: String, async handler: @escaping @Sendable (Context) async throws -> Void) {
    add(Route(.delete, path), async: handler)
  }

  /// A route whose handler pulls the content while it arrives.
  public mutating func stream(
    _ method: Method, _ path: String, async handler: @escaping @Sendable (Context) async throws -> Void
  ) {
    add(Route(method, path, streamsContent: true), async: handler)
  }
}
