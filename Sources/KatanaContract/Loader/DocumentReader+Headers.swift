extension DocumentReader {
  func readHeaders(_ owner: Fields) -> [Header] {
    owner.entries("headers").compactMap { entry in
      let name = Located(entry.key, at: entry.keyLocation)
      checkHeaderName(name)
      var header = shared(entry.value, .header, \.headers) { readHeader($0, $1, name) }
      header?.name = name
      return header
    }
  }

  private func checkHeaderName(_ name: Located<String>) {
    if !Syntax.isToken(name.value) {
      error(.headerName, at: name.location, "\(quoted(name.value)) is not the name of a header")
    } else if name.value.lowercased() == "content-type" {
      warning(
        .headerReserved,
        at: name.location,
        "a response header called \(quoted(name.value)) is ignored by the standard",
        remedy: "describe it through 'content'"
      )
    }
  }

  func readHeader(_ node: Node, _ componentName: String?, _ name: Located<String>) -> Header? {
    guard let fields = fields(node, .header) else { return nil }
    if let style = fields.word("style", Parameter.Style.self), style.value != .simple {
      error(
        .parameterStyle,
        at: style.location,
        "the style \(quoted(style.value.rawValue)) does not exist in headers",
        remedy: "use 'simple'"
      )
    }
    guard let value = readParameterValue(fields) else { return nil }
    fields.exclude("example", "examples")
    keepExamples(fields, readExamples(fields), value.exampleSchema)
    return Header(
      name: name,
      isRequired: fields.flag("required"),
      isDeprecated: fields.flag("deprecated"),
      explode: fields.flag("explode"),
      description: fields.text("description"),
      value: value,
      componentName: componentName,
      extensions: fields.extensions(),
      node: node
    )
  }

  /// `examples` of a parameter, header or media type.
  func readExamples(_ owner: Fields) -> [NamedNode] {
    owner.entries("examples").compactMap { entry in
      guard let target = follow(entry.value, .example) else { return nil }
      if target.pointer?.componentName(in: "examples") == nil { within(target) { checkExample(target.node) } }
      return NamedNode(name: Located(entry.key, at: entry.keyLocation), node: target.node)
    }
  }

  func checkExample(_ node: Node) {
    guard let fields = fields(node, .example) else { return }
    for key in ["summary", "description"] { _ = fields.text(key) }
    _ = fields.url("externalValue")
    fields.exclude("value", "externalValue")
    _ = fields.extensions()
  }

  func readLinks(_ owner: Fields) -> [NamedNode] {
    owner.entries("links").compactMap { entry in
      guard let target = follow(entry.value, .link) else { return nil }
      if target.pointer?.componentName(in: "links") == nil { within(target) { checkLink(target.node) } }
      return NamedNode(name: Located(entry.key, at: entry.keyLocation), node: target.node)
    }
  }
}
