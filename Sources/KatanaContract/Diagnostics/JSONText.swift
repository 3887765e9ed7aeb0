/// JSON that tools read: members in the order they were given, two spaces of indentation.
public indirect enum JSONText {
  case string(String)
  case integer(Int)
  case bool(Bool)
  case array([JSONText])
  case object([(String, JSONText)])

  /// Without a final newline.
  public var rendered: String {
    var text = ""
    render(into: &text, indentation: "\n")
    return text
  }

  private func render(into text: inout String, indentation: String) {
    switch self {
    case .string(let value): Self.quote(value, into: &text)
    case .integer(let value): text += String(value)
    case .bool(let value): text += String(value)
    case .array(let items):
      Self.list(items, "[", "]", into: &text, indentation) { $0.render(into: &$1, indentation: $2) }
    case .object(let members):
      Self.list(members, "{", "}", into: &text, indentation) {
        Self.quote($0.0, into: &$1)
        $1 += ": "
        $0.1.render(into: &$1, indentation: $2)
      }
    }
  }

  private static func list<Item>(
    _ items: [Item],
    _ open: String,
    _ close: String,
    into text: inout String,
    _ indentation: String,
    _ render: (Item, inout String, String) -> Void
  ) {
    text += open
    for (index, item) in items.enumerated() {
      text += (index == 0 ? "" : ",") + indentation + "  "
      render(item, &text, indentation + "  ")
    }
    text += (items.isEmpty ? "" : indentation) + close
  }

  /// Control characters and those a terminal would obey are escaped.
  private static func quote(_ value: String, into text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      default:
        if scalar.isPrintable {
          text.unicodeScalars.append(scalar)
        } else {
          for unit in String(scalar).utf16 {
            let digits = String(unit, radix: 16)
            text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
          }
        }
      }
    }
    text += "\""
  }
}
