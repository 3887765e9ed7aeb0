import KatanaContract

/// The JSON Schema (2020-12) text that the runtime's evaluator checks values by, made of schemas of the contract.
///
/// What OpenAPI 3.0 says in its own words (`nullable`, a Boolean `exclusiveMinimum`) is said in the standard's;
/// schemas with names stand under `$defs`, so that recursion stays recursion.
struct SchemaText {
  /// Keywords that `unevaluatedProperties` and `unevaluatedItems` look at besides their own.
  static let evaluated = [
    "properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "items", "prefixItems",
    "contains", "minContains", "maxContains", "unevaluatedItems", "allOf", "oneOf", "anyOf", "not", "if", "then",
    "else", "dependentSchemas",
  ]

  private let document: OpenAPIDocument
  private let families: Families
  /// Which way the values travel: members that do not travel that way are as if nobody had declared them.
  private let direction: ModelBuilder.Direction?
  /// `int32` has its range, which formats do not assert by themselves.
  private let boundsIntegers: Bool
  private var definitions: [(name: String, text: String)] = []
  private var named: Set<String> = []
  /// How many references to definitions were given out.
  private var referenceCount = 0
  /// Definitions without a text yet: one after the other, for they may lead into each other without end.
  private var pending: [(index: Int, schema: Schema, left: Set<String>)] = []
  /// Members that do not travel, as the schemas around this one say that hold for the same value.
  private var left: Set<String> = []

  init(
    _ document: OpenAPIDocument, _ direction: ModelBuilder.Direction?, _ families: Families?,
    boundsIntegers: Bool = false
  ) {
    self.document = document
    self.families = families ?? Families(document)
    self.direction = direction
    self.boundsIntegers = boundsIntegers
  }

  /// A schema that holds when all of `assertions` do. `parts` are all schemas of the value: what one of them declares
  /// `readOnly`, another one may require.
  mutating func shared(_ assertions: [FlatSchema.Assertion], of parts: [Schema]) -> Shared {
    shared { text in
      for part in parts + assertions.map(\.schema) { text.left.formUnion(text.hidden(in: part)) }
      defer { text.left = [] }
      let texts = assertions.map { text.object($0.schema, only: $0.keywords) }
      return texts.count == 1 ? texts[0] : "{\"allOf\":[\(texts.joined(separator: ","))]}"
    }
  }

  mutating func shared(_ schema: SchemaRef) -> Shared { shared { $0.value(schema) } }

  /// A schema that leads to the same definitions as others do.
  struct Shared {
    let text: String
    /// Whether it leads to definitions: without them it is whole.
    let usesDefinitions: Bool
  }

  private mutating func shared(_ body: (inout SchemaText) -> String) -> Shared {
    let before = referenceCount
    let text = body(&self)
    return Shared(text: text, usesDefinitions: referenceCount > before)
  }

  /// Makes a schema one of the definitions, as if it had that name, which no component has.
  mutating func define(_ name: String, _ text: String) { definitions.append((name, text)) }

