import CKatana
import KatanaScalars

/// Applies a schema to one document. Each thread has one, whose memory is used again for every document.
///
/// `quiet` asks for the verdict alone: nothing is noted, and the first failure ends the work. `marks` is where the
/// members or items that a schema has evaluated are marked, for `unevaluatedProperties` and `unevaluatedItems`: an
/// index into `words`, a bit for each, or -1 where nobody asks.
final class SchemaEvaluator {
  static let current = ThreadLocal { SchemaEvaluator() }

  let tape = JSONTape()
  private(set) var schema: JSONSchema!
  private(set) var log = ViolationLog()
  var steps = 0
  private var depth = 0
  private var halted: Violation.Code?
  /// A stack of bit sets.
  var words: [UInt64] = []
  /// The hash table of `uniqueItems`.
  var hashes: [UInt64] = []
  var table: [UInt32] = []

  /// Entries of the arrays above that are kept for the next document.
  private static let keptWords = 1 << 14

  /// Judges the value that is next, notes what is wrong and moves the cursor behind it. False, too, when the value is
  /// malformed, which the cursor tells.
  func run(_ schema: JSONSchema, _ cursor: inout kt_json, quiet: Bool, isDocument: Bool = false) -> Bool {
    log = ViolationLog()
    self.schema = schema
    steps = schema.limits.steps
    depth = 0
    halted = nil
    defer { clear() }
    if cursor.start != nil, cursor.end - cursor.start > Int(UInt32.max) {
      log.add(.work, at: 0, bound: .integer(Int64(steps)))
      return false
    }
    guard tape.build(&cursor, schema.tables.names) else { return false }
    if isDocument {
      guard kt_json_finish(&cursor) else { return false }
      noteDuplicates()
    }
    var isValid = check(schema.root, 0, -1, quiet) && log.count == 0
    if steps <= 0 { halt(.work) }
    if let halted {
      isValid = false
      if !quiet {
        let bound = halted == .work ? Violation.Bound.integer(Int64(schema.limits.steps)) : nil
        log.add(halted, at: Int(tape[0].offset), bound: bound)
      }
    }
    return isValid
  }

  private func clear() {
    schema = nil
    tape.clear()
    words.removeAll(keepingCapacity: words.capacity <= Self.keptWords)
    hashes.removeAll(keepingCapacity: hashes.capacity <= Self.keptWords)
    table.removeAll(keepingCapacity: table.capacity <= Self.keptWords)
  }

  // MARK: What the parts share

  /// Ends the work: every answer is no from here on, and ``run`` says why.
  func halt(_ code: Violation.Code) {
    if halted == nil { halted = code }
  }

  var isHalted: Bool {
    if steps <= 0 { halt(.work) }
    return halted != nil
  }

  /// Notes a violation of the value at a node. Always false.
  @discardableResult
  func fail(
    _ quiet: Bool,
    _ code: Violation.Code,
    _ at: Int,
    _ bound: Violation.Bound? = nil,
    name: String? = nil
  ) -> Bool {
    if !quiet, !isHalted { log.add(code, at: Int(tape[at].offset), bound: bound, name: name) }
    return false
  }

  /// Makes an empty bit set with room for the members or items of a value.
  func pushMarks(_ at: Int) -> Int {
    let node = tape[at]
    return pushBits(node.kind == .array || node.kind == .object ? Int(node.count) : 0)
  }

  func pushBits(_ count: Int) -> Int {
    let start = words.count
    let size = (count + 63) / 64
    steps -= size
    words.append(contentsOf: repeatElement(0, count: size))
    return start
  }

  func popBits(_ start: Int) { words.removeLast(words.count - start) }

  func mark(_ marks: Int, _ index: Int) {
    if marks >= 0 { words[marks + index / 64] |= 1 << UInt64(index % 64) }
  }

  func isMarked(_ marks: Int, _ index: Int) -> Bool { words[marks + index / 64] & 1 << UInt64(index % 64) != 0 }

  /// Adds the marks of the topmost set to another.
  func merge(_ marks: Int, into other: Int) {
    for index in 0..<(words.count - marks) { words[other + index] |= words[marks + index] }
  }

  // MARK: One schema and one value

  func check(_ entry: Int32, _ at: Int, _ marks: Int, _ quiet: Bool) -> Bool {
    if entry == SchemaNode.yes { return true }
    if entry == SchemaNode.no { return fail(quiet, .falseSchema, at) }
    steps -= 1
    if depth == schema.limits.nesting { halt(.depth) }
    if isHalted { return false }
    depth += 1
    defer { depth -= 1 }
    let node = schema.tables.nodes[Int(entry)]
    guard admits(node.types, at) else { return fail(quiet, .type, at, node.types.bound) }
    guard node.hasUnevaluated else { return rules(node, at, marks, quiet) }
    let own = pushMarks(at)
    defer { popBits(own) }
    let isValid = rules(node, at, own, quiet) && unevaluated(node, at, own, quiet)
    if isValid, marks >= 0 { merge(own, into: marks) }
    return isValid
  }

