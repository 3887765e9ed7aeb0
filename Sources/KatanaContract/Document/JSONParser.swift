/// RFC 8259, strictly: no comments, no trailing commas, no duplicate names, no lone surrogates. The bytes are already
/// known to be UTF-8. Recursion is bounded by ``DocumentLimits/depthMax``.
struct JSONParser {
  private let source: SourceFile
  private let bytes: [UInt8]
  private var position = 0
  /// Line bookkeeping, so that every node does not search for its line.
  private var line = 1
  private var lineStart = 0
  /// Continuation bytes seen on this line; columns count code points.
  private var continuations = 0
  private(set) var nodes = 0
  private let nodesMax: Int
  private(set) var findings: [Diagnostic] = []

  init(source: SourceFile, nodesMax: Int) {
    self.source = source
    self.nodesMax = nodesMax
    bytes = source.bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      position = 3
      lineStart = 3
    }
  }

  mutating func parse() throws(SyntaxError) -> Node {
    skipSpace()
    if position == bytes.count { throw error("the document is empty", rule: .documentEmpty) }
    let node = try value(depth: 0)
    skipSpace()
    if position < bytes.count { throw error("expected the end of the document, found \(found)") }
    return node
  }

  private mutating func value(depth: Int) throws(SyntaxError) -> Node {
    let start = location
    nodes += 1
    if nodes > nodesMax {
      throw error("the document has more than \(DocumentLimits.nodesMax) values", rule: .tooManyNodes)
    }
    switch peek {
    case UInt8(ascii: "{"): return Node(content: .mapping(try object(depth: depth + 1)), location: start)
    case UInt8(ascii: "["): return Node(content: .sequence(try array(depth: depth + 1)), location: start)
    case UInt8(ascii: "\""): return scalar(try string(), .string, start, .doubleQuoted)
    case UInt8(ascii: "t"): return scalar(try literal("true"), .bool, start)
    case UInt8(ascii: "f"): return scalar(try literal("false"), .bool, start)
    case UInt8(ascii: "n"): return scalar(try literal("null"), .null, start)
    case let byte? where byte == UInt8(ascii: "-") || byte.isDigit:
      let (text, tag) = try number()
      return scalar(text, tag, start)
    default: throw error("expected a value, found \(found)")
    }
  }

  private func scalar(_ text: String, _ tag: Scalar.Tag, _ at: Location, _ style: Scalar.Style = .plain) -> Node {
    Node(content: .scalar(Scalar(text: text, style: style, tag: tag)), location: at)
  }

  private mutating func object(depth: Int) throws(SyntaxError) -> Mapping {
    try enter(depth)
    var entries: [Mapping.Entry] = []
    var seen = KeyRegister()
    if accept(UInt8(ascii: "}")) { return Mapping(entries: entries) }
    repeat {
      skipSpace()
      let keyLocation = location
      guard peek == UInt8(ascii: "\"") else { throw error("expected a name in double quotes, found \(found)") }
      let key = try string()
      guard accept(UInt8(ascii: ":")) else { throw error("expected ':' after the name \(quoted(key)), found \(found)") }
      skipSpace()
      let value = try value(depth: depth)
      if let duplicate = seen.insert(key, keyLocation) {
        findings.append(duplicate)
      } else {
        entries.append(Mapping.Entry(key: key, keyLocation: keyLocation, value: value))
      }
    } while accept(UInt8(ascii: ","))
    guard accept(UInt8(ascii: "}")) else { throw error("expected ',' or '}', found \(found)") }
    return Mapping(entries: entries)
  }

  private mutating func array(depth: Int) throws(SyntaxError) -> [Node] {
    try enter(depth)
    var items: [Node] = []
    if accept(UInt8(ascii: "]")) { return items }
    repeat {
      skipSpace()
      items.append(try value(depth: depth))
    } while accept(UInt8(ascii: ","))
    guard accept(UInt8(ascii: "]")) else { throw error("expected ',' or ']', found \(found)") }
    return items
  }

  private mutating func enter(_ depth: Int) throws(SyntaxError) {
    if depth > DocumentLimits.depthMax {
      throw error("values are nested deeper than \(DocumentLimits.depthMax) levels", rule: .nestingTooDeep)
    }
    position += 1
  }

  private mutating func literal(_ word: StaticString) throws(SyntaxError) -> String {
    let expected = word.description
    guard bytes[position...].starts(with: expected.utf8) else { throw error("expected a value, found \(found)") }
    position += expected.utf8.count
    return expected
  }

  private mutating func number() throws(SyntaxError) -> (String, Scalar.Tag) {
    let start = position
    var tag = Scalar.Tag.int
    if peek == UInt8(ascii: "-") { position += 1 }
    let leadingZero = peek == UInt8(ascii: "0")
    let integerDigits = skipDigits()
    if integerDigits == 0 { throw error("expected a digit, found \(found)") }
    if leadingZero, integerDigits > 1 { throw error("a number does not begin with 0", at: start) }
    if peek == UInt8(ascii: ".") {
      tag = .float
      position += 1
      if skipDigits() == 0 { throw error("expected a digit after '.', found \(found)") }
    }
    if let mark = peek, mark | 0x20 == UInt8(ascii: "e") {
      tag = .float
      position += 1
      if peek == UInt8(ascii: "-") || peek == UInt8(ascii: "+") { position += 1 }
      if skipDigits() == 0 { throw error("expected a digit in the exponent, found \(found)") }
    }
    return (String(decoding: bytes[start..<position], as: UTF8.self), tag)
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = peek, byte.isDigit { position += 1 }
    return position - start
  }
}

