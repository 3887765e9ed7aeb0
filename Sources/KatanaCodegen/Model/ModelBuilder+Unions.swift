import KatanaContract

extension ModelBuilder {
  // MARK: Choices that are none

  /// Takes out what a `oneOf` or `anyOf` need not be a union for: null among the alternatives, a single alternative,
  /// alternatives that only add rules to a value whose type is known.
  mutating func settleChoices(_ flat: inout FlatSchema, _ isNullable: inout Bool) -> Bool {
    let choices = flat.choices
    flat.choices = []
    for choice in choices {
      var choice = choice
      for alternative in choice.alternatives { markUsed(alternative) }
      choice.alternatives.removeAll { schema($0).boolean == false }
      choice.alternatives.removeAll { reference in
        guard isNull(reference) else { return false }
        isNullable = true
        return true
      }
      if choice.alternatives.contains(where: { acceptsNull($0) }) { isNullable = true }
      if choice.alternatives.isEmpty {
        flat.types = []
      } else if choice.alternatives.count == 1 {
        let (target, nullable) = unwrapped(choice.alternatives[0])
        isNullable = isNullable || nullable
        if choices.count == 1, let alternative = self.flat([target]), addsNothing(flat, to: alternative) {
          flat.standIn = choice.alternatives[0]
          return true
        }
        do { try flat.fold(target, in: document) } catch {
          self.error(.schemaConflict, error.location, error.message)
          return false
        }
        // What was folded in may bring choices of its own.
        let more = flat.choices
        if !more.isEmpty {
          flat.choices = more
          guard settleChoices(&flat, &isNullable) else { return false }
        }
      } else if onlyAssert(choice, flat) {
        let keyword = choice.isExclusive ? "oneOf" : "anyOf"
        for part in flat.parts where part.location(of: keyword) == choice.location { flat.assert([keyword], part) }
      } else {
        flat.choices.append(choice)
      }
    }
    return true
  }

  /// Whether null is one of an alternative's values.
  private func acceptsNull(_ reference: SchemaRef) -> Bool {
    let (target, isNullable) = unwrapped(reference)
    let schema = schema(target)
    return isNullable || schema.isNullable || schema.enumValues?.contains(where: \.isNull) == true
      || schema.boolean == true || schema.node.mapping?.isEmpty == true
  }

  private func isNull(_ reference: SchemaRef) -> Bool {
    let schema = schema(unwrapped(reference).reference)
    return schema.isNullOnly || schema.enumValues?.allSatisfy(\.isNull) == true || schema.constValue?.isNull == true
  }

  /// Whether the alternatives change nothing about the Swift type.
  private func onlyAssert(_ choice: FlatSchema.Choice, _ flat: FlatSchema) -> Bool {
    switch flat.type {
    case .string, .integer, .number, .boolean: return true
    case .object where !flat.properties.isEmpty && choice.discriminator == nil:
      let known = Set(flat.properties.map(\.name.value))
      return choice.alternatives.allSatisfy { reference in
        let schema = schema(reference)
        return reference.name == nil && schema.composition.isEmpty
          && schema.object.properties.allSatisfy { known.contains($0.name.value) }
      }
    default: return false
    }
  }

  // MARK: Unions

  /// One alternative of a union while it is translated.
  private struct Alternative {
    var flat: FlatSchema
    var value: ValueModel
    var name: String
    var reference: SchemaRef?
    /// The names of the JSON types that it may have.
    var kinds: [String]
    var documentation: String?
    /// With those that extend it, each of which the discriminator may name.
    var family: Families.Family?
  }

  mutating func union(_ flat: FlatSchema, _ component: String?, _ use: Use) -> ValueModel? {
    let isSplit = flat.parts.contains { differsByDirection($0) }
    let key = TypeKey(flat, isInput: isSplit && use.direction == .request)
    if let index = typeIndex[key] {
      markDeep(index, use.direction)
      return .type(model.types[index].name)
    }
    let choice = flat.choices[0]
    var base = flat
    base.choices.removeFirst()
    let shape = UnionModel(cases: [], choices: [], isExclusive: choice.isExclusive)
    let index = add(flat, component, use, key, .union(shape))
    mark(index, use.direction)
    let name = model.types[index].name
    var alternatives: [Alternative] = []
    for reference in choice.alternatives {
      let isAlone = families.isAlone(reference, among: choice.alternatives)
      guard let alternative = alternative(reference, base, name, use.direction, isAlone: isAlone) else { return nil }
      alternatives.append(alternative)
    }
    finish(index, alternatives, choice, flat, use)
    return .type(name)
  }

