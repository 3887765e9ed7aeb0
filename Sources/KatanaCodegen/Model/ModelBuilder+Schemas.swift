import KatanaContract

extension ModelBuilder {
  /// Where a schema is used: what its type is called when it has no name of its own, and which way it travels.
  struct Use {
    var hint: String
    var direction: Direction
  }

  func schema(_ reference: SchemaRef) -> Schema { document.resolve(reference)! }

  /// What the schema is without wrappers that add nothing: an `allOf` of one member, a reference.
  private func unwrapped(_ reference: SchemaRef) -> (schema: Schema, name: String?) {
    var current = reference
    while true {
      let schema = schema(current)
      let isWrapper = schema.composition.allOf.count == 1 && schema.object.properties.isEmpty
      if isWrapper, schema.composition.oneOf.isEmpty, schema.composition.anyOf.isEmpty {
        current = schema.composition.allOf[0]
        continue
      }
      return (schema, current.name.map(canonical))
    }
  }

  /// The component that an alias stands for.
  private func canonical(_ name: String) -> String {
    var name = name
    while let alias = document.components.schemas.first(where: { $0.name.value == name })?.aliasOf { name = alias }
    return name
  }

  func isNullable(_ reference: SchemaRef) -> Bool {
    schema(reference).isNullable || unwrapped(reference).schema.isNullable
  }

  mutating func markUsed(_ reference: SchemaRef) {
    if let name = reference.name {
      used.insert(name)
      used.insert(canonical(name))
    }
    for member in schema(reference).composition.allOf { if case .named = member { markUsed(member) } }
  }

  /// The value of a schema; nil when it was refused.
  mutating func value(_ reference: SchemaRef, _ use: Use) -> ValueModel? {
    markUsed(reference)
    let (schema, component) = unwrapped(reference)
    var use = use
    if let name = swiftName(schema.extensions), component == nil { use.hint = name }
    guard accepts(schema) else { return nil }
    if isWords(schema) { return words(schema, component, use) }
    switch schema.type {
    case .string: return string(schema, use)
    case .integer: return integer(schema)
    case .number: return number(schema)
    case .boolean: return .scalar(ScalarModel(method: "boolean", swift: "Bool", neutral: "false"))
    case .array: return array(schema, use)
    case .object: return object(schema, component, use)
    case nil:
      if isNamed(schema) { return object(schema, component, use) }
      refuse(schema.types.isEmpty ? "a schema without a type is" : "a schema of several types is", schema.location)
      return nil
    }
  }

  /// Refuses keywords that would change the type or the check and have no translation.
  private mutating func accepts(_ schema: Schema) -> Bool {
    let before = findings.count
    if schema.boolean != nil { refuse("a boolean schema is", schema.location) }
    let unsupported = [
      "oneOf", "anyOf", "not", "if", "then", "else", "contains", "minContains", "maxContains", "unevaluatedItems",
      "patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties",
      "contentSchema",
    ]
    for keyword in unsupported {
      if let location = schema.location(of: keyword) { refuse("'\(keyword)' is", location) }
    }
    if schema.isNullOnly { refuse("a schema of the type null alone is", schema.location) }
    let object = schema.object
    if let location = object.minProperties?.location { refuse("'minProperties' is", location) }
    if let location = object.maxProperties?.location { refuse("'maxProperties' is", location) }
    if case .schema = object.additional, let location = schema.location(of: "additionalProperties") {
      refuse("a schema for 'additionalProperties' is", location)
    }
    if schema.array.uniqueItems, let location = schema.location(of: "uniqueItems") {
      refuse("'uniqueItems' is", location)
    }
    if let item = schema.array.prefixItems.first { refuse("'prefixItems' is", item.location) }
    if !isWords(schema) {
      if let location = schema.location(of: "enum") { refuse("'enum' of a type other than string is", location) }
      if let location = schema.location(of: "const") { refuse("'const' of a type other than string is", location) }
    }
    if let mode = schema.extensions.katana.json { refuse("'x-katana-json' is", mode.location) }
    if let mode = schema.extensions.katana.allocation { refuse("'x-katana-alloc' is", mode.location) }
    if let keyword = schema.string.contentEncoding { refuse("'contentEncoding' is", keyword.location) }
    return !findings[before...].contains { $0.severity == .error }
  }

  private mutating func array(_ schema: Schema, _ use: Use) -> ValueModel? {
    guard let items = schema.array.items else {
      refuse("an array without 'items' is", schema.location)
      return nil
    }
    if isNullable(items) {
      refuse("a nullable item is", items.location)
      return nil
    }
    open.append(("", true))
    defer { open.removeLast() }
    guard let item = value(items, Use(hint: use.hint + "Item", direction: use.direction)) else { return nil }
    return .array(item, minItems: schema.array.minItems?.value, maxItems: schema.array.maxItems?.value)
  }

  // MARK: Enums

  private mutating func words(_ schema: Schema, _ component: String?, _ use: Use) -> ValueModel? {
    let key = TypeKey(schema: ObjectIdentifier(schema), isInput: false)
    if let index = typeIndex[key] {
      mark(index, use.direction)
      return .named(model.types[index].name, isEnum: true)
    }
    var names = NameRegister(reserved: ["text", "init", "self", "hash", "hashValue", "none", "some"])
    var words: [WordModel] = []
    for node in schema.enumValues ?? [schema.constValue!] where !node.isNull {
      guard let text = node.string else {
        refuse("an enum value that is not a string is", node.location)
        continue
      }
      let name = names.claim(SwiftName.member(text), for: text, at: node.location, &findings)
      words.append(WordModel(name: name, text: text))
    }
    let index = add(schema, component, use, key, .words(words))
    mark(index, use.direction)
    return .named(model.types[index].name, isEnum: true)
  }

