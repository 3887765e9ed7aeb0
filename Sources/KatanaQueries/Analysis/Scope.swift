/// A column of a range table entry of a query.
struct ColumnKey: Hashable {
  let entry: Int
  let attribute: Int
}

/// A query while its expressions are judged: what FROM holds, which of it an outer join may have left empty, and which
/// columns WHERE shows not to be NULL.
final class Scope {
  let query: ServerNode
  /// The query around, as it was when this one was met.
  let parent: Context?
  let entries: [ServerNode]
  /// The sides of outer joins that may leave an entry empty: twice the join's index, and one more for its right side.
  private(set) var nulling: [Int: Set<Int>] = [:]
  /// Columns that are not NULL in any row that passes WHERE and the inner joins.
  private(set) var facts: Set<ColumnKey> = []
  /// Sides of outer joins that are never left empty, because WHERE would drop the row.
  private(set) var settled: Set<Int> = []
  let hasGroupingSets: Bool
  /// Signatures of what is grouped by, where a total leaves it NULL.
  let grouped: Set<String>
  /// Whether each group has a row.
  let hasGroups: Bool
  /// Verdicts about the columns of WITH queries, by name.
  var withQueries: [Aspect: [String: [Verdict]]] = [:]

  init(_ query: ServerNode, parent: Context?, strictness: Strictness) {
    self.query = query
    self.parent = parent
    entries = query["rtable"].items
    hasGroupingSets = !query["groupingSets"].items.isEmpty
    hasGroups = !query["groupClause"].items.isEmpty && query["groupingSets"].items.isEmpty
    let references = Set(query["groupClause"].items.map { $0["tleSortGroupRef"].integer })
    grouped =
      hasGroupingSets
      ? Set(
        query["targetList"].items.filter { references.contains($0["ressortgroupref"].integer) }
          .map { $0["expr"].signature }
      ) : []
    spread(query["jointree"], [])
    settle(strictness)
  }

  /// `number` counts from 1, as in the tree.
  func entry(_ number: Int) -> ServerNode? { entries.indices.contains(number - 1) ? entries[number - 1] : nil }

  private func spread(_ item: ServerNode, _ sides: Set<Int>) {
    switch item.kind {
    case "RANGETBLREF": nulling[item["rtindex"].integer] = sides
    case "FROMEXPR": for item in item["fromlist"].items { spread(item, sides) }
    case "JOINEXPR":
      let index = item["rtindex"].integer
      nulling[index] = sides
      let type = item["jointype"].integer
      spread(item["larg"], type == 2 || type == 3 ? sides.union([index * 2]) : sides)
      spread(item["rarg"], type == 2 || type == 1 ? sides.union([index * 2 + 1]) : sides)
    default: break
    }
  }

  /// A column that is not NULL shows that its table's row is there, which makes conditions of the join hold, too.
  private func settle(_ strictness: Strictness) {
    // What UPDATE has written is another value than WHERE has seen.
    let changed = query["commandType"].integer == 2 ? query["resultRelation"].integer : 0
    while true {
      facts = collect(query["jointree"], strictness).filter { $0.entry != changed }
      let now = facts.reduce(into: Set<Int>()) { $0.formUnion(nulling[$1.entry] ?? []) }
      if now == settled { return }
      settled = now
    }
  }

  private func collect(_ item: ServerNode, _ strictness: Strictness) -> Set<ColumnKey> {
    switch item.kind {
    case "FROMEXPR":
      return item["fromlist"].items.reduce(into: strictness.facts(item["quals"], self)) {
        $0.formUnion(collect($1, strictness))
      }
    case "JOINEXPR":
      let index = item["rtindex"].integer
      let type = item["jointype"].integer
      // What an outer join would leave empty is there after all.
      let hasLeft = type == 0 || type == 1 || settled.contains(index * 2)
      let hasRight = type == 0 || type == 3 || settled.contains(index * 2 + 1)
      var facts: Set<ColumnKey> = []
      if hasLeft { facts.formUnion(collect(item["larg"], strictness)) }
      if hasRight { facts.formUnion(collect(item["rarg"], strictness)) }
      if hasLeft, hasRight { facts.formUnion(strictness.facts(item["quals"], self)) }
      return facts
    default: return []
    }
  }
}

/// What is asked about an expression.
enum Aspect: Hashable {
  /// Whether it may be NULL.
  case value
  /// Whether an array may have an element that is NULL. An array that is NULL has none.
  case elements
}

/// Where an expression stands: in which query, and what is known there beyond what the query says.
struct Context {
  let scope: Scope
  var aspect = Aspect.value
  /// Inside the arguments of an aggregate, where rows have not been grouped yet.
  var isInAggregate = false
  var facts: Set<ColumnKey> = []
  var settled: Set<Int> = []

  func outward(_ levels: Int) -> Context? {
    var context: Context? = self
    for _ in 0..<levels { context = context?.scope.parent }
    context?.aspect = aspect
    return context
  }

  func asking(_ aspect: Aspect) -> Context {
    var context = self
    context.aspect = aspect
    return context
  }

  /// The same place, where these columns are known not to be NULL.
  func with(_ facts: Set<ColumnKey>) -> Context {
    var context = self
    context.facts.formUnion(facts)
    for fact in facts { context.settled.formUnion(scope.nulling[fact.entry] ?? []) }
    return context
  }
}
