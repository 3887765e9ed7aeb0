import KatanaScalars

/// Why a value of the contract is none of a schema.
public struct ValueFault: Sendable {
  /// The part of the value that is wrong; a missing member is its object's fault.
  public let node: Node
  /// What follows the part in a sentence: "is below the minimum 1".
  public let reason: String
}

/// Holds values of the contract against schemas as deep as both go (JSON Schema 2020-12), as the runtime does with
/// what clients send: formats and the ranges of integers are rules, a discriminator decides alone.
///
/// Steps are counted, for `oneOf` in `oneOf` doubles them on each level; what remains when they are spent is taken on
/// trust.
struct ValueJudge {
  /// Schemas that are held against parts of one value, and of all values that one judge is given.
  private static let stepsMax = 50_000
  private static let totalStepsMax = 2_000_000

  /// What keywords have looked at in one value, for `unevaluatedProperties` and `unevaluatedItems`.
  private struct Evaluated {
    var names: Set<String> = []
    var items: Set<Int> = []

    mutating func formUnion(_ other: Evaluated) {
      names.formUnion(other.names)
      items.formUnion(other.items)
    }
  }

  private let components: Components
  private var steps = 0
  private var totalSteps = Self.totalStepsMax
  /// Those that hold for the same value, from the outside in.
  private var inPlace: [Schema] = []
  private var expressions: [String: CompiledExpression?] = [:]
  private var extended: Set<ObjectIdentifier>?
  private var mayLackOneWay = false

  init(_ components: Components) { self.components = components }

  /// - Parameter isOneWay: members that are only read or only written may be missing, as in an example of one
  ///   direction.
  mutating func fault(of value: Node, _ schema: SchemaRef, isOneWay: Bool) -> ValueFault? {
    mayLackOneWay = isOneWay
    let given = min(Self.stepsMax, totalSteps)
    steps = given
    defer { totalSteps -= given - max(0, steps) }
    return fault(value, schema)
  }

  // MARK: Schemas

  /// A part of the value, which no schema has looked at yet.
  private mutating func fault(_ value: Node, _ schema: SchemaRef) -> ValueFault? {
    let outer = inPlace
    inPlace = []
    defer { inPlace = outer }
    var evaluated = Evaluated()
    return fault(value, schema, &evaluated)
  }

  private mutating func fault(_ value: Node, _ reference: SchemaRef, _ evaluated: inout Evaluated) -> ValueFault? {
    steps -= 1
    guard steps >= 0, let schema = resolve(reference), !inPlace.contains(where: { $0 === schema }) else { return nil }
    inPlace.append(schema)
    defer { inPlace.removeLast() }
    if schema.boolean == false { return ValueFault(node: value, reason: "is not allowed") }
    // 'nullable' beside a reference means the value as a whole.
    if value.isNull, schema.isNullable, schema.types.isEmpty { return nil }
    if let reason = value.typeMismatch(schema) ?? scalarMismatch(value, schema) ?? value.ruleViolation(schema) {
      return ValueFault(node: value, reason: reason)
    }
    // What its neighbours look at is nothing to this schema.
    var own = Evaluated()
    if let fault = compositionFault(value, schema, &own) { return fault }
    if let members = value.mapping, let fault = objectFault(value, members, schema, &own) { return fault }
    if let items = value.sequence, let fault = arrayFault(value, items, schema, &own) { return fault }
    evaluated.formUnion(own)
    return nil
  }

  private func resolve(_ reference: SchemaRef) -> Schema? {
    switch reference {
    case .inline(let schema): schema
    case .named(let name): components.schema(named: name.name)
    }
  }

  // MARK: Scalars

  private mutating func scalarMismatch(_ value: Node, _ schema: Schema) -> String? {
    if let constant = schema.constValue, !value.isSameValue(as: constant) { return "is not the 'const'" }
    if let text = value.string { return textMismatch(text, schema) }
    guard let number = value.number else { return nil }
    if !number.double.isFinite { return "is not a number of JSON" }
    if schema.type == .integer {
      guard let integer = number.integer else { return "does not fit in 64 bits" }
      if schema.format?.value == "int32", Int32(exactly: integer) == nil { return "does not fit in 32 bits" }
    }
    if schema.type == .number, schema.format?.value == "float", !Float(number.double).isFinite {
      return "does not fit in a float"
    }
    if let factor = schema.number.multipleOf?.value, !number.isMultiple(of: factor) {
      return "is not a multiple of \(factor.text)"
    }
    return nil
  }

  private mutating func textMismatch(_ text: String, _ schema: Schema) -> String? {
    if let pattern = schema.string.pattern?.value, let expression = expression(pattern), !matches(text, expression) {
      return "does not match the pattern \(quoted(pattern))"
    }
    let encoding = schema.string.contentEncoding?.value == "base64" ? "byte" : nil
    guard let name = schema.format?.value ?? encoding, let format = TextFormat(name) else { return nil }
    var text = text
    return text.withUTF8(format.accepts) ? nil : "is not of the format \(quoted(name))"
  }

