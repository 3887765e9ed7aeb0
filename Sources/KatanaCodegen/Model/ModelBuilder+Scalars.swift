import KatanaContract

extension ModelBuilder {
  mutating func string(_ flat: FlatSchema, _ use: Use) -> ValueModel? {
    var scalar = ScalarModel(method: "string", swift: "String", neutral: "\"\"")
    if let bound = flat.minLength, bound > 0 { scalar.rules.append("minLength: \(bound)") }
    if let bound = flat.maxLength { scalar.rules.append("maxLength: \(bound)") }
    scalar.facts.minLength = flat.minLength ?? 0
    scalar.facts.maxLength = flat.maxLength ?? .max
    scalar.facts.pattern = flat.patterns.last?.value
    scalar.facts.format = flat.format?.value
    var patterns = flat.patterns
    if let pattern = patterns.popLast() {
      guard let name = addPattern(pattern.value, hint: SwiftName.member(use.hint), at: pattern.location) else {
        return nil
      }
      scalar.rules.append("pattern: Patterns.\(SwiftName.escaped(name))")
    }
    var value = ValueModel.scalar(scalar)
    if flat.isBase64, scalar.rules.isEmpty, flat.format == nil {
      value = .scalar(ScalarModel(method: "bytes", swift: "[UInt8]", neutral: "[]"))
    }
    if let format = flat.format { value = formatted(scalar, format) }
    let rest = flat.parts.filter { part in patterns.contains { $0.value == part.string.pattern?.value } }
    return checked(value, schema: check(rest.map { .init(schema: $0, keywords: ["pattern"]) }, use))
  }

  /// A string with a format. A format with a type of its own stays a text when other rules look at its characters.
  private mutating func formatted(_ scalar: ScalarModel, _ format: Located<String>) -> ValueModel {
    var scalar = scalar
    if scalar.rules.isEmpty {
      switch format.value {
      case "uuid": return .scalar(ScalarModel(method: "uuid", swift: "UUID", neutral: "UUID()"))
      case "date-time":
        return .scalar(ScalarModel(method: "instant", swift: "Instant", neutral: "Instant(microseconds: 0)"))
      case "byte": return .scalar(ScalarModel(method: "bytes", swift: "[UInt8]", neutral: "[]"))
      default: break
      }
    }
    switch format.value {
    case "date-time": scalar.rules.append("format: .dateTime")
    case "uri-reference": scalar.rules.append("format: .uriReference")
    case "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uuid", "byte":
      scalar.rules.append("format: .\(format.value)")
    case "binary", "password": break
    default: warn(.formatUnknown, format.location, "the format '\(format.value)' is not checked")
    }
    return .scalar(scalar)
  }

  mutating func integer(_ flat: FlatSchema, _ use: Use) -> ValueModel? {
    let isNarrow = flat.format?.value == "int32"
    if let format = flat.format, format.value != "int32", format.value != "int64" {
      warn(.formatUnknown, format.location, "the format '\(format.value)' is not checked")
    }
    let range: ClosedRange<Int64> = isNarrow ? Int64(Int32.min)...Int64(Int32.max) : Int64.min...Int64.max
    var scalar = ScalarModel(
      method: isNarrow ? "int32" : "int64",
      swift: isNarrow ? "Int32" : "Int64",
      neutral: "0"
    )
    let rules = flat.number
    scalar.facts = facts(rules)
    for literal in [rules.minimum, rules.exclusiveMinimum, rules.maximum, rules.exclusiveMaximum] {
      guard let literal, bound(literal, isLower: true) == nil else { continue }
      let isLower = literal.location == rules.minimum?.location || literal.location == rules.exclusiveMinimum?.location
      if isLower == (literal.value.double > 0) {
        error(.formatInvalid, literal.location, "no Int64 is within this bound")
      }
    }
    if let bound = rules.exclusiveMinimum, bound.value.integer == .max {
      error(.formatInvalid, bound.location, "no Int64 is within this bound")
    }
    if let bound = rules.exclusiveMaximum, bound.value.integer == .min {
      error(.formatInvalid, bound.location, "no Int64 is within this bound")
    }
    let low = [bound(rules.minimum, isLower: true), bound(rules.exclusiveMinimum, isLower: true, exclusive: true)]
    let high = [bound(rules.maximum, isLower: false), bound(rules.exclusiveMaximum, isLower: false, exclusive: true)]
    if let bound = low.compactMap({ $0 }).max(), bound > range.lowerBound {
      if bound > range.upperBound {
        error(.formatInvalid, flat.location, "no \(scalar.swift) is as large as the minimum")
      }
      scalar.rules.append("minimum: \(bound)")
    }
    if let bound = high.compactMap({ $0 }).min(), bound < range.upperBound {
      if bound < range.lowerBound {
        error(.formatInvalid, flat.location, "no \(scalar.swift) is as small as the maximum")
      }
      scalar.rules.append("maximum: \(bound)")
    }
    guard let factor = rules.multipleOf else { return .scalar(scalar) }
    if let value = factor.value.integer, value > 0, range.contains(value) {
      if value > 1 { scalar.rules.append("multipleOf: \(value)") }
      return .scalar(scalar)
    }
    return checked(.scalar(scalar), schema: multipleOf(flat, use))
  }

