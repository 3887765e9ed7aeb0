/// Which parameters a caller may leave out: those that are only assigned to columns which may be NULL, and those that
/// the statement itself asks about (`$1 IS NULL`, `coalesce($1, name)`, `x IS NOT DISTINCT FROM $1`).
struct ParameterUses {
  let catalog: Catalog
  /// By number from 1.
  private var assigned: [Int: Bool] = [:]
  private var uses: [Int: Int] = [:]
  private var assignments: [Int: Int] = [:]
  private var questioned: Set<Int> = []

  static func optional(_ statement: ServerNode, catalog: Catalog) -> Set<Int> {
    var uses = ParameterUses(catalog: catalog)
    uses.count(statement)
    return Set(
      uses.uses.keys.filter { number in
        uses.questioned.contains(number)
          || uses.assigned[number] == true && uses.assignments[number] == uses.uses[number]
      }
    )
  }

  private init(catalog: Catalog) { self.catalog = catalog }

  private mutating func count(_ statement: ServerNode) {
    statement.walk { node in
      switch node.kind {
      case "PARAM": if node["paramkind"].integer == 0 { uses[node["paramid"].integer, default: 0] += 1 }
      case "NULLTEST": question(node["arg"])
      case "COALESCEEXPR": for argument in node["args"].items.dropLast() { question(argument) }
      case "DISTINCTEXPR": for argument in node["args"].items { question(argument) }
      case "QUERY": assign(node)
      default: break
      }
    }
  }

  private mutating func question(_ expression: ServerNode) {
    if let number = Self.parameter(expression) { questioned.insert(number) }
  }

  private mutating func assign(_ query: ServerNode) {
    let command = query["commandType"].integer
    guard command == 2 || command == 3 else { return }
    let entries = query["rtable"].items
    let target = query["resultRelation"].integer
    guard entries.indices.contains(target - 1), let relation = catalog.relations[entries[target - 1]["relid"].oid]
    else {
      return
    }
    for entry in query["targetList"].items + query["onConflict"]["onConflictSet"].items {
      let column = relation.attribute(entry["resno"].integer)
      let takesNull = column.map { !$0.isNotNull && !catalog.isNotNull(domain: $0.type) } ?? false
      for number in Self.parameters(entry["expr"], entries) {
        assignments[number, default: 0] += 1
        assigned[number] = (assigned[number] ?? true) && takesNull
      }
    }
  }

  /// The parameters that are a value of an assignment, in VALUES of several rows or a SELECT, too.
  private static func parameters(_ expression: ServerNode, _ entries: [ServerNode]) -> [Int] {
    if let number = parameter(expression) { return [number] }
    let expression = stripped(expression)
    guard expression.kind == "VAR", expression["varlevelsup"].integer == 0,
      entries.indices.contains(expression["varno"].integer - 1)
    else { return [] }
    let entry = entries[expression["varno"].integer - 1]
    let column = expression["varattno"].integer - 1
    switch entry["rtekind"].integer {
    case 5:
      return entry["values_lists"].items.compactMap { row in
        row.items.indices.contains(column) ? parameter(row.items[column]) : nil
      }
    case 1:
      let targets = entry["subquery"]["targetList"].items
      return targets.indices.contains(column) ? parameter(targets[column]["expr"]).map { [$0] } ?? [] : []
    default: return []
    }
  }

  private static func parameter(_ expression: ServerNode) -> Int? {
    let expression = stripped(expression)
    guard expression.kind == "PARAM", expression["paramkind"].integer == 0 else { return nil }
    return expression["paramid"].integer
  }

  /// Without casts, none of which makes NULL an error or another value.
  private static func stripped(_ expression: ServerNode) -> ServerNode {
    switch expression.kind {
    case "RELABELTYPE", "COERCEVIAIO", "ARRAYCOERCEEXPR", "COERCETODOMAIN", "COLLATEEXPR":
      return stripped(expression["arg"])
    case "FUNCEXPR":
      guard Nullability.isCast(expression), let argument = expression["args"].items.first else { return expression }
      return stripped(argument)
    default: return expression
    }
  }
}
