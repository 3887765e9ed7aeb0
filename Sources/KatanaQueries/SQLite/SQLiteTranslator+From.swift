extension SQLiteTranslator {
  func fromClause(_ nodes: [SyntaxNode], _ scope: inout SQLiteScope) throws(Untranslatable) -> String {
    var parts: [String] = []
    for node in nodes { parts.append(try fromItem(node, &scope, mayBeMissing: false)) }
    return parts.joined(separator: ", ")
  }

  private func fromItem(
    _ node: SyntaxNode,
    _ scope: inout SQLiteScope,
    mayBeMissing: Bool
  ) throws(Untranslatable) -> String {
    switch node.kind {
    case "RangeVar":
      let (text, source) = try table(node, scope)
      scope.level.sources.append(mayBeMissing ? Self.nullable(source) : source)
      return text
    case "JoinExpr": return try join(node, &scope, mayBeMissing: mayBeMissing)
    case "RangeSubselect":
      if node.flag("lateral") {
        throw Untranslatable(node, "LATERAL has no equivalent in SQLite", remedy: "use a scalar subquery, or a join")
      }
      guard let body = node.node("subquery") else { break }
      let alias = node.node("alias")
      guard let name = alias?.string("aliasname") else { throw Untranslatable(node, "the subselect needs a name") }
      let (text, columns) = try statement(body, scope.pushed())
      let renamed = alias?.names("colnames") ?? []
      var source = SQLiteScope.Source(alias: name, columns: columns)
      var body2 = "(\(text))"
      if !renamed.isEmpty {
        for (index, name) in renamed.enumerated() where index < source.columns.count {
          source.columns[index].name = name
        }
        // SQLite names columns of a subselect only in WITH.
        let hidden = "katana_\(name)"
        body2 =
          "(WITH \(quoted(hidden)) (\(quotedList(source.columns.map(\.name)))) AS (\(text)) SELECT * FROM "
          + "\(quoted(hidden)))"
      }
      scope.level.sources.append(mayBeMissing ? Self.nullable(source) : source)
      return "\(body2) AS \(quoted(name))"
    case "RangeFunction": return try tableFunction(node, &scope)
    default: break
    }
    throw Untranslatable(node, "\(node.kind) in FROM has no equivalent in SQLite")
  }

  static func nullable(_ source: SQLiteScope.Source) -> SQLiteScope.Source {
    var source = source
    for index in source.columns.indices { source.columns[index].isNotNull = false }
    return source
  }

  func table(
    _ node: SyntaxNode,
    _ scope: SQLiteScope
  ) throws(Untranslatable) -> (text: String, source: SQLiteScope.Source) {
    let name = node.string("relname") ?? ""
    if let namespace = node.string("schemaname"), namespace != "public" {
      throw Untranslatable(node, "SQLite has no schemas: '\(namespace).\(name)'", remedy: "use the schema 'public'")
    }
    let alias = node.node("alias")?.string("aliasname")
    if node.node("alias")?.names("colnames")?.isEmpty == false {
      throw Untranslatable(node, "a table's columns cannot be renamed in FROM in SQLite")
    }
    var columns: [SQLiteScope.Column]
    if let found = scope.tables.last(where: { $0.name == name }) {
      columns = found.columns
    } else if let found = schema.tables[name] {
      columns = found.columns.map { column in
        .init(
          name: column.name,
          type: column.type,
          isNotNull: column.isNotNull || found.primaryKey.contains(column.name)
        )
      }
    } else if let view = schema.views.first(where: { $0.name == name }) {
      columns = view.columns.map { .init(name: $0.name, type: $0.type) }
    } else {
      throw Untranslatable(
        node,
        "there is no table '\(name)' in the translated schema",
        remedy: "look at what was said about the migrations"
      )
    }
    let text = quoted(name) + (alias.map { " AS \(quoted($0))" } ?? "")
    return (text, .init(alias: alias ?? name, columns: columns))
  }

  private func join(
    _ node: SyntaxNode,
    _ scope: inout SQLiteScope,
    mayBeMissing: Bool
  ) throws(Untranslatable) -> String {
    guard let left = node.node("larg"), let right = node.node("rarg") else {
      throw Untranslatable(node, "the join misses a side")
    }
    let kind = node.string("jointype") ?? "JOIN_INNER"
    let leftMissing = mayBeMissing || kind == "JOIN_RIGHT" || kind == "JOIN_FULL"
    let rightMissing = mayBeMissing || kind == "JOIN_LEFT" || kind == "JOIN_FULL"
    var text = try fromItem(left, &scope, mayBeMissing: leftMissing)
    let words = ["JOIN_LEFT": "LEFT JOIN", "JOIN_RIGHT": "RIGHT JOIN", "JOIN_FULL": "FULL JOIN", "JOIN_INNER": "JOIN"]
    guard let word = words[kind] else { throw Untranslatable(node, "this join has no equivalent in SQLite") }
    if node.node("alias") != nil { throw Untranslatable(node, "a join has no name of its own in SQLite") }
    // SQLite reads joins from left to right, so one on the right goes into brackets.
    let rightText = try fromItem(right, &scope, mayBeMissing: rightMissing)
    let operand = right.kind == "JoinExpr" ? "(\(rightText))" : rightText
    let isNatural = node.flag("isNatural")
    let using = node.names("usingClause") ?? []
    let hasCondition = node.node("quals") != nil || isNatural || !using.isEmpty
    text += " \(isNatural ? "NATURAL " : "")\(hasCondition ? word : "CROSS JOIN") \(operand)"
    if !using.isEmpty {
      text += " USING (\(quotedList(using)))"
      // One column stands for both; the second is found by its table's name only.
      mergeColumns(&scope, using)
    }
    // SQLite 3.40 asks a condition that names no column of the rows that an outer join around has made, too.
    if mayBeMissing, let condition = node.node("quals") {
      let parts = condition.kind == "BoolExpr" ? condition.nodes("args") : [condition]
      for part in parts where !Self.namesColumn(part) {
        throw Untranslatable(
          part,
          "a condition without a column, in a join within an outer join",
          remedy: "put it into WHERE"
        )
      }
    }
    if let condition = node.node("quals") { text += " ON \(try self.condition(condition, scope))" }
    return text
  }

  private static func namesColumn(_ node: SyntaxNode) -> Bool {
    var found = false
    node.walk { node in
      if node.kind == "ColumnRef" { found = true }
      return !found
    }
    return found
  }

  private func mergeColumns(_ scope: inout SQLiteScope, _ names: [String]) {
    guard scope.level.sources.count > 1 else { return }
    let last = scope.level.sources.count - 1
    for index in scope.level.sources[last].columns.indices
    where names.contains(scope.level.sources[last].columns[index].name) {
      scope.level.sources[last].columns[index].isMerged = true
    }
  }

  /// A function of one array, which may be a column of the tables to the left: SQLite lets `json_each` itself see those,
  /// and no subselect around it. Nil for other functions.
  private func elements(
    _ name: String,
    _ array: Value,
    _ node: SyntaxNode,
    _ function: SyntaxNode,
    _ scope: inout SQLiteScope
  ) throws(Untranslatable) -> String? {
    let given = node.node("alias")?.string("aliasname")
    let alias = given ?? name
    let value = "\(quoted(alias)).value"
    let type: StorageType
    var text = value
    switch name {
    case "unnest":
      guard case .array(let element) = array.type, element != .bytea else { return nil }
      type = element
    case "json_array_elements_text", "jsonb_array_elements_text":
      type = .text
      text = "CAST(\(value) AS TEXT)"
    case "json_array_elements", "jsonb_array_elements":
      type = name.hasPrefix("jsonb") ? .jsonb : .json
      let kind = "\(quoted(alias)).type"
      text =
        "CASE WHEN \(kind) IN ('array', 'object') THEN \(value) WHEN \(kind) IN ('true', 'false', 'null') THEN \(kind) "
        + "WHEN \(kind) IS NOT NULL THEN json_quote(\(value)) END"
    default: return nil
    }
    let names = node.node("alias")?.names("colnames") ?? []
    let own = name == "unnest" ? given ?? name : "value"
    var columns = [SQLiteScope.Column(name: names.first ?? own, type: type, expression: text)]
    if node.flag("ordinality") {
      let ordinality = names.count > 1 ? names[1] : "ordinality"
      columns.append(.init(name: ordinality, type: .int8, expression: "(\(quoted(alias)).key + 1)"))
    }
    scope.level.sources.append(.init(alias: alias, columns: columns))
    return "json_each(\(array.text)) AS \(quoted(alias))"
  }

  /// `unnest`, `generate_series`, `json_array_elements`, `jsonb_each`
  private func tableFunction(_ node: SyntaxNode, _ scope: inout SQLiteScope) throws(Untranslatable) -> String {
    // [List(items: [FuncCall, column definitions])]
    let lists = node.nodes("functions")
    guard lists.count == 1,
      let function = lists[0].kind == "List" ? lists[0].nodes("items").first : lists[0], function.kind == "FuncCall"
    else {
      throw Untranslatable(node, "this function in FROM has no equivalent in SQLite")
    }
    let name = function.names("funcname")?.last ?? ""
    let arguments = try expressions(function.nodes("args"), scope)
    if arguments.count == 1, node.flag("ordinality") || function.nodes("args").contains(where: Self.namesColumn),
      let text = try elements(name, arguments[0], node, function, &scope)
    {
      return text
    }
    if node.flag("ordinality") { throw Untranslatable(node, "WITH ORDINALITY has no equivalent in SQLite here") }
    let alias = node.node("alias")?.string("aliasname") ?? name
    var names = node.node("alias")?.names("colnames") ?? []
    func add(_ types: [StorageType], _ defaults: [String], _ text: ([String]) -> String) -> String {
      for index in names.count..<max(types.count, names.count) { names.append(defaults[index]) }
      scope.level.sources.append(
        .init(alias: alias, columns: zip(names, types).map { .init(name: $0.0, type: $0.1) })
      )
      return "(\(text(names))) AS \(quoted(alias))"
    }
    switch name {
    case "unnest" where !arguments.isEmpty:
      var types: [StorageType] = []
      for (index, argument) in arguments.enumerated() {
        guard case .array(let element) = argument.type, element != .bytea else {
          throw Untranslatable(
            function.nodes("args")[index],
            "unnest needs an array that has a form in SQLite",
            remedy: "cast it: $1::bigint[]"
          )
        }
        types.append(element)
      }
      // PostgreSQL calls the column of one array as the function.
      let single = node.node("alias")?.string("aliasname") ?? "unnest"
      let defaults = arguments.count == 1 ? [single] : arguments.map { _ in "unnest" }
      return add(types, defaults) { names in
        var from = "json_each(\(arguments[0].text)) AS e1"
        for (index, argument) in arguments.enumerated().dropFirst() {
          from += " FULL JOIN json_each(\(argument.text)) AS e\(index + 1) ON e\(index + 1).key = e1.key"
        }
        let columns = names.enumerated().map { "e\($0.offset + 1).value AS \(quoted($0.element))" }
        return "SELECT \(columns.joined(separator: ", ")) FROM \(from)"
      }
    case "generate_series" where arguments.count >= 2:
      let (bounds, type) = try matched(Array(arguments.prefix(2)), node)
      guard type.isInteger || type.isMoment else {
        throw Untranslatable(node, "generate_series of \(type.name) has no equivalent in SQLite")
      }
      var next = "v + 1"
      if arguments.count == 3 {
        let step = type.isInteger ? arguments[2] : try assigned(arguments[2], to: .interval, node)
        if step.text.hasPrefix("-") {
          throw Untranslatable(node, "generate_series downwards has no equivalent in SQLite")
        }
        next = type.isInteger ? "v + \(step.operand)" : "pg_timestamp_add(v, \(step.text))"
      } else if !type.isInteger {
        throw Untranslatable(node, "generate_series of moments needs a step")
      }
      let single = node.node("alias")?.string("aliasname") ?? "generate_series"
      return add([type], [single]) { names in
        "WITH RECURSIVE s (v) AS (SELECT \(bounds[0].text) WHERE \(bounds[0].operand) <= \(bounds[1].operand) "
          + "UNION ALL SELECT \(next) FROM s WHERE \(next) <= \(bounds[1].operand)) "
          + "SELECT v AS \(quoted(names[0])) FROM s"
      }
    case "json_array_elements_text" where arguments.count == 1, "jsonb_array_elements_text" where arguments.count == 1:
      return add([.text], ["value"]) {
        "SELECT CAST(value AS TEXT) AS \(quoted($0[0])) FROM json_each(\(arguments[0].text))"
      }
    case "json_array_elements" where arguments.count == 1, "jsonb_array_elements" where arguments.count == 1:
      let type: StorageType = name.hasPrefix("jsonb") ? .jsonb : .json
      return add([type], ["value"]) { names in
        "SELECT CASE WHEN type IN ('array', 'object') THEN value WHEN type IN ('true', 'false', 'null') THEN type "
          + "ELSE json_quote(value) END AS \(quoted(names[0])) FROM json_each(\(arguments[0].text))"
      }
    default: throw Untranslatable(node, "the function '\(name)' in FROM has no equivalent in SQLite")
    }
  }
}
