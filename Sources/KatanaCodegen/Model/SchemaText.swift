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
  /// What a service takes: members that are `readOnly` are as if nobody had declared them, and `int32` has its range,
  /// which formats do not assert by themselves.
  private let isRequest: Bool
  private var definitions: [(name: String, text: String)] = []
  private var named: Set<String> = []
  /// Definitions without a text yet: one after the other, for they may lead into each other without end.
  private var pending: [(index: Int, schema: Schema)] = []

  init(_ document: OpenAPIDocument, isRequest: Bool = false) {
    self.document = document
    self.isRequest = isRequest
  }

  /// A schema that holds when all of `assertions` do.
  static func text(_ assertions: [FlatSchema.Assertion], in document: OpenAPIDocument) -> String {
    var text = SchemaText(document)
    let parts = assertions.map { text.object($0.schema, only: $0.keywords) }
    return text.whole(parts.count == 1 ? parts[0] : "{\"allOf\":[\(parts.joined(separator: ","))]}")
  }

  /// The whole of one schema.
  static func text(_ schema: SchemaRef, in document: OpenAPIDocument, isRequest: Bool = false) -> String {
    var text = SchemaText(document, isRequest: isRequest)
    let body = text.reference(schema)
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
      let text = object(next.schema)
      definitions[next.index].text = text
    }
    return "{" + definitions.map { jsonLiteral($0.name) + ":" + $0.text }.joined(separator: ",") + "}"
  }

  /// The schema in its place: a reference where it has a name.
  mutating func reference(_ reference: SchemaRef) -> String {
    switch reference {
    case .inline(let schema): return object(schema)
    case .named(let name):
      if named.insert(name.name).inserted {
        pending.append((definitions.count, document.resolve(reference)!))
        definitions.append((name.name, ""))
      }
      let pointer = name.name.replacing("~", with: "~0").replacing("/", with: "~1")
      return "{\"$ref\":\(jsonLiteral("#/$defs/" + pointer))}"
    }
  }

  /// One schema, or only some of its keywords.
  private mutating func object(_ schema: Schema, only keywords: Set<String>? = nil) -> String {
    if let boolean = schema.boolean { return boolean ? "true" : "false" }
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
    if isRequest, schema.type == .integer, schema.format?.value == "int32" {
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
      if !array.prefixItems.isEmpty { add("prefixItems", list(array.prefixItems)) }
      add("items", array.items.map { reference($0) })
      add("contains", array.contains.map { reference($0) })
      add("minContains", (array.minContains?.value).map(String.init))
      add("maxContains", (array.maxContains?.value).map(String.init))
      add("unevaluatedItems", array.unevaluatedItems.map { reference($0) })
    }
    add("minItems", (schema.array.minItems?.value).map(String.init))
    add("maxItems", (schema.array.maxItems?.value).map(String.init))
    if schema.array.uniqueItems { add("uniqueItems", "true") }
    addObject(schema.object, &members, wants)
    for (keyword, list) in [
      ("allOf", composition.allOf), ("oneOf", composition.oneOf), ("anyOf", composition.anyOf),
    ] where !list.isEmpty && wants(keyword) {
      add(keyword, self.list(list))
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
    let hidden = Set(rules.properties.filter { isHidden($0.schema) }.map(\.name.value))
    if rules.properties.count > hidden.count, wants("properties") {
      let entries = rules.properties.filter { !hidden.contains($0.name.value) }.map { jsonLiteral($0.name.value) + ":" + reference($0.schema) }
      add("properties", "{" + entries.joined(separator: ",") + "}")
    }
    if !rules.patternProperties.isEmpty, wants("patternProperties") {
      let entries = rules.patternProperties.map { jsonLiteral($0.pattern.value) + ":" + reference($0.schema) }
      add("patternProperties", "{" + entries.joined(separator: ",") + "}")
    }
    if wants("additionalProperties"), let text = additional(rules.additional) { add("additionalProperties", text) }
    if wants("unevaluatedProperties"), let text = additional(rules.unevaluatedProperties) {
      add("unevaluatedProperties", text)
    }
    if wants("propertyNames"), let names = rules.propertyNames {
      let text = reference(names)
      add("propertyNames", text)
    }
    let required = rules.required.filter { !hidden.contains($0.value) }
    if !required.isEmpty {
      add("required", "[" + required.map { jsonLiteral($0.value) }.joined(separator: ",") + "]")
    }
    if let bound = rules.minProperties?.value { add("minProperties", String(bound)) }
    if let bound = rules.maxProperties?.value { add("maxProperties", String(bound)) }
    if !rules.dependentRequired.isEmpty {
      let entries = rules.dependentRequired.map { entry in
        let names = entry.required.map { jsonLiteral($0.value) }.joined(separator: ",")
        return jsonLiteral(entry.name.value) + ":[" + names + "]"
      }
      add("dependentRequired", "{" + entries.joined(separator: ",") + "}")
    }
    if !rules.dependentSchemas.isEmpty, wants("dependentSchemas") {
      let entries = rules.dependentSchemas.map { jsonLiteral($0.name.value) + ":" + reference($0.schema) }
      add("dependentSchemas", "{" + entries.joined(separator: ",") + "}")
    }
  }

  private func isHidden(_ reference: SchemaRef) -> Bool {
    guard isRequest, let schema = document.resolve(reference) else { return false }
    return schema.annotations.isReadOnly
      || schema.composition.allOf.contains { document.resolve($0)?.annotations.isReadOnly ?? false }
  }

  private mutating func additional(_ additional: ObjectRules.Additional) -> String? {
    switch additional {
    case .unspecified: nil
    case .allowed: "true"
    case .forbidden: "false"
    case .schema(let schema): reference(schema)
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
