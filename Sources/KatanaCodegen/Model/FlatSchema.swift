import KatanaContract

/// A schema with its references followed and its `allOf` folded in: every keyword that holds for one value, at its
/// tightest. What a value looks like is decided on this; what is left over is named in ``assertions``.
struct FlatSchema {
  /// A `oneOf` or `anyOf` that is still open.
  struct Choice {
    var isExclusive: Bool
    var alternatives: [SchemaRef]
    var discriminator: Discriminator?
    var location: Location
  }

  struct Property {
    var name: Located<String>
    /// More than one when several members of an `allOf` declare it: all of them hold.
    var schemas: [SchemaRef]
  }

  enum Additional {
    case unspecified
    case allowed
    case forbidden(Location)
    case schemas([SchemaRef])
  }

  /// The schemas that were folded in, outermost first.
  private(set) var parts: [Schema] = []
  var location: Location
  /// Nil: any type.
  var types: [SchemaType]?
  var isNullable = false
  var isNullOnly = false
  var format: Located<String>?
  var values: [Node]?
  var number = Bounds()
  var minLength: Int?
  var maxLength: Int?
  var patterns: [Located<String>] = []
  var isBase64 = false
  var items: [SchemaRef] = []
  var minItems: Int?
  var maxItems: Int?
  var properties: [Property] = []
  /// The properties are those of all alternatives, which an evaluator tells apart.
  var isMerged = false
  /// Members whose schema is `false`.
  var forbidden: Set<String> = []
  var required: [Located<String>] = []
  var additional = Additional.unspecified
  var choices: [Choice] = []
  /// The one alternative that is left of a choice, when nothing else is said.
  var standIn: SchemaRef?
  /// Parts whose keywords have no place here: an evaluator checks them.
  var assertions: [Assertion] = []

  struct Bounds {
    var minimum: Located<NumberLiteral>?
    var maximum: Located<NumberLiteral>?
    var exclusiveMinimum: Located<NumberLiteral>?
    var exclusiveMaximum: Located<NumberLiteral>?
    var multipleOf: Located<NumberLiteral>?
  }

  /// Keywords of one schema that are checked, not translated.
  struct Assertion {
    var schema: Schema
    var keywords: Set<String>
  }

  struct Conflict: Error {
    var location: Location
    var message: String
  }

  init(at location: Location) { self.location = location }

  /// Folds one more schema in.
  ///
  /// - Throws: a `Conflict` when no value, or no Swift type, can meet both.
  mutating func fold(_ reference: SchemaRef, in document: OpenAPIDocument) throws(Conflict) {
    var open: Set<ObjectIdentifier> = []
    try fold(document.resolve(reference)!, document, &open, isOutermost: parts.isEmpty)
  }

  private mutating func fold(
    _ schema: Schema, _ document: OpenAPIDocument, _ open: inout Set<ObjectIdentifier>, isOutermost: Bool
  ) throws(Conflict) {
    if parts.contains(where: { $0 === schema }) || !open.insert(ObjectIdentifier(schema)).inserted { return }
    parts.append(schema)
    if schema.boolean == false {
      throw Conflict(location: schema.location, message: "the schema 'false' accepts nothing")
    }
    try foldType(schema, isOutermost)
    try foldValues(schema)
    try foldScalars(schema)
    foldArray(schema, document)
    foldObject(schema, document)
    foldRest(schema)
    for member in schema.composition.allOf {
      try fold(document.resolve(member)!, document, &open, isOutermost: false)
    }
  }

  // MARK: Types and values

  private mutating func foldType(_ schema: Schema, _ isOutermost: Bool) throws(Conflict) {
    // `nullable` beside an `allOf` is meant for the whole, though OpenAPI 3.0.3 says that it changes nothing there.
    if schema.isNullable, isOutermost { isNullable = true }
    if schema.isNullOnly { isNullOnly = true }
    if schema.types.isEmpty { return }
    let wanted = schema.types.map(\.value)
    guard let known = types else {
      types = wanted
      return
    }
    let common = known.filter { wanted.contains($0) || $0 == .integer && wanted.contains(.number) }
      + wanted.filter { $0 == .integer && known.contains(.number) && !known.contains(.integer) }
    if common.isEmpty {
      let names = { (types: [SchemaType]) in types.map(\.rawValue).joined(separator: " or ") }
      throw Conflict(
        location: schema.types[0].location, message: "no value is \(names(known)) and \(names(wanted)) at once")
    }
    types = common
  }

