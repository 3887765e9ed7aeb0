/// The decoder of a struct: a loop over the members, a switch over their names, and the rules as arguments.
struct DecoderText {
  private let name: String
  private let properties: [PropertyModel]
  private let isClosed: Bool

  init(_ name: String, _ properties: [PropertyModel], isClosed: Bool) {
    self.name = name
    self.properties = properties
    self.isClosed = isClosed
  }

  func write(to text: inout SwiftText) {
    text.line()
    text.block("extension \(name): JSONDecodable {") { text in
      text.block("public static func decode(_ json: inout JSONReader) -> \(name)? {") { text in
        text.line("guard let object = json.object() else { return nil }")
        text.line("var seen: UInt64 = 0")
        for property in properties { text.line("var \(property.local): \(variable(property))") }
        members(&text)
        presence(&text)
        result(&text)
      }
      for property in properties {
        if case .array = property.value { array(property.value, arrayReader(property), &text) }
      }
    }
  }

  // MARK: Parts of the function

  /// The variable's type and what it holds until the member is read.
  private func variable(_ property: PropertyModel) -> String {
    switch property.presence {
    case .optional, .nullable: return "\(property.value.swift)?"
    case .patch: return "Patch<\(property.value.swift)> = .absent"
    case .defaulted(let literal):
      return isFallible(property.value)
        ? "\(property.value.swift)? = \(literal)" : "\(property.value.swift) = \(literal)"
    case .required:
      switch property.value {
      case .scalar(let scalar): return "\(scalar.swift) = \(scalar.neutral)"
      case .named: return "\(property.value.swift)?"
      case .array: return "\(property.value.swift) = []"
      }
    }
  }

  private func members(_ text: inout SwiftText) {
    text.line("while let key = json.key() {")
    text.indented { text in
      text.line("switch (key.count, key.head) {")
      for (index, property) in properties.enumerated() {
        text.line("case \(WordPattern(property.key, "key")):  // \(comment(property.key))")
        let assignment = "\(property.local) = \(read(property))"
        let line = "if json.isFirst(1 << \(index), &seen) { \(assignment) }"
        text.indented { text in
          if line.count <= SwiftText.columnMax - 8 { return text.line(line) }
          text.block("if json.isFirst(1 << \(index), &seen) {") { $0.line(assignment) }
        }
      }
      text.line("default:")
      text.indented { $0.line(isClosed ? "json.additional()" : "json.skip()") }
      text.line("}")
    }
    text.line("}")
  }

  private func comment(_ key: String) -> String {
    String(key.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) })
  }

  private func presence(_ text: inout SwiftText) {
    let required = properties.enumerated().filter(\.element.isRequired)
    if required.isEmpty {
      text.line("_ = object")
      return
    }
    let mask = required.reduce(UInt64(0)) { $0 | 1 << UInt64($1.offset) }
    let literal = "0x" + String(mask, radix: 16, uppercase: true)
    text.block("if seen & \(literal) != \(literal) {") { text in
      for (index, property) in required {
        text.line("if seen & (1 << \(index)) == 0 { json.missing(\(swiftLiteral(property.key)), in: object) }")
      }
    }
  }

  private func result(_ text: inout SwiftText) {
    let needed = properties.filter { property in
      switch property.presence {
      case .required, .defaulted: isFallible(property.value)
      default: false
      }
    }
    if !needed.isEmpty {
      text.line("guard \(needed.map { "let \($0.local)" }.joined(separator: ", ")) else { return nil }")
    }
    let ordered = properties.filter(\.isRequired) + properties.filter { !$0.isRequired }
    text.list("return \(name)", ordered.map { "\(SwiftName.label($0.name)): \($0.local)" }, "")
  }

  // MARK: Values

  private static let roomMax = 8

  /// Whether reading gives an optional.
  private func isFallible(_ value: ValueModel) -> Bool { if case .named = value { true } else { false } }

  private func read(_ property: PropertyModel) -> String {
    let value = read(property.value, arrayReader(property))
    switch property.presence {
    case .required, .optional, .defaulted: return value
    case .nullable: return "json.null() ? nil : \(value)"
    case .patch:
      if isFallible(property.value) { return "json.null() ? .null : \(value).map(Patch.value) ?? .absent" }
      return "json.null() ? .null : .value(\(value))"
    }
  }

  private func read(_ value: ValueModel, _ reader: String) -> String {
    switch value {
    case .scalar(let scalar): "json.\(scalar.method)(\(scalar.rules.joined(separator: ", ")))"
    case .named(let name, isEnum: true): "json.value(\(SwiftName.escaped(name)).self)"
    case .named(let name, isEnum: false): "\(SwiftName.escaped(name)).decode(&json)"
    case .array: "\(reader)(&json)"
    }
  }

  private func arrayReader(_ property: PropertyModel) -> String {
    "read" + property.name.prefix(1).uppercased() + property.name.dropFirst()
  }

  private func array(_ value: ValueModel, _ reader: String, _ text: inout SwiftText) {
    guard case .array(let item, let minItems, let maxItems) = value else { return }
    let counts = minItems ?? 0 > 0 || maxItems != nil
    text.line()
    text.block("private static func \(reader)(_ json: inout JSONReader) -> \(value.swift) {") { text in
      text.line("var items: \(value.swift) = []")
      text.line(
        counts
          ? "guard let array = json.array() else { return items }" : "guard json.array() != nil else { return items }"
      )
      if counts { text.line("var count = 0") }
      text.block("while json.element() {") { text in
        // Most arrays are short: one allocation instead of three.
        let room = min(maxItems ?? Self.roomMax, Self.roomMax)
        if room > 1 { text.line("if items.isEmpty { items.reserveCapacity(\(room)) }") }
        if counts { text.line("count += 1") }
        let read = read(item, reader + "Item")
        text.line(isFallible(item) ? "if let item = \(read) { items.append(item) }" : "items.append(\(read))")
      }
      if counts {
        var rules = ["count", "in: array"]
        if let minItems, minItems > 0 { rules.append("minItems: \(minItems)") }
        if let maxItems { rules.append("maxItems: \(maxItems)") }
        text.line("json.count(\(rules.joined(separator: ", ")))")
      }
      text.line("return items")
    }
    array(item, reader + "Item", &text)
  }
}

extension PropertyModel {
  /// The decoder's variable; other names of the decoder are never taken by a property.
  fileprivate var local: String {
    ["object", "seen", "key", "json"].contains(name) ? name + "Value" : SwiftName.escaped(name)
  }
}
