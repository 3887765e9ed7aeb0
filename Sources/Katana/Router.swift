/// Routes and their handlers, in the order they were added.
///
/// A closure that awaits is served on a pooled task of its reactor; one that does not runs straight from the reactor's
/// loop and must not block.
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

  public init() {}

  public mutating func add(_ route: Route, _ handler: @escaping @Sendable (Context) throws -> Void) {
    entries.append((route, .sync(SyncHandler(handler))))
  }

  public mutating func add(_ route: Route, async handler: @escaping @Sendable (Context) async throws -> Void) {
    entries.append((route, .async(AsyncHandler(handler))))
  }

  public mutating func get(_ path: String, _ handler: @escaping @Sendable (Context) throws -> Void) {
    add(Route(.get, path), handler)
  }

  public mutating func get(_ path: String, async handler: @escaping @Sendable (Context) async throws -> Void) {
    add(Route(.get, path), async: handler)
  }

  public mutating func post(_ path: String, _ handler: @escaping @Sendable (Context) throws -> Void) {
    add(Route(.post, path), handler)
  }

  public mutating func post(_ path: String, async handler: @escaping @Sendable (Context) async throws -> Void) {
    add(Route(.post, path), async: handler)
  }

  /// A route whose handler pulls the content while it arrives.
  public mutating func stream(
    _ method: Method, _ path: String, async handler: @escaping @Sendable (Context) async throws -> Void
  ) {
    add(Route(method, path, streamsContent: true), async: handler)
  }
}
