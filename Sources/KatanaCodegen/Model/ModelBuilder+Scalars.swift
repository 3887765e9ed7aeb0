import KatanaContract

extension ModelBuilder {
  mutating func string(_ schema: Schema, _ use: Use) -> ValueModel? {
    var scalar = ScalarModel(method: "string", swift: "String", neutral: "\"\"")
    let rules = schema.string
    if let bound = rules.minLength?.value, bound > 0 { scalar.rules.append("minLength: \(bound)") }
    if let bound = rules.maxLength?.value { scalar.rules.append("maxLength: \(bound)") }
    if let pattern = rules.pattern {
      guard let name = addPattern(pattern.value, hint: SwiftName.member(use.hint), at: pattern.location) else {
        return nil
      }
      scalar.rules.append("pattern: Patterns.\(SwiftName.escaped(name))")
    }
    guard let format = schema.format else { return .scalar(scalar) }
    switch format.value {
    case "uuid": return special("uuid", "UUID", "UUID()", scalar, format)
    case "date-time": return special("instant", "Instant", "Instant(microseconds: 0)", scalar, format)
    case "byte": return special("bytes", "[UInt8]", "[]", scalar, format)
    case "date", "time", "email", "hostname", "ipv4", "ipv6", "uri": scalar.rules.append("format: .\(format.value)")
    case "binary":
      refuse("'format: binary' is", format.location)
      return nil
    case "password": break
    default: warn(.formatUnknown, format.location, "the format '\(format.value)' is not checked")
    }
    return .scalar(scalar)
  }

  /// A string that becomes a value of another type; rules on its text would have nothing to look at.
  private mutating func special(
    _ method: String,
    _ swift: String,
    _ neutral: String,
    _ scalar: ScalarModel,
    _ format: Located<String>
  ) -> ValueModel? {
    if !scalar.rules.isEmpty {
      refuse("a length or pattern beside 'format: \(format.value)' is", format.location)
      return nil
    }
    return .scalar(ScalarModel(method: method, swift: swift, neutral: neutral))
  }

  mutating func integer(_ schema: Schema) -> ValueModel? {
    let isNarrow = schema.format?.value == "int32"
    if let format = schema.format, format.value != "int32", format.value != "int64" {
      warn(.formatUnknown, format.location, "the format '\(format.value)' is not checked")
    }
    let range: ClosedRange<Int64> = isNarrow ? Int64(Int32.min)...Int64(Int32.max) : Int64.min...Int64.max
    var scalar = ScalarModel(
      method: isNarrow ? "int32" : "int64",
      swift: isNarrow ? "Int32" : "Int64",
      neutral: "0"
    )
    let rules = schema.number
    let low = [bound(rules.minimum, isLower: true), bound(rules.exclusiveMinimum, isLower: true, exclusive: true)]
    let high = [bound(rules.maximum, isLower: false), bound(rules.exclusiveMaximum, isLower: false, exclusive: true)]
    if let bound = low.compactMap({ $0 }).max(), bound > range.lowerBound {
      if bound > range.upperBound {
        error(.formatInvalid, schema.location, "no \(scalar.swift) is as large as the minimum")
      }
      scalar.rules.append("minimum: \(bound)")
    }
    if let bound = high.compactMap({ $0 }).min(), bound < range.upperBound {
      if bound < range.lowerBound {
        error(.formatInvalid, schema.location, "no \(scalar.swift) is as small as the maximum")
      }
      scalar.rules.append("maximum: \(bound)")
    }
    if let factor = rules.multipleOf {
      guard let value = factor.value.integer, value > 0, range.contains(value) else {
        refuse("a 'multipleOf' that is not a whole number is", factor.location)
        return nil
      }
      scalar.rules.append("multipleOf: \(value)")
    }
    return .scalar(scalar)
  }

  /// An inclusive whole bound; a fraction moves inwards, and what lies beyond Int64 does not bind.
  private func bound(_ literal: Located<NumberLiteral>?, isLower: Bool, exclusive: Bool = false) -> Int64? {
    guard let literal = literal?.value else { return nil }
    if let whole = literal.integer {
      guard exclusive else { return whole }
      let (result, overflow) = isLower ? whole.addingReportingOverflow(1) : whole.subtractingReportingOverflow(1)
      return overflow ? whole : result
    }
    let rounded = literal.double.rounded(isLower ? .up : .down)
    return Int64(exactly: rounded)
  }

  mutating func number(_ schema: Schema) -> ValueModel? {
    let isNarrow = schema.format?.value == "float"
    if let format = schema.format, format.value != "float", format.value != "double" {
      warn(.formatUnknown, format.location, "the format '\(format.value)' is not checked")
    }
    var scalar = ScalarModel(
      method: isNarrow ? "float" : "double",
      swift: isNarrow ? "Float" : "Double",
      neutral: "0"
    )
    let rules = schema.number
    let bounds = [
      ("minimum", rules.minimum), ("maximum", rules.maximum), ("exclusiveMinimum", rules.exclusiveMinimum),
      ("exclusiveMaximum", rules.exclusiveMaximum),
    ]
    for case (let name, let bound?) in bounds { scalar.rules.append("\(name): \(number(bound.value))") }
    if let factor = rules.multipleOf {
      refuse("'multipleOf' of a number that is not an integer is", factor.location)
      return nil
    }
    return .scalar(scalar)
  }

  private func number(_ literal: NumberLiteral) -> String {
    literal.integer.map(String.init) ?? literal.double.description
  }

  /// A default as a Swift expression; nil when it cannot be one.
  func literal(_ node: Node, _ value: ValueModel) -> String? {
    switch value {
    case .scalar(let scalar):
      switch scalar.method {
      case "string": return node.string.map(swiftLiteral)
      case "int32", "int64": return node.number?.integer.map(String.init)
      case "double", "float": return node.number.map(number)
      case "boolean": return node.bool.map { $0 ? "true" : "false" }
      default: return nil
      }
    case .named(let name, true):
      guard let text = node.string, let type = model.types.first(where: { $0.name == name }),
        case .words(let words) = type.shape, let word = words.first(where: { $0.text == text })
      else { return nil }
      return ".\(SwiftName.escaped(word.name))"
    case .named, .array: return nil
    }
  }
}
