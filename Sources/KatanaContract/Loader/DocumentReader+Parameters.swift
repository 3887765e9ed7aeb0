extension Parameter {
  /// What makes a parameter unique; header names ignore case.
  struct Identity: Hashable {
    let place: Place
    let name: String
  }

  var identity: Identity { Identity(place: place, name: place == .header ? name.value.lowercased() : name.value) }
}

extension DocumentReader {
  func readParameters(_ owner: Fields) -> [Parameter] {
    var seen: [Parameter.Identity: Location] = [:]
    return owner.items("parameters").compactMap { node in
      guard let parameter = shared(node, .parameter, \.parameters, readParameter) else { return nil }
      if let first = seen.updateValue(node.location, forKey: parameter.identity) {
        error(
          .parameterDuplicate,
          at: node.location,
          "the \(parameter.place.rawValue) parameter \(quoted(parameter.name.value)) is already in this list",
          remedy: "remove one; the first is at \(first.mentioned(at: node.location))"
        )
        return nil
      }
      return parameter
    }
  }

  func readParameter(_ node: Node, _ componentName: String?) -> Parameter? {
    guard let fields = fields(node, .parameter) else { return nil }
    let name = fields.requiredString("name")
    fields.require("in")
    if is32, fields.mapping["in"]?.string == "querystring" {
      reportNotHonoured(.parameterOf32, fields.mapping["in"]!.location, "'in: querystring' in a parameter")
      return nil
    }
    guard let place = fields.word("in", Parameter.Place.self)?.value else { return nil }
    let isRequired = readRequired(fields, place, name)
    if place == .header { warnOfReservedHeader(name) }
    if place == .header || place == .cookie { checkToken(name, "a \(place.rawValue)") }
    if place != .query { checkQueryOnly(fields) }
    var style = readStyle(fields, place)
    guard let value = readParameterValue(fields) else { return nil }
    fields.exclude("example", "examples")
    let examples = readExamples(fields)
    keepExamples(fields, examples, value.exampleSchema)
    if let schema = value.exampleSchema {
      uses.styles.append(PendingUses.Style(style: style, schema: schema, chain: chain))
    } else {
      fields.ignore(["style", "explode", "allowReserved"], "beside 'content'")
      style = usualStyle(fields, place)
    }
    let isStyled = value.exampleSchema != nil
    return Parameter(
      name: name,
      place: place,
      isRequired: isRequired,
      isDeprecated: fields.flag("deprecated"),
      allowsEmptyValue: fields.flag("allowEmptyValue"),
      allowsReserved: isStyled && fields.flag("allowReserved"),
      description: fields.text("description"),
      style: style,
      explode: isStyled ? fields.bool("explode") ?? (style.value == .form) : style.value == .form,
      value: value,
      example: fields.mapping["example"],
      examples: examples,
      componentName: componentName,
      extensions: fields.extensions(),
      location: node.location,
      node: node
    )
  }

  private func readRequired(_ fields: Fields, _ place: Parameter.Place, _ name: Located<String>) -> Bool {
    let isRequired = fields.flag("required")
    guard place == .path else { return isRequired }
    if !isRequired {
      error(
        .pathParameterNotRequired,
        at: fields.mapping.location(of: "required") ?? fields.node.location,
        "the path parameter \(quoted(name.value)) must be required",
        remedy: "add 'required: true'"
      )
    }
    return true
  }

  private func checkQueryOnly(_ fields: Fields) {
    for key in ["allowEmptyValue", "allowReserved"] where fields.flag(key) {
      warning(
        .keywordWithoutEffect,
        at: fields.mapping.location(of: key)!,
        "\(quoted(key)) has an effect in query parameters only"
      )
    }
  }

  func checkToken(_ name: Located<String>, _ owner: String) {
    guard !name.value.isEmpty, !Syntax.isToken(name.value) else { return }
    error(.headerName, at: name.location, "\(quoted(name.value)) is not the name of \(owner)")
  }

  private func warnOfReservedHeader(_ name: Located<String>) {
    guard ["accept", "content-type", "authorization"].contains(name.value.lowercased()) else { return }
    warning(
      .headerReserved,
      at: name.location,
      "a header parameter called \(quoted(name.value)) is ignored by the standard",
      remedy: "describe it through 'content' or 'security'"
    )
  }

  private func usualStyle(_ fields: Fields, _ place: Parameter.Place) -> Located<Parameter.Style> {
    Located(place == .query || place == .cookie ? .form : .simple, at: fields.node.location)
  }

  private func readStyle(_ fields: Fields, _ place: Parameter.Place) -> Located<Parameter.Style> {
    if is32, place == .cookie, fields.mapping["style"]?.string == "cookie" {
      reportNotHonoured(.parameterOf32, fields.mapping["style"]!.location, "'style: cookie' in a parameter")
      return usualStyle(fields, place)
    }
    guard let style = fields.word("style", Parameter.Style.self) else { return usualStyle(fields, place) }
    let allowed: [Parameter.Style] =
      switch place {
      case .path: [.simple, .label, .matrix]
      case .query: [.form, .spaceDelimited, .pipeDelimited, .deepObject]
      case .header: [.simple]
      case .cookie: [.form]
      }
    if !allowed.contains(style.value) {
      error(
        .parameterStyle,
        at: style.location,
        "the style \(quoted(style.value.rawValue)) does not exist in \(place.rawValue) parameters",
        remedy: "use \(alternatives(allowed.map(\.rawValue)))"
      )
    }
    return style
  }

  /// Exactly one of `schema` and `content`, the latter with exactly one media type.
  func readParameterValue(_ fields: Fields) -> ParameterValue? {
    fields.exclude("schema", "content")
    if let schema = fields.mapping["schema"] { return readSchemaRef(schema).map(ParameterValue.schema) }
    guard fields.has("content") else {
      error(
        .parameterWithoutSchema,
        at: fields.node.location,
        "\(fields.shape.name) has neither 'schema' nor 'content'",
        remedy: "add 'schema: {type: string}'"
      )
      return nil
    }
    let content = readContent(fields)
    if fields.entries("content").count != 1 {
      error(
        .parameterContent,
        at: fields.mapping.location(of: "content")!,
        "'content' of \(fields.shape.name) must hold exactly one media type"
      )
    }
    return content.first.map(ParameterValue.content)
  }
}
