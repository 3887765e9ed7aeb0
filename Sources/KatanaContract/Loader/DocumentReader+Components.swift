extension DocumentReader {
  func readComponents(_ document: Fields, _ security: [SecurityRequirement], _ servers: [ServerURL]) -> Components {
    guard let node = document.mapping["components"], let fields = fields(node, .components) else {
      return Components(
        schemas: [],
        parameters: [],
        requestBodies: [],
        responses: [],
        headers: [],
        securitySchemes: [],
        examples: [],
        links: [],
        callbacks: [],
        pathItems: [],
        schemaIndex: [:]
      )
    }
    for section in fields.shape.fields.union(fields.shape.fieldsOf31).sorted() { checkNames(fields, section) }
    let schemas = readSchemas(fields)
    var schemaIndex: [String: Int] = [:]
    for (index, schema) in schemas.enumerated() { schemaIndex[schema.name.value] = index }
    let nowhere = OperationContext(
      path: PathTemplate(text: "", parts: [], location: node.location),
      parameters: [],
      security: security,
      servers: servers
    )
    _ = fields.extensions()
    return Components(
      schemas: schemas,
      parameters: parts(fields, .parameter, \.parameters) { _, node, name in readParameter(node, name) }
        .map { ($0.name, $0.part) },
      requestBodies: parts(fields, .requestBody, \.requestBodies) { _, node, name in readRequestBody(node, name) }
        .map { ($0.name, $0.part) },
      responses: parts(fields, .response, \.responses) { _, node, name in readResponse(node, name) }
        .map { ($0.name, $0.part) },
      headers: parts(fields, .header, \.headers) { entry, node, name in
        readHeader(node, name, Located(entry.key, at: entry.keyLocation))
      }.map(\.part),
      securitySchemes: fields.entries("securitySchemes").compactMap(readSecurityScheme),
      examples: named(fields, .example, checkExample),
      links: named(fields, .link, checkLink),
      callbacks: parts(fields, .callback, \.callbacks) { entry, node, _ in
        readCallback(named: Located(entry.key, at: entry.keyLocation), node, nowhere)
      }.map(\.part),
      pathItems: fields.entries("pathItems").compactMap { readNamedPathItem($0, security, servers) },
      schemaIndex: schemaIndex
    )
  }

  /// Reads one section; parts that an operation already used are taken from the memo.
  private func parts<Part>(
    _ components: Fields,
    _ kind: ReferenceKind,
    _ memo: ReferenceWritableKeyPath<DocumentReader, [String: Part?]>,
    _ read: (Mapping.Entry, Node, String?) -> Part?
  ) -> [(name: String, part: Part)] {
    components.entries(kind.section).compactMap { entry in
      guard let target = follow(entry.value, kind) else { return nil }
      let pointer = target.pointer ?? Pointer("components", kind.section, entry.key)
      let part = once(target.node, pointer, kind, memo) { read(entry, $0, $1) }
      return part.map { (entry.key, $0) }
    }
  }

  private func named(_ components: Fields, _ kind: ReferenceKind, _ check: (Node) -> Void) -> [NamedNode] {
    components.entries(kind.section).compactMap { entry in
      guard let target = follow(entry.value, kind) else { return nil }
      if target.pointer == nil { check(target.node) }
      return NamedNode(name: Located(entry.key, at: entry.keyLocation), node: target.node)
    }
  }

  private func checkNames(_ components: Fields, _ section: String) {
    guard let mapping = components.mapping[section]?.mapping else { return }
    for entry in mapping.entries {
      let isValid =
        !entry.key.isEmpty
        && entry.key.utf8.allSatisfy {
          $0.isDigit || (0x61...0x7A).contains($0 | 0x20) || "._-".utf8.contains($0)
        }
      guard !isValid else { continue }
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
      let isAlias = isPlainReference(entry.value)
      guard let target = isAlias ? follow(entry.value, .schema) : Target(node: entry.value, pointer: nil, steps: []),
        let schema = schema(at: target.pointer ?? Pointer("components", "schemas", entry.key), target.node)
      else { return nil }
      return ComponentSchema(
        name: name,
        schema: schema,
        aliasOf: target.pointer.flatMap { $0.componentName(in: "schemas") }
      )
    }
  }
}
