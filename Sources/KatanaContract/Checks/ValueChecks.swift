import KatanaScalars

/// Values of the contract (`default`, `enum`, `const`) held against the schema they stand in.
extension Node {
  /// Why the value has none of the schema's types, to follow the value in a sentence.
  func typeMismatch(_ schema: Schema) -> String? {
    if schema.isNullOnly { return isNull ? nil : "is \(kindName), not null" }
    if schema.types.isEmpty || schema.types.contains(where: { isOf($0.value) }) { return nil }
    if isNull, schema.isNullable { return nil }
    return "is \(kindName), not \(schema.types.map(\.value.rawValue).joined(separator: " or "))"
  }

  private func isOf(_ type: SchemaType) -> Bool {
    switch type {
    case .string: string != nil
    case .boolean: bool != nil
    case .array: sequence != nil
    case .object: mapping != nil
    case .number: number != nil
    case .integer: number.map { $0.isWhole } ?? false
    }
  }

  /// Why the value breaks a rule of the schema itself; rules inside of arrays and objects are not followed.
  func ruleViolation(_ schema: Schema) -> String? {
    if let values = schema.enumValues, !values.isEmpty, !values.contains(where: isSameValue),
      !(isNull && schema.isNullable)
    {
      return "is not in 'enum'"
    }
    if let text = string { return lengthViolation(text, schema.string) }
    if let number { return boundViolation(number, schema.number) }
    if let items = sequence {
      return countViolation(items.count, schema.array.minItems, schema.array.maxItems, "items")
    }
    return nil
  }

  private func lengthViolation(_ text: String, _ rules: StringRules) -> String? {
    countViolation(text.unicodeScalars.count, rules.minLength, rules.maxLength, "characters")
  }

  private func countViolation(_ count: Int, _ low: Located<Int>?, _ high: Located<Int>?, _ unit: String) -> String? {
    if let low, count < low.value { return "has fewer than \(low.value) \(unit)" }
    if let high, count > high.value { return "has more than \(high.value) \(unit)" }
    return nil
  }

  private func boundViolation(_ number: NumberLiteral, _ rules: NumberRules) -> String? {
    if let low = rules.minimum, number.isLess(than: low.value) { return "is below the minimum \(low.value.text)" }
    if let high = rules.maximum, high.value.isLess(than: number) { return "is above the maximum \(high.value.text)" }
    if let low = rules.exclusiveMinimum, !low.value.isLess(than: number) { return "is not above \(low.value.text)" }
    if let high = rules.exclusiveMaximum, !number.isLess(than: high.value) { return "is not below \(high.value.text)" }
    return nil
  }

  /// The value in a message.
  var summary: String {
    guard let scalar else { return kindName }
    return scalar.tag == .string ? quoted(scalar.text) : scalar.text.isEmpty ? "null" : scalar.text
  }

  func quoteRemedy(_ schema: Schema) -> String? {
    guard schema.types.contains(where: { $0.value == .string }), let scalar, scalar.tag != .string else { return nil }
    if scalar.tag == .null {
      return "quote it, or let the value be null: \"null\" among the types, or 'nullable: true' in OpenAPI 3.0"
    }
    return "quote it: \"\(scalar.text)\""
  }

  /// Equality of JSON Schema: numbers by value, mappings without order.
  func isSameValue(as other: Node) -> Bool {
    switch (content, other.content) {
    case (.scalar(let left), .scalar(let right)):
      if let a = left.number, let b = right.number { return !a.isLess(than: b) && !b.isLess(than: a) }
      return left.tag == right.tag
        && (left.tag == .null || left.text.utf8.elementsEqual(right.text.utf8)
          || left.bool == right.bool && left.tag == .bool)
    case (.sequence(let left), .sequence(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { $0.isSameValue(as: $1) }
    case (.mapping(let left), .mapping(let right)):
      return left.entries.count == right.entries.count
        && left.entries.allSatisfy { entry in right[entry.key]?.isSameValue(as: entry.value) ?? false }
    default: return false
    }
  }
}

/// Finds repeated values; an `enum` may have thousands of strings.
struct ValueSet {
  /// By code points, not as Swift compares strings.
  private var strings: Set<[UInt8]> = []
  private var others: [Node] = []
  /// Structured values beyond this many are not compared: the search is quadratic.
  private static let othersMax = 256

  /// Whether the value is new.
  mutating func insert(_ node: Node) -> Bool {
    if let text = node.string { return strings.insert(Array(text.utf8)).inserted }
    if others.contains(where: { $0.isSameValue(as: node) }) { return false }
    if others.count < Self.othersMax { others.append(node) }
    return true
  }
}

/// Exact, whatever the numbers' length.
extension NumberLiteral {
  var isWhole: Bool { integer != nil || isDecimal && withDecimal { $0.isInteger } }

  func isLess(than other: NumberLiteral) -> Bool {
    if let left = integer, let right = other.integer { return left < right }
    guard isDecimal, other.isDecimal else { return double < other.double }
    return withDecimal { left in other.withDecimal { left < $0 } }
  }

  /// What has too many digits to divide by divides everything.
  func isMultiple(of factor: NumberLiteral) -> Bool {
    guard isDecimal, factor.isDecimal else { return true }
    return withDecimal { value in
      factor.withDecimal { factor in DecimalText.Divisor(factor).map { value.isMultiple(of: $0) } ?? true }
    }
  }

  /// Not `.inf` and `.nan` of YAML.
  private var isDecimal: Bool { integer != nil || text.utf8.allSatisfy { "0123456789.eE+-".utf8.contains($0) } }

  private func withDecimal<Result>(_ body: (DecimalText) -> Result) -> Result {
    // Notations that JSON has not are those of integers, and a sign.
    var text = integer.map(String.init) ?? (text.hasPrefix("+") ? String(text.dropFirst()) : text)
    return text.withUTF8 { body(DecimalText($0)) }
  }
}
