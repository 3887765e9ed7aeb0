import KatanaContract

extension ModelBuilder {
  /// The union of a schema and of those that extend it; nil, with an error, when nothing tells them apart.
  mutating func family(_ name: String, _ family: Families.Family, _ use: Use) -> ValueModel? {
    for reference in family.references { markUsed(reference) }
    if !family.faults.isEmpty {
      for fault in family.faults { error(.discriminatorUnclear, fault.location, fault.message, remedy: fault.remedy) }
      return nil
    }
    guard let flat = flat([document.components.reference(to: name)!]) else { return nil }
    let isSplit = family.members.contains { differsByDirection(schema($0.reference)) }
    var key = TypeKey(flat, isInput: isSplit && use.direction == .request)
    key.isFamily = true
    if let index = typeIndex[key] {
      markDeep(index, use.direction)
      return .type(model.types[index].name)
    }
    let empty = UnionModel(cases: [], choices: [], isExclusive: false)
    let index = add(flat, name, use, key, .union(empty))
    mark(index, use.direction)
    let owner = model.types[index].name
    var names = NameRegister(reserved: UnionModel.reserved)
    var cases: [UnionModel.Case] = []
    var tags: [(value: String, index: Int)] = []
    for member in family.members {
      let own = Use(hint: owner, direction: use.direction, isAlone: true)
      guard let value = value(member.reference, own)?.model else { return nil }
      tags += member.values.map { ($0, cases.count) }
      cases.append(
        UnionModel.Case(
          name: names.claim(
            SwiftName.member(member.name), for: member.name, at: member.reference.location, &findings),
          value: value, documentation: member.name == name ? "None of those that extend it." : nil))
    }
    let choice = UnionModel.Choice.tag(family.discriminator.property.value, tags, otherwise: [])
    model.types[index].shape = .union(UnionModel(cases: cases, choices: [("object", choice)], isExclusive: false))
    return .type(owner)
  }
}
