/// The encoder of a struct: literal fragments with the names in them, and a write for each value.
struct EncoderText {
  private let name: String
  private let properties: [PropertyModel]

  init(_ name: String, _ properties: [PropertyModel]) {
    self.name = name
    self.properties = properties
  }

  func write(to text: inout SwiftText) {
    text.line()
    text.block("extension \(name): JSONEncodable {") { text in
      text.block("public func encode(to json: inout JSONWriter) {") { text in
        // With a first member that is always there, every other one begins with its comma. Else each ends with one.
        if let first = properties.first, first.isAlwaysWritten {
          write(first, before: "{", after: "", &text)
          for property in properties.dropFirst() { write(property, before: ",", after: "", &text) }
          text.line("json.literal(\"}\")")
        } else {
          text.line("json.literal(\"{\")")
          for property in properties { write(property, before: "", after: ",", &text) }
          text.line("json.close(\"}\")")
        }
      }
    }
  }

  private func write(_ property: PropertyModel, before: String, after: String, _ text: inout SwiftText) {
    let name = SwiftName.escaped(property.name)
    let key = "json.literal(\(swiftLiteral(before + jsonLiteral(property.key) + ":")))"
    func value(_ expression: String, _ text: inout SwiftText) {
      text.line(key)
      self.value(property.value, expression, depth: 0, &text)
      if !after.isEmpty { text.line("json.literal(\(swiftLiteral(after)))") }
    }
    switch property.presence {
    case .required, .defaulted: value(memberAccess(property), &text)
    case .optional:
      text.block("if let \(name)\(binding(property)) {") { value(name, &$0) }
    case .nullable:
      text.line(key)
      text.block("if let \(name)\(binding(property)) {", close: "} else {") {
        self.value(property.value, name, depth: 0, &$0)
      }
      text.indented { $0.line("json.null()") }
      text.line("}")
      if !after.isEmpty { text.line("json.literal(\(swiftLiteral(after)))") }
    case .patch:
      text.line("switch \(memberAccess(property)) {")
      text.line("case .absent: break")
      text.line("case .null: json.literal(\(swiftLiteral(before + jsonLiteral(property.key) + ":null" + after)))")
      text.line("case .value(let \(name)):")
      text.indented { value(name, &$0) }
      text.line("}")
    }
  }

  private func memberAccess(_ property: PropertyModel) -> String {
    property.name == "json" ? "self.json" : SwiftName.escaped(property.name)
  }

  private func binding(_ property: PropertyModel) -> String {
    property.name == "json" ? " = self.json" : ""
  }

  private func value(_ value: ValueModel, _ expression: String, depth: Int, _ text: inout SwiftText) {
    switch value {
    case .scalar(let scalar): text.line("json.\(scalar.method)(\(expression))")
    case .named(_, isEnum: true): text.line("json.string(\(expression).text)")
    case .named(_, isEnum: false): text.line("\(expression).encode(to: &json)")
    case .array(let item, _, _):
      let element = "item" + (depth == 0 ? "" : String(depth))
      text.line("json.literal(\"[\")")
      text.block("for \(element) in \(expression) {") { text in
        self.value(item, element, depth: depth + 1, &text)
        text.line("json.literal(\",\")")
      }
      text.line("json.close(\"]\")")
    }
  }
}
