extension DocumentReader {
  /// `nil` when the owner has no `security`.
  func readSecurity(_ owner: Fields) -> [SecurityRequirement]? {
    guard owner.has("security") else { return nil }
    return owner.items("security").compactMap { node in
      guard let mapping = node.mapping else {
        wrongType(node, expected: "a mapping", in: "a security requirement")
        return nil
      }
      let schemes = mapping.entries.map { entry in
        let name = Located(entry.key, at: entry.keyLocation)
        let scopes = readScopes(entry)
        pendingSchemes.append((name, scopes))
        return (name: name, scopes: scopes)
      }
      return SecurityRequirement(schemes: schemes, location: node.location)
    }
  }

  private func readScopes(_ entry: Mapping.Entry) -> [Located<String>] {
    guard let items = entry.value.sequence else {
      wrongType(entry.value, expected: "a sequence", in: "the scopes of \(quoted(entry.key))")
      return []
    }
    return items.compactMap { item in
      if let text = item.string { return Located(text, at: item.location) }
      wrongType(item, expected: "a string", in: "the scopes of \(quoted(entry.key))")
      return nil
    }
  }

  /// What scopes a requirement may list.
  private enum Scopes {
    case declared(Set<String>)
    case any
    case none
  }

  func checkRequirements(_ components: Components) {
    var scopes: [String: Scopes] = [:]
    for scheme in components.securitySchemes { scopes[scheme.name.value] = allowedScopes(scheme) }
    let written = root.mapping?["components"]?.mapping?["securitySchemes"]?.mapping
    for requirement in pendingSchemes {
      let name = requirement.name
      if let allowed = scopes[name.value] {
        checkScopes(requirement.scopes, allowed, name.value)
      } else if written?.entry(name.value) == nil {
        error(
          .securitySchemeUndeclared,
          at: name.location,
          "no security scheme is called \(quoted(name.value))",
          remedy: suggestion(for: name.value, in: scopes.keys) ?? "declare it under components.securitySchemes"
        )
      }
    }
  }

  private func allowedScopes(_ scheme: SecurityScheme) -> Scopes {
    switch scheme.kind {
    // A flow that is left out may declare more.
    case .oauth2 where is32 && scheme.node.mapping?["flows"]?.mapping?.entry("deviceAuthorization") != nil: .any
    case .oauth2(let flows): .declared(Set(flows.flatMap { $0.scopes.map(\.name.value) }))
    case .openIDConnect: .any
    // 3.1 lets other schemes list roles.
    default: version == .v30 ? .none : .any
    }
  }

  private func checkScopes(_ scopes: [Located<String>], _ allowed: Scopes, _ scheme: String) {
    switch allowed {
    case .any: break
    case .declared(let names):
      for scope in scopes where !names.contains(scope.value) {
        error(
          .securityScopes,
          at: scope.location,
          "no flow of \(quoted(scheme)) has the scope \(quoted(scope.value))"
        )
      }
    case .none:
      guard let scope = scopes.first else { return }
      error(
        .securityScopes,
        at: scope.location,
        "\(quoted(scheme)) is not an OAuth scheme and has no scopes",
        remedy: "write an empty list"
      )
    }
  }

  func readSecurityScheme(_ entry: Mapping.Entry) -> SecurityScheme? {
    guard let target = follow(entry.value, .securityScheme) else { return nil }
    return within(target) { readSecurityScheme(entry, target.node) }
  }

  private func readSecurityScheme(_ entry: Mapping.Entry, _ node: Node) -> SecurityScheme? {
    guard let fields = fields(node, .securityScheme) else { return nil }
    fields.require("type")
    if let type = fields.string("type") { checkSchemeFields(type.value, fields) }
    guard let type = fields.string("type"), let kind = readSchemeKind(type, fields) else { return nil }
    return SecurityScheme(
      name: Located(entry.key, at: entry.keyLocation),
      kind: kind,
      description: fields.text("description"),
      extensions: fields.extensions(),
      node: node
    )
  }

