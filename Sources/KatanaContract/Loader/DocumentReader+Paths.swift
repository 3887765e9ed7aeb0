extension DocumentReader {
  func readPaths(_ document: Fields, _ security: [SecurityRequirement], _ servers: [ServerURL]) -> [PathItem] {
    if version == .v30 {
      document.require("paths", remedy: "add 'paths: {}' when there is none")
    } else if !document.has("paths"), !document.has("components"), !document.has("webhooks") {
      error(.missingField, at: root.location, "the document has none of 'paths', 'components' and 'webhooks'")
    }
    var shapes: [String: [PathItem]] = [:]
    return document.entries("paths").compactMap { entry in
      if entry.key.hasPrefix("x-") {
        checkExtensionName(entry, allowed: [], in: "paths")
        return nil
      }
      let template = readTemplate(entry)
      let item = readPathItem(entry, template, security, servers)
      for operation in item?.operations ?? [] { checkPathParameters(operation) }
      if let item, !template.parts.isEmpty {
        checkDistinct(item, shapes[template.shape] ?? [])
        shapes[template.shape, default: []].append(item)
      }
      return item
    }
  }

  /// The standard forbids templates that differ in the names of their parameters only. Many documents give each method
  /// a template of its own, which leaves no doubt about who answers.
  private func checkDistinct(_ item: PathItem, _ others: [PathItem]) {
    let (path, methods) = (item.path, Set(item.operations.map(\.method)))
    for other in others {
      let shared = other.operations.first { methods.contains($0.method) }
      let finding = "\(quoted(path.text)) matches the same requests as \(quoted(other.path.text)) "
        + "at line \(other.path.location.line)"
      if let shared {
        error(
          .pathDuplicate, at: path.location, "\(finding), and both have \(shared.method.rawValue.uppercased())",
          remedy: "leave one of the two operations")
      } else {
        warning(.pathDuplicate, at: path.location, finding, remedy: "merge the two path items")
      }
    }
  }

  /// A webhook, a callback expression or a shared path item: its name is not a template.
  func readNamedPathItem(_ entry: Mapping.Entry, _ security: [SecurityRequirement], _ servers: [ServerURL])
    -> PathItem?
  {
    let path = PathTemplate(text: entry.key, parts: [.literal(entry.key)], location: entry.keyLocation)
    return readPathItem(entry, path, security, servers)
  }

  private func readPathItem(
    _ entry: Mapping.Entry,
    _ path: PathTemplate,
    _ security: [SecurityRequirement],
    _ servers: [ServerURL]
  ) -> PathItem? {
    guard let target = follow(entry.value, .pathItem) else { return nil }
    let key = target.pointer
    if let key, !openPointers.insert(key).inserted {
      error(.refCycle, at: entry.value.location, "a path item contains itself")
      return nil
    }
    chain += target.steps
    defer {
      chain.removeLast(target.steps.count)
      if let key { openPointers.remove(key) }
    }
    if target.pointer != nil, let mapping = entry.value.mapping { checkPathItemSiblings(mapping) }
    guard let fields = fields(target.node, .pathItem) else { return nil }
    let parameters = readParameters(fields)
    let ownServers = fields.has("servers") ? readServers(fields) : servers
    let context = OperationContext(path: path, parameters: parameters, security: security, servers: ownServers)
    let operations = fields.mapping.entries.compactMap { entry in
      HTTPMethod(rawValue: entry.key).flatMap { readOperation(entry, $0, context) }
    }
    return PathItem(
      path: path,
      summary: fields.text("summary"),
      description: fields.text("description"),
      parameters: parameters,
      servers: ownServers,
      operations: operations,
      extensions: fields.extensions(),
      location: entry.keyLocation,
      node: target.node
    )
  }

  private func checkPathItemSiblings(_ mapping: Mapping) {
    for entry in mapping.entries where entry.key != "$ref" && entry.key != "summary" && entry.key != "description" {
      error(
        .conflictingFields,
        at: entry.keyLocation,
        "\(quoted(entry.key)) beside '$ref' in a path item is undefined",
        remedy: "move it into the path item that is referred to"
      )
    }
  }
}
