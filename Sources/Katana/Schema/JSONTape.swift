import CKatana

/// A document laid out flat, so that a schema can look at any of its values any number of times.
///
/// Workload: bodies of 50 bytes to a few KiB, once for each body, so the tape lives in memory that is used again. One
/// pass over the cursor writes a node for each value and each name, parents before children. The children of an array
/// begin behind it; those of an object are names and values by turns.
///
/// Invariant: for a node `i`, everything inside it is in `i + 1 ..< nodes[i].next`.
final class JSONTape {
  enum Kind: UInt8 {
    case null, boolean, number, string, array, object
  }

  struct Node {
    /// Where the value begins, in bytes from the document's start.
    var offset: UInt32
    /// Where the text of a string or number begins: in the document, or in `decoded` when the string has escapes.
    var text: UInt32
    /// Bytes of text; items; members; 1 for true.
    var count: UInt32
    /// The node behind this value and everything in it.
    var next: UInt32
    /// For the name of a member: its number in the ``NameTable`` of the schema, or ``NameTable/unknown``.
    var name: UInt32
    var kind: Kind
    var isDecoded: Bool
    var isASCII: Bool
  }

  /// Nodes that are kept for the next document; what a larger one needed is given back.
  private static let keptNodes = 1 << 14
  private static let keptBytes = 1 << 16

  private(set) var base: UnsafePointer<UInt8>?
  private(set) var nodes: UnsafeMutablePointer<Node>
  private(set) var count = 0
  private var capacity = 64
  private var decoded: UnsafeMutablePointer<UInt8>
  private var decodedCount = 0
  private var decodedCapacity = 64

  init() {
    nodes = .allocate(capacity: capacity)
    decoded = .allocate(capacity: decodedCapacity)
  }

  deinit {
    nodes.deallocate()
    decoded.deallocate()
  }

  /// Lays out the value that is next. False when it is malformed: the cursor knows where.
  ///
  /// The document has to stay where it is while the tape is used, and to be smaller than 4 GiB.
  func build(_ cursor: inout kt_json, _ names: NameTable?) -> Bool {
    base = cursor.start
    count = 0
    decodedCount = 0
    return value(&cursor, names)
  }

  /// Forgets the document and gives back memory beyond what is kept.
  func clear() {
    base = nil
    count = 0
    if capacity > Self.keptNodes {
      nodes.deallocate()
      capacity = Self.keptNodes
      nodes = .allocate(capacity: capacity)
    }
    if decodedCapacity > Self.keptBytes {
      decoded.deallocate()
      decodedCapacity = Self.keptBytes
      decoded = .allocate(capacity: decodedCapacity)
    }
  }

  subscript(index: Int) -> Node { nodes[index] }

  /// The text of a string, decoded, or of a number. Good until the tape is built anew.
  func text(_ node: Node) -> UnsafeBufferPointer<UInt8> {
    let bytes = node.isDecoded ? UnsafePointer(decoded) : base!
    return UnsafeBufferPointer(start: bytes + Int(node.text), count: Int(node.count))
  }

  func string(_ index: Int) -> String { String(decoding: text(self[index]), as: UTF8.self) }

  private func value(_ cursor: inout kt_json, _ names: NameTable?) -> Bool {
    let type = kt_json_peek(&cursor)
    if type == KT_JSON_NONE { return false }
    let at = append(cursor.p - cursor.start)
    switch type {
    case KT_JSON_NULL:
      if !kt_json_null(&cursor) { return false }
    case KT_JSON_BOOLEAN:
      var value = false
      if !kt_json_boolean(&cursor, &value) { return false }
      nodes[at].kind = .boolean
      nodes[at].count = value ? 1 : 0
    case KT_JSON_NUMBER_VALUE:
      let begin = cursor.p!
      if !kt_json_skip(&cursor) { return false }
      nodes[at].kind = .number
      nodes[at].count = UInt32(cursor.p - begin)
    case KT_JSON_STRING:
      var text = kt_json_text()
      if !kt_json_string(&cursor, &text) { return false }
      setText(at, text)
    case KT_JSON_ARRAY:
      if !kt_json_enter(&cursor) { return false }
      nodes[at].kind = .array
      while kt_json_element(&cursor) {
        if !value(&cursor, names) { return false }
        nodes[at].count += 1
      }
    default:
      if !kt_json_enter(&cursor) { return false }
      nodes[at].kind = .object
      var key = kt_json_key()
      while kt_json_member(&cursor, &key) {
        let name = append(key.text.p - cursor.start)
        setText(name, key.text)
        nodes[name].next = UInt32(name + 1)
        if let names { nodes[name].name = names.number(text(nodes[name])) }
        if !value(&cursor, names) { return false }
        nodes[at].count += 1
      }
    }
    nodes[at].next = UInt32(count)
    return cursor.error == 0
  }

  private func append(_ offset: Int) -> Int {
    if count == capacity {
      let larger = UnsafeMutablePointer<Node>.allocate(capacity: 2 * capacity)
      larger.moveInitialize(from: nodes, count: count)
      nodes.deallocate()
      nodes = larger
      capacity *= 2
    }
    let at = UInt32(offset)
    (nodes + count).initialize(
      to: Node(
        offset: at,
        text: at,
        count: 0,
        next: 0,
        name: NameTable.unknown,
        kind: .null,
        isDecoded: false,
        isASCII: true
      )
    )
    count += 1
    return count - 1
  }

  private func setText(_ at: Int, _ text: kt_json_text) {
    nodes[at].kind = .string
    nodes[at].isASCII = text.ascii
    nodes[at].count = UInt32(text.decoded_n)
    guard text.escaped else {
      nodes[at].text = UInt32(text.p - base!)
      return
    }
    if decodedCapacity - decodedCount < text.decoded_n {
      let capacity = max(2 * decodedCapacity, decodedCount + text.decoded_n)
      let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
      larger.moveInitialize(from: decoded, count: decodedCount)
      decoded.deallocate()
      decoded = larger
      decodedCapacity = capacity
    }
    nodes[at].isDecoded = true
    nodes[at].text = UInt32(decodedCount)
    withUnsafePointer(to: text) { kt_json_unescape($0, decoded + decodedCount) }
    decodedCount += text.decoded_n
  }
}
