import Glibc
import KatanaScalars

/// Deep equality of values on tapes, as JSON Schema has it (§4.2.2), and a hash that agrees with it.
///
/// Both take steps off a budget: a document decides how large the values are that are compared.
struct JSONEquality {
  /// Nobody can foresee it, so that a document cannot be made of values with the same hash: `Hasher` has a seed of the
  /// process.
  static func hash(_ tape: JSONTape, _ index: Int, steps: inout Int) -> UInt64 {
    let node = tape[index]
    steps -= 1
    var hasher = Hasher()
    hasher.combine(node.kind.rawValue)
    switch node.kind {
    case .null: break
    case .boolean: hasher.combine(node.count)
    case .string:
      steps -= Int(node.count) / 64
      hasher.combine(bytes: UnsafeRawBufferPointer(tape.text(node)))
    case .number:
      steps -= Int(node.count) / 16
      let decimal = DecimalText(tape.text(node))
      hasher.combine(decimal.isNegative)
      hasher.combine(decimal.point)
      decimal.forEachDigit { hasher.combine($0) }
    case .array:
      hasher.combine(node.count)
      var item = index + 1
      while item < node.next {
        hasher.combine(hash(tape, item, steps: &steps))
        item = Int(tape[item].next)
      }
    case .object:
      // A sum, because the order of the members must not matter.
      var sum: UInt64 = 0
      var name = index + 1
      while name < node.next {
        var member = Hasher()
        member.combine(bytes: UnsafeRawBufferPointer(tape.text(tape[name])))
        member.combine(hash(tape, name + 1, steps: &steps))
        sum &+= UInt64(bitPattern: Int64(member.finalize()))
        name = Int(tape[name + 1].next)
      }
      hasher.combine(sum)
    }
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  static func equal(_ a: JSONTape, _ i: Int, _ b: JSONTape, _ j: Int, steps: inout Int) -> Bool {
    let left = a[i]
    let right = b[j]
    steps -= 1
    guard left.kind == right.kind, steps > 0 else { return false }
    switch left.kind {
    case .null: return true
    case .boolean: return left.count == right.count
    case .string: return sameText(a, left, b, right, &steps)
    case .number:
      steps -= Int(min(left.count, right.count)) / 16
      return DecimalText(a.text(left)) == DecimalText(b.text(right))
    case .array:
      guard left.count == right.count else { return false }
      var item = i + 1
      var other = j + 1
      while item < left.next {
        guard equal(a, item, b, other, steps: &steps) else { return false }
        item = Int(a[item].next)
        other = Int(b[other].next)
      }
      return true
    case .object: return sameMembers(a, i, b, j, &steps)
    }
  }

  /// Objects that are equal mostly have their members in the same order, so each search begins behind the last find.
  private static func sameMembers(_ a: JSONTape, _ i: Int, _ b: JSONTape, _ j: Int, _ steps: inout Int) -> Bool {
    let left = a[i]
    let right = b[j]
    guard left.count == right.count else { return false }
    var name = i + 1
    var other = j + 1
    while name < left.next {
      var tried: UInt32 = 0
      while true {
        steps -= 1
        if tried == right.count || steps <= 0 { return false }
        if other >= right.next { other = j + 1 }
        if sameText(a, a[name], b, b[other], &steps) { break }
        other = Int(b[other + 1].next)
        tried += 1
      }
      guard equal(a, name + 1, b, other + 1, steps: &steps) else { return false }
      name = Int(a[name + 1].next)
      other = Int(b[other + 1].next)
    }
    return true
  }

  private static func sameText(
    _ a: JSONTape,
    _ left: JSONTape.Node,
    _ b: JSONTape,
    _ right: JSONTape.Node,
    _ steps: inout Int
  ) -> Bool {
    guard left.count == right.count else { return false }
    steps -= Int(left.count) / 64
    return left.count == 0 || memcmp(a.text(left).baseAddress!, b.text(right).baseAddress!, Int(left.count)) == 0
  }
}
