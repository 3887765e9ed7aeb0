import KatanaContract

extension ModelBuilder {
  /// Whether this schema, in a part, is a file.
  func isFile(_ flat: FlatSchema) -> Bool { flat.parts.contains { isFile($0) } }

  mutating func object(_ flat: FlatSchema, _ component: String?, _ use: Use) -> ValueModel? {
    var flat = flat
    // A member that must be there has a place, declared or not; one that is not is an additional one.
    var undeclared: [SchemaRef] = []
    if case .schemas(let schemas) = flat.additional, !hasPatterns(flat) { undeclared = schemas }
    flat.properties.removeAll { flat.forbidden.contains($0.name.value) }
    for name in flat.required where !flat.properties.contains(where: { $0.name.value == name.value }) {
      flat.properties.append(FlatSchema.Property(name: name, schemas: undeclared))
    }
    if flat.properties.isEmpty, let map = map(flat, use) { return map }
    let isSplit = flat.parts.contains { differsByDirection($0) }
    var key = TypeKey(flat, isInput: isSplit && use.direction == .request)
    // A file is no value of JSON, so a type with files is another type.
    if use.isPart {
      key.hasFiles = flat.properties.contains { hasFile($0.schemas) }
      if case .schemas(let schemas) = flat.additional, hasFile(schemas) { key.hasFiles = true }
    }
    if case .form(let encoding)? = use.form { (key.files, key.fields) = (encoding.files, encoding.fields) }
    if let index = typeIndex[key] {
      if let form = use.form { markText(index, form) } else { markDeep(index, use.direction) }
      return .type(model.types[index].name)
    }
    report(flat)
    let index = add(flat, component, use, key, .object([], .ignored))
    modes.note(flat, index)
    if let form = use.form { model.types[index].textForms.insert(form) } else { mark(index, use.direction) }
    let object = UnfilledObject(index: index, flat: flat, use: use)
    if nesting > Self.nestingUntilLater { unfilled.append(object) } else { fill(object) }
    return .type(model.types[index].name)
  }

  /// A type whose members are to be translated.
  struct UnfilledObject {
    var index: Int
    var flat: FlatSchema
    var use: Use
  }

  mutating func fill(_ object: UnfilledObject) {
    let (index, flat, use) = (object.index, object.flat, object.use)
    let name = model.types[index].name
    var names = NameRegister(reserved: ["init", "self", "json", "encode", "decode"])
    let properties = properties(flat, name, use, &names)
    let additional = additional(flat, name, use, &names)
    model.types[index].shape = .object(properties, additional)
    if let form = use.form { markMembers(index, form) }
    model.types[index].check = check(flat.assertions, of: flat.parts, Use(hint: name, direction: use.direction))
    // Uses that came meanwhile found no members to take along.
    if model.types[index].isRead { markMembers(index, .request) }
    if model.types[index].isWritten { markMembers(index, .response) }
  }

  /// Says what of the schema does not do what it seems to.
  private mutating func report(_ flat: FlatSchema) {
    for part in flat.parts where part.composition.oneOf.isEmpty && part.composition.anyOf.isEmpty {
      guard let discriminator = part.composition.discriminator, !families.isMember(part) else { continue }
      warn(
        .discriminatorUnclear, discriminator.location,
        "this discriminator selects nothing: there is no 'oneOf' or 'anyOf' beside it, and no component extends the schema",
        remedy: "list the alternatives in a 'oneOf' beside it, or let components name this schema in their 'allOf'")
    }
    guard case .forbidden(let location) = flat.additional, flat.parts.count > 1 else { return }
    let closing = flat.parts.first { if case .forbidden = $0.object.additional { true } else { false } }
    let covers = closing.map { part in flat.properties.allSatisfy { part.object.property($0.name.value) != nil } }
    if covers == false {
      warn(
        .schemaConflict, location,
        "'additionalProperties: false' in an 'allOf' refuses what the other members declare; it is taken for all of them",
        remedy: "write 'unevaluatedProperties: false' beside the 'allOf'")
    }
  }

