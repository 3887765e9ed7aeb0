/// Names `$1` after what it meets: the column that it is compared with or assigned to, LIMIT, OFFSET.
struct ParameterNames {
  private var names: [Int: String] = [:]

  /// - Parameter columns: of the table that INSERT writes to, where it does not list them.
  /// - Returns: a name for each parameter from 1 to `count`, no two alike.
  static func names(_ statement: SyntaxNode, count: Int, columns: [String]) -> [String] {
    var finder = ParameterNames()
    finder.visit(statement, columns)
    var taken: Set<String> = []
    return (1...max(count, 1)).prefix(count).map { number in
      let name = finder.names[number] ?? "parameter\(number)"
      var unique = name
      var suffix = 2
      while !taken.insert(unique).inserted {
        unique = "\(name)_\(suffix)"
        suffix += 1
      }
      return unique
    }
  }

  private mutating func visit(_ node: SyntaxNode, _ columns: [String]) {
    switch node.kind {
    case "InsertStmt": insert(node, columns)
    case "UpdateStmt", "OnConflictClause":
      for target in node.nodes("targetList") { name(target.node("val"), target.string("name")) }
    case "SelectStmt":
      name(node.node("limitCount"), "limit")
      name(node.node("limitOffset"), "offset")
    case "A_Expr": compare(node)
    case "NamedArgExpr": name(node.node("arg"), node.string("name"))
    default: break
    }
    for (_, value) in node.fields {
      switch value {
      case .node(let child): visit(child, columns)
      case .list(let children): for child in children { visit(child, columns) }
      default: break
      }
    }
  }

  private mutating func insert(_ node: SyntaxNode, _ columns: [String]) {
    let listed = node.nodes("cols").map { $0.string("name") ?? "" }
    let targets = listed.isEmpty ? columns : listed
    guard let source = node.node("selectStmt") else { return }
    for row in source.nodes("valuesLists") {
      for (value, column) in zip(row.nodes("items"), targets) { name(value, column) }
    }
    for (target, column) in zip(source.nodes("targetList"), targets) { name(target.node("val"), column) }
  }

  private mutating func compare(_ node: SyntaxNode) {
    let left = node.nodes("lexpr")
    let right = node.nodes("rexpr").flatMap { $0.kind == "List" ? $0.nodes("items") : [$0] }
    if let column = left.lazy.compactMap(Self.column).first { for side in right { name(side, column) } }
    if let column = right.lazy.compactMap(Self.column).first { for side in left { name(side, column) } }
    // Rows: (a, b) = ($1, $2).
    if left.first?.kind == "RowExpr", right.first?.kind == "RowExpr" {
      for (left, right) in zip(left[0].nodes("args"), right[0].nodes("args")) {
        if let column = Self.column(left) { name(right, column) }
        if let column = Self.column(right) { name(left, column) }
      }
    }
  }

  /// The column that an expression is about: `lower(u.email)` is about `email`.
  private static func column(_ node: SyntaxNode) -> String? {
    switch node.kind {
    case "ColumnRef": return node.nodes("fields").last?.string("sval")
    case "TypeCast", "CollateClause": return node.node("arg").flatMap(column)
    case "FuncCall": return node.nodes("args").lazy.compactMap(column).first
    case "A_Expr":
      // Of JSON, what it is asked for: data ->> 'name'.
      if let key = node.node("rexpr")?.node("sval")?.string("sval"), node.names("name")?.last?.hasPrefix("->") == true {
        let isWord = !key.isEmpty && key.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
        return isWord ? key : nil
      }
      return node.node("lexpr").flatMap(column)
    default: return nil
    }
  }

  /// Names the parameters in an expression that have no name yet.
  private mutating func name(_ node: SyntaxNode?, _ name: String?) {
    guard let node, let name, !name.isEmpty else { return }
    node.walk { node in
      if node.kind == "SubLink" || node.kind == "SelectStmt" { return false }
      if node.kind == "ParamRef", let number = node.integer("number"), names[number] == nil { names[number] = name }
      return true
    }
  }
}
