import CPGQuery
import KatanaContract

/// A text of SQL and what PostgreSQL's own parser makes of it.
public struct SyntaxTree: Sendable {
  public struct Statement: Sendable {
    /// `SelectStmt`, `InsertStmt`, `CreateStmt`, …
    public let node: SyntaxNode
    /// The bytes of the text from the end of the statement before to the last token, without the semicolon.
    public let range: Range<Int>
  }

  public let text: String
  public let map: TextMap
  public let statements: [Statement]

  /// Why the parser refuses a text.
  public struct Failure: Error, Sendable {
    /// The parser's words: `syntax error at or near "FORM"`.
    public let message: String
    /// A byte of the text.
    public let offset: Int
    public let location: Location
  }

  /// Parses any number of statements.
  ///
  /// - Parameter map: where the text stands in the user's file.
  public init(parsing text: String, map: TextMap) throws(Failure) {
    self.text = text
    self.map = map
    if let end = text.utf8.firstIndex(of: 0) {
      let offset = text.utf8.distance(from: text.startIndex, to: end)
      throw Failure(message: "a NUL byte cannot stand in SQL", offset: offset, location: map.location(of: offset))
    }
    let result = pg_query_parse(text)
    defer { pg_query_free_parse_result(result) }
    if let error = result.error {
      let offset = Self.byteOffset(ofCharacter: Int(error.pointee.cursorpos), in: text)
      throw Failure(
        message: error.pointee.message.map { String(cString: $0) } ?? "the statement cannot be parsed",
        offset: offset,
        location: map.location(of: offset)
      )
    }
    let root = Self.read(result.parse_tree)
    guard let root else {
      throw Failure(message: "the statement is nested too deep", offset: 0, location: map.location(of: 0))
    }
    let count = text.utf8.count
    statements = root.nodes("stmts").map { raw in
      let start = raw.integer("stmt_location") ?? 0
      let length = raw.integer("stmt_len") ?? 0
      return Statement(node: raw.node("stmt")!, range: start..<(length > 0 ? start + length : count))
    }
  }

  /// Parses a text that stands in no file.
  public init(parsing text: String, name: String = "statement.sql") throws(Failure) {
    try self.init(parsing: text, map: TextMap(source: SourceFile(name: name, bytes: Array(text.utf8))))
  }

  /// Line and column in the user's file of a node; of the text's beginning for a node without a place.
  public func location(of node: SyntaxNode) -> Location { map.location(of: node.firstOffset ?? 0) }

  private static func read(_ json: UnsafePointer<CChar>) -> SyntaxNode? {
    let text = UnsafeRawPointer(json).assumingMemoryBound(to: UInt8.self)
    var length = 0
    while text[length] != 0 { length += 1 }
    var reader = TreeReader(UnsafeBufferPointer(start: text, count: length))
    return try? reader.root()
  }

  /// The parser counts characters from 1; 0 is no place.
  static func byteOffset(ofCharacter position: Int, in text: String) -> Int {
    var left = position - 1
    var offset = 0
    for byte in text.utf8 {
      if byte & 0xC0 != 0x80 {
        if left <= 0 { break }
        left -= 1
      }
      offset += 1
    }
    return offset
  }
}

extension SyntaxTree {
  /// A number for the statement's meaning, in hexadecimal digits: alike for statements that differ in spelling, in
  /// constants or in the numbers of parameters. Nil when the parser refuses the text.
  public static func fingerprint(of text: String) -> String? {
    let result = pg_query_fingerprint(text)
    defer { pg_query_free_fingerprint_result(result) }
    guard result.error == nil, let digits = result.fingerprint_str else { return nil }
    return String(cString: digits)
  }
}
