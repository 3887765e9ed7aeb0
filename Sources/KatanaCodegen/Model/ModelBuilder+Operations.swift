import KatanaContract

extension ModelBuilder {
  mutating func buildGroups() {
    var tagNames: [String: String] = [:]
    var methodNames: [String: NameRegister] = [:]
    for operation in document.operations {
      let tag = operation.tags.first?.value ?? "default"
      if tagNames[tag] == nil {
        let declared = document.tags.first { $0.name.value == tag }
        let wanted = declared.flatMap { swiftName($0.extensions) } ?? SwiftName.type(tag) + "API"
        let location = declared?.name.location ?? operation.tags.first?.location ?? operation.location
        let name = typeNames.claim(wanted, for: tag, at: location, &findings)
        tagNames[tag] = name
        methodNames[tag] = NameRegister()
        model.groups.append(
          GroupModel(tag: tag, name: name, documentation: declared?.description, operations: [])
        )
      }
      let name = methodNames[tag]!.claim(
        swiftName(operation.extensions) ?? SwiftName.member(operationName(operation)),
        for: operation.title,
        at: operation.location,
        &findings
      )
      guard let built = self.operation(operation, name) else { continue }
      let index = model.groups.firstIndex { $0.tag == tag }!
      model.groups[index].operations.append(built)
    }
  }

  /// The `operationId`, or one made of method and path.
  func operationName(_ operation: Operation) -> String {
    if let id = operation.operationID { return id.value }
    let parts = operation.path.parts.map { part in
      switch part {
      case .literal(let text): SwiftName.type(text)
      case .parameter(let name): "By" + SwiftName.type(name)
      }
    }
    return operation.method.rawValue + parts.filter { $0 != "_" && $0 != "Slash" }.joined()
  }

  private mutating func operation(_ operation: Operation, _ name: String) -> OperationModel? {
    if operation.operationID == nil {
      warn(
        .operationIDMissing,
        operation.location,
        "\(operation.title) has no 'operationId'; it is named \(name)"
      )
    }
    let before = findings.count
    refuseParts(operation)
    var names = NameRegister(reserved: ["body", "content", "context", "failure", "request", "response", "service"])
    let parameters = parameters(operation, &names)
    let body = body(operation)
    let outcomes = outcomes(operation)
    let isBroken = findings[before...].contains { $0.severity == .error }
    let successes = outcomes.filter { $0.status.map { (200..<400).contains($0) } ?? false }
    if isBroken { return nil }
    if successes.isEmpty {
      error(.noSuccess, operation.location, "\(operation.title) documents no 2xx or 3xx response")
      return nil
    }
    var result = OperationModel(
      name: name,
      namespace: "",
      method: operation.method.rawValue,
      path: operation.path.text,
      documentation: operation.summary,
      details: operation.description,
      execution: execution(operation),
      deadlineMilliseconds: operation.extensions.katana.deadline.map { Int($0.value / .milliseconds(1)) },
      parameters: parameters,
      body: body,
      successes: successes,
      failures: outcomes.filter { outcome in !successes.contains { $0.name == outcome.name } }
    )
    if !result.returnsContent || !result.failures.isEmpty {
      result.namespace = typeNames.claim(SwiftName.type(name), for: operation.title, at: operation.location, &findings)
    }
    return result
  }

  private func execution(_ operation: Operation) -> OperationModel.Execution {
    operation.extensions.katana.execution?.value == .sync ? .sync : .async
  }

  private mutating func refuseParts(_ operation: Operation) {
    let katana = operation.extensions.katana
    if katana.execution?.value == .blocking {
      refuse("'x-katana-execution: blocking' is", katana.execution!.location)
    }
    if let part = katana.cache { refuse("'x-katana-cache' is", part.location) }
    if let part = katana.idempotency { refuse("'x-katana-idempotency' is", part.location) }
    if let part = katana.rateLimit { refuse("'x-katana-rate-limit' is", part.location) }
    if let part = katana.prefetch { refuse("'x-katana-prefetch' is", part.location) }
    if let part = katana.json { refuse("'x-katana-json' is", part.location) }
    if let part = katana.allocation { refuse("'x-katana-alloc' is", part.location) }
    for callback in operation.callbacks { refuse("callbacks are", callback.name.location) }
    for requirement in operation.security where !requirement.schemes.isEmpty {
      refuse("security requirements are", requirement.location)
    }
    // A parameter must be a whole path segment: that is what the router compares.
    for segment in operation.path.text.split(separator: "/") where segment.contains("{") {
      let isWhole = segment.first == "{" && segment.last == "}" && segment.filter { $0 == "{" }.count == 1
      if !isWhole {
        refuse("a path segment that is not one whole parameter ('\(segment)') is", operation.path.location)
      }
    }
  }

  // MARK: Content