  private static let fieldsOfType: [String: [String]] = [
    "apiKey": ["name", "in"], "http": ["scheme", "bearerFormat"], "oauth2": ["flows"],
    "openIdConnect": ["openIdConnectUrl"], "mutualTLS": [],
  ]

  private func checkSchemeFields(_ type: String, _ fields: Fields) {
    guard let own = Self.fieldsOfType[type] else { return }
    let others = Set(Self.fieldsOfType.values.joined()).subtracting(own)
    fields.ignore(others.sorted(), "in a security scheme of type '\(type)'")
    if type == "http", fields.mapping["scheme"]?.string?.lowercased() != "bearer" {
      fields.ignore(["bearerFormat"], "without 'scheme: bearer'")
    }
  }

  private func readSchemeKind(_ type: Located<String>, _ fields: Fields) -> SecurityScheme.Kind? {
    switch type.value {
    case "apiKey":
      let parameter = fields.requiredString("name")
      fields.require("in")
      guard let place = fields.word("in", Parameter.Place.self) else { return nil }
      if place.value == .path {
        error(
          .securitySchemeInvalid,
          at: place.location,
          "an API key cannot travel in the path",
          remedy: "use 'header', 'query' or 'cookie'"
        )
      }
      if place.value != .query { checkToken(parameter, "a \(place.value.rawValue)") }
      return .apiKey(parameter: parameter, place: place.value)
    case "http":
      let scheme = fields.requiredString("scheme")
      checkToken(scheme, "an HTTP authentication scheme")
      let lower = Located(scheme.value.lowercased(), at: scheme.location)
      return .http(scheme: lower, bearerFormat: fields.text("bearerFormat"))
    case "oauth2": return .oauth2(readFlows(fields))
    case "openIdConnect":
      _ = fields.url("openIdConnectUrl")
      return .openIDConnect(url: fields.requiredString("openIdConnectUrl"))
    case "mutualTLS" where version == .v31: return .mutualTLS
    default:
      error(
        .securitySchemeInvalid,
        at: type.location,
        "\(quoted(type.value)) is not a type of security scheme",
        remedy: "use 'apiKey', 'http', 'oauth2' or 'openIdConnect'"
      )
      return nil
    }
  }

  private func readFlows(_ scheme: Fields) -> [OAuthFlow] {
    guard scheme.require("flows"), let node = scheme.mapping["flows"], let flows = fields(node, .flows) else {
      return []
    }
    _ = flows.extensions()
    if !flows.mapping.entries.contains(where: { !$0.key.hasPrefix("x-") }) {
      error(.securitySchemeInvalid, at: node.location, "'flows' has no flow, so nobody can be authorised")
    }
    return OAuthFlow.Kind.allCases.compactMap { kind in
      guard let node = flows.mapping[kind.rawValue], let flow = fields(node, .flow) else { return nil }
      if kind == .implicit || kind == .authorizationCode { flow.require("authorizationUrl") }
      if kind != .implicit { flow.require("tokenUrl") }
      if kind == .implicit { flow.ignore(["tokenUrl"], "in the flow 'implicit'") }
      if kind == .password || kind == .clientCredentials {
        flow.ignore(["authorizationUrl"], "in the flow '\(kind.rawValue)'")
      }
      flow.require("scopes", remedy: "write 'scopes: {}' when there is none")
      _ = flow.extensions()
      let scopes = flow.entries("scopes").filter { !$0.key.hasPrefix("x-") }
      return OAuthFlow(
        kind: kind,
        authorizationURL: flow.url("authorizationUrl"),
        tokenURL: flow.url("tokenUrl"),
        refreshURL: flow.url("refreshUrl"),
        scopes: scopes.map { (Located($0.key, at: $0.keyLocation), $0.value.string ?? "") }
      )
    }
  }
}