  /// An object without members of its own; nil when it is closed, which is a type without properties.
  private mutating func map(_ flat: FlatSchema, _ use: Use) -> ValueModel? {
    let hint = Use(hint: use.hint + "Value", direction: use.direction, isPart: use.isPart)
    if case .forbidden = flat.additional, !hasPatterns(flat) { return nil }
    guard enter(flat) else { return evaluated(flat, use) }
    defer { leave(flat) }
    guard let value = extra(flat, hint) else { return .map(.any) }
    return checked(.map(value), schema: check(flat.assertions, of: flat.parts, use))
  }

  private func hasPatterns(_ flat: FlatSchema) -> Bool {
    flat.parts.contains { !$0.object.patternProperties.isEmpty }
  }

  /// The value of a member that is not declared; nil, with an error, when it was refused.
  private mutating func extra(_ flat: FlatSchema, _ use: Use) -> ValueModel? {
    var schemas: [SchemaRef] = []
    for part in flat.parts { schemas += part.object.patternProperties.map(\.schema) }
    if !schemas.isEmpty {
      for schema in schemas { markUsed(schema) }
      // One type for all of them when they are one schema and nothing else is let in.
      guard schemas.count == 1, case .forbidden = flat.additional else { return .any }
      return value(schemas, use)?.whole
    }
    if case .schemas(let schemas) = flat.additional { return value(schemas, use)?.whole }
    return .any
  }

  private mutating func additional(
    _ flat: FlatSchema, _ owner: String, _ use: Use, _ names: inout NameRegister
  ) -> AdditionalModel {
    if !hasPatterns(flat) {
      switch flat.additional {
      case .unspecified: return .ignored
      case .forbidden: return .refused
      case .allowed, .schemas: break
      }
    }
    let itemUse = Use(hint: owner + "Value", direction: use.direction, isPart: use.isPart)
    guard let value = extra(flat, itemUse) else { return .ignored }
    let name = names.claim("additionalProperties", for: "additionalProperties", at: flat.location, &findings)
    return .kept(value, name: name)
  }

  private mutating func properties(
    _ flat: FlatSchema, _ owner: String, _ ownerUse: Use, _ names: inout NameRegister
  ) -> [PropertyModel] {
    let direction = ownerUse.direction
    let required = flat.isRequired
    var result: [PropertyModel] = []
    for property in flat.properties {
      let parts = property.schemas.flatMap { [schema($0), schema(unwrapped($0).reference)] }
      let isHidden = parts.contains {
        direction == .request ? $0.annotations.isReadOnly : $0.annotations.isWriteOnly
      }
      let own = property.schemas.first { $0.name == nil }.flatMap { swiftName(schema($0).extensions) }
      let name = names.claim(
        own ?? SwiftName.member(property.name.value), for: property.name.value, at: property.name.location, &findings)
      if isHidden { continue }
      var use = Use(hint: owner + SwiftName.type(property.name.value), direction: direction)
      switch ownerUse.form {
      case nil: break
      case .parameter: use.form = .parameter
      case .form(let encoding):
        let member = encoding.members[property.name.value]
        if member?.style != nil { use.form = .parameter }
        use.isPart = ownerUse.isPart
        use.isFile = member?.isFile == true
      }
      let value = property.schemas.isEmpty ? Value(model: .any, isNullable: false) : self.value(property.schemas, use)
      guard let value else { continue }
      var model = PropertyModel(
        name: name, key: property.name.value, documentation: documentation(property.schemas),
        value: value.model, presence: .required)
      model.presence = presence(property, &model, value, isRequired: required.contains(property.name.value))
      model.example = parts.lazy.compactMap { $0.annotations.example ?? $0.annotations.examples.first }.first
      result.append(model)
    }
    // After all members, which keep their names.
    if case .form(let encoding)? = ownerUse.form {
      for member in result {
        for field in encoding.members[member.key]?.fields ?? [] {
          if let model = partField(field, of: member, owner, &names) { result.append(model) }
        }
      }
    }
    return result
  }

  private mutating func presence(
    _ property: FlatSchema.Property, _ model: inout PropertyModel, _ value: Value, isRequired: Bool
  ) -> PropertyModel.Presence {
    if isRequired { return value.isNullable ? .nullable : .required }
    if let node = defaultValue(property.schemas) {
      if let literal = literal(node, value.whole) {
        model.value = value.whole
        model.defaultValue = node
        return .defaulted(literal)
      }
      warn(.defaultNotApplied, node.location, "this default is not a value of the schema; it is not applied")
    }
    return value.isNullable ? .patch : .optional
  }

