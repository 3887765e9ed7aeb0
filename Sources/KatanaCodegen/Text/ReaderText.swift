/// The expressions that read values from JSON, and a function for each that is more than one call.
struct ReaderText {
  private static let roomMax = 8

  private var functions: [(name: String, value: ValueModel)] = []

  /// An expression that reads `value`. What takes a loop or a check becomes a function `name`.
  mutating func read(_ value: ValueModel, _ name: String) -> String {
    switch value {
    case .scalar(let scalar): return "json.\(scalar.method)(\(scalar.rules.joined(separator: ", ")))"
    case .words(let type): return "json.value(\(SwiftName.escaped(type)).self)"
    case .type(let type): return "\(SwiftName.escaped(type)).decode(&json)"
    case .any: return "JSONValue.decode(&json)"
    case .optional(let value): return "json.null() ? nil : \(read(value, name))"
    case .array, .map, .checked:
      functions.append((name, value))
      return "\(name)(&json)"
    }
  }

  /// Writes the functions that the expressions so far call.
  mutating func writeFunctions(to text: inout SwiftText) {
    while !functions.isEmpty {
      let (name, value) = functions.removeFirst()
      text.line()
      let result = value.swift + (value.isFallible ? "?" : "")
      text.block("private static func \(name)(_ json: inout JSONReader) -> \(result) {") { text in
        switch value {
        case .array(let item, let minItems, let maxItems): array(value, item, minItems, maxItems, name, &text)
        case .map(let item): map(value, item, name, &text)
        case .checked(let inner, let schema):
          text.line("json.check(Schemas.\(SwiftName.escaped(schema)))")
          text.line("return \(read(inner, name + "Value"))")
        default: preconditionFailure("values of one call have no function")
        }
      }
    }
  }

  private mutating func array(
    _ value: ValueModel, _ item: ValueModel, _ minItems: Int?, _ maxItems: Int?, _ name: String, _ text: inout SwiftText
  ) {
    let counts = minItems ?? 0 > 0 || maxItems != nil
    text.line("var items: \(value.swift) = []")
    text.line(
      counts
        ? "guard let array = json.array() else { return items }" : "guard json.array() != nil else { return items }")
    if counts { text.line("var count = 0") }
    let read = read(item, name + "Item")
    text.block("while json.element() {") { text in
      // Most arrays are short: one allocation instead of three.
      let usual = min(maxItems ?? Self.roomMax, Self.roomMax)
      if usual > 1 { text.line("if items.isEmpty { items.reserveCapacity(json.room(\(usual))) }") }
      if counts { text.line("count += 1") }
      text.line(item.isFallible ? "if let item = \(read) { items.append(item) }" : "items.append(\(read))")
    }
    if counts {
      var rules = ["count", "in: array"]
      if let minItems, minItems > 0 { rules.append("minItems: \(minItems)") }
      if let maxItems { rules.append("maxItems: \(maxItems)") }
      text.line("json.count(\(rules.joined(separator: ", ")))")
    }
    text.line("return items")
  }

  private mutating func map(_ value: ValueModel, _ item: ValueModel, _ name: String, _ text: inout SwiftText) {
    text.line("var members: \(value.swift) = [:]")
    text.line("guard json.object() != nil else { return members }")
    let read = read(item, name + "Value")
    text.block("while let key = json.key() {") { Self.keep(item, read, "members", &$0) }
    text.line("return members")
  }

  /// Takes the member `key` into the dictionary `members`.
  static func keep(_ item: ValueModel, _ read: String, _ members: String, _ text: inout SwiftText) {
    text.line("guard let name = json.newName(key, in: \(members)) else { continue }")
    if item.isFallible {
      text.line("if let value = \(read) { \(members)[name] = value }")
    } else {
      text.line("\(members).updateValue(\(read), forKey: name)")
    }
  }
}
