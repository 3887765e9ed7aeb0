extension DocumentReader {
  func readComponents(_ document: Fields, _ security: [SecurityRequirement], _ servers: [ServerURL]) -> Components {
    guard let node = document.mapping["components"], let fields = fields(node, .components) else {
      let schemas = readPendingSchemas()
      return Components(
        schemas: schemas,
        parameters: [],
        requestBodies: [],
        responses: [],
        headers: [],
        securitySchemes: [],
        examples: [],
        links: [],
        callbacks: [],
        pathItems: [],
        schemaIndex: Self.index(schemas)
      )
    }
    for section in fields.shape.fields.union(fields.shape.fieldsOf31).sorted() { checkNames(fields, section) }
    let ownSchemas = readSchemas(fields)
    let nowhere = OperationContext(
      path: PathTemplate(text: "", parts: [], location: node.location),
      parameters: [],
      security: security,
      servers: servers
    )
    _ = fields.extensions()
    let parameters = parts(fields, .parameter, \.parameters) { _, node, name in readParameter(node, name) }
    let bodies = parts(fields, .requestBody, \.requestBodies) { _, node, name in readRequestBody(node, name) }
    let responses = parts(fields, .response, \.responses) { _, node, name in readResponse(node, name) }
    let headers = parts(fields, .header, \.headers) { entry, node, name in
      readHeader(node, name, Located(entry.key, at: entry.keyLocation))
    }
    let securitySchemes = fields.entries("securitySchemes").compactMap(readSecurityScheme)
    let examples = named(fields, .example, checkExample)
    let links = named(fields, .link, checkLink)
    let callbacks = parts(fields, .callback, \.callbacks) { entry, node, _ in
      readCallback(named: Located(entry.key, at: entry.keyLocation), node, nowhere)
    }
    let pathItems = fields.entries("pathItems").compactMap { readNamedPathItem($0, security, servers) }
    // Last: whatever was read before may have led to more schemas.
    let schemas = ownSchemas + readPendingSchemas()
    return Components(
      schemas: schemas,
      parameters: parameters.map { ($0.name, $0.part) },
      requestBodies: bodies.map { ($0.name, $0.part) },
      responses: responses.map { ($0.name, $0.part) },
      headers: headers.map(\.part),
      securitySchemes: securitySchemes,
      examples: examples,
      links: links,
      callbacks: callbacks.map(\.part),
      pathItems: pathItems,
      schemaIndex: Self.index(schemas)
    )
  }

  private static func index(_ schemas: [ComponentSchema]) -> [String: Int] {
    var index: [String: Int] = [:]
    index.reserveCapacity(schemas.count)
    for (position, schema) in schemas.enumerated() { index[schema.name.value] = position }
    return index
  }

  /// Reads one section; parts that an operation already used are taken from the memo.
  private func parts<Part>(
    _ components: Fields,
    _ kind: ReferenceKind,
    _ memo: ReferenceWritableKeyPath<DocumentReader, [Pointer: Part?]>,
    _ read: (Mapping.Entry, Node, String?) -> Part?
  ) -> [(name: String, part: Part)] {
    components.entries(kind.section).compactMap { entry in
      guard let target = follow(entry.value, kind) else { return nil }
      let pointer = target.pointer ?? Pointer("components", kind.section, entry.key)
      let part = within(target) { once(target.node, pointer, kind, memo) { read(entry, $0, $1) } }
      return part.map { (entry.key, $0) }
    }
  }

  private func named(_ components: Fields, _ kind: ReferenceKind, _ check: (Node) -> Void) -> [NamedNode] {
    components.entries(kind.section).compactMap { entry in
      guard let target = follow(entry.value, kind) else { return nil }
      if target.pointer?.componentName(in: kind.section) == nil { within(target) { check(target.node) } }
      return NamedNode(name: Located(entry.key, at: entry.keyLocation), node: target.node)
    }
  }

  private func checkNames(_ components: Fields, _ section: String) {
    guard let mapping = components.mapping[section]?.mapping else { return }
    for entry in mapping.entries {
      if !entry.key.isEmpty, entry.key.utf8.allSatisfy(\.isComponentNameByte) { continue }
      error(
        .componentName,
        at: entry.keyLocation,
        "\(quoted(entry.key)) is not a component name",
        remedy: "use letters, digits, '.', '_' and '-'"
      )
    }
  }

  private func readSchemas(_ components: Fields) -> [ComponentSchema] {
    components.entries("schemas").compactMap { entry in
      let name = Located(entry.key, at: entry.keyLocation)
      guard isPlainReference(entry.value) else {
        return schema(at: Pointer("components", "schemas", entry.key), entry.value).map {
          ComponentSchema(name: name, schema: $0, aliasOf: nil)
        }
      }
      guard let target = follow(entry.value, .schema), let pointer = target.pointer,
        let schema = within(target, { schema(at: pointer, target.node) })
      else { return nil }
      let other = schemaName(target, pointer)
      return ComponentSchema(name: name, schema: schema, aliasOf: other == entry.key ? nil : other)
    }
  }
}
