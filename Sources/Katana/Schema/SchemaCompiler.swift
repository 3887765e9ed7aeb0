import CKatana
import KatanaScalars

/// Turns the text of a schema into tables. References are resolved behind everything else, so that the stack is
/// bounded by the depth of the text and not by its chains.
struct SchemaCompiler {
  let text: SchemaText
  let tape: JSONTape
  let limits: JSONSchema.Limits
  var tables = SchemaTables()
  /// The table entry of each value of the text that is a schema.
  private var known: [Int: Int32] = [:]
  private var references: [(from: Int32, to: Int)] = []
  /// Members of objects that references lead through; a text may have as many references as definitions.
  private var indexes: [Int: [JSONName: Int]] = [:]

  static func compile(
    _ text: SchemaText,
    _ limits: JSONSchema.Limits
  ) throws(JSONSchema.Fault) -> (tables: SchemaTables, tape: JSONTape, root: Int32, definitions: [String: Int32]) {
    var cursor = kt_json()
    kt_json_init(&cursor, kt_bytes(p: text.bytes.baseAddress, n: text.bytes.count))
    let tape = JSONTape()
    let valid = kt_utf8_prefix(text.bytes.baseAddress, text.bytes.count)
    if valid != text.bytes.count { kt_json_fail(&cursor, KT_JSON_UTF8, cursor.start + valid) }
    if text.bytes.count > UInt32.max || !tape.build(&cursor, nil) || !kt_json_finish(&cursor) {
      let offset = cursor.fault == nil ? 0 : cursor.fault - cursor.start
      throw JSONSchema.Fault(pointer: text.pointer(offset), offset: offset, reason: "is not JSON")
    }
    var compiler = SchemaCompiler(text: text, tape: tape, limits: limits)
    let root = try compiler.schema(0)
    while let reference = compiler.references.popLast() {
      let target = try compiler.schema(reference.to)
      compiler.tables.nodes[Int(reference.from)].ref = target
    }
    try compiler.refuseCycles()
    return (compiler.tables, tape, root, try compiler.definitions())
  }

  /// The entries of the definitions of the whole text.
  private mutating func definitions() throws(JSONSchema.Fault) -> [String: Int32] {
    guard tape[0].kind == .object, let at = child(0, "$defs") else { return [:] }
    var entries: [String: Int32] = [:]
    for member in try members(at) { entries[member.name] = try schema(member.value) }
    return entries
  }

  private init(text: SchemaText, tape: JSONTape, limits: JSONSchema.Limits) {
    self.text = text
    self.tape = tape
    self.limits = limits
  }

  func fault(_ at: Int, _ reason: String) -> JSONSchema.Fault {
    let offset = Int(tape[at].offset)
    return JSONSchema.Fault(pointer: text.pointer(offset), offset: offset, reason: reason)
  }

  /// The entry of the schema that stands at a node.
  mutating func schema(_ at: Int) throws(JSONSchema.Fault) -> Int32 {
    if let entry = known[at] { return entry }
    if tape[at].kind == .boolean { return tape[at].count == 1 ? SchemaNode.yes : SchemaNode.no }
    guard tape[at].kind == .object else { throw fault(at, "must be a schema: an object or a boolean") }
    let entry = Int32(tables.nodes.count)
    tables.nodes.append(SchemaNode())
    known[at] = entry
    var keywords: [String: Int] = [:]
    for member in try members(at) { keywords[member.name] = member.value }
    let node = try compile(keywords)
    tables.nodes[Int(entry)] = node
    if let ref = keywords["$ref"] { references.append((entry, try target(ref))) }
    if let dynamic = keywords["$dynamicRef"] { throw fault(dynamic, "is not supported: use $ref") }
    return entry
  }

  private mutating func compile(_ keywords: [String: Int]) throws(JSONSchema.Fault) -> SchemaNode {
    var node = SchemaNode()
    if let at = keywords["type"] { node.types = try types(at) }
    if let at = keywords["enum"] { node.enum = append(try values(at), to: \.values) }
    if let at = keywords["const"] { node.const = append(rules([at]), to: \.values) }
    if let rules = try numberRules(keywords) { node.number = append(rules, to: \.numbers) }
    if let rules = try stringRules(keywords) { node.string = append(rules, to: \.strings) }
    if let rules = try arrayRules(keywords) { node.array = append(rules, to: \.arrays) }
    if let rules = try objectRules(keywords) { node.object = append(rules, to: \.objects) }
    node.allOf = try alternatives(keywords["allOf"])
    node.anyOf = try alternatives(keywords["anyOf"])
    node.oneOf = try alternatives(keywords["oneOf"])
    node.not = try optional(keywords["not"])
    node.if = try optional(keywords["if"])
    node.then = try optional(keywords["then"])
    node.else = try optional(keywords["else"])
    node.dependent = try dependents(keywords["dependentSchemas"])
    node.unevaluatedItems = try optional(keywords["unevaluatedItems"])
    node.unevaluatedProperties = try optional(keywords["unevaluatedProperties"])
    if let definitions = keywords["$defs"] {
      for member in try members(definitions) { _ = try schema(member.value) }
    }
    return node
  }

  private mutating func append<Rules>(_ rules: Rules, to table: WritableKeyPath<SchemaTables, [Rules]>) -> Int32 {
    tables[keyPath: table].append(rules)
    return Int32(tables[keyPath: table].count - 1)
  }

