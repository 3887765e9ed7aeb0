extension DocumentReader {
  func readEnum(_ fields: Fields) -> [Node]? {
    guard let location = fields.mapping.location(of: "enum") else { return nil }
    let values = fields.items("enum")
    if values.isEmpty, fields.mapping["enum"]?.sequence != nil {
      error(.enumInvalid, at: location, "'enum' has no value, so nothing is valid")
    }
    return values
  }

  func readNumberRules(_ fields: Fields) -> NumberRules {
    var rules = NumberRules()
    (rules.minimum, rules.exclusiveMinimum) = readBound(fields, "minimum", "exclusiveMinimum")
    (rules.maximum, rules.exclusiveMaximum) = readBound(fields, "maximum", "exclusiveMaximum")
    rules.multipleOf = fields.number("multipleOf")
    if let multiple = rules.multipleOf, !(multiple.value.double > 0) {
      error(
        .boundInvalid,
        at: multiple.location,
        "'multipleOf' must be greater than 0, found \(multiple.value.text)"
      )
      rules.multipleOf = nil
    }
    return rules
  }

  /// Both bounds of one side: 3.0 writes `exclusive…: true` beside the bound, 3.1 a number of its own.
  private func readBound(_ fields: Fields, _ key: String, _ exclusiveKey: String)
    -> (inclusive: Located<NumberLiteral>?, exclusive: Located<NumberLiteral>?)
  {
    let bound = fields.number(key)
    guard let exclusive = fields.mapping[exclusiveKey] else { return (bound, nil) }
    switch (version, exclusive.bool, exclusive.number) {
    case (.v30, let isExclusive?, _):
      if isExclusive, bound == nil, !fields.has(key) {
        warning(
          .keywordWithoutEffect,
          at: exclusive.location,
          "'\(exclusiveKey)' has no effect without '\(key)'"
        )
      }
      return isExclusive ? (nil, bound) : (bound, nil)
    case (.v31, _, let number?):
      return (bound, Located(number, at: exclusive.location))
    case (.v30, nil, _?):
      error(
        .exclusiveBoundForm,
        at: exclusive.location,
        "'\(exclusiveKey)' is a boolean in OpenAPI 3.0",
        remedy: "write '\(key): \(exclusive.scalar?.text ?? "0")' and '\(exclusiveKey): true'"
      )
    case (.v31, _?, nil):
      error(
        .exclusiveBoundForm,
        at: exclusive.location,
        "'\(exclusiveKey)' is a number in OpenAPI 3.1",
        remedy: "write '\(exclusiveKey): \(bound?.value.text ?? "0")' and remove '\(key)'"
      )
    default:
      wrongType(exclusive, expected: version == .v30 ? "a boolean" : "a number", in: "'\(exclusiveKey)' in a schema")
    }
    return (bound, nil)
  }

  func readStringRules(_ fields: Fields) -> StringRules {
    StringRules(
      minLength: fields.count("minLength"),
      maxLength: fields.count("maxLength"),
      pattern: fields.string("pattern"),
      contentEncoding: fields.string("contentEncoding"),
      contentMediaType: fields.string("contentMediaType"),
      contentSchema: schema31(fields, "contentSchema")
    )
  }

  func readArrayRules(_ fields: Fields) -> ArrayRules {
    ArrayRules(
      items: fields.mapping["items"].flatMap(readSchemaRef),
      prefixItems: version == .v31 ? fields.items("prefixItems").compactMap(readSchemaRef) : [],
      contains: schema31(fields, "contains"),
      minContains: version == .v31 ? fields.count("minContains") : nil,
      maxContains: version == .v31 ? fields.count("maxContains") : nil,
      unevaluatedItems: schema31(fields, "unevaluatedItems"),
      minItems: fields.count("minItems"),
      maxItems: fields.count("maxItems"),
      uniqueItems: fields.flag("uniqueItems")
    )
  }

  func readObjectRules(_ fields: Fields) -> ObjectRules {
    let required = readRequiredNames(fields)
    let requiredNames = Set(required.map(\.value))
    let properties = fields.entries("properties").compactMap { entry in
      readSchemaRef(entry.value).map {
        ObjectRules.Property(
          name: Located(entry.key, at: entry.keyLocation),
          schema: $0,
          isRequired: requiredNames.contains(entry.key)
        )
      }
    }
    return ObjectRules(
      properties: properties,
      required: required,
      additional: readAdditional(fields, "additionalProperties"),
      patternProperties: readNamedSchemas(fields, "patternProperties").map { ($0.name, $0.schema) },
      propertyNames: schema31(fields, "propertyNames"),
      dependentRequired: readDependentRequired(fields),
      dependentSchemas: readNamedSchemas(fields, "dependentSchemas"),
      unevaluatedProperties: version == .v31 ? readAdditional(fields, "unevaluatedProperties") : .unspecified,
      minProperties: fields.count("minProperties"),
      maxProperties: fields.count("maxProperties")
    )
  }

  private func readRequiredNames(_ fields: Fields) -> [Located<String>] {
    if let node = fields.mapping["required"], node.bool != nil {
      error(
        .wrongType,
        at: node.location,
        "'required' in a schema: expected a sequence, found a boolean",
        remedy: "list the names of required properties in the schema that has the 'properties'"
      )
      return []
    }
    var seen: Set<String> = []
    return fields.strings("required").filter { name in
      if seen.insert(name.value).inserted { return true }
      warning(.requiredDuplicate, at: name.location, "\(quoted(name.value)) is already in 'required'")
      return false
    }
  }

  private func readAdditional(_ fields: Fields, _ key: String) -> ObjectRules.Additional {
    guard let entry = fields.mapping.entry(key) else { return .unspecified }
    if let isAllowed = entry.value.bool {
      return isAllowed ? .allowed(entry.keyLocation) : .forbidden(entry.keyLocation)
    }
    return readSchemaRef(entry.value).map(ObjectRules.Additional.schema) ?? .allowed(entry.keyLocation)
  }

  func readComposition(_ fields: Fields) -> Composition {
    var composition = Composition(
      allOf: readMembers(fields, "allOf"),
      oneOf: readMembers(fields, "oneOf"),
      anyOf: readMembers(fields, "anyOf"),
      not: fields.mapping["not"].flatMap(readSchemaRef),
      ifThenElse: readConditional(fields),
      discriminator: readDiscriminator(fields)
    )
    if let entry = fields.mapping.entry("$ref"), let target = constrainedReference(entry) {
      composition.allOf.insert(target, at: 0)
    }
    return composition
  }

  /// The `$ref` of a 3.1 schema with siblings, read as if it stood alone.
  private func constrainedReference(_ entry: Mapping.Entry) -> SchemaRef? {
    readSchemaRef(Node(content: .mapping(Mapping(entries: [entry])), location: entry.keyLocation))
  }

  private func readMembers(_ fields: Fields, _ key: String) -> [SchemaRef] {
    let items = fields.items(key)
    if items.isEmpty, fields.mapping[key]?.sequence != nil {
      error(.invalidValue, at: fields.mapping.location(of: key)!, "'\(key)' in a schema has no member")
    }
    return items.compactMap(readSchemaRef)
  }

  private func readDiscriminator(_ fields: Fields) -> Discriminator? {
    guard let node = fields.mapping["discriminator"], let discriminator = self.fields(node, .discriminator) else {
      return nil
    }
    // 3.2 names its default instead.
    if is32, !discriminator.has("propertyName"), discriminator.has("defaultMapping") { return nil }
    let property = discriminator.requiredString("propertyName")
    let mapping = discriminator.entries("mapping").compactMap {
      entry -> (value: Located<String>, schema: SchemaName)? in
      guard let target = discriminatorTarget(entry) else { return nil }
      return (Located(entry.key, at: entry.keyLocation), target)
    }
    _ = discriminator.extensions()
    return Discriminator(
      property: property,
      mapping: mapping,
      location: fields.mapping.location(of: "discriminator") ?? node.location
    )
  }

  /// A mapping value is the name of a component or a reference to a schema.
  private func discriminatorTarget(_ entry: Mapping.Entry) -> SchemaName? {
    guard let text = entry.value.string else {
      wrongType(entry.value, expected: "a string", in: "'mapping' in a discriminator")
      return nil
    }
    let schemas = root.mapping?["components"]?.mapping?["schemas"]?.mapping
    if schemas?.entry(text) != nil {
      return SchemaName(name: text, reference: text, location: entry.value.location, description: nil)
    }
    // In the document itself a missing component is explained as such; everything else is a reference.
    let isLocal = files.number(of: entry.value.location) == 0 && text.hasPrefix("#")
    let local = isLocal ? Self.componentName(text) : text
    guard isLocal ? local.map({ schemas?.entry($0) != nil }) ?? true : text.contains(where: { "#/.".contains($0) })
    else {
      let names = (schemas?.entries ?? []).lazy.map(\.key)
      error(
        .discriminatorInvalid,
        at: entry.value.location,
        "the discriminator maps \(quoted(entry.key)) to \(quoted(text)), which is not a schema of this document",
        remedy: suggestion(for: local ?? text, in: names)
      )
      return nil
    }
    let key = Mapping.Entry(key: "$ref", keyLocation: entry.keyLocation, value: entry.value)
    let reference = Node(content: .mapping(Mapping(entries: [key])), location: entry.value.location)
    guard case .named(let name)? = readSchemaRef(reference) else { return nil }
    return name
  }

  private static func componentName(_ reference: String) -> String? {
    guard case .pointer(let tokens)? = try? Reference(reference).fragment else { return nil }
    return Pointer(file: 0, tokens: tokens).componentName(in: "schemas")
  }
}