  /// The default that holds where all of the schemas do. One that is no value of theirs is none; the loader has said so
  /// of the schema that it stands in.
  mutating func defaultValue(_ references: [SchemaRef]) -> Node? {
    for reference in references {
      let own = schema(reference)
      let target = schema(unwrapped(reference).reference)
      guard let node = own.defaultValue ?? target.defaultValue else { continue }
      guard let fault = fault(of: node, references) else { return node }
      let writer = own.defaultValue == nil ? target : own
      if document.fault(of: node, .inline(writer)) != nil { continue }
      warn(
        .defaultNotApplied, fault.node.location,
        "this \(fault.reason) by another schema of the same member; the default is not applied")
    }
    return nil
  }

  private func fault(of value: Node, _ references: [SchemaRef]) -> ValueFault? {
    for reference in references { if let fault = document.fault(of: value, reference) { return fault } }
    return nil
  }

  private func documentation(_ references: [SchemaRef]) -> String? {
    for reference in references { if let text = documentation(reference) { return text } }
    return nil
  }

  func hasFile(_ references: [SchemaRef]) -> Bool {
    references.contains { reference in
      let schema = schema(unwrapped(reference).reference)
      let alternatives = schema.composition.oneOf + schema.composition.anyOf
      return ([schema] + alternatives.map { self.schema(unwrapped($0).reference) }).contains { schema in
        isFile(schema) || schema.array.items.map { isFile(self.schema(unwrapped($0).reference)) } == true
      }
    }
  }

  /// Binary text, as OpenAPI 3.0 says it or as 3.1 does.
  private func isFile(_ schema: Schema) -> Bool {
    schema.format?.value == "binary"
      || schema.string.contentMediaType != nil && schema.string.contentEncoding == nil
        && (schema.types.isEmpty || schema.type == .string)
  }

  // MARK: Directions

  /// Whether a member, at any depth, is left out in one direction.
  mutating func differsByDirection(_ schema: Schema) -> Bool {
    if let known = directionMemo[ObjectIdentifier(schema)] { return known }
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(schema)]
    var pending = [schema]
    while let schema = pending.popLast() {
      for property in schema.object.properties {
        let target = self.schema(property.schema)
        if [target, self.schema(unwrapped(property.schema).reference)].contains(where: {
          $0.annotations.isReadOnly || $0.annotations.isWriteOnly
        }) {
          directionMemo[ObjectIdentifier(schema)] = true
          return true
        }
      }
      for part in children(schema) + heirs(schema) {
        let child = self.schema(part)
        if directionMemo[ObjectIdentifier(child)] == true {
          directionMemo[ObjectIdentifier(schema)] = true
          return true
        }
        if directionMemo[ObjectIdentifier(child)] == nil, seen.insert(ObjectIdentifier(child)).inserted {
          pending.append(child)
        }
      }
    }
    // Nothing that was visited leads to such a member.
    for id in seen { directionMemo[id] = false }
    return false
  }

  private func children(_ schema: Schema) -> [SchemaRef] {
    schema.composition.allOf + values(schema)
  }

  /// What stands behind those of a schema's values that are families.
  private func heirs(_ schema: Schema) -> [SchemaRef] {
    values(schema).flatMap { families.family(of: $0)?.family.members.map(\.reference) ?? [] }
  }

  /// The schemas of a schema, without those that hold for it as a whole.
  func values(_ schema: Schema) -> [SchemaRef] {
    var parts = schema.object.properties.map(\.schema)
    parts += schema.composition.oneOf + schema.composition.anyOf
    let (array, object) = (schema.array, schema.object)
    parts += array.prefixItems + object.patternProperties.map(\.schema) + object.dependentSchemas.map(\.schema)
    let condition = schema.composition.ifThenElse
    parts += [
      array.items, array.contains, array.unevaluatedItems, schema.composition.not, condition?.condition, condition?.then,
      condition?.otherwise,
    ].compactMap(\.self)
    for case .schema(let value) in [object.additional, object.unevaluatedProperties] { parts.append(value) }
    return parts
  }
}