  private mutating func alternative(
    _ reference: SchemaRef, _ base: FlatSchema, _ owner: String, _ direction: Direction, isAlone: Bool
  ) -> Alternative? {
    let target = unwrapped(reference).reference
    guard let own = flat([target]) else { return nil }
    let wanted = alternativeName(reference, own)
    let use = Use(hint: owner + SwiftName.type(wanted), direction: direction, isAlone: isAlone)
    var whole = own
    var value: Value?
    if addsNothing(base, to: own) {
      value = self.value([reference], use)
    } else {
      whole = base
      do { try whole.fold(target, in: document) } catch {
        self.error(.schemaConflict, error.location, error.message)
        return nil
      }
      value = self.value(whole, nil, use)
    }
    guard let value else { return nil }
    return Alternative(
      flat: whole, value: value.model, name: wanted, reference: reference, kinds: kinds(whole),
      documentation: reference.name == nil ? own.documentation : nil,
      family: isAlone ? nil : families.family(of: reference)?.family)
  }

  private func alternativeName(_ reference: SchemaRef, _ flat: FlatSchema) -> String {
    if let name = flat.parts.first?.extensions["x-swift-name"]?.node.string, reference.name == nil { return name }
    if let name = reference.name { return name }
    if let title = flat.title { return title }
    if let only = flat.values, only.count == 1, let text = only[0].string { return text }
    return flat.type?.rawValue ?? "value"
  }

  /// Whether a schema around the alternatives says no more than they do.
  private func addsNothing(_ base: FlatSchema, to alternative: FlatSchema) -> Bool {
    base.properties.isEmpty && base.required.isEmpty && base.choices.isEmpty && base.assertions.isEmpty
      && base.values == nil && base.items.isEmpty && base.patterns.isEmpty && base.format == nil
      && base.minLength == nil && base.maxLength == nil && base.minItems == nil && base.maxItems == nil
      && isUnspecified(base.additional)
      && (base.types == nil || base.types == alternative.types || alternative.types == nil)
  }

  private func isUnspecified(_ additional: FlatSchema.Additional) -> Bool {
    if case .unspecified = additional { return true }
    if case .allowed = additional { return true }
    return false
  }

  private func kinds(_ flat: FlatSchema) -> [String] {
    let all = ["object", "array", "string", "number", "boolean"]
    if let types = flat.types {
      var kinds: [String] = []
      for kind in types.map({ $0 == .integer ? "number" : $0.rawValue }) where !kinds.contains(kind) {
        kinds.append(kind)
      }
      return kinds
    }
    if let type = flat.type { return [type == .integer ? "number" : type.rawValue] }
    guard !flat.choices.isEmpty else { return all }
    var found: Set<String> = []
    for reference in flat.choices[0].alternatives {
      var inner = FlatSchema(at: flat.location)
      guard (try? inner.fold(reference, in: document)) != nil else { return all }
      if inner.choices.isEmpty { found.formUnion(kinds(inner)) } else { return all }
    }
    return all.filter(found.contains)
  }

  /// A value of several JSON types: `type: [string, integer]`.
  mutating func unionOfTypes(_ flat: FlatSchema, _ component: String?, _ use: Use) -> ValueModel? {
    var types = flat.types!
    if types.contains(.number) { types.removeAll { $0 == .integer } }
    if types.count == 1 {
      var only = flat
      only.types = types
      return value(only, component, use)?.model
    }
    if flat.values != nil {
      let values = flat.parts.filter { $0.enumValues != nil || $0.constValue != nil }
      return checked(.any, schema: check(values.map { .init(schema: $0, keywords: ["type", "enum", "const"]) }, use))
    }
    let isSplit = flat.parts.contains { differsByDirection($0) }
    let key = TypeKey(flat, isInput: isSplit && use.direction == .request)
    if let index = typeIndex[key] {
      markDeep(index, use.direction)
      return .type(model.types[index].name)
    }
    let index = add(flat, component, use, key, .union(UnionModel(cases: [], choices: [], isExclusive: false)))
    mark(index, use.direction)
    let name = model.types[index].name
    var alternatives: [Alternative] = []
    for type in types {
      var only = flat
      only.types = [type]
      guard let value = value(only, nil, Use(hint: name + SwiftName.type(type.rawValue), direction: use.direction))
      else { return nil }
      alternatives.append(
        Alternative(flat: only, value: value.model, name: type.rawValue, reference: nil, kinds: kinds(only)))
    }
    let choice = FlatSchema.Choice(isExclusive: false, alternatives: [], discriminator: nil, location: flat.location)
    finish(index, alternatives, choice, flat, use)
    return .type(name)
  }

