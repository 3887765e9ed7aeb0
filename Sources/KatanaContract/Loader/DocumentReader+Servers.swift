extension DocumentReader {
  func readServers(_ owner: Fields) -> [ServerURL] {
    owner.items("servers").compactMap(readServer)
  }

  private func readServer(_ node: Node) -> ServerURL? {
    guard let fields = fields(node, .server) else { return nil }
    let url = fields.requiredString("url")
    let variables = fields.entries("variables").compactMap(readVariable)
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

  private func readVariable(_ entry: Mapping.Entry) -> ServerURL.Variable? {
    guard let fields = fields(entry.value, .serverVariable) else { return nil }
    let value = fields.require("default") ? fields.string("default") : nil
    let values = fields.strings("enum").map(\.value)
    if let value, fields.has("enum"), !values.contains(value.value) {
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
