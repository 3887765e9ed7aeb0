import KatanaContract

extension ModelBuilder {
  mutating func parameters(_ operation: Operation, _ names: inout NameRegister) -> [OperationModel.Parameter] {
    let order: [Parameter.Place] = [.path, .query, .header, .cookie]
    var result: [OperationModel.Parameter] = []
    for place in order {
      for parameter in operation.parameters where parameter.place == place {
        let wanted = swiftName(parameter.extensions) ?? SwiftName.member(parameter.name.value)
        let name = names.claim(wanted, for: parameter.name.value, at: parameter.name.location, &findings)
        if let model = self.parameter(parameter, name, operation) { result.append(model) }
      }
    }
    for index in result.indices where takesEveryName(result[index]) {
      result[index].others = others(than: index, in: result, operation)
    }
    return result
  }

  /// Members of such an object have no mark: each name of the query or the cookies may be one.
  private func isSpread(_ parameter: OperationModel.Parameter) -> Bool {
    [.query, .cookie].contains(parameter.place) && parameter.isExploded && parameter.style == nil
  }

  private func takesEveryName(_ parameter: OperationModel.Parameter) -> Bool {
    guard isSpread(parameter) else { return false }
    switch parameter.value {
    case .map: return true
    case .document(_, .members, let names): return names.isEmpty
    case .object(let name):
      guard let index = typeNamed(name), case .object(_, .kept) = model.types[index].shape else { return false }
      return true
    default: return false
    }
  }

  /// The names of other parameters and of credentials in a parameter's place.
  private func others(
    than index: Int, in parameters: [OperationModel.Parameter], _ operation: Operation
  ) -> [String] {
    let place = parameters[index].place
    var names: [String] = []
    for (other, parameter) in parameters.enumerated() where other != index && parameter.place == place {
      switch parameter.value {
      case .object(let name) where isSpread(parameter):
        guard let index = typeNamed(name), case .object(let properties, _) = model.types[index].shape else { continue }
        names += properties.map(\.key)
      case .document(_, .members, let members) where isSpread(parameter): names += members
      case .map where isSpread(parameter): continue
      default: names.append(parameter.key)
      }
    }
    for entry in operation.security.flatMap(\.schemes) {
      guard let scheme = document.components.securityScheme(named: entry.name.value),
        case .apiKey(let key, let keyPlace) = scheme.kind, keyPlace.rawValue == place.rawValue
      else { continue }
      names.append(key.value)
    }
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }

  private mutating func parameter(
    _ parameter: Parameter, _ name: String, _ operation: Operation
  ) -> OperationModel.Parameter? {
    let literal = swiftLiteral(parameter.name.value)
    let source: String
    let style: Parameter.Style
    switch parameter.place {
    case .path:
      let index = operation.path.parameterNames.firstIndex(of: parameter.name.value)!
      (source, style) = (".path(\(index), \(literal))", .simple)
    case .query: (source, style) = (".query(\(literal))", .form)
    case .header:
      // OpenAPI §4.8.12.1: these are said elsewhere in the contract.
      if ["accept", "content-type", "authorization"].contains(parameter.name.value.lowercased()) { return nil }
      (source, style) = (".header(\(literal))", .simple)
    case .cookie: (source, style) = (".cookie(\(literal))", .form)
    }
    let hint = SwiftName.type(operationName(operation)) + SwiftName.type(parameter.name.value)
    guard let (text, isNullable, schema) = text(parameter, hint) else { return nil }
    if let fault = styleFault(parameter, text) {
      refuse(fault, parameter.style.location)
      return nil
    }
    guard let need = need(parameter, schema, text, isNullable) else { return nil }
    return OperationModel.Parameter(
      name: name, place: parameter.place, key: parameter.name.value, source: source, value: text, need: need,
      style: parameter.style.value == style ? nil : parameter.style.value.rawValue, isExploded: parameter.explode,
      allowsEmptyValue: parameter.allowsEmptyValue || isNullable && parameter.place == .query,
      allowsReserved: parameter.allowsReserved && parameter.place == .query, documentation: parameter.description,
      example: example(parameter))
  }

  private func example(_ parameter: Parameter) -> Node? {
    guard case .schema(let reference) = parameter.value else { return nil }
    let schema = schema(unwrapped(reference).reference)
    return parameter.example ?? parameter.examples.first?.node.mapping?["value"] ?? schema.annotations.example
      ?? schema.annotations.examples.first
  }

  /// What the standard leaves undefined (OpenAPI 3.1 §4.8.12.2, the entries "n/a").
  private func styleFault(_ parameter: Parameter, _ text: TextModel) -> String? {
    switch (parameter.style.value, text) {
    case (.deepObject, .list): "an array in the style 'deepObject' is"
    case (.deepObject, .scalar), (.deepObject, .loose): "a single value in the style 'deepObject' is"
    case (.spaceDelimited, .object), (.spaceDelimited, .map), (.pipeDelimited, .object), (.pipeDelimited, .map):
      parameter.explode ? "an exploded object in the style '\(parameter.style.value.rawValue)' is" : nil
    default: nil
    }
  }

