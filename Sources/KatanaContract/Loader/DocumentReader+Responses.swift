extension DocumentReader {
  func readResponses(_ operation: Fields, _ location: Location) -> [Response] {
    guard operation.has("responses") else {
      let remedy = "add at least one, for example '\"200\": {description: OK}'"
      switch version {
      case .v30: error(.responsesEmpty, at: location, "the operation has no 'responses'", remedy: remedy)
      case .v31, .v32: warning(.responsesEmpty, at: location, "the operation has no 'responses'", remedy: remedy)
      }
      return []
    }
    let entries = operation.entries("responses")
    if operation.mapping["responses"]?.mapping != nil, !entries.contains(where: { !$0.key.hasPrefix("x-") }) {
      error(
        .responsesEmpty,
        at: operation.mapping.location(of: "responses")!,
        "'responses' has no response",
        remedy: "add at least one, for example '\"200\": {description: OK}'"
      )
    }
    return entries.compactMap(readResponseEntry)
  }

  private func readResponseEntry(_ entry: Mapping.Entry) -> Response? {
    if entry.key.hasPrefix("x-") {
      checkExtensionName(entry, allowed: [], in: "responses")
      return nil
    }
    guard let status = Self.status(entry.key) else {
      error(
        .statusInvalid,
        at: entry.keyLocation,
        "\(quoted(entry.key)) is not a response status",
        remedy: "use a code from 100 to 599, a range from '1XX' to '5XX', or 'default'"
      )
      return nil
    }
    var response = shared(entry.value, .response, \.responses, readResponse)
    response?.status = Located(status, at: entry.keyLocation)
    return response
  }

  private static func status(_ text: String) -> Response.Status? {
    if text == "default" { return .default }
    let bytes = Array(text.utf8)
    guard bytes.count == 3, (0x31...0x35).contains(bytes[0]) else { return nil }
    if text.hasSuffix("XX") { return .range(Int(bytes[0]) - 0x30) }
    return bytes.allSatisfy(\.isDigit) ? Int(text).map(Response.Status.code) : nil
  }

  func readResponse(_ node: Node, _ componentName: String?) -> Response? {
    guard let fields = fields(node, .response) else { return nil }
    if !is32 { fields.require("description", remedy: "every response has a description; it may be empty") }
    return Response(
      status: Located(.default, at: node.location),
      description: fields.text("description") ?? "",
      headers: readHeaders(fields),
      content: readContent(fields),
      links: readLinks(fields),
      componentName: componentName,
      extensions: fields.extensions(),
      node: node
    )
  }
}
