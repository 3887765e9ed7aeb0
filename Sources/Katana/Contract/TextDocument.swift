import CKatana

/// How the pieces of a value that came as text make one JSON document.
public enum TextShape: Sendable {
  /// The items of an array.
  case list
  /// The members of an object, each a text.
  case members
  /// Names with brackets, which say where in the document a text stands: `filter[tags][0]=new`. This is `deepObject`
  /// as clients write it where the standard says nothing: arrays, single values, objects in objects.
  case nested
}

/// A value that came as text, in pieces, put together as the JSON document that it means: for decoders and schemas that
/// judge a value as a whole.
///
/// Text does not say whether `5` is a number or a string; what reads it does. Every piece is a string at first. One
/// that is refused for its type, and that can be read as what is wanted, is written so and all is read again; where
/// that is refused, too, it stays what it was. Each piece changes at most twice, so this ends.
///
/// Workload: a handful of pieces and two rounds; a form has at most ``FormLimits/pairCountMax`` pieces.
struct TextDocument: ~Copyable {
  /// Brackets behind one name. Deeper ones are a violation, as in JSON.
  static let depthMax = 64
  /// A document is read as often as this; then what is wrong with it is said. Each round tells ``Violation/maximum``
  /// pieces at most that are no strings, so that this is enough for a form with nothing but numbers.
  static let roundsMax = 64

  enum Writing: Equatable {
    case string, literal, array, object
    /// A text of that many letters.
    case letters(Int)
  }

  struct Node {
    /// In the object around it.
    var name: Text
    /// Of a piece; nil for what brackets or several pieces make.
    var text: Text?
    var parent: Int
    var children: [Int] = []
    var writing: Writing
    /// What it was before it changed.
    var first: Writing?
    var isSettled = false
    /// Where it stands in the document as last written.
    var offset = 0
    /// The round in which it changed.
    var round = 0
  }

  private(set) var nodes: [Node] = []
  private var rounds = 0

  private static var none: Text { Text(start: nil, count: 0) }

  init(items: [Text]) {
    nodes.append(Node(name: Self.none, parent: 0, writing: .array))
    for item in items { append(item, Self.none, to: 0) }
  }

  /// Members of one name are an array.
  init(members: [(name: Text, value: Text)]) {
    nodes.append(Node(name: Self.none, parent: 0, writing: .object))
    for (name, value) in members {
      guard let known = child(name, of: 0) else {
        append(value, name, to: 0)
        continue
      }
      if let text = nodes[known].text {
        nodes[known].text = nil
        nodes[known].writing = .array
        append(text, Self.none, to: known)
      }
      append(value, Self.none, to: known)
    }
  }

  /// Nil when the pieces contradict each other: `a=1&a[b]=2`, or when brackets are malformed or too many.
  init?(nested pieces: [(path: Text, value: Text)]) {
    nodes.append(Node(name: Self.none, parent: 0, writing: .string))
    for (path, value) in pieces { guard insert(value, at: path) else { return nil } }
    for index in nodes.indices where !nodes[index].children.isEmpty { settleOrder(index) }
  }

  /// What was read before; only what is open may change.
  init(_ piece: TextPiece) { append(piece, Self.none, to: 0) }

  // MARK: Pieces

  private mutating func append(_ piece: TextPiece, _ name: Text, to parent: Int) {
    let index = nodes.count
    if index > 0 { nodes[parent].children.append(index) }
    var node = Node(name: name, parent: parent, writing: .string, isSettled: true)
    switch piece {
    case .text(let text, let isLiteral, let isOpen):
      (node.text, node.writing, node.isSettled) = (text, isLiteral ? .literal : .string, !isOpen)
      if isOpen, isLiteral { node.first = .string }
      nodes.append(node)
    case .file(let size):
      node.writing = .letters(size)
      nodes.append(node)
    case .items(let items):
      node.writing = .array
      nodes.append(node)
      for item in items { append(item, Self.none, to: index) }
    case .members(let members):
      node.writing = .object
      nodes.append(node)
      for member in members { append(member.value, member.name, to: index) }
    }
  }