  /// Nil where the pattern is malformed, which the generator says.
  private mutating func expression(_ pattern: String) -> CompiledExpression? {
    if let known = expressions[pattern] { return known }
    let expression = try? CompiledExpression(pattern)
    expressions[pattern] = .some(expression)
    return expression
  }

  private func matches(_ text: String, _ expression: CompiledExpression) -> Bool {
    var text = text
    var steps = Int.max
    return text.withUTF8 { expression.matches($0, steps: &steps) }
  }

  // MARK: Compositions

  private mutating func compositionFault(
    _ value: Node, _ schema: Schema, _ evaluated: inout Evaluated
  ) -> ValueFault? {
    let composition = schema.composition
    for member in composition.allOf {
      if let fault = fault(value, member, &evaluated) { return fault }
    }
    if let discriminator = composition.discriminator, value.mapping != nil {
      switch selection(value, schema, discriminator) {
      case .none(let reason): return ValueFault(node: value, reason: reason)
      case .all: break
      case .one(let selected): return fault(value, selected, &evaluated)
      }
    }
    if let fault = alternativeFault(value, composition.anyOf, "anyOf", &evaluated) { return fault }
    if let fault = alternativeFault(value, composition.oneOf, "oneOf", &evaluated) { return fault }
    if let not = composition.not, isValid(value, not) != nil {
      return ValueFault(node: value, reason: "is what 'not' excludes")
    }
    guard let conditional = composition.ifThenElse else { return nil }
    let condition = isValid(value, conditional.condition)
    if let condition { evaluated.formUnion(condition) }
    guard let consequence = condition == nil ? conditional.otherwise : conditional.then else { return nil }
    return fault(value, consequence, &evaluated)
  }

  private mutating func isValid(_ value: Node, _ schema: SchemaRef) -> Evaluated? {
    var evaluated = Evaluated()
    return fault(value, schema, &evaluated) == nil ? evaluated : nil
  }

  private mutating func alternativeFault(
    _ value: Node, _ alternatives: [SchemaRef], _ keyword: String, _ evaluated: inout Evaluated
  ) -> ValueFault? {
    if alternatives.isEmpty { return nil }
    var count = 0
    var faults: [ValueFault] = []
    for alternative in alternatives {
      var seen = Evaluated()
      if let fault = fault(value, alternative, &seen) {
        faults.append(fault)
      } else {
        count += 1
        evaluated.formUnion(seen)
      }
    }
    if count == 0 {
      return faults.count == 1 ? faults[0] : ValueFault(node: value, reason: "meets no schema of '\(keyword)'")
    }
    return keyword == "oneOf" && count > 1
      ? ValueFault(node: value, reason: "meets \(count) schemas of 'oneOf', which must be one") : nil
  }

  /// What a discriminator says to an object.
  private enum Selection {
    case one(SchemaRef)
    /// Nothing: no component has this schema for its base.
    case all
    case none(String)
  }

  private mutating func selection(_ value: Node, _ schema: Schema, _ discriminator: Discriminator) -> Selection {
    let property = discriminator.property.value
    let alternatives = schema.composition.oneOf + schema.composition.anyOf
    if alternatives.isEmpty, !isExtended(schema) { return .all }
    guard let tag = value.mapping?[property]?.string else {
      return .none("lacks the discriminator \(quoted(property))")
    }
    if let mapped = discriminator.mapping.first(where: { $0.value.value == tag }) { return .one(.named(mapped.schema)) }
    let named = alternatives.isEmpty ? components.reference(to: tag) : alternatives.first { $0.name == tag }
    // Alternatives that cannot hold their names are told apart by words of their own.
    guard let selected = named ?? alternatives.first(where: { words($0, property).contains(tag) }) else {
      return .none("has the discriminator \(quoted(tag)), which selects no schema")
    }
    return .one(selected)
  }

  /// The values that a schema itself lists for a property.
  private func words(_ schema: SchemaRef, _ property: String) -> [String] {
    guard let property = resolve(schema)?.object.property(property).flatMap({ resolve($0.schema) }) else { return [] }
    return ((property.enumValues ?? []) + [property.constValue].compactMap { $0 }).compactMap(\.string)
  }

  private mutating func isExtended(_ schema: Schema) -> Bool {
    if extended == nil {
      let bases = components.schemas.flatMap { $0.schema.composition.allOf }
      extended = Set(bases.compactMap { resolve($0).map { ObjectIdentifier($0) } })
    }
    return extended?.contains(ObjectIdentifier(schema)) == true
  }

  // MARK: Objects

