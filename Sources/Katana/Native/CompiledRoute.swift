import CKatana

/// A route as the C core gets it: its middleware is around the handler.
struct CompiledRoute {
  var route: Route
  var handler: Router.Handler
  /// What the core asks before it reads content; a security that has to wait is in the handler instead.
  var security: RouteSecurity?

  /// With a handler that knows whose it is.
  func labelled() -> CompiledRoute {
    var result = self
    switch handler {
    case .sync(let handler): result.handler = .sync(SyncHandler(handler.body, label: route.label))
    case .async(let handler): result.handler = .async(AsyncHandler(handler.body, label: route.label))
    case .folder: break
    }
    return result
  }
}

extension Router {
  /// - Throws: ``ServerError`` that names every operation with a scheme that nobody judges.
  func compiled() throws(ServerError) -> [CompiledRoute] {
    try checkAuthenticators()
    var result: [CompiledRoute] = []
    for (route, handler) in entries { result.append(try compiled(route, layered(route, handler)).labelled()) }
    return result
  }

  private func compiled(_ route: Route, _ handler: Handler) throws(ServerError) -> CompiledRoute {
    if route.security.isEmpty { return CompiledRoute(route: route, handler: handler) }
    let security = RouteSecurity(route.security, authenticators, realm: realm, name: route.label)
    if security.schemes.count > 64 {
      throw ServerError(description: "\(route.label) has more than 64 security schemes")
    }
    if !security.isAsync { return CompiledRoute(route: route, handler: handler, security: security) }
    let body: AsyncBody
    switch handler {
    case .sync(let handler):
      let inner = handler.body
      body = { context in try inner(context) }
    case .async(let handler): body = handler.body
    case .folder:
      throw ServerError(description: "\(route.label): files are guarded by authenticators that need not wait")
    }
    var streamed = route
    streamed.streamsContent = true
    let needsContent = route.requiresContent
    let collects = !route.streamsContent
    return CompiledRoute(
      route: streamed,
      handler: .async(
        AsyncHandler { context in
          guard await security.authorise(context.exchange) else { return }
          if collects, try await !collect(context.exchange, needsContent: needsContent) { return }
          try await body(context)
        }
      )
    )
  }

  private func checkAuthenticators() throws(ServerError) {
    var missing: [String] = []
    for (route, _) in entries {
      for requirement in route.security.joined() where authenticators[requirement.scheme.name] == nil {
        let line = "\(route.label) needs '\(requirement.scheme.name)'"
        if !missing.contains(line) { missing.append(line) }
      }
    }
    if missing.isEmpty { return }
    throw ServerError(
      description: "security schemes without an authenticator: \(missing.joined(separator: "; ")); "
        + "register one for each with Router.authenticate(_:with:)"
    )
  }
}

extension Route {
  /// What people know the route by.
  var label: String {
    let line = "\(method) ".uppercased() + path
    return operation.map { "\(line) (\($0))" } ?? line
  }
}

/// Puts the content that is still to come where handlers of buffered routes look for it. False: the request was
/// answered.
private nonisolated(nonsending) func collect(_ exchange: OpaquePointer, needsContent: Bool) async throws -> Bool {
  while let piece = try await nextBytes(of: exchange) {
    let bytes = kt_bytes(p: piece.baseAddress?.assumingMemoryBound(to: UInt8.self), n: piece.count)
    if kt_exchange_collect(exchange, bytes) != KT_OK { return false }
  }
  _ = kt_exchange_collect(exchange, kt_bytes())
  if needsContent, kt_exchange_body(exchange).n == 0 {
    throw Problem(.badRequest, detail: "this operation needs content")
  }
  return true
}
