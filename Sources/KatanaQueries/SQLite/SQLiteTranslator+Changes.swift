extension SQLiteTranslator {
  typealias Written = (text: String, columns: [SQLiteScope.Column])

  private func target(
    _ node: SyntaxNode,
    _ scope: SQLiteScope
  ) throws(Untranslatable) -> (table: SQLiteSchema.Table, text: String, source: SQLiteScope.Source) {
    guard let relation = node.node("relation") else { throw Untranslatable(node, "the table is missing") }
    let (text, source) = try table(relation, scope)
    guard let table = schema.tables[relation.string("relname") ?? ""] else {
      throw Untranslatable(
        relation,
        "'\(relation.string("relname") ?? "")' is no table, and SQLite changes tables only"
      )
    }
    return (table, text, source)
  }

  /// A value for a column.
  private func stored(
    _ node: SyntaxNode,
    _ column: SQLiteSchema.Column,
    _ scope: SQLiteScope
  ) throws(Untranslatable) -> String {
    if node.kind == "SetToDefault" {
      if column.isCounter { return "NULL" }
      return column.defaultText ?? "NULL"
    }
    return try assigned(try expression(node, scope), to: column.type, node).text
  }

  private func column(
    _ table: SQLiteSchema.Table,
    _ name: String,
    _ node: SyntaxNode
  ) throws(Untranslatable) -> SQLiteSchema.Column {
    guard let column = table.column(name) else {
      throw Untranslatable(node, "there is no column '\(name)' in '\(table.name)'")
    }
    return column
  }

  private func returning(
    _ node: SyntaxNode,
    _ source: SQLiteScope.Source,
    _ scope: SQLiteScope
  ) throws(Untranslatable) -> Written {
    let list = node.nodes("returningList")
    if list.isEmpty { return ("", []) }
    var bare = source
    bare.isBare = true
    var level = SQLiteScope.Level()
    level.sources = [bare]
    let (texts, columns) = try targetList(list, scope.pushed(level), isNamed: false)
    return (" RETURNING \(texts.joined(separator: ", "))", columns)
  }

  func insert(_ node: SyntaxNode, _ outer: SQLiteScope) throws(Untranslatable) -> Written {
    var scope = outer
    let head = try with(node, &scope)
    let (table, name, source) = try target(node, scope)
    var names = node.nodes("cols").compactMap { $0.string("name") }
    let body = node.node("selectStmt")
    if names.isEmpty {
      names = table.columns.filter { $0.generatedText == nil }.map(\.name)
      // Without a list, fewer values are those of the first columns.
      if let first = body?.nodes("valuesLists").first { names = Array(names.prefix(first.nodes("items").count)) }
    }
    var columns: [SQLiteSchema.Column] = []
    for name in names { columns.append(try column(table, name, node)) }
    var text = "\(head)INSERT INTO \(name)"
    if let body {
      text += " (\(quotedList(names))) "
      let lists = body.nodes("valuesLists")
      if !lists.isEmpty, body.nodes("sortClause").isEmpty, body.node("limitCount") == nil {
        var rows: [String] = []
        for list in lists {
          let items = list.nodes("items")
          guard items.count == columns.count else {
            throw Untranslatable(list, "\(items.count) values for \(columns.count) columns")
          }
          var values: [String] = []
          for (item, column) in zip(items, columns) { values.append(try stored(item, column, scope.pushed())) }
          rows.append("(\(values.joined(separator: ", ")))")
        }
        text += "VALUES \(rows.joined(separator: ", "))"
      } else {
        text += try rows(body, columns, scope, hasConflict: node.node("onConflictClause") != nil)
      }
    } else {
      text += " DEFAULT VALUES"
    }
    if let conflict = node.node("onConflictClause") { text += try onConflict(conflict, table, source, scope) }
    let (tail, found) = try returning(node, source, scope)
    return (text + tail, found)
  }

  /// The rows of a SELECT, each value as its column stores it.
  private func rows(
    _ body: SyntaxNode,
    _ columns: [SQLiteSchema.Column],
    _ scope: SQLiteScope,
    hasConflict: Bool
  ) throws(Untranslatable) -> String {
    let (text, found) = try select(body, scope.pushed())
    guard found.count == columns.count else {
      throw Untranslatable(body, "\(found.count) values for \(columns.count) columns")
    }
    var isSame = true
    var values: [String] = []
    for (index, column) in columns.enumerated() {
      let name = "katana_\(index + 1)"
      let value = try assigned(Value(text: name, type: found[index].type), to: column.type, body)
      if value.text != name { isSame = false }
      values.append(value.text)
    }
    // Behind a SELECT without WHERE, SQLite would take ON CONFLICT for a join's condition.
    if isSame { return hasConflict ? "SELECT * FROM (\(text)) WHERE TRUE" : text }
    let names = columns.indices.map { "katana_\($0 + 1)" }.joined(separator: ", ")
    return "SELECT \(values.joined(separator: ", ")) FROM (WITH katana_rows (\(names)) AS (\(text)) "
      + "SELECT * FROM katana_rows) WHERE TRUE"
  }

  private func onConflict(
    _ node: SyntaxNode,
    _ table: SQLiteSchema.Table,
    _ source: SQLiteScope.Source,
    _ outer: SQLiteScope
  ) throws(Untranslatable) -> String {
    var level = SQLiteScope.Level()
    var excluded = source
    excluded.alias = "excluded"
    level.sources = [source, excluded]
    let scope = outer.pushed(level)
    var text = " ON CONFLICT"
    if let infer = node.node("infer") {
      if let name = infer.string("conname") {
        let columns =
          name == "\(table.name)_pkey"
          ? table.primaryKey : table.indexes.first { $0.name == name }?.columns.compactMap { $0 } ?? []
        if columns.isEmpty { throw Untranslatable(infer, "there is no unique constraint '\(name)' on '\(table.name)'") }
        text += " (\(quotedList(columns)))"
      } else {
        var parts: [String] = []
        for element in infer.nodes("indexElems") {
          if let name = element.string("name") {
            parts.append(quoted(name))
          } else if let part = element.node("expr") {
            parts.append(try expression(part, scope).operand)
          }
        }
        text += " (\(parts.joined(separator: ", ")))"
        if let filter = infer.node("whereClause") { text += " WHERE \(try condition(filter, scope))" }
      }
    }
    if node.string("action") == "ONCONFLICT_NOTHING" { return text + " DO NOTHING" }
    text += " DO UPDATE SET \(try assignments(node.nodes("targetList"), table, scope))"
    if let filter = node.node("whereClause") { text += " WHERE \(try condition(filter, scope))" }
    return text
  }

  private func assignments(
    _ nodes: [SyntaxNode],
    _ table: SQLiteSchema.Table,
    _ scope: SQLiteScope
  ) throws(Untranslatable) -> String {
    var parts: [String] = []
    for node in nodes {
      guard let name = node.string("name"), var value = node.node("val") else { continue }
      if !node.nodes("indirection").isEmpty {
        throw Untranslatable(node, "a part of a column cannot be set in SQLite", remedy: "set the whole column")
      }
      // (a, b) = (1, 2)
      if value.kind == "MultiAssignRef" {
        let number = value.integer("colno") ?? 1
        guard let row = value.node("source"), row.kind == "RowExpr", row.nodes("args").count >= number else {
          throw Untranslatable(value, "several columns from a subquery", remedy: "set each with a subquery of its own")
        }
        value = row.nodes("args")[number - 1]
      }
      let column = try column(table, name, node)
      parts.append("\(quoted(name)) = \(try stored(value, column, scope))")
    }
    return parts.joined(separator: ", ")
  }

  func update(_ node: SyntaxNode, _ outer: SQLiteScope) throws(Untranslatable) -> Written {
    var scope = outer
    let head = try with(node, &scope)
    let (table, name, source) = try target(node, scope)
    scope = scope.pushed()
    scope.level.sources = [source]
    let from = try fromClause(node.nodes("fromClause"), &scope)
    var text = "\(head)UPDATE \(name) SET \(try assignments(node.nodes("targetList"), table, scope))"
    if !from.isEmpty { text += " FROM \(from)" }
    if let filter = node.node("whereClause") { text += " WHERE \(try condition(filter, scope))" }
    let (tail, columns) = try returning(node, source, scope)
    return (text + tail, columns)
  }

  func delete(_ node: SyntaxNode, _ outer: SQLiteScope) throws(Untranslatable) -> Written {
    var scope = outer
    let head = try with(node, &scope)
    let (_, name, source) = try target(node, scope)
    scope = scope.pushed()
    scope.level.sources = [source]
    var text = "\(head)DELETE FROM \(name)"
    let using = node.nodes("usingClause")
    if using.isEmpty {
      if let filter = node.node("whereClause") { text += " WHERE \(try condition(filter, scope))" }
    } else {
      scope = scope.pushed()
      let from = try fromClause(using, &scope)
      text += " WHERE EXISTS (SELECT 1 FROM \(from)"
      if let filter = node.node("whereClause") { text += " WHERE \(try condition(filter, scope))" }
      text += ")"
    }
    let (tail, columns) = try returning(node, source, scope)
    return (text + tail, columns)
  }
}
