extension DocumentReader {
  func readServers(_ owner: Fields) -> [ServerURL] {
    owner.items("servers").compactMap(readServer)
  }

  func readServer(_ node: Node) -> ServerURL? {
    guard let fields = fields(node, .server) else { return nil }
    let url = fields.requiredString("url")
    let variables = fields.entries("variables").compactMap(readVariable)
    checkServerURL(url, variables)
    for name in Self.variableNames(url.value) where !variables.contains(where: { $0.name.value == name }) {
      error(
        .serverVariable,
        at: url.location,
        "the server URL uses {\(name)}, which 'variables' does not declare",
        remedy: "add '\(name)' with a default under 'variables'"
      )
    }
    return ServerURL(
      url: url,
      description: fields.text("description"),
      variables: variables,
      extensions: fields.extensions(),
      node: node
    )
  }

  private func checkServerURL(_ url: Located<String>, _ variables: [ServerURL.Variable]) {
    let names = Self.variableNames(url.value)
    for variable in variables where !names.contains(variable.name.value) {
      warning(
        .serverVariable,
        at: variable.name.location,
        "the server URL does not use {\(variable.name.value)}",
        remedy: suggestion(for: variable.name.value, in: names)
      )
    }
    if url.value.contains(where: { $0 == "?" || $0 == "#" }) {
      warning(.serverURL, at: url.location, "the server URL holds a query or fragment; paths are appended to it")
    }
    var fixed = url.value
    for name in names { fixed = fixed.replacing("{\(name)}", with: "x") }
    if !Syntax.isURL(fixed) {
      error(.serverURL, at: url.location, "\(quoted(url.value)) is not a URL with variables in braces")
    }
  }

  private func readVariable(_ entry: Mapping.Entry) -> ServerURL.Variable? {
    guard let fields = fields(entry.value, .serverVariable) else { return nil }
    let value = fields.require("default") ? fields.string("default") : nil
    let values = fields.strings("enum").map(\.value)
    if fields.mapping["enum"]?.sequence?.isEmpty == true {
      let location = fields.mapping.location(of: "enum")!
      error(.serverVariable, at: location, "'enum' of a server variable is empty")
    } else if let value, fields.has("enum"), !values.contains(value.value) {
      error(.serverVariable, at: value.location, "the default \(quoted(value.value)) is not in 'enum'")
    }
    _ = fields.extensions()
    return ServerURL.Variable(
      name: Located(entry.key, at: entry.keyLocation),
      defaultValue: value?.value ?? "",
      values: values,
      description: fields.text("description")
    )
  }

  private static func variableNames(_ url: String) -> [String] {
    url.split(separator: "{", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
      rest.firstIndex(of: "}").map { String(rest[..<$0]) }
    }
  }
}
