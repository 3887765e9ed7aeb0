import KatanaContract

/// Follows defaults into the types that their values have, to find those that need themselves.
///
/// A default that leaves a member out has that member's default in it. Where that leads back there is no end: `{}` for a
/// member of the same type. And what reads views of a type is made with its defaults, so that it cannot be made where a
/// value of one is such a view.
struct CircularDefaults {
  private struct Slot: Hashable {
    let type: Int
    let property: Int
  }

  /// What a value holds as a default of one member.
  private struct Held {
    var slots: [Slot] = []
    var types: Set<Int> = []
  }

  private let types: [TypeModel]
  private let indices: [String: Int]
  private var held: [Slot: Held] = [:]

  init(_ types: [TypeModel]) {
    self.types = types
    indices = Dictionary(types.indices.map { (types[$0].name, $0) }) { $1 }
    for type in types.indices {
      for (index, property) in properties(type).enumerated() {
        guard let node = property.defaultValue else { continue }
        var held = Held()
        follow(node, property.value, &held)
        self.held[Slot(type: type, property: index)] = held
      }
    }
  }

  /// Defaults without an end, one of each circle, and the members that it leads through by the names of the contract.
  func endless() -> [(value: Node, members: [String])] {
    var finished: Set<Slot> = []
    var found: [(Node, [String])] = []
    for type in types.indices {
      for index in properties(type).indices {
        let root = Slot(type: type, property: index)
        guard held[root] != nil, !finished.contains(root) else { continue }
        var path = [(slot: root, next: 0)]
        while let (slot, next) = path.last {
          guard let target = held[slot]?.slots[at: next] else {
            finished.insert(slot)
            path.removeLast()
            continue
          }
          path[path.count - 1].next += 1
          if let start = path.firstIndex(where: { $0.slot == target }) {
            let circle = path[start...].map { properties($0.slot.type)[$0.slot.property] }
            if let value = circle[0].defaultValue { found.append((value, circle.map(\.key))) }
          } else if !finished.contains(target) {
            path.append((target, 0))
          }
        }
      }
    }
    return found
  }

  /// Types that occur in values of their own defaults, at whatever depth.
  func circularTypes() -> [Int] {
    let lead = types.indices.map { type in
      properties(type).indices.reduce(into: Set<Int>()) { found, index in
        found.formUnion(held[Slot(type: type, property: index)]?.types ?? [])
      }
    }
    return types.indices.filter { type in
      var seen: Set<Int> = []
      var rest = Array(lead[type])
      while let next = rest.popLast() {
        if seen.insert(next).inserted { rest += lead[next] }
      }
      return seen.contains(type)
    }
  }

  private func properties(_ type: Int) -> [PropertyModel] {
    if case .object(let properties, _) = types[type].shape { properties } else { [] }
  }

  private func follow(_ node: Node, _ value: ValueModel, _ held: inout Held) {
    switch value {
    case .optional(let value), .checked(let value, _): follow(node, value, &held)
    case .array(let item, _, _): for part in node.sequence ?? [] { follow(part, item, &held) }
    case .map(let item): for entry in node.mapping?.entries ?? [] { follow(entry.value, item, &held) }
    case .type(let name): if let index = indices[name] { follow(node, type: index, &held) }
    case .scalar, .words, .any: break
    }
  }

  private func follow(_ node: Node, type: Int, _ held: inout Held) {
    switch types[type].shape {
    case .words: break
    case .object(let properties, let additional):
      guard let members = node.mapping else { return }
      held.types.insert(type)
      for (index, property) in properties.enumerated() {
        if let part = members[property.key] {
          follow(part, property.value, &held)
        } else if property.defaultValue != nil {
          held.slots.append(Slot(type: type, property: index))
        }
      }
      guard case .kept(let value, _) = additional else { return }
      for entry in members.entries where !properties.contains(where: { $0.key == entry.key }) {
        follow(entry.value, value, &held)
      }
    case .union(let union):
      // The alternatives that it has the members for, of which it is one.
      for alternative in union.cases where isPossible(node, alternative.value) { follow(node, alternative.value, &held) }
    }
  }

  private func isPossible(_ node: Node, _ value: ValueModel) -> Bool {
    guard case .type(let name) = value.bare, let index = indices[name] else { return true }
    return properties(index).allSatisfy { !$0.isRequired || node.mapping?[$0.key] != nil }
  }
}

extension ModelBuilder {
  mutating func settleDefaults() {
    let defaults = CircularDefaults(model.types)
    for (value, members) in defaults.endless() {
      let way = members.map { "'\($0)'" }.joined(separator: ", then ")
      error(
        .defaultEndless, value.location, "this default has no end: what it leaves out has the default of \(way) again",
        remedy: "write the member in the default")
    }
    for type in defaults.circularTypes() { model.types[type].isInItsDefaults = true }
  }
}

extension Array {
  fileprivate subscript(at index: Int) -> Element? { index < count ? self[index] : nil }
}
