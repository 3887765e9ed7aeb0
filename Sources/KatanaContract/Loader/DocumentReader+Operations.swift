/// What an operation takes from its path item and document.
struct OperationContext {
  let path: PathTemplate
  let parameters: [Parameter]
  let security: [SecurityRequirement]
  let servers: [ServerURL]
}

extension DocumentReader {
  func readOperation(_ entry: Mapping.Entry, _ method: HTTPMethod, _ context: OperationContext) -> Operation? {
    guard let fields = fields(entry.value, .operation) else { return nil }
    let parameters = merge(context.parameters, readParameters(fields))
    let extensions = fields.extensions()
    checkCacheKeys(extensions.katana, parameters)
    fields.checkExternalDocs()
    let security = readSecurity(fields)
    let id = readOperationID(fields)
    if let id { operationParameters[id.value] = parameters }
    checkBody(fields, method)
    let responses = readResponses(fields, entry.keyLocation)
    keepPrefetch(extensions.katana.prefetch, fields.mapping["x-katana-prefetch"], responses)
    return Operation(
      method: method,
      path: context.path,
      operationID: id,
      tags: readTagNames(fields),
      summary: fields.text("summary"),
      description: fields.text("description"),
      isDeprecated: fields.flag("deprecated"),
      parameters: parameters,
      requestBody: fields.mapping["requestBody"].flatMap(readRequestBody),
      responses: responses,
      callbacks: fields.entries("callbacks").compactMap { readCallback($0, context) },
      security: security ?? context.security,
      hasOwnSecurity: security != nil,
      servers: fields.has("servers") ? readServers(fields) : context.servers,
      extensions: extensions,
      location: entry.keyLocation,
      node: entry.value
    )
  }

  private func readTagNames(_ fields: Fields) -> [Located<String>] {
    var seen: Set<String> = []
    return fields.strings("tags").filter { tag in
      if seen.insert(tag.value).inserted { return true }
      warning(.tagDuplicate, at: tag.location, "the operation already has the tag \(quoted(tag.value))")
      return false
    }
  }

  /// RFC 9110 gives the content of these requests no meaning; 3.0 ignores such a body, 3.1 advises against it.
  private func checkBody(_ fields: Fields, _ method: HTTPMethod) {
    guard [.get, .head, .delete, .trace].contains(method), let location = fields.mapping.location(of: "requestBody")
    else { return }
    warning(
      .bodyWithoutMeaning,
      at: location,
      version == .v30
        ? "the body of a \(method.token) request is ignored in OpenAPI 3.0"
        : "the body of a \(method.token) request has no defined meaning"
    )
  }

  /// The operation's parameters replace shared ones of the same name and place.
  private func merge(_ shared: [Parameter], _ own: [Parameter]) -> [Parameter] {
    let replaced = Set(own.map(\.identity))
    return shared.filter { !replaced.contains($0.identity) } + own
  }

  private func readOperationID(_ fields: Fields) -> Located<String>? {
    guard let id = fields.string("operationId") else { return nil }
    if id.value.isEmpty { error(.invalidValue, at: id.location, "'operationId' in an operation is empty") }
    if let first = operationIDs[id.value] {
      // A shared path item is read for each of its uses.
      if first != id.location {
        error(
          .operationIDDuplicate,
          at: id.location,
          "the operationId \(quoted(id.value)) is already used at \(first.mentioned(at: id.location))",
          remedy: "operation ids are unique in a document"
        )
      }
    } else {
      operationIDs[id.value] = id.location
    }
    return id
  }

  private func readCallback(_ entry: Mapping.Entry, _ context: OperationContext) -> Callback? {
    let name = Located(entry.key, at: entry.keyLocation)
    var callback = shared(entry.value, .callback, \.callbacks) { node, _ in
      readCallback(named: name, node, context)
    }
    callback?.name = name
    return callback
  }

  func readCallback(named name: Located<String>, _ node: Node, _ context: OperationContext) -> Callback? {
    guard let mapping = node.mapping else {
      wrongType(node, expected: "a mapping", in: "a callback")
      return nil
    }
    let items = mapping.entries.compactMap { entry -> PathItem? in
      if entry.key.hasPrefix("x-") {
        checkExtensionName(entry, allowed: [], in: "a callback")
        return nil
      }
      if let flaw = RuntimeExpression.flaw(in: entry.key) {
        error(
          .runtimeExpression,
          at: entry.keyLocation,
          "the callback \(quoted(entry.key)) \(flaw)",
          remedy: "write, for example, '{$request.body#/callbackUrl}'"
        )
      }
      return readNamedPathItem(entry, context.security, context.servers)
    }
    return Callback(name: name, expressions: items, node: node)
  }
}
