/// What a statement does beside giving rows.
struct Effects {
  let catalog: Catalog
  let view: (UInt32) -> ServerNode?

  /// Volatile, and yet without an effect that another server could not have.
  private static let harmless: Set<String> = [
    "random", "clock_timestamp", "timeofday", "gen_random_uuid", "uuid_generate_v4", "pg_sleep",
  ]

  /// Whether a statement changes nothing, locks nothing, and calls nothing that might.
  func isReadOnly(_ statement: ServerNode) -> Bool {
    var pending = [statement]
    var seen: Set<UInt32> = []
    var isReadOnly = true
    while isReadOnly, let query = pending.popLast() {
      query.walk { node in
        switch node.kind {
        case "QUERY": if node["commandType"].integer != 1 || !node["rowMarks"].items.isEmpty { isReadOnly = false }
        case "FUNCEXPR": if hasEffect(node["funcid"].oid) { isReadOnly = false }
        case "OPEXPR", "DISTINCTEXPR", "NULLIFEXPR", "SCALARARRAYOPEXPR":
          if hasEffect(node["opfuncid"].oid) { isReadOnly = false }
        case "AGGREF": if hasEffect(node["aggfnoid"].oid) { isReadOnly = false }
        case "WINDOWFUNC": if hasEffect(node["winfnoid"].oid) { isReadOnly = false }
        case "NEXTVALUEEXPR": isReadOnly = false
        case "RANGETBLENTRY", "RTE":
          let relation = node["relid"].oid
          let isView = node["rtekind"].integer == 0 && catalog.relations[relation]?.kind == "v"
          if isView, seen.insert(relation).inserted, let query = view(relation) { pending.append(query) }
        default: break
        }
      }
    }
    return isReadOnly
  }

  private func hasEffect(_ oid: UInt32) -> Bool {
    guard let function = catalog.functions[oid] else { return true }
    return function.isVolatile && !Self.harmless.contains(function.name)
  }
}