  private mutating func objectFault(
    _ value: Node, _ members: Mapping, _ schema: Schema, _ evaluated: inout Evaluated
  ) -> ValueFault? {
    let rules = schema.object
    func fault(_ reason: String) -> ValueFault { ValueFault(node: value, reason: reason) }
    for name in rules.required where members[name.value] == nil && !(mayLackOneWay && isOneWay(name.value)) {
      return fault("lacks \(quoted(name.value)), which is required")
    }
    let count = members.entries.count
    if let low = rules.minProperties?.value, count < low { return fault("has fewer than \(low) members") }
    if let high = rules.maxProperties?.value, count > high { return fault("has more than \(high) members") }
    for dependent in rules.dependentRequired where members[dependent.name.value] != nil {
      for name in dependent.required where members[name.value] == nil {
        return fault("has \(quoted(dependent.name.value)) and lacks \(quoted(name.value))")
      }
    }
    for dependent in rules.dependentSchemas where members[dependent.name.value] != nil {
      if let fault = self.fault(value, dependent.schema, &evaluated) { return fault }
    }
    for member in members.entries {
      if let fault = memberFault(member, value, rules, &evaluated.names) { return fault }
    }
    guard rules.unevaluatedProperties.isWritten else { return nil }
    for member in members.entries where evaluated.names.insert(member.key).inserted {
      if let fault = extraFault(member, rules.unevaluatedProperties, value) { return fault }
    }
    return nil
  }

  private mutating func memberFault(
    _ member: Mapping.Entry, _ value: Node, _ rules: ObjectRules, _ evaluated: inout Set<String>
  ) -> ValueFault? {
    if let names = rules.propertyNames, let found = fault(member.nameNode, names) {
      return ValueFault(node: value, reason: "has the name \(quoted(member.key)), which \(found.reason)")
    }
    var isDeclared = false
    if let property = rules.property(member.key) {
      isDeclared = true
      if let fault = fault(member.value, property.schema) { return fault }
    }
    for (pattern, schema) in rules.patternProperties {
      guard let expression = expression(pattern.value), matches(member.key, expression) else { continue }
      isDeclared = true
      if let fault = fault(member.value, schema) { return fault }
    }
    if !isDeclared, let fault = extraFault(member, rules.additional, value) { return fault }
    if isDeclared || rules.additional.isWritten { evaluated.insert(member.key) }
    return nil
  }

  /// A member that is not declared.
  private mutating func extraFault(
    _ member: Mapping.Entry, _ additional: ObjectRules.Additional, _ value: Node
  ) -> ValueFault? {
    switch additional {
    case .unspecified, .allowed: nil
    case .forbidden: ValueFault(node: value, reason: "has \(quoted(member.key)), which the schema does not allow")
    case .schema(let schema): fault(member.value, schema)
    }
  }

  /// Whether a member is only read or only written, by a schema that holds for the object.
  private func isOneWay(_ name: String) -> Bool {
    var rest = inPlace
    var seen: Set<ObjectIdentifier> = []
    while let schema = rest.popLast() {
      guard seen.insert(ObjectIdentifier(schema)).inserted else { continue }
      if let property = schema.object.property(name).flatMap({ resolve($0.schema) }) {
        if property.annotations.isReadOnly || property.annotations.isWriteOnly { return true }
      }
      rest += schema.composition.allOf.compactMap { resolve($0) }
    }
    return false
  }

  // MARK: Arrays

  private mutating func arrayFault(
    _ value: Node, _ items: [Node], _ schema: Schema, _ evaluated: inout Evaluated
  ) -> ValueFault? {
    let rules = schema.array
    for (item, schema) in zip(items, rules.prefixItems) {
      if let fault = fault(item, schema) { return fault }
    }
    evaluated.items.formUnion(0..<min(items.count, rules.prefixItems.count))
    if let schema = rules.items {
      for item in items.dropFirst(rules.prefixItems.count) {
        if let fault = fault(item, schema) { return fault }
      }
      evaluated.items.formUnion(0..<items.count)
    }
    if let contained = rules.contains {
      let found = items.indices.filter { fault(items[$0], contained) == nil }
      let (low, high) = (rules.minContains?.value ?? 1, rules.maxContains?.value ?? .max)
      guard (low...max(low, high)).contains(found.count) else {
        return ValueFault(node: value, reason: "has \(found.count) items that meet 'contains'")
      }
      evaluated.items.formUnion(found)
    }
    if rules.uniqueItems {
      var seen = ValueSet()
      for item in items where !seen.insert(item) {
        return ValueFault(node: item, reason: "is there twice, and 'uniqueItems' is true")
      }
    }
    guard let schema = rules.unevaluatedItems else { return nil }
    for index in items.indices where !evaluated.items.contains(index) {
      if let fault = fault(items[index], schema) { return fault }
    }
    evaluated.items.formUnion(0..<items.count)
    return nil
  }
}

extension ObjectRules.Additional {
  fileprivate var isWritten: Bool { if case .unspecified = self { false } else { true } }
}

extension Mapping.Entry {
  /// The key as a value.
  fileprivate var nameNode: Node {
    Node(content: .scalar(Scalar(text: key, style: .doubleQuoted, tag: .string)), location: keyLocation)
  }
}
