/// Finds the members and cases that would make a value contain itself or grow out of all proportion, and puts each
/// behind a reference.
///
/// A depth-first search over what types hold directly, arrays and dictionaries being references already: an edge to a
/// type that is still open closes a cycle.
struct Containment {
  private enum State { case unseen, open, done }

  private var types: [TypeModel]
  private let indices: [String: Int]
  private var states: [State]
  /// Types in an order in which each comes behind those that it holds.
  private var order: [Int] = []

  /// Members that all types together may hold directly, members of members counted. The compiler makes code for each
  /// of them wherever a value of the type is copied: 316 types that lead into each other take it 42 s when they hold
  /// 15,000, and 17 s when they hold 5,000. Where there are more, the members of members of each are held to the first
  /// limit that is enough.
  private static func weightMax(_ types: Int) -> Int { 4_000 + 10 * types }
  private static let innerLimits = [512, 256, 128, 64, 32, 16, 8]

  static func settle(_ types: inout [TypeModel]) {
    var containment = Containment(types)
    for root in types.indices { containment.search(from: root) }
    containment.lighten()
    types = containment.types
  }

  private init(_ types: [TypeModel]) {
    self.types = types
    // What was refused may have left two types of one name.
    indices = Dictionary(types.indices.map { (types[$0].name, $0) }) { $1 }
    states = Array(repeating: .unseen, count: types.count)
  }

  /// With a stack of its own, for contracts of thousands of types that lead into each other.
  private mutating func search(from root: Int) {
    guard states[root] == .unseen else { return }
    var path = [(type: root, next: 0)]
    states[root] = .open
    while let (type, slot) = path.last {
      guard slot < slotCount(type) else {
        states[type] = .done
        order.append(type)
        path.removeLast()
        continue
      }
      path[path.count - 1].next += 1
      guard let target = target(type, slot) else { continue }
      switch states[target] {
      case .done: break
      case .open: refer(type, slot)
      case .unseen:
        states[target] = .open
        path.append((target, 0))
      }
    }
  }

  private func slotCount(_ type: Int) -> Int {
    switch types[type].shape {
    case .object(let properties, _): properties.count
    case .union(let union): union.cases.count
    case .words: 0
    }
  }

  /// The type that a property or case holds directly.
  private func target(_ type: Int, _ slot: Int) -> Int? {
    switch types[type].shape {
    case .object(let properties, _): held(properties[slot].value)
    case .union(let union): held(union.cases[slot].value)
    case .words: nil
    }
  }

  private func held(_ value: ValueModel) -> Int? {
    switch value {
    case .type(let name): indices[name]
    case .optional(let value), .checked(let value, _): held(value)
    case .scalar, .words, .array, .map, .any: nil
    }
  }

  /// Puts the heaviest members of what is too heavy behind references.
  private mutating func lighten() {
    for limit in [Int.max] + Self.innerLimits {
      let (total, slots) = weigh(limit)
      guard total <= Self.weightMax(types.count) || limit == Self.innerLimits.last else { continue }
      for (type, slot) in slots { refer(type, slot) }
      return
    }
  }

  /// How many members all types have together when members of members are at most `limit`, and the members that are to
  /// be put behind a reference for it.
  private func weigh(_ limit: Int) -> (total: Int, slots: [(type: Int, slot: Int)]) {
    var weights = [Int](repeating: 1, count: types.count)
    var total = 0
    var referred: [(type: Int, slot: Int)] = []
    for type in order {
      var slots = (0..<slotCount(type)).map { slot in
        isReferred(type, slot) ? 1 : target(type, slot).map { weights[$0] } ?? 1
      }
      var inner = slots.reduce(0) { Self.sum($0, $1 > 1 ? $1 : 0) }
      while inner > limit, let heaviest = slots.indices.max(by: { slots[$0] < slots[$1] }) {
        referred.append((type, heaviest))
        slots[heaviest] = 1
        inner = slots.reduce(0) { Self.sum($0, $1 > 1 ? $1 : 0) }
      }
      weights[type] = slots.reduce(0, Self.sum)
      total = Self.sum(total, weights[type])
    }
    return (total, referred)
  }

  /// Without a limit weights double with each level.
  private static func sum(_ one: Int, _ other: Int) -> Int { min(one + other, 1 << 40) }

  private func isReferred(_ type: Int, _ slot: Int) -> Bool {
    switch types[type].shape {
    case .object(let properties, _): properties[slot].isBoxed
    case .union(let union): union.cases[slot].isIndirect
    case .words: false
    }
  }

  private mutating func refer(_ type: Int, _ slot: Int) {
    switch types[type].shape {
    case .object(var properties, let additional):
      properties[slot].isBoxed = true
      types[type].shape = .object(properties, additional)
    case .union(var union):
      union.cases[slot].isIndirect = true
      types[type].shape = .union(union)
    case .words: break
    }
  }
}
