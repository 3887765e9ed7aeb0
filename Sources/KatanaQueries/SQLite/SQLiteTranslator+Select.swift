extension SQLiteTranslator {
  func select(
    _ node: SyntaxNode,
    _ outer: SQLiteScope,
    isOutermost: Bool = false
  ) throws(Untranslatable) -> (text: String, columns: [SQLiteScope.Column]) {
    var scope = outer
    var text = try with(node, &scope)
    if node.string("limitOption") == "LIMIT_OPTION_WITH_TIES" {
      throw Untranslatable(node, "WITH TIES has no equivalent in SQLite", remedy: "use rank() in a subselect")
    }
    let columns: [SQLiteScope.Column]
    if let left = node.node("larg"), let right = node.node("rarg") {
      let sign = node.string("op") ?? ""
      let words = ["SETOP_UNION": "UNION", "SETOP_INTERSECT": "INTERSECT", "SETOP_EXCEPT": "EXCEPT"]
      if node.flag("all"), sign != "SETOP_UNION" {
        throw Untranslatable(node, "\(words[sign] ?? "") ALL has no equivalent in SQLite", remedy: "use it without ALL")
      }
      let first = try operand(left, scope)
      let second = try operand(right, scope)
      columns = zip(first.columns, second.columns).map { pair in
        var column = pair.0
        column.type = StorageType.common(pair.0.type, pair.1.type) ?? pair.0.type
        column.isNotNull = pair.0.isNotNull && pair.1.isNotNull
        return column
      }
      for (a, b) in zip(first.columns, second.columns) where a.type != b.type {
        guard Self.isSameStorage(a.type, b.type) else {
          throw Untranslatable(
            node,
            "the column '\(a.name)' has the types \(a.type.name) and \(b.type.name)",
            remedy: "cast one of them"
          )
        }
      }
      text += "\(first.text) \(words[sign] ?? "UNION")\(node.flag("all") ? " ALL" : "") \(second.text)"
      scope.levels.append(SQLiteScope.Level(outputs: columns))
    } else if !node.nodes("valuesLists").isEmpty {
      (text, columns) = try values(node, scope, text)
    } else {
      (text, columns) = try simple(node, &scope, text)
    }
    text += try tail(node, scope)
    return (text, columns)
  }

  /// A side of UNION. What has an order or a limit of its own goes into a subselect.
  private func operand(
    _ node: SyntaxNode,
    _ scope: SQLiteScope
  ) throws(Untranslatable) -> (text: String, columns: [SQLiteScope.Column]) {
    let (text, columns) = try select(node, scope.pushed())
    let isPlain =
      node.nodes("sortClause").isEmpty && node.node("limitCount") == nil && node.node("limitOffset") == nil
      && node.node("withClause") == nil && node.node("rarg") == nil
    return (isPlain ? text : "SELECT * FROM (\(text))", columns)
  }

  private static func isSameStorage(_ a: StorageType, _ b: StorageType) -> Bool {
    if a == .unknown || b == .unknown { return true }
    if a.isInteger && b.isInteger || a.isFloat && b.isFloat || a.isNumeric && b.isNumeric { return true }
    return a.isText && b.isText || a.isMoment && b.isMoment || a.isJSON && b.isJSON
  }

  func with(_ node: SyntaxNode, _ scope: inout SQLiteScope) throws(Untranslatable) -> String {
    guard let clause = node.node("withClause") else { return "" }
    let isRecursive = clause.flag("recursive")
    var parts: [String] = []
    for expression in clause.nodes("ctes") {
      let name = expression.string("ctename") ?? ""
      guard let query = expression.node("ctequery") else { continue }
      guard query.kind == "SelectStmt" else {
        throw Untranslatable(
          query,
          "a statement that changes rows cannot stand in WITH in SQLite",
          remedy: "send two statements in a transaction"
        )
      }
      if expression.node("search_clause") != nil || expression.node("cycle_clause") != nil {
        throw Untranslatable(expression, "SEARCH and CYCLE have no equivalent in SQLite")
      }
      var names = expression.names("aliascolnames") ?? []
      var inner = scope.pushed()
      if isRecursive, let first = query.node("larg") {
        // The recursive part sees what the first one says.
        var columns = try select(first, inner).columns
        for (index, name) in names.enumerated() where index < columns.count { columns[index].name = name }
        inner.tables.append(
          (
            name,
            columns.map { column in
              var nullable = column
              nullable.isNotNull = false
              return nullable
            }
          )
        )
      }
      var (text, columns) = try select(query, inner)
      for (index, name) in names.enumerated() where index < columns.count { columns[index].name = name }
      if names.isEmpty { names = columns.map(\.name) }
      let hint = expression.string("ctematerialized") == "CTEMaterializeAlways" ? "MATERIALIZED " : ""
      let list = Set(names).count == names.count ? " (\(quotedList(names)))" : ""
      parts.append("\(quoted(name))\(list) AS \(hint)(\(text))")
      scope.tables.append((name, columns))
    }
    return "WITH \(isRecursive ? "RECURSIVE " : "")\(parts.joined(separator: ", ")) "
  }

  private func values(
    _ node: SyntaxNode,
    _ scope: SQLiteScope,
    _ head: String
  ) throws(Untranslatable) -> (String, [SQLiteScope.Column]) {
    var rows: [[Value]] = []
    for list in node.nodes("valuesLists") { rows.append(try expressions(list.nodes("items"), scope)) }
    var columns: [SQLiteScope.Column] = []
    var text: [[String]] = rows.map { _ in [] }
    for index in rows[0].indices {
      let (matched, type) = try matched(rows.map { $0[index] }, node)
      columns.append(.init(name: "column\(index + 1)", type: type, isNotNull: matched.allSatisfy(\.isNotNull)))
      for (row, value) in matched.enumerated() { text[row].append(value.text) }
    }
    let lists = text.map { "(\($0.joined(separator: ", ")))" }.joined(separator: ", ")
    return ("\(head)VALUES \(lists)", columns)
  }

  private func simple(
    _ node: SyntaxNode,
    _ scope: inout SQLiteScope,
    _ head: String
  ) throws(Untranslatable) -> (String, [SQLiteScope.Column]) {
    let isInner = scope.levels.count > 1
    scope.levels.append(SQLiteScope.Level())
    let from = try fromClause(node.nodes("fromClause"), &scope)
    let distinct = node.nodes("distinctClause")
    if distinct.contains(where: { !$0.kind.isEmpty }) {
      throw Untranslatable(
        distinct[0],
        "DISTINCT ON has no equivalent in SQLite",
        remedy: "number the rows with row_number() in a subselect, and take the first"
      )
    }
    let (targets, columns) = try targetList(node.nodes("targetList"), scope, isNamed: isInner, !distinct.isEmpty)
    scope.level.outputs = columns
    var text = head + "SELECT \(distinct.isEmpty ? "" : "DISTINCT ")\(targets.joined(separator: ", "))"
    if !from.isEmpty { text += " FROM \(from)" }
    if let filter = node.node("whereClause") { text += " WHERE \(try condition(filter, scope))" }
    let groups = node.nodes("groupClause")
    if !groups.isEmpty {
      var parts: [String] = []
      for group in groups {
        if group.kind == "GroupingSet" {
          throw Untranslatable(
            group,
            "GROUPING SETS, ROLLUP and CUBE have no equivalent in SQLite",
            remedy: "join two queries with UNION ALL"
          )
        }
        parts.append(try ordered(group, scope).collated)
      }
      text += " GROUP BY \(parts.joined(separator: ", "))"
    }
    if let having = node.node("havingClause") { text += " HAVING \(try condition(having, scope))" }
    var windows: [String] = []
    for window in node.nodes("windowClause") {
      windows.append("\(quoted(window.string("name") ?? "")) AS (\(try windowText(window, scope)))")
    }
    if !windows.isEmpty { text += " WINDOW \(windows.joined(separator: ", "))" }
    return (text, columns)
  }

  /// - Parameter isNamed: whether others see the names that PostgreSQL gives.
  func targetList(
    _ nodes: [SyntaxNode],
    _ scope: SQLiteScope,
    isNamed: Bool,
    _ isDistinct: Bool = false
  ) throws(Untranslatable) -> ([String], [SQLiteScope.Column]) {
    var texts: [String] = []
    var columns: [SQLiteScope.Column] = []
    for node in nodes {
      guard let body = node.node("val") else { continue }
      if body.kind == "ColumnRef", body.nodes("fields").last?.kind == "A_Star" {
        let alias = body.nodes("fields").dropLast().last?.string("sval")
        let sources = scope.level.sources.filter { alias == nil || $0.alias == alias }
        if sources.isEmpty { throw Untranslatable(body, "there is no table '\(alias ?? "")' here") }
        if sources.contains(where: { $0.columns.contains { $0.expression != nil } }) {
          texts += sources.map(Self.allColumns)
        } else {
          texts.append(alias.map { sources[0].isBare ? "*" : "\(quoted($0)).*" } ?? "*")
        }
        columns += sources.flatMap(\.columns).filter { alias != nil || !$0.isMerged }
        continue
      }
      let value = try expression(body, scope)
      let name = node.string("name") ?? value.name
      var text = isDistinct ? value.collated : value.text
      if let alias = node.string("name") {
        text += " AS \(quoted(alias))"
      } else if !value.isColumn, isNamed || body.kind == "ColumnRef" {
        text += " AS \(quoted(name))"
      }
      texts.append(text)
      columns.append(.init(name: name, type: value.type == .unknown ? .text : value.type, isNotNull: value.isNotNull))
    }
    return (texts, columns)
  }

  /// `t.*`, or its columns where SQLite calls them otherwise.
  private static func allColumns(_ source: SQLiteScope.Source) -> String {
    guard source.columns.contains(where: { $0.expression != nil }) else { return "\(quoted(source.alias)).*" }
    return source.columns.map { column in
      "\(column.expression ?? "\(quoted(source.alias)).\(quoted(column.name))") AS \(quoted(column.name))"
    }.joined(separator: ", ")
  }

  /// ORDER BY, LIMIT and OFFSET. Locks are nobody's here: a transaction that writes is alone.
  private func tail(_ node: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> String {
    var text = ""
    let order = node.nodes("sortClause")
    if !order.isEmpty { text += " ORDER BY \(try orderList(order, scope))" }
    let limit = try node.node("limitCount").map { limit throws(Untranslatable) in try expression(limit, scope) }
    let offset = try node.node("limitOffset").map { offset throws(Untranslatable) in try expression(offset, scope) }
    if limit == nil, offset == nil { return text }
    // PostgreSQL reads NULL as no limit.
    if let limit, !limit.isNull {
      text += " LIMIT \(limit.isNotNull ? limit.text : "coalesce(\(limit.text), -1)")"
    } else {
      text += " LIMIT -1"
    }
    if let offset { text += " OFFSET \(offset.isNotNull ? offset.text : "coalesce(\(offset.text), 0)")" }
    return text
  }

  /// A part of ORDER BY or GROUP BY: a number or a name of the targets, else an expression.
  private func ordered(_ node: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> Value {
    if node.kind == "A_Const", let number = node.node("ival")?.integer("ival") {
      let outputs = scope.level.outputs
      let column = number > 0 && number <= outputs.count ? outputs[number - 1] : nil
      return Value(text: "\(number)", type: column?.type ?? .unknown, isNotNull: column?.isNotNull ?? false)
    }
    if node.kind == "ColumnRef", let names = node.names("fields"), names.count == 1,
      let column = scope.level.outputs.first(where: { $0.name == names[0] })
    {
      return Value(text: quoted(names[0]), type: column.type, isNotNull: column.isNotNull)
    }
    return try expression(node, scope)
  }

  /// NULLs stand last in PostgreSQL, and first in SQLite, unless one says where.
  func orderList(_ nodes: [SyntaxNode], _ scope: SQLiteScope) throws(Untranslatable) -> String {
    var parts: [String] = []
    for node in nodes {
      guard let body = node.node("node") else { continue }
      if node.string("sortby_dir") == "SORTBY_USING" {
        throw Untranslatable(node, "ORDER BY … USING has no equivalent in SQLite")
      }
      let value = try ordered(body, scope)
      var text: String
      switch value.type {
      case .enumeration(let name):
        guard Int(value.text) == nil else {
          throw Untranslatable(body, "an enum is ordered by its name, not by a number")
        }
        text = enumOrder(value, name).text
      case .interval: text = "pg_interval_order(\(value.text))"
      case .json, .jsonb, .array: throw Untranslatable(body, "\(value.type.name) has no order in SQLite")
      default: text = value.collated
      }
      let isDescending = node.string("sortby_dir") == "SORTBY_DESC"
      if isDescending { text += " DESC" }
      switch node.string("sortby_nulls") {
      case "SORTBY_NULLS_FIRST": text += isDescending || !value.isNotNull ? " NULLS FIRST" : ""
      case "SORTBY_NULLS_LAST": text += " NULLS LAST"
      default: if !value.isNotNull { text += isDescending ? " NULLS FIRST" : " NULLS LAST" }
      }
      parts.append(text)
    }
    return parts.joined(separator: ", ")
  }
}
