import CKatana
import KatanaScalars

@usableFromInline typealias Text = UnsafeBufferPointer<UInt8>

/// Text of a request as it was sent, and how it is decoded.
struct RawText {
  enum Coding: UInt8 {
    /// As it is: fields, parts of a multipart body, what was decoded before.
    case none
    /// Escapes of RFC 3986 §2.1: paths, cookies.
    case percent
    /// Escapes, and '+' is a space: queries, forms.
    case form
  }

  var text: Text
  var coding: Coding

  init(_ text: Text, _ coding: Coding) {
    self.text = text
    self.coding = coding
  }

  init(_ bytes: kt_bytes, _ coding: Coding) { self.init(Text(start: bytes.p, count: bytes.n), coding) }

  private var isPlain: Bool {
    switch coding {
    case .none: true
    case .percent: !text.contains(UInt8(ascii: "%"))
    case .form: !text.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
    }
  }

  /// Nil for a malformed escape or text that is not UTF-8. What changes lies in the exchange's arena.
  func decoded(_ exchange: OpaquePointer) -> Text? {
    if isPlain { return kt_utf8_prefix(text.baseAddress, text.count) == text.count ? text : nil }
    guard let memory = kt_exchange_alloc(exchange, text.count) else { return nil }
    let out = memory.assumingMemoryBound(to: UInt8.self)
    let count = kt_percent_decode(kt_bytes(p: text.baseAddress, n: text.count), out, coding == .form)
    return count < 0 ? nil : Text(start: out, count: Int(count))
  }

  /// Whether the text decodes to `name`, without decoding it to anywhere. False for a malformed escape.
  func decodes(to name: StaticString) -> Bool {
    var at = 0
    for expected in UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount) {
      guard at < text.count else { return false }
      var byte = text[at]
      at += 1
      if byte == UInt8(ascii: "+"), coding == .form {
        byte = UInt8(ascii: " ")
      } else if byte == UInt8(ascii: "%"), coding != .none {
        guard at + 1 < text.count, let high = hexValue(text[at]), let low = hexValue(text[at + 1]) else { return false }
        byte = high << 4 | low
        at += 2
      }
      if byte != expected { return false }
    }
    return at == text.count
  }

  /// Without the first `count` bytes.
  func dropping(_ count: Int) -> RawText { RawText(Text(rebasing: text[count...]), coding) }

  /// The sides of the first equals sign; what has none is a name with an empty value.
  var sides: (name: RawText, value: RawText) {
    guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else {
      return (self, RawText(Text(start: nil, count: 0), coding))
    }
    return (RawText(Text(rebasing: text[..<equals]), coding), dropping(equals + 1))
  }

  /// The parts between delimiters; none of an empty text.
  func split(_ delimiter: Delimiter) -> [RawText] {
    var parts: [RawText] = []
    if text.isEmpty { return parts }
    var start = 0
    var at = 0
    while at < text.count {
      let width = delimiter.width(text, at)
      if width == 0 {
        at += 1
      } else {
        parts.append(RawText(Text(rebasing: text[start..<at]), coding))
        at += width
        start = at
      }
    }
    parts.append(dropping(start))
    return parts
  }

  /// Without optional whitespace around it, as items of lists in fields have it (RFC 9110 §5.6.1).
  var trimmed: RawText {
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    guard let first = text.firstIndex(where: { !isSpace($0) }), let last = text.lastIndex(where: { !isSpace($0) })
    else { return RawText(Text(start: nil, count: 0), coding) }
    return RawText(Text(rebasing: text[first...last]), coding)
  }
}

/// What stands between items.
enum Delimiter {
  case byte(UInt8)
  /// A space or a pipe, plain or escaped; '+' is a space.
  case space, pipe

  /// Bytes of the delimiter at `at`, zero when there is none.
  func width(_ text: Text, _ at: Int) -> Int {
    switch self {
    case .byte(let byte): text[at] == byte ? 1 : 0
    case .space:
      text[at] == UInt8(ascii: " ") || text[at] == UInt8(ascii: "+") ? 1 : Self.isEscape(text, at, 0x20) ? 3 : 0
    case .pipe: text[at] == UInt8(ascii: "|") ? 1 : Self.isEscape(text, at, 0x7C) ? 3 : 0
    }
  }

  private static func isEscape(_ text: Text, _ at: Int, _ byte: UInt8) -> Bool {
    guard text[at] == UInt8(ascii: "%"), at + 2 < text.count, let high = hexValue(text[at + 1]),
      let low = hexValue(text[at + 2])
    else { return false }
    return high << 4 | low == byte
  }
}

extension ParameterStyle {
  private func delimiter(explode: Bool) -> Delimiter {
    switch self {
    case .label where explode: .byte(UInt8(ascii: "."))
    case .matrix where explode: .byte(UInt8(ascii: ";"))
    case .spaceDelimited: .space
    case .pipeDelimited: .pipe
    default: .byte(UInt8(ascii: ","))
    }
  }

  /// The text behind what the style puts in front of it; nil when it is not there.
  func unmarked(_ raw: RawText, _ name: StaticString, explode: Bool) -> RawText? {
    switch self {
    case .label: return raw.text.first == UInt8(ascii: ".") ? raw.dropping(1) : nil
    case .matrix:
      guard raw.text.first == UInt8(ascii: ";") else { return nil }
      if explode { return raw.dropping(1) }
      let sides = raw.dropping(1).sides
      return sides.name.decodes(to: name) ? sides.value : nil
    default: return raw
    }
  }

  /// The items of one text; nil when it is not written in this style.
  func items(_ raw: RawText, _ name: StaticString, explode: Bool) -> [RawText]? {
    guard let rest = unmarked(raw, name, explode: explode) else { return nil }
    let parts = rest.split(delimiter(explode: explode))
    guard self == .matrix, explode else { return parts }
    var items: [RawText] = []
    for part in parts {
      let sides = part.sides
      guard sides.name.decodes(to: name) else { return nil }
      items.append(sides.value)
    }
    return items
  }

  /// The members of one text; nil when it is not written in this style.
  func pairs(_ raw: RawText, _ name: StaticString, explode: Bool) -> [(name: RawText, value: RawText)]? {
    guard let rest = unmarked(raw, name, explode: explode) else { return nil }
    let parts = rest.split(delimiter(explode: explode))
    if explode {
      // Only in the style matrix an empty value has no equals sign (RFC 6570 §3.2.7).
      guard self == .matrix || parts.allSatisfy({ $0.text.contains(UInt8(ascii: "=")) }) else { return nil }
      return parts.map(\.sides)
    }
    guard parts.count % 2 == 0 else { return nil }
    return stride(from: 0, to: parts.count, by: 2).map { (parts[$0], parts[$0 + 1]) }
  }

  /// What a value in another style is told to be.
  var expectation: StaticString {
    switch self {
    case .simple: "value in the style simple"
    case .label: "value in the style label"
    case .matrix: "value in the style matrix"
    case .form: "value in the style form"
    case .spaceDelimited: "value in the style spaceDelimited"
    case .pipeDelimited: "value in the style pipeDelimited"
    case .deepObject: "value in the style deepObject"
    }
  }
}
