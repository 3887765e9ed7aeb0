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
      guard let index = typeNamed(name) else { break }
      if let whole = wholeForm(value, index, encoding) {
        markDeep(index, .request)
        return (whole, encoding)
      }
      guard case .object(let properties, let additional) = model.types[index].shape else { break }
      if case .kept(let value, let name) = additional {
        switch memberText(value, .form(encoding)) {
        case .scalar, .loose, .file: break
        default:
          warn(
            .notChecked, reference.location, "members that the form does not name are not read: '\(name)' stays empty",
            remedy: "let 'additionalProperties' be strings, numbers or files")
        }
      }
      for property in properties {
        guard case .checked(let inner, let schema) = property.value, memberText(inner, .form(encoding)).isFile,
          !isUniqueness(schema)
        else { continue }
        warn(
          .notChecked, reference.location, "not all rules for the files '\(property.key)' are checked",
          remedy: "check them in the service")
      }
      for part in media.encodings { refuseUndefined(part, properties, encoding) }
      refuseShared(media.encodings, properties, encoding)
      return (.object(name), encoding)
    case .map(let item):
      if case .checked = value, let shape = shape(value) { return (.document(value, shape, names: []), encoding) }
      switch memberText(item, .form(FormEncoding())) {
      case .scalar(let item): return (.map(.scalar(item)), encoding)
      case .loose(let item, let types): return (.map(.loose(item, types: types)), encoding)
      case .file(let size): return (.map(.file(size)), encoding)
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

  /// A form that is judged as one document: one of several objects, or an object with rules that hold for all of it.
  /// Nil for other forms, and for those with files or styles.
  private func wholeForm(_ value: ValueModel, _ index: Int, _ encoding: FormEncoding) -> TextModel? {
    let isPlain = encoding.members.values.allSatisfy { member in
      member.style == nil && !member.isFile && member.types == nil && member.fields.isEmpty
    }
    if !isPlain { return nil }
    switch model.types[index].shape {
    case .words: return nil
    case .object:
      if model.types[index].check == nil || hasFiles(model.types[index].shape) { return nil }
    case .union(let union):
      let isOfObjects = union.cases.allSatisfy { alternative in
        guard case .type(let name) = alternative.value.bare, let index = typeNamed(name) else { return false }
        if case .object = model.types[index].shape { return !hasFiles(model.types[index].shape) }
        return false
      }
      if !isOfObjects { return nil }
    }
    return .document(value, .members, names: [])
  }

  /// Finds the forms that may have no members, once it is known what every type is made of.
  mutating func settleEmptyForms() {
    for group in model.groups.indices {
      for operation in model.groups[group].operations.indices {
        guard let body = model.groups[group].operations[operation].body, body.alternatives.count == 1,
          case .form(let value, _) = body.alternatives[0].format
        else { continue }
        model.groups[group].operations[operation].body!.mayBeEmpty = mayBeEmpty(value)
      }
    }
  }

  private func mayBeEmpty(_ form: TextModel) -> Bool {
    let name: String
    switch form {
    case .map: return true
    case .object(let object): name = object
    case .document(let value, _, _):
      switch value.bare {
      case .map: return true
      case .type(let object): name = object
      default: return false
      }
    default: return false
    }
    guard let index = typeNamed(name), case .object(let properties, _) = model.types[index].shape else { return false }
    return !properties.contains { $0.isRequired }
  }

  private func hasFiles(_ shape: TypeModel.Shape) -> Bool {
    guard case .object(let properties, let additional) = shape else { return false }
    if case .kept(let value, _) = additional, memberText(value, .form(FormEncoding())).isFile { return true }
    return properties.contains { memberText($0.value, .form(FormEncoding())).isFile }
  }

  static let plainText = ScalarModel(method: "string", swift: "String", neutral: "\"\"")

  /// What the contract says of members that do not travel as they would by themselves.
  private mutating func encoding(
    _ media: MediaType, _ reference: SchemaRef, _ use: Use, isMultipart: Bool
  ) -> FormEncoding {
    var result = FormEncoding()
    for part in media.encodings {
      var member = FormEncoding.Member()
      if isMultipart { member.fields = fields(part) }
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

  private mutating func fields(_ part: MediaType.Encoding) -> [FormEncoding.Field] {
    part.headers.compactMap { header in
      let name = header.name.value
      if name.lowercased() == "content-type" { return nil }  // `contentType` says it (OpenAPI 3.1 §4.8.15.1)
      let location = header.node.location
      let place = "\(location.file):\(location.line):\(location.column)"
      partHeaders[place] = header
      return FormEncoding.Field(name: name, isRequired: header.isRequired, place: place)
    }
  }

  /// The property for a field in the head of a part; nil, with a warning, when it holds what nobody reads.
  mutating func partField(
    _ field: FormEncoding.Field, of member: PropertyModel, _ owner: String, _ names: inout NameRegister
  ) -> PropertyModel? {
    let header = partHeaders[field.place]!
    let words = member.key + " " + field.name
    let hint = owner + SwiftName.type(words)
    let before = findings.count
    let read =
      switch header.value {
      case .schema(let reference): styled(reference, hint, isDeep: false)
      case .content(let media): document(media, hint)
      }
    guard let read else {
      if findings.count == before {
        warn(
          .notChecked, header.name.location,
          "the field '\(field.name)' of the part '\(member.key)' is neither read nor checked: "
            + "it is no text and no JSON",
          remedy: "describe it by 'schema', or by 'content' with application/json")
      }
      return nil
    }
    let value = read.value.model
    var isList = false
    if case .array = member.value.bare { isList = true }
    let name = names.claim(SwiftName.member(words), for: words, at: header.name.location, &findings)
    var model = PropertyModel(
      name: name, key: member.key + "/" + field.name,
      documentation: header.description ?? "The field \(field.name) of the part.",
      value: isList ? .array(.optional(value), minItems: nil, maxItems: nil) : value, presence: .optional)
    model.part = PartField(
      member: member.key, header: field.name, isRequired: field.isRequired, isList: isList, text: read.text,
      isExploded: header.explode)
    return model
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
      if style != "deepObject", style != "form", member.isExploded {
        refuse(
          "an exploded object in the style '\(style)' inside of a form is", location,
          remedy: "write 'explode: false', 'style: form' or 'style: deepObject', or \(json)")
      }
    case .list, .scalar, .loose, .document: break
    case .json, .documents:
      refuse("a style for the member '\(name)', whose type none can write, is", location, remedy: json)
    case .file, .files:
      refuse("a style for the file '\(name)' is", location, remedy: "say which files it takes by 'contentType'")
    }
  }

  /// The members of an exploded object stand among those of the form: no two may have one name, and those of any name
  /// have one owner.
  private mutating func refuseShared(
    _ parts: [MediaType.Encoding], _ properties: [PropertyModel], _ encoding: FormEncoding
  ) {
    let spread = properties.filter { encoding.members[$0.key]?.isSpread == true }
    let remedy = "write 'explode: false' or 'style: deepObject' for one of them"
    var owners: [String: String] = [:]
    for property in properties where property.part == nil && !spread.contains(where: { $0.key == property.key }) {
      owners[property.key] = "the form"
    }
    var open: String?
    for property in spread {
      let location = parts.first { $0.property.value == property.key }!.property.location
      let members = spreadMembers(property.value)
      for name in members.names {
        guard let owner = owners.updateValue("'\(property.key)'", forKey: name) else { continue }
        refuse("a member '\(name)' of \(owner) and of the exploded '\(property.key)' is", location, remedy: remedy)
      }
      guard members.isOpen else { continue }
      if let open {
        refuse(
          "a form with two exploded objects of any members, '\(open)' and '\(property.key)', is", location,
          remedy: remedy)
      }
      open = property.key
    }
  }

  /// The names that an object declares, and whether it takes others.
  private func spreadMembers(_ value: ValueModel) -> (names: [String], isOpen: Bool) {
    switch value.bare {
    case .map: return ([], true)
    case .type(let name):
      guard let index = typeNamed(name) else { return ([], false) }
      if case .object(let members, let additional) = model.types[index].shape {
        if case .kept = additional { return (members.map(\.key), true) }
        return (members.map(\.key), false)
      }
      return (memberNames(value) ?? [], false)
    default: return ([], false)
    }
  }
}
