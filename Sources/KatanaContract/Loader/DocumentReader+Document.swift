extension DocumentReader {
  /// Reads the whole document. `nil` when it is not an OpenAPI document of a supported version.
  func document() -> OpenAPIDocument? {
    guard let mapping = root.mapping else {
      wrongType(root, expected: "a mapping", in: "the document")
      return nil
    }
    guard let version = readVersion(mapping), let fields = fields(root, .document) else { return nil }
    reserveSchemaNames()
    let info = readInfo(fields)
    let servers = readServers(fields)
    let security = readSecurity(fields) ?? []
    let tags = readTags(fields)
    fields.checkExternalDocs()
    if self.version == .v31, let dialect = fields.string("jsonSchemaDialect") { checkDialect(dialect) }
    let paths = readPaths(fields, security, servers)
    let webhooks = fields.entries("webhooks").compactMap { readNamedPathItem($0, security, servers) }
    let components = readComponents(fields, security, servers)
    checkPending(components)
    return OpenAPIDocument(
      version: version,
      info: info,
      servers: servers,
      tags: tags,
      paths: paths,
      webhooks: webhooks,
      components: components,
      security: security,
      extensions: fields.extensions(),
      root: root
    )
  }

  private func readVersion(_ mapping: Mapping) -> Located<OpenAPIVersion>? {
    if let swagger = mapping.entry("swagger") {
      error(
        .swaggerUnsupported,
        at: swagger.keyLocation,
        "this is a Swagger 2.0 document; OpenAPI 3.0 to 3.2 are read",
        remedy: "convert it, for example with swagger2openapi"
      )
      return nil
    }
    guard let node = mapping["openapi"] else {
      error(
        .missingField,
        at: root.location,
        "the document has no 'openapi'",
        remedy: "begin the document with 'openapi: 3.1.0'"
      )
      return nil
    }
    if let number = node.number {
      error(
        .versionUnsupported,
        at: node.location,
        "the OpenAPI version \(quoted(number.text)) is a number",
        remedy: "write all three parts: \(number.text.prefix(3)).0"
      )
      return nil
    }
    guard let text = node.string else {
      wrongType(node, expected: "a string", in: "'openapi' in the document")
      return nil
    }
    let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.count == 3, numbers[2].utf8.first?.isDigit == true,
      let version = OpenAPIVersion(rawValue: "\(numbers[0]).\(numbers[1])")
    else {
      error(
        .versionUnsupported,
        at: node.location,
        "OpenAPI version \(quoted(text)) is not supported",
        remedy: "use 3.0.x, 3.1.x or 3.2.x"
      )
      return nil
    }
    self.version = version == .v30 ? .v30 : .v31
    is32 = version == .v32
    return Located(version, at: node.location)
  }

  private func readInfo(_ document: Fields) -> Info {
    let node = document.require("info") ? document.mapping["info"]! : root
    let nothing = Located("", at: node.location)
    let empty = Extensions(entries: [], katana: KatanaExtensions())
    guard document.has("info"), let fields = fields(node, .info) else {
      return Info(
        title: nothing,
        version: nothing,
        summary: nil,
        description: nil,
        termsOfService: nil,
        contact: nil,
        license: nil,
        extensions: empty,
        node: node
      )
    }
    checkContact(fields)
    return Info(
      title: fields.requiredString("title", mayBeEmpty: true),
      version: fields.requiredString("version", mayBeEmpty: true),
      summary: fields.text("summary"),
      description: fields.text("description"),
      termsOfService: fields.url("termsOfService"),
      contact: fields.mapping["contact"],
      license: fields.mapping["license"],
      extensions: fields.extensions(),
      node: node
    )
  }

  private func checkContact(_ info: Fields) {
    if let node = info.mapping["contact"], let contact = fields(node, .contact) {
      _ = contact.text("name")
      _ = contact.url("url")
      contact.email("email")
      _ = contact.extensions()
    }
    if let node = info.mapping["license"], let license = fields(node, .license) {
      _ = license.requiredString("name", mayBeEmpty: true)
      _ = license.text("identifier")
      _ = license.url("url")
      license.exclude("url", "identifier")
      _ = license.extensions()
    }
  }

  private func readTags(_ document: Fields) -> [Tag] {
    var seen: [String: Location] = [:]
    return document.items("tags").compactMap { node in
      guard let fields = fields(node, .tag) else { return nil }
      let name = fields.requiredString("name")
      if let first = seen.updateValue(name.location, forKey: name.value) {
        error(
          .tagDuplicate,
          at: name.location,
          "the tag \(quoted(name.value)) is already declared at \(first.mentioned(at: name.location))"
        )
      }
      fields.checkExternalDocs()
      return Tag(
        name: name,
        description: fields.text("description"),
        extensions: fields.extensions(),
        node: node
      )
    }
  }

  /// What refers to names that may come later in the document.
  private func checkPending(_ components: Components) {
    for name in pendingOperationIDs where operationIDs[name.value] == nil {
      let remedy = suggestion(for: name.value, in: operationIDs.keys)
      error(.extensionInvalid, at: name.location, "no operation is called \(quoted(name.value))", remedy: remedy)
    }
    checkRequirements(components)
    checkPendingLinks()
    checkUses(components)
    checkCompositionCycles(components)
  }
}