  private mutating func text(
    _ parameter: Parameter, _ hint: String
  ) -> (TextModel, isNullable: Bool, schema: SchemaRef?)? {
    switch parameter.value {
    case .schema(let reference):
      let isDeep = parameter.style.value == .deepObject && parameter.place == .query
      return styled(reference, hint, isDeep: isDeep).map { ($0.text, $0.value.isNullable, reference) }
    case .content(let media):
      let before = findings.count
      if let (text, value) = document(media, hint) { return (text, value.isNullable, media.schema) }
      if findings.count > before { return nil }
      refuse(
        "a parameter of type '\(media.name.value)' that is no string is", media.name.location,
        remedy: "describe it by 'schema', or by 'content' with application/json")
      return nil
    }
  }

  /// A value that travels in one of the styles.
  mutating func styled(_ reference: SchemaRef, _ hint: String, isDeep: Bool) -> (text: TextModel, value: Value)? {
    let use = Use(hint: hint, direction: .request, form: .parameter)
    guard let value = value(reference, use) else { return nil }
    let shape = isDeep ? .nested : shape(value.model)
    if shape == nil || !judgesWhole(value.model) && !isUnion(value.model),
      let text = text(value.model, at: reference.location), !isDeep || isFlat(text)
    {
      return (text, value)
    }
    // Said once more for JSON, whose types have decoders.
    guard let document = self.value(reference, Use(hint: hint, direction: .request)) else { return nil }
    if let shape {
      return (.document(document.model, shape, names: memberNames(document.model) ?? []), document)
    }
    warn(
      .notStyled, reference.location, "no style writes this value; it is read as a JSON document",
      remedy: "say so with 'content' instead of 'schema'")
    return (.json(document.whole), Value(model: document.whole, isNullable: false))
  }

  /// A value that is a document of its own: JSON, or a text that is read as it is; nil for any other.
  mutating func document(_ media: MediaType, _ hint: String) -> (text: TextModel, value: Value)? {
    guard let reference = media.schema else {
      if media.isJSON { return (.json(.any), Value(model: .any, isNullable: false)) }
      let plain = ValueModel.scalar(Self.plainText)
      return (.scalar(plain), Value(model: plain, isNullable: false))
    }
    guard let value = value(reference, Use(hint: hint, direction: .request)) else { return nil }
    if media.isJSON { return (.json(value.whole), Value(model: value.whole, isNullable: false)) }
    guard media.essence.hasPrefix("text/") else { return nil }
    switch value.model {
    case .scalar(let scalar) where scalar.method == "string": return (.scalar(value.model), value)
    case .words: return (.scalar(value.model), value)
    default: return nil
    }
  }

  private func isUnion(_ value: ValueModel) -> Bool {
    guard case .type(let name) = value.bare, let index = typeNamed(name), case .union = model.types[index].shape else {
      return false
    }
    return true
  }

  private mutating func need(
    _ parameter: Parameter, _ reference: SchemaRef?, _ text: TextModel, _ isNullable: Bool
  ) -> OperationModel.Parameter.Need? {
    if parameter.isRequired { return isNullable && parameter.place == .query ? .optional : .required }
    guard let reference, let node = defaultValue([reference]) else { return .optional }
    if node.isNull, isNullable { return .optional }
    if let literal = literal(node, text) {
      // A constant is read from JSON.
      if case .object(let name) = text, let index = typeNamed(name) { markDeep(index, .request) }
      return .defaulted(literal)
    }
    warn(.defaultNotApplied, node.location, "this default is not a value of the schema; it is not applied")
    return .optional
  }

  private func literal(_ node: Node, _ text: TextModel) -> String? {
    switch text {
    case .scalar(let value), .loose(let value, _), .json(let value), .document(let value, _, _):
      return literal(node, value)
    case .object(let name): return literal(node, .type(name))
    case .list(let item, _, _):
      guard let items = node.sequence else { return nil }
      let texts = items.compactMap { literal($0, item) }
      return texts.count == items.count ? "[\(texts.joined(separator: ", "))]" : nil
    case .map, .documents, .file, .files: return nil
    }
  }

  // MARK: Values as text