extension JSONParser {
  private mutating func string() throws(SyntaxError) -> String {
    let opening = position
    position += 1
    let start = position
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { advance(byte) }
    if peek == UInt8(ascii: "\"") {
      defer { position += 1 }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
    var text = Array(bytes[start..<position])
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        text.append(contentsOf: String(Character(try escape())).utf8)
      case 0..<0x20:
        throw error("a control character in a string must be escaped")
      default:
        text.append(byte)
        advance(byte)
      }
    }
    throw error("the string that begins here has no closing quote", at: opening)
  }

  private mutating func advance(_ byte: UInt8) {
    position += 1
    if byte & 0xC0 == 0x80 { continuations += 1 }
  }

  private mutating func escape() throws(SyntaxError) -> Unicode.Scalar {
    let start = position
    position += 1
    guard let byte = peek else { throw error("the document ends inside an escape", at: start) }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape(start)
    default: throw error("unknown escape in a string", at: start)
    }
  }

  private mutating func unicodeEscape(_ start: Int) throws(SyntaxError) -> Unicode.Scalar {
    let first = try hexUnit(start)
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
      throw error("a surrogate without its pair", at: start)
    }
    position += 2
    let second = try hexUnit(start)
    guard (0xDC00...0xDFFF).contains(second) else { throw error("a surrogate without its pair", at: start) }
    let combined = 0x10000 + ((UInt32(first) - 0xD800) << 10) + (UInt32(second) - 0xDC00)
    return Unicode.Scalar(combined)!
  }

  private mutating func hexUnit(_ start: Int) throws(SyntaxError) -> UInt16 {
    guard position + 4 <= bytes.count, bytes[position..<position + 4].allSatisfy(\.isHexDigit),
      let unit = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw error("expected four hexadecimal digits after \\u", at: start) }
    position += 4
    return unit
  }
}

extension JSONParser {
  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private var location: Location {
    Location(source: source, line: line, column: position - lineStart - continuations + 1)
  }

  /// What stands at the position, for messages.
  private var found: String {
    guard let byte = peek else { return "the end of the document" }
    return byte < 0x80 ? quoted(String(Unicode.Scalar(byte))) : "a character outside of ASCII"
  }

  private mutating func skipSpace() {
    while let byte = peek, byte.isJSONSpace {
      position += 1
      if byte == UInt8(ascii: "\n") {
        line += 1
        lineStart = position
        continuations = 0
      }
    }
  }

  /// Skips space and the byte, if it is there.
  private mutating func accept(_ byte: UInt8) -> Bool {
    skipSpace()
    guard peek == byte else { return false }
    position += 1
    return true
  }

  private func error(_ message: String, rule: ContractRule = .jsonSyntax, at offset: Int? = nil) -> SyntaxError {
    SyntaxError(rule: rule, location: offset.map(source.location(atByte:)) ?? location, message: message)
  }
}
