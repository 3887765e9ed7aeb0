extension Describer {
  /// Points out a ':one' of a table's rows of which nothing says that there is one at most. Statements of more than a
  /// table and a WHERE are left alone.
  func warnOfMany(_ query: DescribedQuery) {
    let draft = query.draft
    let statement = query.statement
    guard draft.kind == .one || draft.kind == .opt, draft.filters.isEmpty, draft.nests.isEmpty,
      statement.kind == "SelectStmt", statement.node("limitCount") == nil, statement.nodes("groupClause").isEmpty,
      statement.nodes("distinctClause").isEmpty, statement.nodes("valuesLists").isEmpty,
      statement.nodes("fromClause").count == 1, statement.nodes("fromClause")[0].kind == "RangeVar",
      let tree = query.tree?.query, !tree["hasAggs"].isTrue, tree["rtable"].items.count == 1,
      let relation = catalog.relations[tree["rtable"].items[0]["relid"].oid], "rp".contains(relation.kind)
    else { return }
    var settled: Set<String> = []
    if let condition = statement.node("whereClause") {
      guard let names = Self.settled(by: condition) else { return }
      settled = names
    }
    let attributes = Set(relation.attributes.filter { settled.contains($0.name) }.map(\.number))
    let indices = try? connection.rows(
      """
      SELECT indkey, indpred IS NOT NULL OR indexprs IS NOT NULL FROM pg_index
      WHERE indrelid = \(relation.oid) AND indisunique AND indisvalid
      """
    )
    guard let indices else { return }
    // What an index of expressions or of some rows says is not looked into.
    let isOne = indices.contains { row in
      row[1] == "t" || attributes.isSuperset(of: (row[0] ?? "").split(separator: " ").compactMap { Int($0) })
    }
    if isOne { return }
    warning(
      .oneOfMany,
      at: draft.location,
      "'\(draft.name)' gives the first of the rows, and nothing says that there is one at most",
      remedy: "write LIMIT 1 where any will do, make what is compared UNIQUE, or use ':many'"
    )
  }

  /// The columns that a condition holds to one value each. Nil for what is not looked into.
  private static func settled(by condition: SyntaxNode) -> Set<String>? {
    switch condition.kind {
    case "BoolExpr" where condition.string("boolop") == "AND_EXPR":
      var names: Set<String> = []
      for part in condition.nodes("args") {
        guard let found = settled(by: part) else { return nil }
        names.formUnion(found)
      }
      return names
    case "A_Expr":
      guard let left = condition.node("lexpr"), let right = condition.node("rexpr") else { return [] }
      if left.kind == "RowExpr" || right.kind == "RowExpr" { return nil }
      guard condition.string("kind") == "AEXPR_OP", condition.names("name")?.last == "=" else { return [] }
      let columns = [left, right].map { side in side.kind == "ColumnRef" ? side.names("fields")?.last : nil }
      // Of two columns neither is settled by the other.
      return columns.contains(nil) ? Set(columns.compactMap { $0 }) : []
    case "SubLink": return nil
    default: return []
    }
  }

  /// Whether no two rows of a table have the same values in these columns.
  func isUnique(_ relation: UInt32, _ attributes: Set<Int>) -> Bool {
    let rows = try? connection.rows(
      """
      SELECT indkey FROM pg_index
      WHERE indrelid = \(relation) AND indisunique AND indisvalid AND indpred IS NULL AND indexprs IS NULL
      """
    )
    return (rows ?? []).contains { row in
      let columns = (row[0] ?? "").split(separator: " ").compactMap { Int($0) }
      let notNull = columns.allSatisfy { catalog.relations[relation]?.attribute($0)?.isNotNull == true }
      return notNull && !columns.isEmpty && attributes.isSuperset(of: columns)
    }
  }
}
