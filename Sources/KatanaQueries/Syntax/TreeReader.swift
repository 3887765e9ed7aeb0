/// Reads the JSON that libpg_query writes a parse tree in. The text is not a stranger's: what cannot be read is a fault
/// of ours, except for nesting, which follows the statement.
struct TreeReader {
  struct TooDeep: Error {}

  /// A level of an expression is three of JSON.
  static let depthMax = 3_000

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var depth = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// The root, whose kind is "": `{"version": …, "stmts": […]}`.
  mutating func root() throws(TooDeep) -> SyntaxNode {
    guard case .node(let node) = try value(of: "") else { preconditionFailure("libpg_query's tree is not an object") }
    return node
  }

  private mutating func value(of field: String) throws(TooDeep) -> SyntaxNode.Value {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.depthMax { throw TooDeep() }
    switch bytes[position] {
    case UInt8(ascii: "{"): return .node(try object(of: field))
    case UInt8(ascii: "["): return .list(try list(of: field))
    case UInt8(ascii: "\""): return .string(string())
    case UInt8(ascii: "t"):
      position += 4
      return .bool(true)
    case UInt8(ascii: "f"):
      position += 5
      return .bool(false)
    default: return .integer(integer())
    }
  }

  /// A node of any kind is wrapped as `{"ColumnRef": {…}}`; where only one kind may stand, that is left out.
  private mutating func object(of field: String) throws(TooDeep) -> SyntaxNode {
    var fields: [(name: String, value: SyntaxNode.Value)] = []
    position += 1
    while bytes[position] != UInt8(ascii: "}") {
      if bytes[position] == UInt8(ascii: ",") { position += 1 }
      let name = string()
      position += 1
      fields.append((name, try value(of: name)))
    }
    position += 1
    if fields.count == 1, case .node(let inner) = fields[0].value, let first = fields[0].name.utf8.first,
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
    {
      return SyntaxNode(kind: fields[0].name, fields: inner.fields)
    }
    return SyntaxNode(kind: Self.kinds[field] ?? "", fields: fields)
  }

  private mutating func list(of field: String) throws(TooDeep) -> [SyntaxNode] {
    var nodes: [SyntaxNode] = []
    position += 1
    while bytes[position] != UInt8(ascii: "]") {
      if bytes[position] == UInt8(ascii: ",") { position += 1 }
      switch try value(of: field) {
      case .node(let node): nodes.append(node)
      default: preconditionFailure("libpg_query's tree has a list of other things than nodes")
      }
    }
    position += 1
    return nodes
  }

  private mutating func integer() -> Int {
    let start = position
    while bytes[position] == UInt8(ascii: "-") || (0x30...0x39).contains(bytes[position]) { position += 1 }
    return Int(String(decoding: bytes[start..<position], as: UTF8.self))!
  }

  private mutating func string() -> String {
    position += 1
    let start = position
    while bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\") { position += 1 }
    var text = Array(bytes[start..<position])
    while bytes[position] != UInt8(ascii: "\"") {
      if bytes[position] == UInt8(ascii: "\\") {
        position += 1
        appendEscape(to: &text)
      } else {
        text.append(bytes[position])
      }
      position += 1
    }
    position += 1
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func appendEscape(to text: inout [UInt8]) {
    switch bytes[position] {
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      // Only control characters, '<' and '>' are written this way.
      let digits = String(decoding: bytes[(position + 1)...(position + 4)], as: UTF8.self)
      text.append(UInt8(truncatingIfNeeded: UInt32(digits, radix: 16)!))
      position += 4
    case let byte: text.append(byte)
    }
  }

  /// Which kind stands in a field that holds one kind only.
  private static let kinds: [String: String] = [
    "alias": "Alias", "bound": "PartitionBoundSpec", "bsval": "BitString", "boolval": "Boolean",
    "collClause": "CollateClause", "constrrel": "RangeVar", "cycle_clause": "CTECycleClause", "func": "ObjectWithArgs",
    "funccall": "FuncCall", "fval": "Float", "infer": "InferClause", "into": "IntoClause", "intoClause": "IntoClause",
    "ival": "Integer", "join_using_alias": "Alias", "larg": "SelectStmt", "newowner": "RoleSpec",
    "ofTypename": "TypeName", "onConflictClause": "OnConflictClause", "over": "WindowDef",
    "partbound": "PartitionBoundSpec",
    "partspec": "PartitionSpec", "pktable": "RangeVar", "rarg": "SelectStmt", "rel": "RangeVar", "relation": "RangeVar",
    "returnType": "TypeName", "search_clause": "CTESearchClause", "sequence": "RangeVar", "stmts": "RawStmt",
    "sval": "String", "typeName": "TypeName", "typevar": "RangeVar", "view": "RangeVar", "withClause": "WithClause",
  ]
}