  private mutating func foldValues(_ schema: Schema) throws(Conflict) {
    guard let wanted = schema.enumValues ?? schema.constValue.map({ [$0] }) else { return }
    guard let known = values else {
      values = wanted
      return
    }
    let common = known.filter { value in wanted.contains { jsonText($0) == jsonText(value) } }
    if common.isEmpty { throw Conflict(location: wanted[0].location, message: "the two lists have no value in common") }
    values = common
  }

  // MARK: Scalars

  private mutating func foldScalars(_ schema: Schema) throws(Conflict) {
    if let format = schema.format {
      if let known = self.format, known.value != format.value {
        throw Conflict(location: format.location, message: "no value is '\(known.value)' and '\(format.value)' at once")
      }
      self.format = format
    }
    let rules = schema.number
    number.minimum = tighter(number.minimum, rules.minimum) { $0 > $1 }
    number.maximum = tighter(number.maximum, rules.maximum) { $0 < $1 }
    number.exclusiveMinimum = tighter(number.exclusiveMinimum, rules.exclusiveMinimum) { $0 > $1 }
    number.exclusiveMaximum = tighter(number.exclusiveMaximum, rules.exclusiveMaximum) { $0 < $1 }
    if let factor = rules.multipleOf {
      if number.multipleOf == nil {
        number.multipleOf = factor
      } else if number.multipleOf!.value.text != factor.value.text {
        assert(["multipleOf"], schema)
      }
    }
    let string = schema.string
    if let bound = string.minLength?.value { minLength = max(minLength ?? 0, bound) }
    if let bound = string.maxLength?.value { maxLength = min(maxLength ?? .max, bound) }
    if let pattern = string.pattern, !patterns.contains(where: { $0.value == pattern.value }) {
      patterns.append(pattern)
    }
    if string.contentEncoding?.value == "base64" { isBase64 = true }
  }

  private func tighter(
    _ known: Located<NumberLiteral>?, _ wanted: Located<NumberLiteral>?, _ isTighter: (Double, Double) -> Bool
  ) -> Located<NumberLiteral>? {
    guard let known, let wanted else { return known ?? wanted }
    return isTighter(wanted.value.double, known.value.double) ? wanted : known
  }

  // MARK: Arrays and objects

  private mutating func foldArray(_ schema: Schema, _ document: OpenAPIDocument) {
    let rules = schema.array
    if let items = rules.items, rules.prefixItems.isEmpty {
      if document.resolve(items)?.boolean == false { maxItems = 0 } else { self.items.append(items) }
    }
    if let bound = rules.minItems?.value { minItems = max(minItems ?? 0, bound) }
    if let bound = rules.maxItems?.value { maxItems = min(maxItems ?? .max, bound) }
    if rules.uniqueItems { assert(["uniqueItems"], schema) }
    if !rules.prefixItems.isEmpty { assert(["prefixItems", "items"], schema) }
    if rules.contains != nil { assert(["contains", "minContains", "maxContains"], schema) }
    if rules.unevaluatedItems != nil { assert(Set(SchemaText.evaluated), schema) }
  }

  private mutating func foldObject(_ schema: Schema, _ document: OpenAPIDocument) {
    let rules = schema.object
    for property in rules.properties {
      // A member that no value has: it has no place in the type, and an evaluator refuses it.
      if document.resolve(property.schema)?.boolean == false {
        forbidden.insert(property.name.value)
        assert(["properties"], schema)
        continue
      }
      if let index = properties.firstIndex(where: { $0.name.value == property.name.value }) {
        properties[index].schemas.append(property.schema)
      } else {
        properties.append(Property(name: property.name, schemas: [property.schema]))
      }
    }
    for name in rules.required where !required.contains(where: { $0.value == name.value }) { required.append(name) }
    switch (rules.additional, additional) {
    case (.unspecified, _), (_, .forbidden): break
    case (.allowed, .unspecified): additional = .allowed
    case (.allowed, _): break
    case (.forbidden(let location), _): additional = .forbidden(location)
    case (.schema(let schema), .schemas(let known)): additional = .schemas(known + [schema])
    case (.schema(let schema), _): additional = .schemas([schema])
    }
    if !rules.patternProperties.isEmpty {
      assert(["patternProperties", "additionalProperties", "properties"], schema)
    }
    if rules.propertyNames != nil { assert(["propertyNames"], schema) }
    if rules.minProperties != nil || rules.maxProperties != nil { assert(["minProperties", "maxProperties"], schema) }
    if !rules.dependentRequired.isEmpty { assert(["dependentRequired"], schema) }
    if !rules.dependentSchemas.isEmpty { assert(["dependentSchemas"], schema) }
    switch rules.unevaluatedProperties {
    case .unspecified, .allowed: break
    case .forbidden(let location) where isClosable(schema): additional = .forbidden(location)
    default: assert(Set(SchemaText.evaluated), schema)
    }
  }