  /// Decimals are compared as they are written, which no Double can do.
  private mutating func multipleOf(_ flat: FlatSchema, _ use: Use) -> String? {
    check(flat.parts.filter { $0.number.multipleOf != nil }.map { .init(schema: $0, keywords: ["multipleOf"]) }, use)
  }

  /// An inclusive whole bound; a fraction moves inwards, and what lies beyond Int64 does not bind.
  private func bound(_ literal: Located<NumberLiteral>?, isLower: Bool, exclusive: Bool = false) -> Int64? {
    guard let literal = literal?.value else { return nil }
    if let whole = literal.integer {
      guard exclusive else { return whole }
      let (result, overflow) = isLower ? whole.addingReportingOverflow(1) : whole.subtractingReportingOverflow(1)
      return overflow ? nil : result
    }
    let rounded = literal.double.rounded(isLower ? .up : .down)
    return Int64(exactly: rounded)
  }

  mutating func number(_ flat: FlatSchema, _ use: Use) -> ValueModel? {
    let isNarrow = flat.format?.value == "float"
    if let format = flat.format, format.value != "float", format.value != "double" {
      warn(.formatUnknown, format.location, "the format '\(format.value)' is not checked")
    }
    var scalar = ScalarModel(
      method: isNarrow ? "float" : "double",
      swift: isNarrow ? "Float" : "Double",
      neutral: "0"
    )
    let rules = flat.number
    scalar.facts = facts(rules)
    let bounds = [
      ("minimum", rules.minimum), ("maximum", rules.maximum), ("exclusiveMinimum", rules.exclusiveMinimum),
      ("exclusiveMaximum", rules.exclusiveMaximum),
    ]
    for case (let name, let bound?) in bounds {
      guard bound.value.double.isFinite else {
        warn(.formatInvalid, bound.location, "no number is beyond this bound; it is not checked")
        continue
      }
      scalar.rules.append("\(name): \(number(bound.value))")
    }
    return checked(.scalar(scalar), schema: rules.multipleOf == nil ? nil : multipleOf(flat, use))
  }

  private func facts(_ rules: FlatSchema.Bounds) -> ScalarFacts {
    var facts = ScalarFacts()
    facts.minimum = rules.minimum?.value.double
    facts.maximum = rules.maximum?.value.double
    facts.exclusiveMinimum = rules.exclusiveMinimum?.value.double
    facts.exclusiveMaximum = rules.exclusiveMaximum?.value.double
    facts.multipleOf = rules.multipleOf?.value.double
    return facts
  }

  private func number(_ literal: NumberLiteral) -> String {
    literal.integer.map(String.init) ?? literal.double.description
  }

  /// A default as a Swift expression; nil when it is not a value of the schema.
  func literal(_ node: Node, _ value: ValueModel) -> String? {
    switch value {
    case .scalar(let scalar): return literal(node, scalar)
    case .words(let name):
      guard let text = node.string, let index = typeNamed(name), case .words(let words) = model.types[index].shape,
        let word = words.first(where: { $0.text == text })
      else { return nil }
      return ".\(SwiftName.escaped(word.name))"
    case .optional(let value): return node.isNull ? "nil" : literal(node, value)
    case .checked(let value, _): return literal(node, value)
    case .array(let item, _, _):
      guard let items = node.sequence else { return nil }
      let texts = items.compactMap { literal($0, item) }
      return texts.count == items.count ? "[\(texts.joined(separator: ", "))]" : nil
    case .map(let item):
      guard let entries = node.mapping?.entries else { return nil }
      if entries.isEmpty { return "[:]" }
      let texts = entries.compactMap { entry in literal(entry.value, item).map { swiftLiteral(entry.key) + ": " + $0 } }
      return texts.count == entries.count ? "[\(texts.joined(separator: ", "))]" : nil
    case .type(let name): return "JSONReader.constant(\(SwiftName.escaped(name)).self, \(swiftLiteral(jsonText(node))))"
    case .any: return "JSONReader.constant(JSONValue.self, \(swiftLiteral(jsonText(node))))"
    }
  }

  private func literal(_ node: Node, _ scalar: ScalarModel) -> String? {
    switch scalar.method {
    case "string": node.string.map(swiftLiteral)
    case "int32": (node.number?.integer).flatMap { Int32(exactly: $0).map(String.init) }
    case "int64": (node.number?.integer).map(String.init)
    case "double", "float": node.number.flatMap { $0.double.isFinite ? number($0) : nil }
    case "boolean": node.bool.map { $0 ? "true" : "false" }
    case "uuid", "instant":
      node.string.map { "JSONReader.constant(\(scalar.swift).self, \(swiftLiteral(jsonLiteral($0))))" }
    default: nil
    }
  }
}