  /// The name of the definition that a schema refers to and says nothing else.
  static func definition(in text: String) -> String? {
    let head = "{\"$ref\":\"#/$defs/"
    guard text.hasPrefix(head), text.hasSuffix("\"}") else { return nil }
    let name = text.dropFirst(head.count).dropLast(2)
    return name.utf8.allSatisfy { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "~") }
      ? String(name) : nil
  }

  /// All definitions as a schema, a line for each in the order of their names: one more changes no other line.
  mutating func definitionLines() -> String {
    _ = allDefinitions()
    let lines = definitions.sorted { $0.name < $1.name }.map { "\(jsonLiteral($0.name)):\($0.text)" }
    return "{\"$defs\":{\n\(lines.joined(separator: ",\n"))\n}}"
  }

  /// The whole of one schema.
  static func text(
    _ schema: SchemaRef, in document: OpenAPIDocument, _ direction: ModelBuilder.Direction?, families: Families? = nil,
    boundsIntegers: Bool = false
  ) -> String {
    var text = SchemaText(document, direction, families, boundsIntegers: boundsIntegers)
    let body = text.value(schema)
    return text.whole(body)
  }

  private mutating func whole(_ schema: String) -> String {
    if named.isEmpty || schema == "true" || schema == "false" { return schema }
    let rest = schema == "{}" ? "" : "," + schema.dropFirst().dropLast()
    return "{\"$defs\":\(allDefinitions())\(rest)}"
  }

  /// What the texts that were given out refer to, as an object of `$defs`.
  mutating func allDefinitions() -> String {
    while let next = pending.popLast() {
      left = next.left
      let text = object(next.schema)
      definitions[next.index].text = text
    }
    left = []
    return "{" + definitions.map { jsonLiteral($0.name) + ":" + $0.text }.joined(separator: ",") + "}"
  }

  /// A schema where a value is meant: with those that extend it.
  mutating func value(_ reference: SchemaRef) -> String {
    guard let (name, family) = families.family(of: reference) else { return self.reference(reference) }
    referenceCount += 1
    let key = "any " + name
    if named.insert(key).inserted {
      let index = definitions.count
      definitions.append((key, ""))
      let property = jsonLiteral(family.discriminator.property.value)
      let texts = family.members.map { member in
        let values = member.values.map(jsonLiteral).joined(separator: ",")
        let tags = "{\(property):{\"enum\":[\(values)]}}"
        let tag = "{\"type\":\"object\",\"required\":[\(property)],\"properties\":\(tags)}"
        return "{\"allOf\":[\(self.reference(member.reference)),\(tag)]}"
      }
      definitions[index].text = "{\"oneOf\":[\(texts.joined(separator: ","))]}"
    }
    let text = "{\"$ref\":\(jsonLiteral("#/$defs/" + Self.escaped(key)))}"
    return families.unwrapped(reference).isNullable ? "{\"anyOf\":[{\"type\":\"null\"},\(text)]}" : text
  }

  private static func escaped(_ token: String) -> String { token.replacing("~", with: "~0").replacing("/", with: "~1") }

  private mutating func reference(_ reference: SchemaRef) -> String {
    switch reference {
    case .inline(let schema): return object(schema)
    case .named(let name):
      referenceCount += 1
      // One component is several schemas where different members of it do not travel.
      let key = ([name.name] + left.sorted()).joined(separator: " without ")
      if named.insert(key).inserted {
        pending.append((definitions.count, document.resolve(reference)!, left))
        definitions.append((key, ""))
      }
      return "{\"$ref\":\(jsonLiteral("#/$defs/" + Self.escaped(key)))}"
    }
  }

  /// An alternative that the discriminator leads to. The standard alone would look at every alternative, where a service
  /// looks at the one that is named.
  private func tagged(_ text: String, _ alternative: SchemaRef, _ discriminator: Discriminator?) -> String {
    guard let discriminator, families.family(of: alternative) == nil else { return text }
    let values = selectors(alternative, discriminator, depth: 0)
    if values.isEmpty { return text }
    let property = jsonLiteral(discriminator.property.value)
    let words = values.map(jsonLiteral).joined(separator: ",")
    return "{\"allOf\":[\(text),{\"required\":[\(property)],\"properties\":{\(property):{\"enum\":[\(words)]}}}]}"
  }

  /// The values of the discriminator that lead to a named schema: those of the mapping, its name, or those of the
  /// alternatives that it consists of. None for an inline one, which has them itself.
  private func selectors(_ reference: SchemaRef, _ discriminator: Discriminator, depth: Int) -> [String] {
    guard let name = reference.name, let target = document.resolve(families.unwrapped(reference).reference) else {
      return []
    }
    let canonical = families.canonical(name)
    let mapped = discriminator.mapping.filter { families.canonical($0.schema.name) == canonical }.map(\.value.value)
    if !mapped.isEmpty { return mapped }
    let inner = target.composition.oneOf + target.composition.anyOf
    if !inner.isEmpty, depth < 8 {
      let own = target.composition.discriminator ?? discriminator
      if own.property.value != discriminator.property.value { return [] }
      let values = inner.map { selectors($0, own, depth: depth + 1) }
      return values.contains(where: \.isEmpty) ? [] : values.flatMap(\.self)
    }
    return [name]
  }

  /// One schema, or only some of its keywords.
  private mutating func object(_ schema: Schema, only keywords: Set<String>? = nil) -> String {
    if let boolean = schema.boolean { return boolean ? "true" : "false" }
    let around = left
    left.formUnion(hidden(in: schema))
    defer { left = around }
    var members: [String] = []
    func wants(_ keyword: String) -> Bool { keywords?.contains(keyword) ?? true }
    func add(_ keyword: String, _ text: String?) {
      if let text, wants(keyword) { members.append(jsonLiteral(keyword) + ":" + text) }
    }
    let composition = schema.composition
    // Null has to pass what was written for the other values.
    let isWrapped = keywords == nil && schema.isNullable
      && (!composition.isEmpty || schema.enumValues != nil || schema.constValue != nil || schema.types.isEmpty)
    add("type", types(schema, withNull: schema.isNullable && !isWrapped))
    add("enum", schema.enumValues.map { "[" + $0.map(jsonText).joined(separator: ",") + "]" })
    add("const", schema.constValue.map(jsonText))
    let number = schema.number
    add("minimum", number.minimum.map { jsonNumber($0.value) })
    add("maximum", number.maximum.map { jsonNumber($0.value) })
    add("exclusiveMinimum", number.exclusiveMinimum.map { jsonNumber($0.value) })
    add("exclusiveMaximum", number.exclusiveMaximum.map { jsonNumber($0.value) })
    if boundsIntegers, schema.type == .integer, schema.format?.value == "int32" {
      if number.minimum == nil, number.exclusiveMinimum == nil { add("minimum", String(Int32.min)) }
      if number.maximum == nil, number.exclusiveMaximum == nil { add("maximum", String(Int32.max)) }
    }
    add("multipleOf", number.multipleOf.map { jsonNumber($0.value) })
    add("minLength", (schema.string.minLength?.value).map(String.init))
    add("maxLength", (schema.string.maxLength?.value).map(String.init))
    add("pattern", (schema.string.pattern?.value).map(jsonLiteral))
    add("format", (schema.format?.value).map(jsonLiteral))
    if wants("items") || wants("prefixItems") || wants("contains") || wants("unevaluatedItems") {
      let array = schema.array
      if !array.prefixItems.isEmpty {
        add("prefixItems", "[" + array.prefixItems.map { apart($0) }.joined(separator: ",") + "]")
      }
      add("items", array.items.map { apart($0) })
      add("contains", array.contains.map { apart($0) })
      add("minContains", (array.minContains?.value).map(String.init))
      add("maxContains", (array.maxContains?.value).map(String.init))
      add("unevaluatedItems", array.unevaluatedItems.map { apart($0) })
    }
    add("minItems", (schema.array.minItems?.value).map(String.init))
    add("maxItems", (schema.array.maxItems?.value).map(String.init))
    if schema.array.uniqueItems { add("uniqueItems", "true") }
    addObject(schema.object, &members, wants)
    if !composition.allOf.isEmpty, wants("allOf") { add("allOf", list(composition.allOf)) }
    for (keyword, alternatives) in [("oneOf", composition.oneOf), ("anyOf", composition.anyOf)]
    where !alternatives.isEmpty && wants(keyword) {
      let texts = alternatives.map { alternative in
        let text = families.isAlone(alternative, among: alternatives) ? reference(alternative) : value(alternative)
        return tagged(text, alternative, composition.discriminator)
      }
      add(keyword, "[" + texts.joined(separator: ",") + "]")
    }
    if wants("not"), let not = composition.not { add("not", reference(not)) }
    if wants("if"), let condition = composition.ifThenElse {
      add("if", reference(condition.condition))
      add("then", condition.then.map { reference($0) })
      add("else", condition.otherwise.map { reference($0) })
    }
    let text = "{" + members.joined(separator: ",") + "}"
    return isWrapped && !members.isEmpty ? "{\"anyOf\":[{\"type\":\"null\"},\(text)]}" : text
  }

  private mutating func addObject(_ rules: ObjectRules, _ members: inout [String], _ wants: (String) -> Bool) {
    func add(_ keyword: String, _ text: @autoclosure () -> String) {
      if wants(keyword) { members.append(jsonLiteral(keyword) + ":" + text()) }
    }
    let properties = rules.properties.filter { !left.contains($0.name.value) }
    if !properties.isEmpty, wants("properties") {
      let entries = properties.map { jsonLiteral($0.name.value) + ":" + apart($0.schema) }
      add("properties", "{" + entries.joined(separator: ",") + "}")
    }
    if !rules.patternProperties.isEmpty, wants("patternProperties") {
      let entries = rules.patternProperties.map { jsonLiteral($0.pattern.value) + ":" + apart($0.schema) }
      add("patternProperties", "{" + entries.joined(separator: ",") + "}")
    }
    if wants("additionalProperties"), let text = additional(rules.additional) { add("additionalProperties", text) }
    if wants("unevaluatedProperties"), let text = additional(rules.unevaluatedProperties) {
      add("unevaluatedProperties", text)
    }
    if wants("propertyNames"), let names = rules.propertyNames {
      let text = apart(names)
      add("propertyNames", text)
    }
    let required = rules.required.filter { !left.contains($0.value) }
    if !required.isEmpty, wants("required") {
      add("required", "[" + required.map { jsonLiteral($0.value) }.joined(separator: ",") + "]")
    }
    if let bound = rules.minProperties?.value { add("minProperties", String(bound)) }
    if let bound = rules.maxProperties?.value { add("maxProperties", String(bound)) }
    if !rules.dependentRequired.isEmpty {
      let entries = rules.dependentRequired.map { entry in
        let required = entry.required.filter { !left.contains($0.value) }
        let names = required.map { jsonLiteral($0.value) }.joined(separator: ",")
        return jsonLiteral(entry.name.value) + ":[" + names + "]"
      }
      add("dependentRequired", "{" + entries.joined(separator: ",") + "}")
    }
    if !rules.dependentSchemas.isEmpty, wants("dependentSchemas") {
      let entries = rules.dependentSchemas.map { jsonLiteral($0.name.value) + ":" + reference($0.schema) }
      add("dependentSchemas", "{" + entries.joined(separator: ",") + "}")
    }
  }

  /// A schema of another value: a member, an item.
  private mutating func apart(_ reference: SchemaRef) -> String {
    let around = left
    left = []
    defer { left = around }
    return value(reference)
  }

  /// The members that a schema, or one that holds for the same value, keeps out of this direction.
  private func hidden(in schema: Schema) -> Set<String> {
    guard direction != nil else { return [] }
    var found: Set<String> = []
    var seen: Set<ObjectIdentifier> = []
    var pending = [schema]
    while let schema = pending.popLast() {
      guard seen.insert(ObjectIdentifier(schema)).inserted else { continue }
      for property in schema.object.properties where isHidden(property.schema) { found.insert(property.name.value) }
      let composition = schema.composition
      var parts = composition.allOf + composition.oneOf + composition.anyOf
      if let condition = composition.ifThenElse { parts += [condition.then, condition.otherwise].compactMap(\.self) }
      pending += parts.compactMap { document.resolve($0) }
    }
    return found
  }

  private func isHidden(_ reference: SchemaRef) -> Bool {
    guard let direction, let schema = document.resolve(reference) else { return false }
    return ([schema] + schema.composition.allOf.compactMap { document.resolve($0) }).contains {
      direction == .request ? $0.annotations.isReadOnly : $0.annotations.isWriteOnly
    }
  }

  private mutating func additional(_ additional: ObjectRules.Additional) -> String? {
    switch additional {
    case .unspecified: nil
    case .allowed: "true"
    case .forbidden: "false"
    case .schema(let schema): apart(schema)
    }
  }

  private mutating func list(_ references: [SchemaRef]) -> String {
    "[" + references.map { reference($0) }.joined(separator: ",") + "]"
  }

  private func types(_ schema: Schema, withNull: Bool) -> String? {
    if schema.isNullOnly { return "\"null\"" }
    if schema.types.isEmpty { return nil }
    let names = schema.types.map { jsonLiteral($0.value.rawValue) } + (withNull ? ["\"null\""] : [])
    return names.count == 1 ? names[0] : "[" + names.joined(separator: ",") + "]"
  }
}