  // MARK: Objects

  private mutating func object(_ schema: Schema, _ component: String?, _ use: Use) -> ValueModel? {
    let isSplit = differsByDirection(.inline(schema), [])
    let key = TypeKey(schema: ObjectIdentifier(schema), isInput: isSplit && use.direction == .request)
    if let index = typeIndex[key] {
      let name = model.types[index].name
      if let at = open.lastIndex(where: { $0.name == name }), !open[at...].contains(where: { $0.isBehindArray }) {
        error(.recursion, schema.location, "'\(name)' contains itself", remedy: "put an array between")
        return nil
      }
      markDeep(index, use.direction)
      return .named(name, isEnum: false)
    }
    guard let rules = flattened(schema) else { return nil }
    if rules.properties.isEmpty {
      refuse("an object without properties is", schema.location)
      return nil
    }
    let index = add(schema, component, use, key, .object([], isClosed: rules.isClosed))
    mark(index, use.direction)
    open.append((model.types[index].name, false))
    defer { open.removeLast() }
    let properties = properties(rules, model.types[index].name, use.direction)
    model.types[index].shape = .object(properties, isClosed: rules.isClosed)
    return .named(model.types[index].name, isEnum: false)
  }

  private mutating func properties(_ rules: ObjectParts, _ owner: String, _ direction: Direction) -> [PropertyModel] {
    var names = NameRegister(reserved: ["init", "self", "json", "encode", "decode"])
    var result: [PropertyModel] = []
    for property in rules.properties {
      let schema = schema(property.schema)
      let annotations = schema.annotations
      let travels = direction == .request ? !annotations.isReadOnly : !annotations.isWriteOnly
      let wanted = swiftName(schema.extensions).flatMap { property.schema.name == nil ? $0 : nil }
      let name = names.claim(
        wanted ?? SwiftName.member(property.name.value),
        for: property.name.value,
        at: property.name.location,
        &findings
      )
      if !travels { continue }
      let hint = owner + SwiftName.type(property.name.value)
      guard let value = value(property.schema, Use(hint: hint, direction: direction)),
        let presence = presence(property, value, isRequired: rules.required.contains(property.name.value))
      else { continue }
      result.append(
        PropertyModel(
          name: name,
          key: property.name.value,
          documentation: documentation(property.schema),
          value: value,
          presence: presence
        )
      )
    }
    if result.count > 64, let first = rules.properties.first {
      refuse("an object of more than 64 properties is", first.name.location)
    }
    return result
  }

  private mutating func presence(
    _ property: ObjectRules.Property,
    _ value: ValueModel,
    isRequired: Bool
  ) -> PropertyModel.Presence? {
    let isNullable = isNullable(property.schema)
    if isRequired { return isNullable ? .nullable : .required }
    if let node = schema(property.schema).defaultValue {
      guard !isNullable, let literal = literal(node, value) else {
        refuse("a default of this type is", node.location)
        return nil
      }
      return .defaulted(literal)
    }
    return isNullable ? .patch : .optional
  }

  func documentation(_ reference: SchemaRef) -> String? {
    if case .named(let name) = reference { return name.description }
    let annotations = schema(reference).annotations
    let text = annotations.description ?? annotations.title
    return annotations.isDeprecated ? (text.map { $0 + "\n\nDeprecated." } ?? "Deprecated.") : text
  }

  private mutating func add(
    _ schema: Schema,
    _ component: String?,
    _ use: Use,
    _ key: TypeKey,
    _ shape: TypeModel.Shape
  ) -> Int {
    var name = component.flatMap { componentNames[$0] }
    if let component { findings += componentFindings.removeValue(forKey: component) ?? [] }
    if name == nil || key.isInput {
      name = typeNames.claim(
        (name ?? SwiftName.type(use.hint)) + (key.isInput && name != nil ? "Input" : ""),
        for: component ?? use.hint,
        at: schema.location,
        &findings
      )
    }
    typeIndex[key] = model.types.count
    let annotations = schema.annotations
    model.types.append(
      TypeModel(name: name!, documentation: annotations.description ?? annotations.title, shape: shape)
    )
    return model.types.count - 1
  }

  private mutating func mark(_ index: Int, _ direction: Direction) {
    switch direction {
    case .request: model.types[index].isRead = true
    case .response: model.types[index].isWritten = true
    }
  }

  /// A type that is used in another direction than before takes its members along.
  private mutating func markDeep(_ index: Int, _ direction: Direction) {
    let type = model.types[index]
    if direction == .request ? type.isRead : type.isWritten { return }
    mark(index, direction)
    guard case .object(let properties, _) = type.shape else { return }
    for property in properties {
      var value = property.value
      while case .array(let item, _, _) = value { value = item }
      if case .named(let name, _) = value, let member = model.types.firstIndex(where: { $0.name == name }) {
        markDeep(member, direction)
      }
    }
  }

  /// Whether a member, at any depth, is left out in one direction.
  private func differsByDirection(_ reference: SchemaRef, _ seen: Set<ObjectIdentifier>) -> Bool {
    let schema = unwrapped(reference).schema
    if seen.contains(ObjectIdentifier(schema)) { return false }
    let seen = seen.union([ObjectIdentifier(schema)])
    let annotations = [self.schema(reference).annotations, schema.annotations]
    if seen.count > 1, annotations.contains(where: { $0.isReadOnly || $0.isWriteOnly }) { return true }
    var parts = schema.object.properties.map(\.schema) + schema.composition.allOf
    if let items = schema.array.items { parts.append(items) }
    return parts.contains { differsByDirection($0, seen) }
  }
}
