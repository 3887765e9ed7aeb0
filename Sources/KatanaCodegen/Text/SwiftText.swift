/// Swift source while it is written: lines with their indentation, already formatted.
struct SwiftText {
  private(set) var text = ""
  private var depth = 0
  /// The line `json.literal(…)` that was written last: its text, its size and where it ends.
  private var literal: (text: String, size: Int, end: Int, depth: Int)?

  private let access: GeneratedAccess

  static let columnMax = 120

  init(access: GeneratedAccess = .public) { self.access = access }

  mutating func line(_ line: String = "") {
    if !line.isEmpty {
      for _ in 0..<depth { text += "  " }
      // Texts say `public`; without it a declaration is internal.
      if access == .internal, line.hasPrefix("public ") {
        text += line.dropFirst(7)
      } else {
        text += line
      }
    }
    text += "\n"
  }

  /// `json.literal("…")`; one that follows another becomes part of it.
  mutating func literal(_ json: String) {
    var whole = json
    if let last = literal, last.end == text.utf8.count, last.depth == depth {
      text.unicodeScalars.removeLast(last.size)
      whole = last.text + json
    }
    let source = "json.literal(\(swiftLiteral(whole)))"
    line(source)
    literal = (whole, source.unicodeScalars.count + 2 * depth + 1, text.utf8.count, depth)
  }

  /// Whether a line is within the column limit here.
  func fits(_ line: String) -> Bool { line.count + 2 * depth <= Self.columnMax }

  /// `head"…"tail`: a string literal, of several lines where the text has them.
  mutating func string(_ head: String, _ value: String, _ tail: String) {
    let isPlain = value.utf8.allSatisfy { $0 == UInt8(ascii: "\n") || $0 >= 0x20 && $0 < 0x7F }
    guard isPlain, value.contains("\n") else { return line(head + swiftLiteral(value) + tail) }
    var fence = "#"
    while value.contains("\"\"\"" + fence) || value.contains("\\" + fence) { fence += "#" }
    line(head + fence + "\"\"\"")
    indented { text in
      for source in value.split(separator: "\n", omittingEmptySubsequences: false) {
        text.text += source.isEmpty ? "\n" : String(repeating: "  ", count: text.depth) + source + "\n"
      }
      text.line("\"\"\"" + fence + tail)
    }
  }

  /// Lines that are formatted already.
  mutating func raw(_ lines: String) { text += lines }

  /// `header {`, an indented body, and `}`.
  mutating func block(_ header: String, close: String = "}", _ body: (inout SwiftText) -> Void) {
    line(header)
    indented(body)
    line(close)
  }

  mutating func indented(_ body: (inout SwiftText) -> Void) {
    depth += 1
    body(&self)
    depth -= 1
  }

  /// A documentation comment, wrapped to the column limit; nothing for an empty text.
  mutating func doc(_ paragraphs: String?...) {
    var isFirst = true
    for case let paragraph? in paragraphs where !paragraph.isEmpty {
      if !isFirst { line("///") }
      isFirst = false
      for source in paragraph.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
        wrapped(String(source))
      }
    }
  }

  private mutating func wrapped(_ source: String) {
    let room = Self.columnMax - 2 * depth - 4
    var current = ""
    var count = 0
    for word in source.split(separator: " ") {
      let wordCount = word.count
      if !current.isEmpty, count + 1 + wordCount > room {
        line("/// " + current)
        current = ""
        count = 0
      }
      if !current.isEmpty {
        current += " "
        count += 1
      }
      current += word
      count += wordCount
    }
    line(current.isEmpty ? "///" : "/// " + current)
  }

  /// `head(a, b)tail` on one line when it fits, else an item to each line.
  mutating func list(_ head: String, _ items: [String], _ tail: String, open: String = "(", close: String = ")") {
    let short = head + open + items.joined(separator: ", ") + close + tail
    if short.count + 2 * depth <= Self.columnMax { return line(short) }
    line(head + open)
    indented { text in
      for (index, item) in items.enumerated() { text.line(item + (index + 1 < items.count ? "," : "")) }
    }
    line(close + tail)
  }
}

/// Whether a text stands in quotes as it is: most do, and to look at the properties of each scalar is slow.
private func isPlain(_ value: String) -> Bool {
  value.utf8.allSatisfy { (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
}

/// A Swift string literal.
func swiftLiteral(_ value: String) -> String {
  if isPlain(value) { return "\"\(value)\"" }
  var result = "\""
  for scalar in value.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    default:
      let isPlain = scalar.value >= 0x20 && scalar.value != 0x7F && !(0x80...0x9F).contains(scalar.value)
        && scalar.properties.generalCategory != .format && scalar.properties.generalCategory != .lineSeparator
        && scalar.properties.generalCategory != .paragraphSeparator
      if isPlain { result.unicodeScalars.append(scalar) } else { result += "\\u{\(String(scalar.value, radix: 16))}" }
    }
  }
  return result + "\""
}

/// A JSON string with its quotes.
func jsonLiteral(_ value: String) -> String {
  if isPlain(value) { return "\"\(value)\"" }
  var result = "\""
  for scalar in value.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    default:
      if scalar.value < 0x20 {
        let hex = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }
  return result + "\""
}