  /// How a value is read from text; nil when no style of the standard writes it.
  mutating func text(_ value: ValueModel, at location: Location) -> TextModel? {
    switch value {
    case .scalar, .words: return .scalar(value)
    case .array(let item, let minItems, let maxItems):
      guard let item = itemText(item, at: location) else { return nil }
      return .list(item, minItems: minItems, maxItems: maxItems)
    case .map(let item): return itemText(item, at: location).map { .map($0) }
    case .checked(let inner, _):
      switch inner.bare {
      case .scalar, .any: return .loose(value, types: jsonTypes(inner.bare))
      default: return nil  // judged as a whole document
      }
    case .any: return .loose(value, types: jsonTypes(value))
    case .optional(let inner): return text(inner, at: location)
    case .type(let name):
      guard let index = typeNamed(name) else { return nil }
      switch model.types[index].shape {
      case .words: return .scalar(.words(name))
      case .object:
        markText(index, .parameter)
        return .object(name)
      case .union(let union):
        let types = union.choices.map(\.type)
        if types.contains("object") || types.contains("array") { return nil }
        return .loose(value, types: types)
      }
    }
  }

  private mutating func itemText(_ value: ValueModel, at location: Location) -> TextModel? {
    guard let item = text(value, at: location) else { return nil }
    switch item {
    case .scalar, .loose: return item
    default: return nil
    }
  }

  private func jsonTypes(_ value: ValueModel) -> [String] {
    guard case .scalar(let scalar) = value else { return ["string", "number", "boolean"] }
    switch scalar.method {
    case "int32", "int64", "double", "float": return ["number"]
    case "boolean": return ["boolean"]
    default: return ["string"]
    }
  }

  /// How a member of a parameter or a form is read; `key` is its name, for what the form says of it.
  func memberText(_ value: ValueModel, _ form: TextForm, _ key: String) -> TextModel {
    guard case .form(let encoding) = form, let member = encoding.members[key] else { return memberText(value, form) }
    if let style = member.style {
      if style == "deepObject" {
        let plain = memberText(value, .parameter)
        if isFlat(plain) { return plain }
        if case .map(let item) = value.bare, isFlat(.map(memberText(item, .parameter))) {
          return .map(memberText(item, .parameter))
        }
        return .document(value, .nested, names: [])
      }
      if judgesWhole(value) || isUnion(value), let shape = shape(value) {
        return .document(value, shape, names: member.isSpread ? memberNames(value) ?? [] : [])
      }
      if case .map(let item) = value.bare {
        switch memberText(item, .parameter) {
        case .scalar, .loose: return .map(memberText(item, .parameter))
        default: return .json(value)
        }
      }
      return memberText(value, .parameter)
    }
    let plain = memberText(value, form)
    guard member.isJSON, !plain.isFile else { return plain }
    if case .array(let item, let minItems, let maxItems) = value, !Self.isArray(item) {
      return .documents(item, minItems: minItems, maxItems: maxItems)
    }
    return .json(value)
  }

  private static func isArray(_ value: ValueModel) -> Bool {
    switch value.bare {
    case .array, .any: true
    case .optional(let inner): isArray(inner)
    default: false
    }
  }

  /// Whether all that a schema asks of a list is that no item comes twice.
  func isUniqueness(_ schema: String) -> Bool {
    model.schemas.first { $0.name == schema }?.text == "{\"uniqueItems\":true}"
  }

  func memberText(_ value: ValueModel, _ form: TextForm) -> TextModel {
    switch value {
    case .scalar(let scalar) where scalar.method == "file": return .file(scalar.fileSize)
    case .array(.scalar(let scalar), let minItems, let maxItems) where scalar.method == "file":
      return .files(scalar.fileSize, minItems: minItems, maxItems: maxItems, isUnique: false)
    case .scalar, .words: return .scalar(value)
    case .any: return .loose(value, types: jsonTypes(value))
    case .checked(let inner, let schema):
      switch inner.bare {
      case .scalar, .any: return .loose(value, types: jsonTypes(inner.bare))
      case .array:
        switch memberText(inner.bare, form) {
        case .list: return .document(value, .list, names: [])
        case .files(let size, let minItems, let maxItems, _):
          return .files(size, minItems: minItems, maxItems: maxItems, isUnique: isUniqueness(schema))
        default: return .json(value)
        }
      default: return .json(value)
      }
    case .optional(let inner): return memberText(inner, form)
    case .array(let item, let minItems, let maxItems):
      switch memberText(item, form) {
      case .scalar(let item): return .list(.scalar(item), minItems: minItems, maxItems: maxItems)
      case .loose(let item, let types): return .list(.loose(item, types: types), minItems: minItems, maxItems: maxItems)
      default:
        if form == .parameter || Self.isArray(item) { return .json(value) }
        return .documents(item, minItems: minItems, maxItems: maxItems)
      }
    case .map: return .json(value)
    case .type(let name):
      guard let index = typeNamed(name) else { return .json(value) }
      switch model.types[index].shape {
      case .words: return .scalar(.words(name))
      case .object: return form == .parameter ? .object(name) : .json(value)
      case .union(let union):
        let types = union.choices.map(\.type)
        return types.contains("object") || types.contains("array") ? .json(value) : .loose(value, types: types)
      }
    }
  }
}