  private mutating func finish(
    _ index: Int, _ alternatives: [Alternative], _ choice: FlatSchema.Choice, _ flat: FlatSchema, _ use: Use
  ) {
    var names = NameRegister(reserved: UnionModel.reserved)
    let cases = alternatives.map { alternative in
      UnionModel.Case(
        name: names.claim(
          SwiftName.member(alternative.name), for: alternative.name, at: alternative.flat.location, &findings),
        value: alternative.value, documentation: alternative.documentation)
    }
    // A type of responses only is never read.
    let isRead = use.direction == .request || !flat.parts.contains { differsByDirection($0) }
    var choices: [(type: String, choice: UnionModel.Choice)] = []
    for kind in ["object", "array", "string", "number", "boolean"] {
      let candidates = alternatives.indices.filter { alternatives[$0].kinds.contains(kind) }
      if candidates.isEmpty { continue }
      let owner = model.types[index].name
      choices.append((kind, self.choice(kind, candidates, alternatives, choice, owner, use.direction, isRead: isRead)))
    }
    model.types[index].shape = .union(UnionModel(cases: cases, choices: choices, isExclusive: choice.isExclusive))
  }

  // MARK: Telling alternatives apart

  private mutating func choice(
    _ kind: String, _ candidates: [Int], _ alternatives: [Alternative], _ choice: FlatSchema.Choice, _ owner: String,
    _ direction: Direction, isRead: Bool
  ) -> UnionModel.Choice {
    if kind == "object", let discriminator = choice.discriminator,
      let tags = tags(discriminator, candidates, alternatives)
    {
      return .tag(discriminator.property.value, tags, otherwise: [])
    }
    if candidates.count == 1 { return .only(candidates[0]) }
    // Read on first use only, so that alternatives that are told apart without it cost nothing.
    func schemas() -> [(schema: String, index: Int)] {
      if !isRead { return candidates.map { ("", $0) } }
      return candidates.map { index in
        let alternative = alternatives[index]
        let hint = SwiftName.member(owner) + SwiftName.type(alternative.name)
        let location = alternative.flat.location
        guard let reference = alternative.reference else {
          let text = "{\"type\":\(jsonLiteral(alternative.flat.types![0].rawValue))}"
          return (addSchema(text, hint: hint, at: location), index)
        }
        let library = library(direction)
        let schema = libraries[library]!.text.shared(reference)
        return (addSchema(schema, library, hint: hint, at: location), index)
      }
    }
    guard kind == "object" else { return .schemas(schemas()) }
    if let (property, tags, isCertain) = inferredTags(candidates, alternatives) {
      return .tag(property, tags, otherwise: isCertain ? [] : schemas())
    }
    if let keys = keys(candidates, alternatives) { return .keys(keys, otherwise: schemas()) }
    ambiguities.append(
      (owner, choice.location, candidates.map { alternatives[$0].name }))
    return .schemas(schemas())
  }

  private mutating func tags(
    _ discriminator: Discriminator, _ candidates: [Int], _ alternatives: [Alternative]
  ) -> [(value: String, index: Int)]? {
    var result: [(value: String, index: Int)] = []
    var isWhole = true
    let own = ownTags(discriminator, candidates, alternatives)
    for index in candidates {
      let alternative = alternatives[index]
      let property = alternative.flat.properties.first { $0.name.value == discriminator.property.value }
      var values: [String] = []
      if let family = alternative.family, family.discriminator.property.value == discriminator.property.value {
        values = family.members.flatMap(\.values)
      } else if let words = own?[index] {
        values = words
      } else if let reference = alternative.reference {
        values = selectors(reference, discriminator, depth: 0)
      } else if let property, let words = strings(property) {
        values = words
      }
      if alternative.family == nil, let fault = fault(values, property, alternative) {
        error(
          .discriminatorUnclear, alternative.reference?.location ?? alternative.flat.location, fault,
          remedy: "give the discriminator a 'mapping' from a value that the property takes")
        isWhole = false
      }
      if values.isEmpty {
        error(
          .discriminatorUnclear, alternative.flat.location,
          "no value of '\(discriminator.property.value)' leads to this alternative",
          remedy: "move it to components.schemas, or give the property a 'const'")
        isWhole = false
      }
      if property == nil, alternative.flat.choices.isEmpty {
        error(
          .discriminatorUnclear, alternative.reference?.location ?? alternative.flat.location,
          "'\(alternative.name)' does not declare the discriminator '\(discriminator.property.value)'",
          remedy: "add the property to the schema and require it")
        isWhole = false
      }
      result += values.map { ($0, index) }
    }
    return isWhole ? result : nil
  }

  /// What the alternatives say themselves that they are called: without a mapping the names of their components would
  /// count, but where none of them can hold its name and each has words of its own, there is no doubt.
  private func ownTags(
    _ discriminator: Discriminator, _ candidates: [Int], _ alternatives: [Alternative]
  ) -> [Int: [String]]? {
    guard discriminator.mapping.isEmpty else { return nil }
    var result: [Int: [String]] = [:]
    var seen: Set<String> = []
    for index in candidates {
      let alternative = alternatives[index]
      guard alternative.family == nil, let name = alternative.reference?.name, alternative.flat.choices.isEmpty,
        let property = alternative.flat.properties.first(where: { $0.name.value == discriminator.property.value }),
        let words = strings(property), !words.contains(name), seen.isDisjoint(with: words)
      else { return nil }
      seen.formUnion(words)
      result[index] = words
    }
    return result
  }

