/// The statements that write values as JSON.
enum WriterText {
  static func write(_ value: ValueModel, _ expression: String, depth: Int = 0, to text: inout SwiftText) {
    switch value {
    case .scalar(let scalar): text.line("json.\(scalar.method)(\(expression))")
    case .words: text.line("json.string(\(expression).text)")
    case .type, .any: text.line("\(expression).encode(to: &json)")
    case .checked(let value, _): write(value, expression, depth: depth, to: &text)
    case .optional(let value):
      let name = numbered("value", depth)
      text.block("if let \(name) = \(expression) {", close: "} else {") {
        write(value, name, depth: depth + 1, to: &$0)
      }
      text.indented { $0.line("json.null()") }
      text.line("}")
    case .array(let item, _, _):
      let element = numbered("item", depth)
      text.literal("[")
      text.block("for \(element) in \(expression) {") { text in
        write(item, element, depth: depth + 1, to: &text)
        text.literal(",")
      }
      text.line("json.close(\"]\")")
    case .map(let item):
      text.literal("{")
      members(item, expression, depth: depth, to: &text)
      text.line("json.close(\"}\")")
    }
  }

  /// The members of a dictionary, each with a comma behind it, in the order of their names: equal values are equal
  /// texts.
  static func members(_ item: ValueModel, _ expression: String, depth: Int = 0, to text: inout SwiftText) {
    let name = numbered("name", depth)
    let value = numbered("member", depth)
    text.block("for \(name) in json.order(of: \(expression)) {") { text in
      text.line("guard let \(value) = \(expression)[\(name)] else { continue }")
      text.line("json.string(\(name))")
      text.literal(":")
      write(item, value, depth: depth + 1, to: &text)
      text.literal(",")
    }
  }

  private static func numbered(_ name: String, _ depth: Int) -> String { name + (depth == 0 ? "" : String(depth)) }
}
