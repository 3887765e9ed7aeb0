/// The decoder of a struct that tables do not hold, for want of members or for too many: a loop over the members, a
/// switch over their names, and the rules as arguments.
struct DecoderText {
  private let name: String
  private let properties: [PropertyModel]
  private let additional: AdditionalModel
  private let check: String?

  init(_ name: String, _ properties: [PropertyModel], _ additional: AdditionalModel, check: String?) {
    self.name = name
    self.properties = properties
    self.additional = additional
    self.check = check
  }

  func write(to text: inout SwiftText) {
    text.line()
    text.block("extension \(name): JSONDecodable {") { text in
      var reader = ReaderText()
      text.block("public static func decode(_ json: inout JSONReader) -> \(name)? {") { text in
        if let check { text.line("json.check(Schemas.\(SwiftName.escaped(check)))") }
        text.line("guard let object = json.object() else { return nil }")
        for word in 0..<words { text.line("var \(seen(word)): UInt64 = 0") }
        for property in properties { text.line("var \(property.local): \(variable(property))") }
        if case .kept(let value, let name) = additional {
          text.line("var \(SwiftName.escaped(name)): [String: \(value.swift)] = [:]")
        }
        members(&text, &reader)
        presence(&text)
        result(&text)
      }
      reader.writeFunctions(to: &text)
    }
  }

  // MARK: Which members were seen

  /// Words of 64 bits, one bit for each member.
  private var words: Int { (properties.count + 63) / 64 }

  private func seen(_ word: Int) -> String { word == 0 ? "seen" : "seen\(word + 1)" }

  // MARK: Parts of the function

  /// The variable's type and what it holds until the member is read.
  private func variable(_ property: PropertyModel) -> String {
    switch property.presence {
    case .optional, .nullable: return "\(property.value.swift)?"
    case .patch: return "Patch<\(property.value.swift)> = .absent"
    case .defaulted(let literal):
      return property.value.isFallible
        ? "\(property.value.swift)? = \(literal)" : "\(property.value.swift) = \(literal)"
    case .required:
      switch property.value.bare {
      case .scalar(let scalar): return "\(scalar.swift) = \(scalar.neutral)"
      case .array: return "\(property.value.swift) = []"
      case .map: return "\(property.value.swift) = [:]"
      case .words, .type, .any, .optional, .checked: return "\(property.value.swift)?"
      }
    }
  }

  private func members(_ text: inout SwiftText, _ reader: inout ReaderText) {
    text.block("while let key = json.key() {") { text in
      if properties.isEmpty { return other(&text, &reader) }
      text.line("switch (key.count, key.head) {")
      for (index, property) in properties.enumerated() {
        text.line("case \(WordPattern(property.key, "key")):  // \(comment(property.key))")
        let isFirst = "if json.isFirst(1 << \(index % 64), &\(seen(index / 64))) {"
        let assignment = "\(property.local) = \(read(property, &reader))"
        let line = "\(isFirst) \(assignment) }"
        text.indented { text in
          if line.count <= SwiftText.columnMax - 8 { return text.line(line) }
          text.block(isFirst) { $0.line(assignment) }
        }
      }
      text.line("default:")
      text.indented { other(&$0, &reader) }
      text.line("}")
    }
  }

  /// What becomes of a member that is not declared.
  private func other(_ text: inout SwiftText, _ reader: inout ReaderText) {
    switch additional {
    case .ignored:
      if properties.isEmpty { text.line("_ = key") }
      text.line("json.skip()")
    case .refused:
      if properties.isEmpty { text.line("_ = key") }
      text.line("json.additional()")
    case .kept(let value, let name):
      let read = reader.read(value, "read" + name.prefix(1).uppercased() + name.dropFirst())
      ReaderText.keep(value, read, SwiftName.escaped(name), &text)
    }
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
    for word in 0..<words {
      let members = required.filter { $0.offset / 64 == word }
      if members.isEmpty { continue }
      let mask = members.reduce(UInt64(0)) { $0 | 1 << UInt64($1.offset % 64) }
      let literal = "0x" + String(mask, radix: 16, uppercase: true)
      text.block("if \(seen(word)) & \(literal) != \(literal) {") { text in
        for (index, property) in members {
          text.line(
            "if \(seen(word)) & (1 << \(index % 64)) == 0 { json.missing(\(swiftLiteral(property.key)), in: object) }")
        }
      }
    }
  }

  private func result(_ text: inout SwiftText) {
    let needed = properties.filter { property in
      switch property.presence {
      case .required, .defaulted: property.value.isFallible
      default: false
      }
    }
    if !needed.isEmpty {
      text.line("guard \(needed.map { "let \($0.local)" }.joined(separator: ", ")) else { return nil }")
    }
    let initializer = InitializerModel(properties)
    var arguments = initializer.parameters.map { "\(SwiftName.label($0.name)): \($0.local)" }
    if case .kept(_, let name) = additional { arguments.append("\(SwiftName.label(name)): \(SwiftName.escaped(name))") }
    initializer.writeReturn(name, arguments, local: \.local, &text)
  }

  private func read(_ property: PropertyModel, _ reader: inout ReaderText) -> String {
    let value = reader.read(property.value, "read" + property.name.prefix(1).uppercased() + property.name.dropFirst())
    switch property.presence {
    case .required, .optional, .defaulted: return value
    case .nullable: return "json.null() ? nil : \(value)"
    case .patch:
      if property.value.isFallible { return "json.null() ? .null : \(value).map(Patch.value) ?? .absent" }
      return "json.null() ? .null : .value(\(value))"
    }
  }
}

extension PropertyModel {
  /// The decoder's variable; other names of the decoder are never taken by a property.
  fileprivate var local: String {
    ["object", "key", "json"].contains(name) || name.hasPrefix("seen")
      ? name + "Value" : SwiftName.escaped(name)
  }
}
