/// The member names that a schema knows, each with a number, so that a name of a document is looked up once however
/// many subschemas ask for it.
///
/// Names of a document cannot make a search long: the schema alone decides what is in the table.
struct NameTable: Sendable {
  static let unknown = UInt32.max

  private(set) var names: [String] = []
  /// Numbers by hash, open addressing; at most half full.
  private var slots: [UInt32] = Array(repeating: Self.unknown, count: 8)

  /// The number of a name, new or known.
  mutating func insert(_ name: String) -> UInt32 {
    var text = name
    let known = text.withUTF8 { number($0) }
    if known != Self.unknown { return known }
    names.append(name)
    if 2 * names.count > slots.count {
      slots = Array(repeating: Self.unknown, count: 2 * slots.count)
      for number in names.indices { place(number) }
    } else {
      place(names.count - 1)
    }
    return UInt32(names.count - 1)
  }

  private mutating func place(_ number: Int) {
    var text = names[number]
    var at = text.withUTF8 { Self.hash($0) } & (slots.count - 1)
    while slots[at] != Self.unknown { at = (at + 1) & (slots.count - 1) }
    slots[at] = UInt32(number)
  }

  func number(_ text: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var at = Self.hash(text) & (slots.count - 1)
    while slots[at] != Self.unknown {
      let candidate = names[Int(slots[at])].utf8
      if candidate.count == text.count, candidate.elementsEqual(text) { return slots[at] }
      at = (at + 1) & (slots.count - 1)
    }
    return Self.unknown
  }

  /// FNV-1a.
  private static func hash(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Int(truncatingIfNeeded: hash ^ hash >> 32)
  }
}
