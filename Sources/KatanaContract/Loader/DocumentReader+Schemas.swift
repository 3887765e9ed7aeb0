extension DocumentReader {
  /// Reads a use of a schema. Named components are not entered, only checked to exist.
  func readSchemaRef(_ node: Node) -> SchemaRef? {
    guard let entry = node.mapping?.entry("$ref") else { return readSchema(node).map(SchemaRef.inline) }
    guard isPlainReference(node) else { return readSchema(node).map(SchemaRef.inline) }
    guard let target = follow(node, .schema), let first = target.first, let last = target.pointer else { return nil }
    let isComponent = first.componentName(in: "schemas") != nil
    return .named(
      SchemaName(
        name: isComponent ? first.tokens[2] : schemaName(target, last),
        reference: entry.value.string ?? "",
        location: entry.value.location,
        description: version == .v31 ? node.mapping?["description"]?.string : nil
      )
    )
  }

  /// The one `Schema` object of a pointer.
  func schema(at pointer: Pointer, _ node: Node) -> Schema? {
    once(node, pointer, .schema, \.schemas) { node, _ in readSchema(node) }
  }

  /// A `$ref` that nothing beside it changes. In 3.0 siblings have no effect; in 3.1 those that constrain make the
  /// schema one of its own, with the reference as a member of `allOf`.
  func isPlainReference(_ node: Node) -> Bool {
    guard let mapping = node.mapping, mapping.entry("$ref") != nil else { return false }
    let annotations: Set = ["$ref", "description", "summary", "title", "$comment", "example", "examples", "deprecated"]
    let others = mapping.entries.filter { !annotations.contains($0.key) && !$0.key.hasPrefix("x-") }
    guard version == .v30 else { return others.isEmpty }
    for entry in others {
      warning(
        .refSiblingsIgnored,
        at: entry.keyLocation,
        "\(quoted(entry.key)) beside '$ref' has no effect in OpenAPI 3.0",
        remedy: "wrap the reference: 'allOf: [{$ref: …}]'"
      )
    }
    return true
  }

  private func readSchema(_ node: Node) -> Schema? {
    if version == .v31, let value = node.bool { return Schema(node: node, boolean: value) }
    guard schemaDepth < DocumentLimits.schemaDepthMax else {
      error(.refTooDeep, at: node.location, "schemas are nested deeper than \(DocumentLimits.schemaDepthMax) levels")
      return nil
    }
    schemaDepth += 1
    defer { schemaDepth -= 1 }
    guard let fields = fields(node, .schema) else { return nil }
    let (types, isNullable) = readTypes(fields)
    fields.checkExternalDocs()
    checkIdentity(fields)
    let schema = Schema(
      node: node,
      boolean: nil,
      types: types,
      isNullable: isNullable,
      isNullOnly: isNullable && types.isEmpty && version == .v31,
      format: fields.string("format"),
      enumValues: readEnum(fields),
      constValue: version == .v31 ? fields.mapping["const"] : nil,
      defaultValue: fields.mapping["default"],
      number: readNumberRules(fields),
      string: readStringRules(fields),
      array: readArrayRules(fields),
      object: readObjectRules(fields),
      composition: readComposition(fields),
      annotations: readAnnotations(fields),
      definitions: readNamedSchemas(fields, "$defs"),
      otherKeywords: otherKeywords(fields),
      extensions: fields.extensions()
    )
    check(schema)
    if schema.composition.discriminator != nil { uses.discriminators.append((schema, chain)) }
    return schema
  }

  private func readTypes(_ fields: Fields) -> ([Located<SchemaType>], Bool) {
    var isNullable = readNullable(fields)
    guard let node = fields.mapping["type"] else { return ([], isNullable) }
    var types: [Located<SchemaType>] = []
    let words = version == .v31 && node.sequence != nil ? node.sequence! : [node]
    for word in words {
      guard let text = word.string else {
        // `type: null` without quotes is a frequent slip.
        let remedy = word.isNull ? "quote it: \"null\"" : nil
        error(
          .wrongType,
          at: word.location,
          "'type' in a schema: expected a string, found \(word.kindName)",
          remedy: remedy
        )
        continue
      }
      if let type = SchemaType(rawValue: text) {
        types.append(Located(type, at: word.location))
      } else if text == "null", version == .v31 {
        isNullable = true
      } else {
        let remedy = text == "null" ? "use 'nullable: true' in OpenAPI 3.0" : Self.typeRemedy(text)
        error(.typeUnknown, at: word.location, "\(quoted(text)) is not a schema type", remedy: remedy)
      }
    }
    return (types, isNullable)
  }

  private static func typeRemedy(_ text: String) -> String {
    let formats = [
      "int": "integer", "long": "integer", "float": "number", "double": "number", "date": "string",
      "datetime": "string",
      "date-time": "string", "uuid": "string", "file": "string", "bool": "boolean", "map": "object", "list": "array",
    ]
    if let type = formats[text.lowercased()] { return "use 'type: \(type)', with a 'format' where one fits" }
    return "use \(alternatives(SchemaType.allCases.map(\.rawValue)))"
  }

  private func readNullable(_ fields: Fields) -> Bool {
    guard let location = fields.mapping.location(of: "nullable") else { return false }
    if version == .v31 {
      // A keyword that JSON Schema does not know is an annotation.
      warning(
        .fieldOfOtherVersion,
        at: location,
        "'nullable' is not part of OpenAPI 3.1 and has no effect",
        remedy: "add \"null\" to 'type': [string, \"null\"]"
      )
      return false
    }
    return fields.flag("nullable")
  }

  private func readAnnotations(_ fields: Fields) -> SchemaAnnotations {
    if let node = fields.mapping["xml"], let xml = self.fields(node, .xml) {
      for key in ["name", "namespace", "prefix"] { _ = xml.text(key) }
      for key in ["attribute", "wrapped"] { _ = xml.flag(key) }
      _ = xml.extensions()
    }
    return SchemaAnnotations(
      title: fields.text("title"),
      description: fields.text("description"),
      isReadOnly: fields.flag("readOnly"),
      isWriteOnly: fields.flag("writeOnly"),
      isDeprecated: fields.flag("deprecated"),
      example: fields.mapping["example"],
      examples: version == .v31 ? fields.items("examples") : []
    )
  }
}

extension Schema {
  /// A 3.1 `true` or `false`.
  convenience init(node: Node, boolean: Bool) {
    self.init(
      node: node,
      boolean: boolean,
      types: [],
      isNullable: false,
      isNullOnly: false,
      format: nil,
      enumValues: nil,
      constValue: nil,
      defaultValue: nil,
      number: NumberRules(),
      string: StringRules(),
      array: ArrayRules(),
      object: ObjectRules(),
      composition: Composition(),
      annotations: SchemaAnnotations(),
      definitions: [],
      otherKeywords: [],
      extensions: Extensions(entries: [], katana: KatanaExtensions())
    )
  }
}
