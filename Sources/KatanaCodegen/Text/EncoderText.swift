/// The encoder of a struct that tables do not hold: literal fragments with the names in them, a write for each value.
struct EncoderText {
  private let name: String
  private let properties: [PropertyModel]
  private let additional: AdditionalModel

  init(_ name: String, _ properties: [PropertyModel], _ additional: AdditionalModel) {
    self.name = name
    self.properties = properties
    self.additional = additional
  }

  func write(to text: inout SwiftText) {
    text.line()
    text.block("extension \(name): JSONEncodable {") { text in
      text.block("public func encode(to json: inout JSONWriter) {") { text in
        // With a first member that is always there, every other one begins with its comma. Else each ends with one.
        if let first = properties.first, first.isAlwaysWritten {
          write(first, before: "{", after: "", &text)
          for property in properties.dropFirst() { write(property, before: ",", after: "", &text) }
          if case .kept(let value, let name) = additional {
            text.literal(",")
            WriterText.members(value, access(name), to: &text)
            text.line("json.close(\"}\")")
          } else {
            text.literal("}")
          }
        } else {
          text.literal("{")
          for property in properties { write(property, before: "", after: ",", &text) }
          if case .kept(let value, let name) = additional { WriterText.members(value, access(name), to: &text) }
          text.line("json.close(\"}\")")
        }
      }
    }
  }

  private func write(_ property: PropertyModel, before: String, after: String, _ text: inout SwiftText) {
    let name = SwiftName.escaped(property.name)
    let key = before + jsonLiteral(property.key) + ":"
    func value(_ expression: String, _ text: inout SwiftText) {
      text.literal(key)
      WriterText.write(property.value, expression, to: &text)
      if !after.isEmpty { text.literal(after) }
    }
    switch property.presence {
    case .required, .defaulted: value(memberAccess(property), &text)
    case .optional:
      text.block("if let \(name)\(binding(property)) {") { value(name, &$0) }
    case .nullable:
      text.literal(key)
      text.block("if let \(name)\(binding(property)) {", close: "} else {") {
        WriterText.write(property.value, name, to: &$0)
      }
      text.indented { $0.line("json.null()") }
      text.line("}")
      if !after.isEmpty { text.literal(after) }
    case .patch:
      text.line("switch \(memberAccess(property)) {")
      text.line("case .absent: break")
      text.line("case .null: json.literal(\(swiftLiteral(before + jsonLiteral(property.key) + ":null" + after)))")
      text.line("case .value(let \(name)):")
      text.indented { value(name, &$0) }
      text.line("}")
    }
  }

  private func memberAccess(_ property: PropertyModel) -> String { access(property.name) }

  private func access(_ name: String) -> String { name == "json" ? "self.json" : SwiftName.escaped(name) }

  private func binding(_ property: PropertyModel) -> String {
    property.name == "json" ? " = self.json" : ""
  }
}