  /// Everything but the type and what is left unevaluated.
  private func rules(_ node: SchemaNode, _ at: Int, _ marks: Int, _ quiet: Bool) -> Bool {
    var isValid = true
    if node.enum >= 0, !isValue(node.enum, at) { isValid = fail(quiet, .enum, at) }
    if node.const >= 0, !isValue(node.const, at) { isValid = fail(quiet, .const, at) }
    if quiet, !isValid { return false }
    switch tape[at].kind {
    case .number: if node.number >= 0 { isValid = number(node.number, at, quiet) && isValid }
    case .string: if node.string >= 0 { isValid = string(node.string, at, quiet) && isValid }
    case .array: if node.array >= 0 { isValid = array(node.array, at, marks, quiet) && isValid }
    case .object: if node.object >= 0 { isValid = object(node.object, at, marks, quiet) && isValid }
    case .null, .boolean: break
    }
    if quiet, !isValid { return false }
    return applicators(node, at, marks, quiet) && isValid
  }

  private func admits(_ types: SchemaTypes, _ at: Int) -> Bool {
    let node = tape[at]
    if types.contains(SchemaTypes(node.kind)) { return true }
    guard node.kind == .number, types.contains(.integer) else { return false }
    steps -= Int(node.count) / 16
    return DecimalText(tape.text(node)).isInteger
  }

  // MARK: Alternatives

  /// Whether a branch of a union can be the one that is meant: its type, `const` and `enum` admit the value, and those
  /// of its properties admit the members that are there.
  func isPlausible(_ entry: Int32, _ at: Int) -> Bool {
    var entry = entry
    var hops = 0
    while hops <= 8 {
      if entry <= SchemaNode.no { return entry == SchemaNode.yes }
      let node = schema.tables.nodes[Int(entry)]
      guard admitsShallow(node, at) else { return false }
      if node.object >= 0, tape[at].kind == .object, !admitsConstants(schema.tables.objects[Int(node.object)], at) {
        return false
      }
      if node.ref < 0 { return true }
      entry = node.ref
      hops += 1
    }
    return true
  }

  private func admitsShallow(_ node: SchemaNode, _ at: Int) -> Bool {
    steps -= 1
    return admits(node.types, at) && (node.enum < 0 || isValue(node.enum, at))
      && (node.const < 0 || isValue(node.const, at))
  }

  private func admitsConstants(_ rules: ObjectRules, _ at: Int) -> Bool {
    var name = at + 1
    while name < tape[at].next {
      steps -= 1
      if isHalted { return false }
      if let position = rules.position(tape[name].name), rules.properties[position] > SchemaNode.no {
        let property = schema.tables.nodes[Int(rules.properties[position])]
        let hasConstant = property.enum >= 0 || property.const >= 0
        if hasConstant, !admitsShallow(property, name + 1) { return false }
      }
      name = Int(tape[name + 1].next)
    }
    return true
  }

  // MARK: Names that stand twice

  private func noteDuplicates() {
    var at = 0
    while at < tape.count {
      if tape[at].kind == .object, tape[at].count > 1 { noteDuplicates(at) }
      at += 1
    }
  }

  private func noteDuplicates(_ at: Int) {
    resetTable(Int(tape[at].count))
    var name = at + 1
    while name < tape[at].next {
      let text = tape.text(tape[name])
      var hasher = Hasher()
      hasher.combine(bytes: UnsafeRawBufferPointer(text))
      let hash = UInt64(bitPattern: Int64(hasher.finalize()))
      let isNew = insert(name, hash) { other in
        let known = tape.text(tape[other])
        return known.count == text.count && known.elementsEqual(text)
      }
      if !isNew { log.add(.duplicateKey, at: Int(tape[name + 1].offset)) }
      name = Int(tape[name + 1].next)
    }
  }

  /// Empties the hash table and makes room for `count` nodes.
  func resetTable(_ count: Int) {
    var size = 8
    while size < 2 * count { size *= 2 }
    table.removeAll(keepingCapacity: true)
    hashes.removeAll(keepingCapacity: true)
    table.append(contentsOf: repeatElement(UInt32.max, count: size))
    hashes.append(contentsOf: repeatElement(0, count: size))
  }

  /// Puts a node into the hash table; false when an equal one is there.
  func insert(_ node: Int, _ hash: UInt64, _ isEqual: (Int) -> Bool) -> Bool {
    var slot = Int(truncatingIfNeeded: hash) & (table.count - 1)
    while table[slot] != UInt32.max {
      if hashes[slot] == hash, isEqual(Int(table[slot])) { return false }
      slot = (slot + 1) & (table.count - 1)
    }
    table[slot] = UInt32(node)
    hashes[slot] = hash
    return true
  }
}