  private mutating func body(_ operation: Operation) -> OperationModel.Body? {
    guard let body = operation.requestBody else { return nil }
    guard let media = onlyJSON(body.content, "a request body") else { return nil }
    guard let reference = media.schema else {
      refuse("a request body without a schema is", body.location)
      return nil
    }
    if isNullable(reference) { refuse("a nullable request body is", reference.location) }
    let use = Use(hint: SwiftName.type(operationName(operation)) + "Body", direction: .request)
    guard let value = value(reference, use) else { return nil }
    guard case .named(_, false) = value else {
      refuse("a request body that is not an object is", reference.location)
      return nil
    }
    return OperationModel.Body(
      value: value,
      isRequired: body.isRequired,
      mediaType: media.essence,
      documentation: body.description
    )
  }

  private mutating func onlyJSON(_ content: [MediaType], _ what: String) -> MediaType? {
    if content.count > 1 {
      refuse("\(what) of several media types is", content[1].name.location)
      return nil
    }
    guard let media = content.first else { return nil }
    if !media.isJSON {
      refuse("\(what) of type '\(media.name.value)' is", media.name.location)
      return nil
    }
    return media
  }

  private mutating func outcomes(_ operation: Operation) -> [OperationModel.Outcome] {
    var result: [OperationModel.Outcome] = []
    for response in operation.responses { if let outcome = outcome(response, operation) { result.append(outcome) } }
    return result
  }

  private mutating func outcome(_ response: Response, _ operation: Operation) -> OperationModel.Outcome? {
    let status: Int?
    switch response.status.value {
    case .code(let code) where (200...599).contains(code): status = code
    case .code, .range:
      refuse("the status '\(response.status.value.text)' is", response.status.location)
      return nil
    case .default: status = nil
    }
    var fields: [OperationModel.Field] = []
    for header in response.headers { if let field = field(header) { fields.append(field) } }
    var names = NameRegister(reserved: fields.isEmpty ? [] : ["content"])
    let named = fields.map { field in
      var field = field
      field.name = names.claim(field.name, for: field.header, at: response.status.location, &findings)
      return field
    }
    let hint = SwiftName.type(operationName(operation)) + SwiftName.type(statusName(status))
    return OperationModel.Outcome(
      status: status,
      name: statusName(status),
      documentation: response.description,
      content: content(response, hint),
      fields: named
    )
  }

  private mutating func content(_ response: Response, _ hint: String) -> OperationModel.Outcome.Content {
    guard let media = onlyJSON(response.content, "a response") else { return .none }
    guard let reference = media.schema else {
      refuse("a response without a schema is", media.name.location)
      return .none
    }
    if !response.status.value.isSuccess, media.essence == "application/problem+json" {
      markUsed(reference)
      return .problem
    }
    if isNullable(reference) { refuse("a nullable response is", reference.location) }
    guard let value = value(reference, Use(hint: hint, direction: .response)) else { return .none }
    switch value {
    case .named(_, false), .array(.named(_, false), _, _): break
    default: refuse("a response that is not an object or an array of objects is", reference.location)
    }
    return .value(value, mediaType: media.essence)
  }

  private mutating func field(_ header: Header) -> OperationModel.Field? {
    if header.name.value.lowercased() == "content-type" { return nil }  // the media type says it (OpenAPI §4.8.21)
    guard case .schema(let reference) = header.value,
      let value = value(reference, Use(hint: header.name.value, direction: .request)),
      case .scalar(let scalar) = value, ["string", "int32", "int64", "boolean"].contains(scalar.method)
    else {
      refuse("a response header that is not a string, an integer or a boolean is", header.node.location)
      return nil
    }
    return OperationModel.Field(
      name: SwiftName.member(header.name.value),
      header: header.name.value,
      swift: scalar.swift,
      isRequired: header.isRequired
    )
  }

  private func statusName(_ status: Int?) -> String {
    guard let status else { return "other" }
    return Self.statusNames[status] ?? "status\(status)"
  }

  private static let statusNames: [Int: String] = [
    200: "ok", 201: "created", 202: "accepted", 204: "noContent", 205: "resetContent", 206: "partialContent",
    301: "movedPermanently", 302: "found", 303: "seeOther", 304: "notModified", 307: "temporaryRedirect",
    308: "permanentRedirect", 400: "badRequest", 401: "unauthorized", 402: "paymentRequired", 403: "forbidden",
    404: "notFound", 405: "methodNotAllowed", 406: "notAcceptable", 408: "requestTimeout", 409: "conflict",
    410: "gone", 411: "lengthRequired", 412: "preconditionFailed", 413: "contentTooLarge", 414: "uriTooLong",
    415: "unsupportedMediaType", 422: "unprocessableContent", 423: "locked", 425: "tooEarly",
    428: "preconditionRequired",
    429: "tooManyRequests", 500: "internalServerError", 501: "notImplemented", 502: "badGateway",
    503: "serviceUnavailable", 504: "gatewayTimeout",
  ]
}
