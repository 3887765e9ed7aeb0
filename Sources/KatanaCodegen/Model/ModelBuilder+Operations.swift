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
          GroupModel(
            tag: tag, name: name, documentation: declared?.description, basePath: basePath(document.servers),
            operations: [])
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
    if isUpgrade(operation) { return nil }
    var names = NameRegister(
      reserved: ["accepted", "body", "content", "context", "failure", "json", "request", "response", "service"])
    let parameters = parameters(operation, &names)
    let execution = execution(operation)
    let body = body(operation, execution)
    let outcomes = outcomes(operation)
    let security = security(operation)
    let isBroken = findings[before...].contains { $0.severity == .error }
    if isBroken { return nil }
    let (successes, failures) = divided(outcomes, operation)
    var unheard: [Diagnostic] = []
    let type = SwiftName.type(name)
    var result = OperationModel(
      name: name, namespace: "",
      reader: typeNames.claim(type + "Reader", for: operation.title, at: operation.location, &unheard),
      method: operation.method.rawValue, path: operation.path.text,
      basePath: basePath(operation.servers),       id: operation.operationID?.value, documentation: operation.summary, details: operation.description,
      isDeprecated: operation.isDeprecated, execution: execution,
      deadlineMilliseconds: operation.extensions.katana.deadline.map { Int($0.value / .milliseconds(1)) },
      parameters: parameters, body: body, security: security, successes: successes, failures: failures,
      location: operation.location, query: operation.extensions.katana.query, prefetch: operation.extensions.katana.prefetch)
    if !result.returnsContent || !result.failures.isEmpty || body?.isUniform == false {
      result.namespace = typeNames.claim(type, for: operation.title, at: operation.location, &findings)
    }
    return result
  }

  /// What is returned and what is thrown. Where the contract documents no success but a default, that is returned;
  /// where it documents neither, everything is; and where there is nothing, any status without content.
  private mutating func divided(
    _ outcomes: [OperationModel.Outcome], _ operation: Operation
  ) -> (successes: [OperationModel.Outcome], failures: [OperationModel.Outcome]) {
    let isSuccess = { (outcome: OperationModel.Outcome) in
      switch outcome.status {
      case .code(let code): (200..<400).contains(code)
      case .range(let hundreds): hundreds == 2 || hundreds == 3
      case .any: false
      }
    }
    let successes = outcomes.filter(isSuccess)
    if successes.isEmpty {
      let others = outcomes.filter { $0.status == .any }
      if !others.isEmpty { return (others, outcomes.filter { $0.status != .any }) }
      warn(
        .noSuccess, operation.location,
        "\(operation.title) documents no 2xx or 3xx response and no default; its function returns "
          + (outcomes.isEmpty ? "a status without content" : "the responses that there are"),
        remedy: "add the response that says it went well, or a 'default'")
      if !outcomes.isEmpty { return (outcomes, []) }
      let any = OperationModel.Outcome(
        status: .any, name: statusName(.any), documentation: "Whatever the service says.", content: .none, fields: [])
      return ([any], [])
    }
    return (successes, outcomes.filter { !isSuccess($0) })
  }

  private func execution(_ operation: Operation) -> OperationModel.Execution {
    switch operation.extensions.katana.execution?.value {
    case .sync: .sync
    case .blocking: .blocking
    case .async, nil: .async
    }
  }

  /// The path of the first server, which all clients put in front.
  private func basePath(_ servers: [ServerURL]) -> String {
    guard let server = servers.first else { return "" }
    var url = server.url.value
    for variable in server.variables { url = url.replacing("{\(variable.name.value)}", with: variable.defaultValue) }
    if let scheme = url.firstRange(of: "://") {
      guard let slash = url[scheme.upperBound...].firstIndex(of: "/") else { return "" }
      url = String(url[slash...])
    }
    while url.hasSuffix("/") { url.removeLast() }
    if !url.isEmpty, !url.hasPrefix("/") { url = "/" + url }
    return url
  }

  /// The router's own limit, KT_PARAMS_MAX.
  private static let pathParametersMax = 16

  private mutating func refuseParts(_ operation: Operation) {
    let katana = operation.extensions.katana
    let policies = [
      ("cache", katana.cache?.location), ("idempotency", katana.idempotency?.location),
      ("rate-limit", katana.rateLimit?.location),
    ]
    for case (let name, let location?) in policies {
      refuse("'x-katana-\(name)' is", location, remedy: "remove it and write a middleware for the operation")
    }
    for callback in operation.callbacks {
      warn(.notCalled, callback.name.location, "no client is generated for the callback '\(callback.name.value)'")
    }
    if operation.method == .trace {
      refuse(
        "the method TRACE is", operation.location,
        remedy: "remove it: the request would come back as it was sent, its credentials included (RFC 9110 §9.3.8)")
    }
    let parts = operation.path.parts
    for case (.parameter(let one), .parameter(let next)) in zip(parts, parts.dropFirst()) {
      refuse(
        "a path with no text between two parameters ('{\(one)}{\(next)}') is", operation.path.location,
        remedy: "nothing says where the first one ends: put a character between them, as in '{\(one)}-{\(next)}', "
          + "or make them one parameter")
    }
    if operation.path.parameterNames.count > Self.pathParametersMax {
      refuse(
        "a path of more than \(Self.pathParametersMax) parameters is", operation.path.location,
        remedy: "put some of them into the query")
    }
  }

  private mutating func security(_ operation: Operation) -> [[(scheme: String, scopes: [String])]] {
    operation.security.map { requirement in
      requirement.schemes.map { entry in
        (securityScheme(entry.name.value, at: entry.name.location), entry.scopes.map(\.value))
      }
    }
  }

  private mutating func securityScheme(_ key: String, at location: Location) -> String {
    if let known = model.securitySchemes.first(where: { $0.key == key }) { return known.name }
    guard let scheme = document.components.securityScheme(named: key) else { return "" }
    let kind: String
    switch scheme.kind {
    case .apiKey(let parameter, let place): kind = ".apiKey(.\(place.rawValue)(\(swiftLiteral(parameter.value))))"
    case .http(let name, _):
      switch name.value {
      case "basic": kind = ".basic"
      case "bearer": kind = ".bearer"
      default: kind = ".http(\(swiftLiteral(name.value)))"
      }
    case .oauth2: kind = ".oauth2"
    case .openIDConnect(let url): kind = ".openIDConnect(url: \(swiftLiteral(url.value)))"
    case .mutualTLS: kind = ".mutualTLS"
    }
    let name = securityNames.claim(SwiftName.member(key), for: key, at: scheme.name.location, &findings)
    model.securitySchemes.append(
      SecuritySchemeModel(name: name, key: key, kind: kind, documentation: scheme.description))
    return name
  }
}
