extension DocumentReader {
  /// Splits a path. After an error the parts are empty.
  func readTemplate(_ entry: Mapping.Entry) -> PathTemplate {
    let empty = PathTemplate(text: entry.key, parts: [], location: entry.keyLocation)
    guard entry.key.hasPrefix("/") else {
      error(
        .pathSyntax,
        at: entry.keyLocation,
        "the path \(quoted(entry.key)) does not begin with '/'",
        remedy: "write '/\(entry.key)'"
      )
      return empty
    }
    if entry.key.contains("?") {
      error(
        .pathSyntax,
        at: entry.keyLocation,
        "the path \(quoted(entry.key)) holds a query",
        remedy: "declare query parameters under 'parameters'"
      )
      return empty
    }
    if entry.key.contains("#") {
      warning(
        .pathFragment,
        at: entry.keyLocation,
        "the path \(quoted(entry.key)) holds a fragment, which no client sends",
        remedy: "take it out; a '#' that clients do send, or one in a reference to this path, is written '%23'"
      )
    }
    switch Self.templateParts(entry.key) {
    case .success(let parts):
      reportRepeatedNames(parts, entry)
      return PathTemplate(text: entry.key, parts: parts, location: entry.keyLocation)
    case .failure(let failure):
      error(.pathSyntax, at: entry.keyLocation, "the path \(quoted(entry.key)) \(failure.message)")
      return empty
    }
  }

  private struct TemplateError: Error { let message: String }

  private static func templateParts(_ path: String) -> Result<[PathTemplate.Part], TemplateError> {
    var parts: [PathTemplate.Part] = []
    var literal = ""
    var name: String?
    for character in path {
      switch (character, name) {
      case ("{", nil):
        if !literal.isEmpty { parts.append(.literal(literal)) }
        literal = ""
        name = ""
      case ("}", let parameter?):
        if parameter.isEmpty { return .failure(TemplateError(message: "has a parameter without a name")) }
        parts.append(.parameter(parameter))
        name = nil
      case ("{", _): return .failure(TemplateError(message: "opens '{' inside '{'"))
      case ("}", nil): return .failure(TemplateError(message: "closes '}' that was not opened"))
      case ("/", _?): return .failure(TemplateError(message: "has '/' inside of '{}'"))
      case (_, nil): literal.append(character)
      case (_, let parameter?): name = parameter + String(character)
      }
    }
    if name != nil { return .failure(TemplateError(message: "does not close '{'")) }
    if !literal.isEmpty { parts.append(.literal(literal)) }
    return .success(parts)
  }

  private func reportRepeatedNames(_ parts: [PathTemplate.Part], _ entry: Mapping.Entry) {
    var seen: Set<String> = []
    for case .parameter(let name) in parts where !seen.insert(name).inserted {
      error(.pathSyntax, at: entry.keyLocation, "the path \(quoted(entry.key)) uses {\(name)} twice")
    }
  }

  /// Every name of the template is declared, and every declared path parameter is in the template.
  func checkPathParameters(_ operation: Operation) {
    guard !operation.path.parts.isEmpty else { return }
    let names = operation.path.parameterNames
    let declared = operation.parameters.filter { $0.place == .path }
    for name in names where !declared.contains(where: { $0.name.value == name }) {
      error(
        .pathParameterUndeclared,
        at: operation.location,
        "\(operation.title) does not declare the path parameter \(quoted(name))",
        remedy: "add a parameter with 'name: \(name)', 'in: path', 'required: true'"
      )
    }
    for parameter in declared where !names.contains(parameter.name.value) {
      let remedy = suggestion(for: parameter.name.value, in: names)
      error(
        .pathParameterUnused,
        at: parameter.name.location,
        "the path \(quoted(operation.path.text)) has no {\(parameter.name.value)}",
        remedy: remedy
      )
    }
  }
}