/// A node of the contract as JSON.
func jsonText(_ node: Node) -> String {
  switch node.content {
  case .mapping(let mapping):
    return "{" + mapping.entries.map { jsonLiteral($0.key) + ":" + jsonText($0.value) }.joined(separator: ",") + "}"
  case .sequence(let items): return "[" + items.map(jsonText).joined(separator: ",") + "]"
  case .scalar(let scalar):
    if node.isNull { return "null" }
    if let bool = node.bool { return bool ? "true" : "false" }
    if let number = node.number { return jsonNumber(number) }
    return jsonLiteral(scalar.text)
  }
}

/// A number of the contract as JSON writes it: YAML's other notations are put right, digits are kept.
func jsonNumber(_ literal: NumberLiteral) -> String {
  var digits = Substring(literal.text)
  let isNegative = digits.first == "-"
  if isNegative || digits.first == "+" { digits = digits.dropFirst() }
  let isPlain = digits.utf8.allSatisfy { "0123456789.eE+-".utf8.contains($0) }
  guard isPlain, let first = digits.utf8.first else {
    return literal.integer.map(String.init) ?? (literal.double.isFinite ? literal.double.description : "null")
  }
  var text = first == UInt8(ascii: ".") ? "0" + digits : String(digits)
  while text.count > 1, text.hasPrefix("0"), text.dropFirst().first!.isNumber { text.removeFirst() }
  if text.hasSuffix(".") { text.removeLast() }
  text = text.replacing(".e", with: "e").replacing(".E", with: "e")
  return (isNegative ? "-" : "") + text
}