  // MARK: Parts

  mutating func optional(_ at: Int?) throws(JSONSchema.Fault) -> Int32 {
    guard let at else { return -1 }
    return try schema(at)
  }

  /// A list of schemas that is not empty.
  private mutating func alternatives(_ at: Int?) throws(JSONSchema.Fault) -> SchemaList {
    guard let at else { return SchemaList() }
    guard tape[at].kind == .array, tape[at].count > 0 else {
      throw fault(at, "must be an array of at least one schema")
    }
    return try list(at)
  }

  mutating func list(_ at: Int) throws(JSONSchema.Fault) -> SchemaList {
    var entries: [Int32] = []
    for item in try items(at) { entries.append(try schema(item)) }
    defer { tables.lists += entries }
    return SchemaList(start: Int32(tables.lists.count), count: Int32(entries.count))
  }

  private mutating func dependents(_ at: Int?) throws(JSONSchema.Fault) -> SchemaList {
    guard let at else { return SchemaList() }
    var entries: [(UInt32, Int32)] = []
    for member in try members(at) {
      entries.append((tables.names.insert(member.name), try schema(member.value)))
    }
    defer { tables.dependents += entries.map { (name: $0.0, schema: $0.1) } }
    return SchemaList(start: Int32(tables.dependents.count), count: Int32(entries.count))
  }

  func items(_ at: Int) throws(JSONSchema.Fault) -> [Int] {
    guard tape[at].kind == .array else { throw fault(at, "must be an array") }
    var items: [Int] = []
    var item = at + 1
    while item < tape[at].next {
      items.append(item)
      item = Int(tape[item].next)
    }
    return items
  }

  /// The members of an object, which has each name once.
  func members(_ at: Int) throws(JSONSchema.Fault) -> [(name: String, value: Int)] {
    guard tape[at].kind == .object else { throw fault(at, "must be an object") }
    var members: [(name: String, value: Int)] = []
    var seen: Set<JSONName> = []
    var name = at + 1
    while name < tape[at].next {
      let text = tape.string(name)
      if !seen.insert(JSONName(text)).inserted { throw fault(name + 1, "is present more than once") }
      members.append((text, name + 1))
      name = Int(tape[name + 1].next)
    }
    return members
  }

  // MARK: References

  /// The node that a `$ref` names.
  private mutating func target(_ at: Int) throws(JSONSchema.Fault) -> Int {
    guard tape[at].kind == .string else { throw fault(at, "must be a string") }
    let reference = tape.string(at)
    guard reference.utf8.first == UInt8(ascii: "#"), let pointer = percentDecoded(reference.dropFirst()) else {
      throw fault(at, "must begin with #: only this text is known")
    }
    if pointer.isEmpty { return 0 }
    guard pointer.utf8.first == UInt8(ascii: "/") else { throw fault(at, "must be # or a JSON pointer behind #") }
    var node = 0
    for token in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let next = child(node, unescaped(token)) else { throw fault(at, "leads to nothing") }
      node = next
    }
    return node
  }

  private mutating func child(_ node: Int, _ token: String) -> Int? {
    switch tape[node].kind {
    case .object:
      if indexes[node] == nil {
        let members = (try? members(node)) ?? []
        indexes[node] = Dictionary(uniqueKeysWithValues: members.map { (JSONName($0.name), $0.value) })
      }
      return indexes[node]?[JSONName(token)]
    case .array:
      guard let items = try? items(node), let index = Int(token), items.indices.contains(index) else { return nil }
      return items[index]
    default: return nil
    }
  }

  /// A reference token of a JSON pointer (RFC 6901 §4).
  private func unescaped(_ token: Substring) -> String {
    var result = ""
    var isEscape = false
    for scalar in token.unicodeScalars {
      if isEscape {
        result += scalar == "1" ? "/" : scalar == "0" ? "~" : "~\(scalar)"
        isEscape = false
      } else if scalar == "~" {
        isEscape = true
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A fragment of a URI (RFC 3986 §3.5); nil when an escape is malformed.
  private func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A schema must not lead to itself without going into the value (JSON Schema §9.4.1): it would never end. Entries
  /// that no other applies to the same value are taken away until none is left; what stays is a circle.
  private func refuseCycles() throws(JSONSchema.Fault) {
    let next = tables.nodes.map { inPlace($0) }
    var uses = [Int](repeating: 0, count: next.count)
    for targets in next { for target in targets { uses[Int(target)] += 1 } }
    var free = uses.indices.filter { uses[$0] == 0 }
    var left = uses.count
    while let entry = free.popLast() {
      left -= 1
      for target in next[entry] {
        uses[Int(target)] -= 1
        if uses[Int(target)] == 0 { free.append(Int(target)) }
      }
    }
    if left == 0 { return }
    let circle = known.filter { uses[Int($0.value)] > 0 }.keys.min()!
    throw fault(circle, "applies itself to the same value without end")
  }

  /// The entries that an entry applies to the same value.
  private func inPlace(_ node: SchemaNode) -> [Int32] {
    var result = [node.ref, node.not, node.if, node.then, node.else].filter { $0 >= 0 }
    for list in [node.allOf, node.anyOf, node.oneOf] { result += tables.lists[list.indices] }
    return result + tables.dependents[node.dependent.indices].map(\.schema)
  }
}
