/// What a condition that is true says about columns: a strict function of NULL is NULL, and so is no condition that
/// holds.
struct Strictness {
  let catalog: Catalog

  /// The columns of `scope` that are not NULL where the condition is true.
  func facts(_ condition: ServerNode, _ scope: Scope) -> Set<ColumnKey> {
    switch condition.kind {
    case "BOOLEXPR": return facts(ofBoolean: condition, scope)
    case "NULLTEST":
      // 1 is IS NOT NULL.
      let isRow = condition["argisrow"].isTrue
      return condition["nulltesttype"].integer == 1 && !isRow ? columns(condition["arg"], scope) : []
    case "BOOLEANTEST":
      // 0 is IS TRUE, 2 IS FALSE, 5 IS NOT UNKNOWN.
      switch condition["booltesttype"].integer {
      case 0: return facts(condition["arg"], scope)
      case 2, 5: return columns(condition["arg"], scope)
      default: return []
      }
    case "SCALARARRAYOPEXPR":
      // ALL holds of an empty array, whatever stands on the left.
      guard condition["useOr"].isTrue, isStrict(condition["opfuncid"].oid) else { return [] }
      return condition["args"].items.first.map { columns($0, scope) } ?? []
    case "SUBLINK":
      // 2 is ANY, IN among them.
      return condition["subLinkType"].integer == 2 ? facts(condition["testexpr"], scope) : []
    default: return columns(condition, scope)
    }
  }

  private func facts(ofBoolean condition: ServerNode, _ scope: Scope) -> Set<ColumnKey> {
    let parts = condition["args"].items
    switch condition["boolop"].text {
    case "and": return parts.reduce(into: []) { $0.formUnion(facts($1, scope)) }
    case "or":
      guard let first = parts.first else { return [] }
      return parts.dropFirst().reduce(facts(first, scope)) { $0.intersection(facts($1, scope)) }
    default:
      // NOT (x IS NULL); NOT of a strict function holds only of what is not NULL.
      guard let part = parts.first else { return [] }
      if part.kind == "NULLTEST" {
        let isRow = part["argisrow"].isTrue
        return part["nulltesttype"].integer == 0 && !isRow ? columns(part["arg"], scope) : []
      }
      return part.kind == "OPEXPR" || part.kind == "FUNCEXPR" || part.kind == "VAR" ? columns(part, scope) : []
    }
  }

  /// The columns that are not NULL where the expression is not.
  func columns(_ expression: ServerNode, _ scope: Scope) -> Set<ColumnKey> {
    switch expression.kind {
    case "VAR":
      guard expression["varlevelsup"].integer == 0 else { return [] }
      return columns(entry: expression["varno"].integer, attribute: expression["varattno"].integer, scope)
    case "RELABELTYPE", "COERCEVIAIO", "COLLATEEXPR", "ARRAYCOERCEEXPR": return columns(expression["arg"], scope)
    case "OPEXPR": return isStrict(expression["opfuncid"].oid) ? columns(of: expression["args"], scope) : []
    case "FUNCEXPR":
      let isPlain = !expression["funcretset"].isTrue
      return isPlain && isStrict(expression["funcid"].oid) ? columns(of: expression["args"], scope) : []
    default: return []
    }
  }

  private func columns(of expressions: ServerNode, _ scope: Scope) -> Set<ColumnKey> {
    expressions.items.reduce(into: []) { $0.formUnion(columns($1, scope)) }
  }

  private func columns(entry number: Int, attribute: Int, _ scope: Scope) -> Set<ColumnKey> {
    guard let entry = scope.entry(number), attribute > 0 else { return [] }
    // A join's own columns are those of what it joins, unless they are merged.
    guard entry["rtekind"].integer == 2 else { return [ColumnKey(entry: number, attribute: attribute)] }
    let aliases = entry["joinaliasvars"].items
    return aliases.indices.contains(attribute - 1) ? columns(aliases[attribute - 1], scope) : []
  }

  private func isStrict(_ function: UInt32) -> Bool { catalog.functions[function]?.isStrict == true }
}