  /// The document as it was read, for the one around it.
  var piece: TextPiece { piece(0) }

  private func piece(_ index: Int) -> TextPiece {
    let node = nodes[index]
    switch node.writing {
    case .string: return .text(node.text ?? Self.none, isLiteral: false, isOpen: false)
    case .literal: return .text(node.text ?? Self.none, isLiteral: true, isOpen: false)
    case .array: return .items(node.children.map { piece($0) })
    case .object: return .members(node.children.map { (nodes[$0].name, piece($0)) })
    case .letters(let count): return .file(size: count)
    }
  }

  private mutating func append(_ text: Text?, _ name: Text, to parent: Int) {
    nodes[parent].children.append(nodes.count)
    nodes.append(Node(name: name, text: text, parent: parent, writing: .string))
  }

  private func child(_ name: Text, of parent: Int) -> Int? {
    nodes[parent].children.first { nodes[$0].name.elementsEqual(name) }
  }

  private mutating func insert(_ text: Text, at path: Text) -> Bool {
    var at = 0
    var rest = path
    var depth = 0
    while !rest.isEmpty {
      depth += 1
      guard depth <= Self.depthMax, rest[0] == UInt8(ascii: "["), let close = rest.firstIndex(of: UInt8(ascii: "]")),
        nodes[at].text == nil
      else { return false }
      let name = Text(rebasing: rest[1..<close])
      rest = Text(rebasing: rest[(close + 1)...])
      // Each `[]` is another item.
      if let known = name.isEmpty ? nil : child(name, of: at) {
        at = known
      } else {
        append(nil, name, to: at)
        at = nodes.count - 1
      }
    }
    // A name that comes twice is an array.
    if nodes[at].text != nil || !nodes[at].children.isEmpty {
      if let first = nodes[at].text {
        nodes[at].text = nil
        append(first, Self.none, to: at)
      }
      guard nodes[at].children.allSatisfy({ nodes[$0].name.isEmpty }) else { return false }
      append(text, Self.none, to: at)
    } else {
      nodes[at].text = text
    }
    return true
  }

  /// An array when nothing but indices was given, in their order.
  private mutating func settleOrder(_ index: Int) {
    let numbers = nodes[index].children.map { Self.position(nodes[$0].name) }
    guard numbers.allSatisfy({ $0 != nil }) else {
      nodes[index].writing = .object
      return
    }
    nodes[index].writing = .array
    let order = numbers.indices.sorted { (numbers[$0]!, $0) < (numbers[$1]!, $1) }
    nodes[index].children = order.map { nodes[index].children[$0] }
  }

