import CKatana

/// A media type or a range of them (RFC 9110 §12.5.1), as slices of what it was parsed from.
struct MediaRange {
  let type: Text
  let subtype: Text
  /// `; a=b; c=d`, or empty.
  let parameters: Slice<Text>

  init?(_ text: Slice<Text>) {
    let semicolon = text.firstIndex(of: UInt8(ascii: ";")) ?? text.endIndex
    let essence = Self.trimmed(text[..<semicolon])
    guard let slash = essence.firstIndex(of: UInt8(ascii: "/")) else { return nil }
    type = Text(rebasing: essence[..<slash])
    subtype = Text(rebasing: essence[(slash + 1)...])
    parameters = text[semicolon...]
    guard Self.isToken(type), Self.isToken(subtype) else { return nil }
  }

  /// How closely the range describes `type`: 3 for more when parameters agree, 2 for the type, 1 for `type/*`, 0 for
  /// `*/*`; nil when it does not.
  func precision(for media: MediaRange) -> Int? {
    if Self.isStar(type) { return Self.isStar(subtype) ? 0 : nil }
    guard Self.isEqual(type, media.type) else { return nil }
    if Self.isStar(subtype) { return 1 }
    guard Self.isEqual(subtype, media.subtype) else { return nil }
    var precision = 2
    var wanted = Parameters(parameters)
    while let (name, value) = wanted.next() {
      if Self.isQ(name) { break }  // what follows is no part of the type
      var have = Parameters(media.parameters)
      var isThere = false
      while let (other, otherValue) = have.next(), !isThere {
        isThere = Self.isEqual(name, other) && Self.isEqual(value, otherValue)
      }
      if !isThere { return nil }
      precision += 1
    }
    return precision
  }

  /// Whether it is more than one media type: `image/*`, `*/*`.
  var isRange: Bool { Self.isStar(subtype) }

  /// Whether some media type is in this range and in `other`.
  func overlaps(_ other: MediaRange) -> Bool {
    if Self.isStar(type) || Self.isStar(other.type) { return true }
    guard Self.isEqual(type, other.type) else { return false }
    return isRange || other.isRange || Self.isEqual(subtype, other.subtype)
  }

  /// The weight in thousandths; nil when it is malformed.
  var quality: Int? {
    var parameters = Parameters(parameters)
    while let (name, value) = parameters.next() {
      if Self.isQ(name) { return Self.thousandths(value) }
    }
    return 1000
  }

  /// `0[.ddd]` or `1[.000]` (RFC 9110 §12.4.2).
  private static func thousandths(_ text: Text) -> Int? {
    guard let first = text.first, first == UInt8(ascii: "0") || first == UInt8(ascii: "1"), text.count <= 5 else {
      return nil
    }
    var value = Int(first - UInt8(ascii: "0")) * 1000
    if text.count == 1 { return value }
    guard text[1] == UInt8(ascii: ".") else { return nil }
    var unit = 100
    for byte in text[2...] {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      value += Int(byte - UInt8(ascii: "0")) * unit
      unit /= 10
    }
    return value <= 1000 ? value : nil
  }

  /// Walks parameters; quoted values come without their quotes.
  private struct Parameters {
    private var rest: Slice<Text>

    init(_ rest: Slice<Text>) { self.rest = rest }

    mutating func next() -> (name: Text, value: Text)? {
      while let first = rest.first, first == UInt8(ascii: ";") || first == UInt8(ascii: " ") || first == 9 {
        rest = rest.dropFirst()
      }
      if rest.isEmpty { return nil }
      let piece = takeList(&rest, separator: UInt8(ascii: ";"))
      guard let equals = piece.firstIndex(of: UInt8(ascii: "=")) else {
        return (Text(rebasing: trimmed(piece)), Text(start: nil, count: 0))
      }
      var value = trimmed(piece[(equals + 1)...])
      if value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") {
        value = value.dropFirst().dropLast()
      }
      return (Text(rebasing: trimmed(piece[..<equals])), Text(rebasing: value))
    }
  }

  static func trimmed(_ text: Slice<Text>) -> Slice<Text> {
    var text = text
    while let first = text.first, first == UInt8(ascii: " ") || first == 9 { text = text.dropFirst() }
    while let last = text.last, last == UInt8(ascii: " ") || last == 9 { text = text.dropLast() }
    return text
  }

  private static func isQ(_ name: Text) -> Bool { name.count == 1 && name[0] | 0x20 == UInt8(ascii: "q") }

  private static func isStar(_ text: Text) -> Bool { text.count == 1 && text[0] == UInt8(ascii: "*") }

  private static func isToken(_ text: Text) -> Bool {
    !text.isEmpty
      && text.allSatisfy { byte in
        byte > 0x20 && byte < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
      }
  }

  static func isEqual(_ left: Text, _ right: Text) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { lowered($0) == lowered($1) }
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}

/// Takes an item and its separator off a list; separators in quotes are none.
func takeList(_ rest: inout Slice<Text>, separator: UInt8) -> Slice<Text> {
  var isQuoted = false
  var at = rest.startIndex
  while at < rest.endIndex {
    let byte = rest[at]
    if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
    if byte == UInt8(ascii: "\\"), isQuoted { at += 1 }
    if byte == separator, !isQuoted { break }
    at += 1
  }
  let end = min(at, rest.endIndex)
  defer { rest = rest[min(end + 1, rest.endIndex)...] }
  return rest[..<end]
}
