import CPGQuery

/// A token of SQL by PostgreSQL's own scanner.
struct Token: Sendable {
  enum Kind: Sendable, Equatable {
    /// Of one character, or of several that have a token of their own (`::`, `<=`, `=>`).
    case symbol
    case op
    /// Quoted or not.
    case identifier
    case keyword
    /// A string with any quotes, a number, a bit string.
    case constant
    /// `$1`
    case parameter
    case lineComment
    case blockComment
  }

  let kind: Kind
  /// Bytes of the text.
  let range: Range<Int>

  var isComment: Bool { kind == .lineComment || kind == .blockComment }
}

/// The tokens of a text, comments included.
struct Tokens: Sendable {
  let bytes: [UInt8]
  let all: [Token]

  struct Failure: Error {
    let message: String
    /// A byte of the text.
    let offset: Int
  }

  init(scanning bytes: [UInt8]) throws(Failure) {
    self.bytes = bytes
    let text = String(decoding: bytes, as: UTF8.self)
    let result = pg_query_scan(text)
    defer { pg_query_free_scan_result(result) }
    if let error = result.error {
      throw Failure(
        message: error.pointee.message.map { String(cString: $0) } ?? "the text is not SQL",
        offset: SyntaxTree.byteOffset(ofCharacter: Int(error.pointee.cursorpos), in: text)
      )
    }
    let message = UnsafeRawBufferPointer(start: result.pbuf.data, count: result.pbuf.len)
    all = Self.tokens(in: message, of: bytes)
  }

  func text(_ token: Token) -> String { String(decoding: bytes[token.range], as: UTF8.self) }

  /// Whether a token that is not quoted says `word`, which is in small letters.
  func isWord(_ token: Token, _ word: String) -> Bool {
    guard token.kind == .keyword || token.kind == .identifier, token.range.count == word.utf8.count else {
      return false
    }
    return zip(bytes[token.range], word.utf8).allSatisfy { Self.lowered($0) == $1 }
  }

  func isSymbol(_ token: Token, _ character: Unicode.Scalar) -> Bool {
    (token.kind == .symbol || token.kind == .op) && token.range.count == 1
      && bytes[token.range.lowerBound] == UInt8(ascii: character)
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  /// `ScanResult` of pg_query.proto: the tokens are field 2, of each the start is field 1, the end 2, the token 4 and
  /// the kind of keyword 5.
  private static func tokens(in message: UnsafeRawBufferPointer, of text: [UInt8]) -> [Token] {
    var reader = ProtobufReader(message)
    var tokens: [Token] = []
    while let (field, value) = reader.next() {
      guard field == 2, case .bytes(let bytes) = value else { continue }
      var start = 0
      var end = 0
      var token = 0
      var keyword = 0
      var fields = ProtobufReader(bytes)
      while let (field, value) = fields.next() {
        guard case .number(let number) = value else { continue }
        switch field {
        case 1: start = number
        case 2: end = number
        case 4: token = number
        case 5: keyword = number
        default: break
        }
      }
      // libpg_query is wrong about the end of U&'…' and U&"…".
      if token == 259 || token == 262 { end = endOfQuotes(from: start + 2, in: text) ?? end }
      tokens.append(Token(kind: kind(token, keyword), range: start..<end))
    }
    return tokens
  }

  /// The byte after a string or name that begins with a quote here; a quote in it is doubled.
  private static func endOfQuotes(from start: Int, in text: [UInt8]) -> Int? {
    guard text.indices.contains(start) else { return nil }
    let quote = text[start]
    var position = start + 1
    while let found = text[position...].firstIndex(of: quote) {
      position = found + 1
      guard position < text.count, text[position] == quote else { return position }
      position += 1
    }
    return nil
  }

  private static func kind(_ token: Int, _ keyword: Int) -> Token.Kind {
    if keyword != 0 { return .keyword }
    switch token {
    case 258, 259: return .identifier
    case 260...264, 266: return .constant
    case 265: return .op
    case 267: return .parameter
    case 275: return .lineComment
    case 276: return .blockComment
    default: return .symbol
    }
  }
}

/// As much of Protocol Buffers as libpg_query's messages need.
private struct ProtobufReader {
  enum Value {
    case number(Int)
    case bytes(UnsafeRawBufferPointer)
  }

  private let message: UnsafeRawBufferPointer
  private var position = 0

  init(_ message: UnsafeRawBufferPointer) { self.message = message }

  mutating func next() -> (field: Int, value: Value)? {
    guard position < message.count else { return nil }
    let tag = varint()
    if tag & 7 == 0 { return (tag >> 3, .number(varint())) }
    precondition(tag & 7 == 2, "libpg_query's message has a field of an unknown form")
    let count = varint()
    defer { position += count }
    return (tag >> 3, .bytes(UnsafeRawBufferPointer(rebasing: message[position..<(position + count)])))
  }

  private mutating func varint() -> Int {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = message[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return Int(truncatingIfNeeded: value) }
      shift += 7
    }
  }
}