  /// Whether `unevaluatedProperties: false` means no more than the properties of the folded schema.
  private func isClosable(_ schema: Schema) -> Bool {
    let composition = schema.composition
    return composition.oneOf.isEmpty && composition.anyOf.isEmpty && composition.ifThenElse == nil
      && schema.object.dependentSchemas.isEmpty && schema.object.patternProperties.isEmpty
  }

  private mutating func foldRest(_ schema: Schema) {
    let composition = schema.composition
    for (keyword, alternatives) in [("oneOf", composition.oneOf), ("anyOf", composition.anyOf)]
    where !alternatives.isEmpty {
      choices.append(
        Choice(
          isExclusive: keyword == "oneOf", alternatives: alternatives, discriminator: composition.discriminator,
          location: schema.location(of: keyword) ?? schema.location))
    }
    if composition.not != nil { assert(["not"], schema) }
    if composition.ifThenElse != nil { assert(["if", "then", "else"], schema) }
  }

  mutating func assert(_ keywords: Set<String>, _ schema: Schema) {
    if let index = assertions.firstIndex(where: { $0.schema === schema }) {
      assertions[index].keywords.formUnion(keywords)
    } else {
      assertions.append(Assertion(schema: schema, keywords: keywords))
    }
  }

  /// Bounds of several parts that leave no value; those of one part were looked at when the contract was read.
  var contradiction: Conflict? {
    func crossed(_ low: Located<NumberLiteral>?, _ high: Located<NumberLiteral>?, isExclusive: Bool) -> Conflict? {
      guard let low, let high else { return nil }
      let (bottom, top) = (low.value.double, high.value.double)
      if isExclusive ? bottom < top : bottom <= top { return nil }
      return Conflict(
        location: high.location, message: "no number is within the bounds \(low.value.text) and \(high.value.text)")
    }
    func crossed(_ low: Int?, _ high: Int?, _ what: String) -> Conflict? {
      guard let low, let high, low > high else { return nil }
      return Conflict(location: location, message: "no \(what) is at least \(low) and at most \(high)")
    }
    if parts.count < 2 { return nil }
    return crossed(number.minimum, number.maximum, isExclusive: false)
      ?? crossed(number.exclusiveMinimum, number.maximum, isExclusive: true)
      ?? crossed(number.minimum, number.exclusiveMaximum, isExclusive: true)
      ?? crossed(number.exclusiveMinimum, number.exclusiveMaximum, isExclusive: true)
      ?? crossed(minLength, maxLength, "length of a string") ?? crossed(minItems, maxItems, "count of items")
  }

  // MARK: What it amounts to

  var isRequired: Set<String> { Set(required.map(\.value)) }

  /// The type, when the keywords leave one only.
  var type: SchemaType? {
    if let types { return types.count == 1 ? types[0] : nil }
    if !properties.isEmpty || !required.isEmpty { return .object }
    switch additional {
    case .schemas, .forbidden: return .object
    case .unspecified, .allowed: break
    }
    if !items.isEmpty { return .array }
    if let values, values.allSatisfy({ $0.string != nil || $0.isNull }), values.contains(where: { $0.string != nil }) {
      return .string
    }
    return nil
  }

  var title: String? { parts.lazy.compactMap(\.annotations.title).first }
  var documentation: String? { parts.lazy.compactMap { $0.annotations.description ?? $0.annotations.title }.first }
}
