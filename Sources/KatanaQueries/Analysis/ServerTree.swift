/// A node of the tree that PostgreSQL made of a statement when it knew what every name in it means, as the server
/// writes it into its catalog (`pg_node_tree`; the fields are those of `nodes/primnodes.h` and `parsenodes.h`).
indirect enum ServerNode: Sendable {
  case node(String, [(name: String, value: ServerNode)])
  case list([ServerNode])
  /// Of integers, object identifiers or members of a set.
  case numbers([Int])
  case atom(String)
  case null

  var kind: String { if case .node(let kind, _) = self { kind } else { "" } }

  subscript(field: String) -> ServerNode {
    if case .node(_, let fields) = self, let found = fields.first(where: { $0.name == field }) {
      found.value
    } else {
      .null
    }
  }

  /// The parts of a list; none for anything else.
  var items: [ServerNode] { if case .list(let items) = self { items } else { [] } }

  var isNull: Bool { if case .null = self { true } else { false } }

  var text: String? { if case .atom(let text) = self { text } else { nil } }

  var integer: Int { if case .atom(let text) = self { Int(text) ?? 0 } else { 0 } }

  var oid: UInt32 { UInt32(clamping: integer) }

  var isTrue: Bool { if case .atom("true") = self { true } else { false } }

  fileprivate static let constantBytes = "katana:bytes"

  /// The text of a constant of the type `text`: what follows the four bytes of its length.
  var constantText: String? {
    guard case .numbers(let bytes) = self[Self.constantBytes], self["consttype"].integer == 25, bytes.count >= 4 else {
      return nil
    }
    return String(decoding: bytes.dropFirst(4).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
  }

  /// Whether a constant array holds NULL: what follows the length and the number of dimensions is the place of the data
  /// behind a bitmap of the NULLs, 0 where there is none (`ArrayType` of utils/array.h). Nil for what is too short.
  var constantArrayHasNull: Bool? {
    guard case .numbers(let bytes) = self[Self.constantBytes], bytes.count >= 16 else { return nil }
    return bytes[8..<12].contains { $0 != 0 }
  }

  /// Calls `body` with this node and all below it.
  func walk(_ body: (ServerNode) -> Void) {
    switch self {
    case .node(_, let fields):
      body(self)
      for field in fields { field.value.walk(body) }
    case .list(let items): for item in items { item.walk(body) }
    default: break
    }
  }

  /// The same text for nodes that differ in their places only.
  var signature: String {
    switch self {
    case .node(let kind, let fields):
      "{" + kind
        + fields.filter { $0.name != "location" }.map { " :\($0.name) \($0.value.signature)" }.joined() + "}"
    case .list(let items): "(" + items.map(\.signature).joined(separator: " ") + ")"
    case .numbers(let numbers): "(n \(numbers))"
    case .atom(let text): text
    case .null: "<>"
    }
  }
}

/// Reads the text of a `pg_node_tree`. What it does not expect ends the reading: the statement is then analysed as one
/// of which nothing is known.
struct ServerTreeReader {
  struct Failure: Error {}

  private let bytes: [UInt8]
  private var position = 0

  static func read(_ text: String) throws(Failure) -> ServerNode {
    var reader = ServerTreeReader(bytes: Array(text.utf8))
    return try reader.value()
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func skipSpace() {
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x0A || bytes[position] == 0x09 {
      position += 1
    }
  }

  private func byte() throws(Failure) -> UInt8 {
    guard position < bytes.count else { throw Failure() }
    return bytes[position]
  }

  private mutating func value() throws(Failure) -> ServerNode {
    skipSpace()
    switch try byte() {
    case UInt8(ascii: "{"): return try node()
    case UInt8(ascii: "("): return try list()
    case UInt8(ascii: "\""): return .atom(try quoted())
    default:
      let word = try token()
      return word == "<>" ? .null : .atom(word)
    }
  }

  private mutating func node() throws(Failure) -> ServerNode {
    position += 1
    let kind = try token()
    var fields: [(name: String, value: ServerNode)] = []
    var bytes: [Int] = []
    while true {
      skipSpace()
      if try byte() == UInt8(ascii: "}") { break }
      guard try byte() == UInt8(ascii: ":") else {
        // What follows a value: the bytes of a constant, in square brackets.
        if case .atom(let text) = try value(), let byte = Int(text) { bytes.append(byte) }
        continue
      }
      position += 1
      let name = try token()
      fields.append((name, try value()))
    }
    position += 1
    if !bytes.isEmpty { fields.append((ServerNode.constantBytes, .numbers(bytes))) }
    return .node(kind, fields)
  }

  private mutating func list() throws(Failure) -> ServerNode {
    position += 1
    // `(o 23 25)`; a text `"o"` has quotes.
    let isNumbers =
      "iobx".utf8.contains(try byte()) && position + 1 < bytes.count && " )".utf8.contains(bytes[position + 1])
    var items: [ServerNode] = []
    while true {
      skipSpace()
      if try byte() == UInt8(ascii: ")") { break }
      items.append(try value())
    }
    position += 1
    return isNumbers ? .numbers(items.dropFirst().map(\.integer)) : .list(items)
  }

  private mutating func token() throws(Failure) -> String {
    skipSpace()
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\\"), position + 1 < bytes.count {
        text.append(bytes[position + 1])
        position += 2
        continue
      }
      if byte == 0x20 || byte == 0x0A || byte == 0x09 || "(){}".utf8.contains(byte) { break }
      text.append(byte)
      position += 1
    }
    if text.isEmpty { throw Failure() }
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func quoted() throws(Failure) -> String {
    position += 1
    var text: [UInt8] = []
    while try byte() != UInt8(ascii: "\"") {
      if try byte() == UInt8(ascii: "\\") { position += 1 }
      text.append(try byte())
      position += 1
    }
    position += 1
    return String(decoding: text, as: UTF8.self)
  }
}
