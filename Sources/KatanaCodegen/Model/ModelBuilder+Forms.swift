import KatanaContract

// Bodies that are forms, and how their members travel (the Encoding Object, OpenAPI 3.1 §4.8.15).

extension ModelBuilder {
  mutating func form(
    _ media: MediaType, _ use: Use, isMultipart: Bool
  ) -> (form: TextModel, encoding: FormEncoding)? {
    guard let reference = media.schema else { return (.map(.scalar(.scalar(Self.plainText))), FormEncoding()) }
    let encoding = encoding(media, reference, use, isMultipart: isMultipart)
    var use = use
    use.form = .form(encoding)
    use.isPart = isMultipart
    guard let value = value(reference, use)?.model else { return nil }
    switch value.bare {
    case .type(let name):
      guard let index = typeNamed(name), case .object(let properties, _) = model.types[index].shape else { break }
      if model.types[index].check != nil {
        warn(
          .notChecked, reference.location, "rules that need the whole value are not checked in a parameter or a form")
      }
      for part in media.encodings { refuseUndefined(part, properties, encoding) }
      return (.object(name), encoding)
    case .map(let item):
      switch memberText(item, .form(FormEncoding())) {
      case .scalar(let item): return (.map(.scalar(item)), encoding)
      case .loose(let item, let types): return (.map(.loose(item, types: types)), encoding)
      default: break
      }
    case .any: return (.map(.scalar(.scalar(Self.plainText))), encoding)
    default: break
    }
    refuse(
      "a form that is not an object of scalars, arrays and files is", reference.location,
      remedy: "describe one object, with members that may be absent, or send it as application/json")
    return nil
  }

  static let plainText = ScalarModel(method: "string", swift: "String", neutral: "\"\"")

  /// What the contract says of members that do not travel as they would by themselves.
  private mutating func encoding(
    _ media: MediaType, _ reference: SchemaRef, _ use: Use, isMultipart: Bool
  ) -> FormEncoding {
    var result = FormEncoding()
    for part in media.encodings {
      if isMultipart { reportFields(part) }
      var member = FormEncoding.Member()
      // A style counts in forms of both kinds from OpenAPI 3.1 on, and makes the media type void.
      if !isMultipart || document.version.value != .v30, part.style != nil || part.explode != nil {
        let style = part.style ?? .form
        member.style = style.rawValue
        member.isExploded = part.explode ?? (style == .form)
      } else if let text = part.contentType {
        let types = text.split(separator: ",").map { Self.essence($0) }
        member.isJSON = types.allSatisfy(Self.isJSON)
        if isMultipart {
          member.types = types.joined(separator: ",")
          member.isFile = types.allSatisfy(Self.isOpaque) && isPlain(part.property.value, of: reference)
        }
      }
      if member != FormEncoding.Member() { result.members[part.property.value] = member }
    }
    if !result.members.isEmpty { result.function = "decode\(use.hint)Form" }
    return result
  }

  private mutating func reportFields(_ part: MediaType.Encoding) {
    for field in part.headers where field.name.value.lowercased() != "content-type" {
      warn(
        .notChecked, field.name.location,
        "the field '\(field.name.value)' of the part '\(part.property.value)' is neither read nor checked",
        remedy: "read the parts yourself with 'Context.multipart()', or send it as a member of its own")
    }
  }

  private static func essence(_ text: Substring) -> String {
    String(text.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }).lowercased()
  }

  private static func isJSON(_ type: String) -> Bool { type == "application/json" || type.hasSuffix("+json") }

  /// Media types whose content need not be text.
  private static func isOpaque(_ type: String) -> Bool {
    !type.hasPrefix("text/") && !isJSON(type) && !type.hasSuffix("xml") && type != "application/x-www-form-urlencoded"
  }

  /// Whether a member, or each of its items, is any string, or any value: bytes, when the media type says so.
  private func isPlain(_ name: String, of reference: SchemaRef) -> Bool {
    var flat = FlatSchema(at: reference.location)
    guard (try? flat.fold(unwrapped(reference).reference, in: document)) != nil,
      let property = flat.properties.first(where: { $0.name.value == name }), property.schemas.count == 1
    else { return false }
    var target = schema(unwrapped(property.schemas[0]).reference)
    if let items = target.array.items { target = schema(unwrapped(items).reference) }
    return (target.types.isEmpty || target.type == .string) && target.composition.isEmpty && target.boolean != false
      && target.object.properties.isEmpty && target.enumValues == nil && target.constValue == nil
      && target.format.map { $0.value == "binary" } ?? true && target.string.contentEncoding == nil
  }

  /// Combinations that the standard leaves open or that there is no codec for.
  private mutating func refuseUndefined(
    _ part: MediaType.Encoding, _ properties: [PropertyModel], _ encoding: FormEncoding
  ) {
    guard let member = encoding.members[part.property.value],
      let property = properties.first(where: { $0.key == part.property.value })
    else { return }
    let name = property.key
    let location = part.property.location
    guard let style = member.style else {
      if case .json = memberText(property.value, .form(FormEncoding())), !member.isJSON, let types = part.contentType {
        refuse(
          "the member '\(name)' as \(types) is", location,
          remedy: "give it a media type of JSON, or describe it as a string of the format 'binary', which is a file")
      }
      return
    }
    let json = "leave 'style' and 'explode' out; the member is then a JSON document"
    switch memberText(property.value, .form(encoding), name) {
    case .object, .map:
      if style != "deepObject", member.isExploded {
        refuse(
          "an exploded object in the style '\(style)' inside of a form is", location,
          remedy: "write 'explode: false' or 'style: deepObject', or \(json)")
      }
    case .list:
      if style == "deepObject" { refuse("an array in the style 'deepObject' is", location, remedy: json) }
    case .scalar, .loose:
      if style == "deepObject" { refuse("a single value in the style 'deepObject' is", location, remedy: json) }
    case .json, .documents:
      refuse("a style for the member '\(name)', whose type none can write, is", location, remedy: json)
    case .file, .files:
      refuse("a style for the file '\(name)' is", location, remedy: "say which files it takes by 'contentType'")
    }
  }
}