  private static func position(_ name: Text) -> Int? {
    if name.isEmpty { return Int.max }
    return name.count > 9 ? nil : name.allSatisfy(isDigit) ? Int(String(decoding: name, as: UTF8.self)) : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  // MARK: Reading

  /// Reads the document by a function that returns nil only with a violation.
  mutating func read<Value>(_ read: (inout JSONReader) -> Value?) -> Result<Value, ViolationList> {
    var text = JSONWriter()
    while true {
      text.removeAll()
      write(0, to: &text)
      rounds += 1
      let result: Result<Value, ViolationList>? = text.bytes.withUnsafeBytes { bytes in
        var json = JSONReader(bytes)
        let value = read(&json)
        if json.finish(), let value { return .success(value) }
        if rounds < Self.roundsMax, change(json.log) { return nil }
        return .failure(json.violations())
      }
      if let result { return result }
    }
  }

  private mutating func write(_ index: Int, to json: inout JSONWriter) {
    nodes[index].offset = json.used
    switch nodes[index].writing {
    case .string: json.quote(nodes[index].text ?? Self.none)
    case .literal: json.raw(nodes[index].text ?? Self.none)
    case .letters(let count): json.letters(count)
    case .array, .object:
      let isObject = nodes[index].writing == .object
      json.literal(isObject ? "{" : "[")
      for child in nodes[index].children {
        if isObject {
          json.quote(nodes[child].name)
          json.literal(":")
        }
        write(child, to: &json)
        json.literal(",")
      }
      json.close(isObject ? "}" : "]")
    }
  }

  /// Writes what was refused in another way; false when there is none.
  private mutating func change(_ log: ViolationLog) -> Bool {
    let places = Dictionary(nodes.indices.map { (nodes[$0].offset, $0) }, uniquingKeysWith: { first, _ in first })
    var isChanged = false
    for (offset, code, bound) in log.places {
      guard let index = places[offset], Self.isOfType(code), !nodes[index].isSettled, nodes[index].round < rounds else {
        continue
      }
      let wanted = code == .type ? bound?.description : nil
      if let first = nodes[index].first {
        nodes[index].writing = first
        nodes[index].isSettled = true
        isChanged = true
      } else if nodes[index].text == nil, wanted == nil, turnBeneath(index) {
        isChanged = true
      } else if let other = other(nodes[index], wanted) {
        turn(index, other)
        isChanged = true
      }
    }
    return isChanged
  }

  private static func isOfType(_ code: Violation.Code) -> Bool {
    switch code {
    case .type, .enum, .const, .anyOf, .oneOf: true
    default: false
    }
  }

  private mutating func turn(_ index: Int, _ writing: Writing) {
    if writing == .array, let text = nodes[index].text, nodes[index].children.isEmpty {
      append(text, Self.none, to: index)
    }
    nodes[index].first = nodes[index].writing
    nodes[index].writing = writing
    nodes[index].round = rounds
    let parent = nodes[index].parent
    guard writing == .literal, nodes[parent].writing == .array else { return }
    // The items of an array are of one kind, mostly.
    for sibling in nodes[parent].children where sibling != index { turnPlain(sibling) }
  }

  /// Alternatives none of which took the value do not say where it fails.
  private mutating func turnBeneath(_ index: Int) -> Bool {
    var isChanged = false
    var pending = nodes[index].children
    while let next = pending.popLast() {
      pending += nodes[next].children
      if turnPlain(next) { isChanged = true }
    }
    return isChanged
  }

  @discardableResult
  private mutating func turnPlain(_ index: Int) -> Bool {
    let node = nodes[index]
    guard let text = node.text, node.writing == .string, node.first == nil, !node.isSettled,
      ParameterText(text).isNumber || ParameterText(text).isBoolean
    else { return false }
    nodes[index].first = .string
    nodes[index].writing = .literal
    nodes[index].round = rounds
    return true
  }

  /// How a node that was refused can be written as `wanted`, the name of a type; nil for any other type.
  private func other(_ node: Node, _ wanted: String?) -> Writing? {
    guard let text = node.text else {
      let isNamed = node.writing == .array && node.children.allSatisfy { !nodes[$0].name.isEmpty }
      return isNamed && (wanted ?? "object") == "object" ? .object : nil
    }
    let value = ParameterText(text)
    switch wanted {
    case "integer", "number": return value.isNumber ? .literal : nil
    case "boolean": return value.isBoolean ? .literal : nil
    case "object": return Self.isDocument(text, "{") ? .literal : nil
    case "array": return Self.isDocument(text, "[") ? .literal : .array
    case "string": return nil
    default:
      let isDocument = Self.isDocument(text, "{") || Self.isDocument(text, "[")
      return isDocument || value.isNumber || value.isBoolean ? .literal : nil
    }
  }

  private static func isDocument(_ text: Text, _ start: Unicode.Scalar) -> Bool {
    guard text.first(where: { $0 > 0x20 }) == UInt8(ascii: start) else { return false }
    var json = JSONReader(UnsafeRawBufferPointer(text))
    json.skip()
    return json.finish()
  }
}

extension JSONWriter {
  /// Writes bytes that are JSON already.
  mutating func raw(_ text: UnsafeBufferPointer<UInt8>) {
    reserve(text.count)
    if let start = text.baseAddress { memcpy(base + used, start, text.count) }
    used += text.count
  }

  /// Writes a text of `count` letters.
  mutating func letters(_ count: Int) {
    literal("\"")
    reserve(count)
    memset(base + used, Int32(UInt8(ascii: "x")), count)
    used += count
    literal("\"")
  }
}
