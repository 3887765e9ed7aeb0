/// `x-katana-prefetch: [items]` names lists of the operation's response. That the query behind the operation has them
/// is checked where SQL is at hand (`katana check`, `gen high`); that the response does, here.
extension DocumentReader {
  func keepPrefetch(_ names: [Located<String>], _ node: Node?, _ responses: [Response]) {
    if let node, node.sequence?.isEmpty == true {
      error(
        .extensionInvalid,
        at: node.location,
        "'x-katana-prefetch' names nothing",
        remedy: "name a list of the response, or leave it out"
      )
    }
    var seen: Set<String> = []
    for name in names where !seen.insert(name.value).inserted {
      let message = "'x-katana-prefetch' names \(quoted(name.value)) twice"
      error(.extensionInvalid, at: name.location, message, remedy: "remove one")
    }
    let schemas = responses.filter { $0.status.value.isSuccess }.flatMap(\.content).compactMap(\.schema)
    if !names.isEmpty { uses.prefetches.append(.init(names: names, schemas: schemas, chain: chain)) }
  }

  func checkPrefetch(_ use: PendingUses.Prefetch, _ resolve: (SchemaRef) -> Schema?) {
    var lists: Set<String> = []
    var others: Set<String> = []
    var seen: Set<ObjectIdentifier> = []
    var pending = use.schemas.compactMap(resolve)
    while let schema = pending.popLast() {
      guard seen.insert(ObjectIdentifier(schema)).inserted else { continue }
      // What says nothing of its members may have any.
      if schema.boolean == true { return }
      let composition = schema.composition
      pending += (composition.allOf + composition.oneOf + composition.anyOf).compactMap(resolve)
      pending += [schema.array.items].compactMap { $0 }.compactMap(resolve)
      for property in schema.object.properties {
        guard let value = resolve(property.schema) else { continue }
        pending.append(value)
        let isList = value.types.contains { $0.value == .array } || value.types.isEmpty
        if isList { lists.insert(property.name.value) } else { others.insert(property.name.value) }
      }
    }
    for name in use.names where !lists.contains(where: { Self.isSame($0, name.value) }) {
      let isOther = others.contains { Self.isSame($0, name.value) }
      error(
        .extensionInvalid,
        at: name.location,
        isOther
          ? "\(quoted(name.value)) of the response is not a list, which 'x-katana-prefetch' gives"
          : "the response has no list \(quoted(name.value)), which 'x-katana-prefetch' names",
        remedy: isOther ? "make it an array" : suggestion(for: name.value, in: lists.sorted())
      )
    }
  }

  /// `line_items` and `lineItems` are one name in Swift.
  private static func isSame(_ left: String, _ right: String) -> Bool {
    func plain(_ name: String) -> String { name.filter { $0.isLetter || $0.isNumber }.lowercased() }
    return plain(left) == plain(right)
  }
}