  /// The values of the discriminator that lead to a schema: those of the mapping, its name, or those of the
  /// alternatives that it consists of.
  private func selectors(_ reference: SchemaRef, _ discriminator: Discriminator, depth: Int) -> [String] {
    let target = schema(unwrapped(reference).reference)
    guard let name = reference.name else {
      var flat = FlatSchema(at: reference.location)
      guard (try? flat.fold(reference, in: document)) != nil,
        let property = flat.properties.first(where: { $0.name.value == discriminator.property.value })
      else { return [] }
      return strings(property) ?? []
    }
    let mapped = discriminator.mapping.filter { canonical($0.schema.name) == canonical(name) }.map(\.value.value)
    if !mapped.isEmpty { return mapped }
    let inner = target.composition.oneOf + target.composition.anyOf
    if !inner.isEmpty, depth < 8 {
      let own = target.composition.discriminator ?? discriminator
      if own.property.value == discriminator.property.value {
        return inner.flatMap { selectors($0, own, depth: depth + 1) }
      }
    }
    return [name]
  }

  /// What is wrong with the values that are to lead to an alternative.
  private func fault(
    _ values: [String], _ property: FlatSchema.Property?, _ alternative: Alternative
  ) -> String? {
    guard let property, alternative.flat.choices.isEmpty else { return nil }
    var flat = FlatSchema(at: property.name.location)
    for reference in property.schemas { guard (try? flat.fold(reference, in: document)) != nil else { return nil } }
    if let type = flat.type, type != .string {
      return "the discriminator '\(property.name.value)' of '\(alternative.name)' is no string"
    }
    guard let words = strings(property), let other = values.first(where: { !words.contains($0) }) else { return nil }
    return "'\(other)' selects '\(alternative.name)', whose '\(property.name.value)' cannot be that"
  }

  /// The strings that a member may be.
  private func strings(_ property: FlatSchema.Property) -> [String]? {
    var flat = FlatSchema(at: property.name.location)
    for reference in property.schemas { guard (try? flat.fold(reference, in: document)) != nil else { return nil } }
    guard let values = flat.values, !flat.isNullable else { return nil }
    let strings = values.compactMap(\.string)
    return strings.count == values.count && !strings.isEmpty ? strings : nil
  }

  /// A member that every alternative has, each with strings of its own.
  private func inferredTags(
    _ candidates: [Int], _ alternatives: [Alternative]
  ) -> (property: String, tags: [(value: String, index: Int)], isCertain: Bool)? {
    for property in alternatives[candidates[0]].flat.properties {
      var tags: [(value: String, index: Int)] = []
      var isCertain = true
      let isShared = candidates.allSatisfy { index in
        let flat = alternatives[index].flat
        guard flat.choices.isEmpty,
          let own = flat.properties.first(where: { $0.name.value == property.name.value }),
          let values = strings(own), !values.contains(where: { value in tags.contains { $0.value == value } })
        else { return false }
        if !flat.isRequired.contains(property.name.value) { isCertain = false }
        tags += values.map { ($0, index) }
        return true
      }
      if isShared { return (property.name.value, tags, isCertain) }
    }
    return nil
  }

  /// For each alternative a member that it requires and no other one declares.
  private func keys(_ candidates: [Int], _ alternatives: [Alternative]) -> [(name: String, index: Int)]? {
    var keys: [(name: String, index: Int)] = []
    for index in candidates {
      let others = candidates.filter { $0 != index }.map { alternatives[$0].flat }
      guard alternatives[index].flat.choices.isEmpty, others.allSatisfy(\.choices.isEmpty) else { return nil }
      let key = alternatives[index].flat.required.first { name in
        !others.contains { other in
          other.properties.contains { $0.name.value == name.value } || other.isRequired.contains(name.value)
        }
      }
      guard let key else { return nil }
      keys.append((key.value, index))
    }
    return keys
  }

  /// Says which unions of requests are decided by evaluating every alternative.
  mutating func reportAmbiguities() {
    for (name, location, alternatives) in ambiguities {
      guard let index = typeNamed(name), model.types[index].isRead else { continue }
      let names = alternatives.map { "'\($0)'" }.joined(separator: ", ")
      warn(
        .alternativesAlike, location,
        "\(names) cannot be told apart by type, required members or constants; each value is checked against all",
        remedy: "add a 'discriminator', or a 'const' member to each")
    }
  }
}
