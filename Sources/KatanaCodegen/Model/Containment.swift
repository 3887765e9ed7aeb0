/// Finds the members and cases that would make a value contain itself, and puts each behind a reference.
///
/// A depth-first search over what types hold directly, arrays and dictionaries being references already: an edge to a
/// type that is still open closes a cycle.
struct Containment {
  private enum State { case unseen, open, done }

  private var types: [TypeModel]
  private let indices: [String: Int]
  private var states: [State]

  static func settle(_ types: inout [TypeModel]) {
    var containment = Containment(types)
    for root in types.indices { containment.search(from: root) }
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
