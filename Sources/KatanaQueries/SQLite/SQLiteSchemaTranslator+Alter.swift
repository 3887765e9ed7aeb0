extension SQLiteSchemaTranslator {
  mutating func alterTable(_ node: SyntaxNode) throws(Untranslatable) -> [String] {
    let name = try Self.relation(node.node("relation"))
    if node.string("objtype") == "OBJECT_INDEX" || node.string("objtype") == "OBJECT_SEQUENCE" { return [] }
    if schema.tables[name] == nil, node.flag("missing_ok") { return [] }
    let before = try table(name, node)
    var table = before
    /// Where the values of a column come from: by its name, an expression of the old table.
    var sources: [String: String] = Dictionary(
      uniqueKeysWithValues: before.columns.map { ($0.name, quoted($0.name)) }
    )
    var added: [String] = []
    var isSimple = true
    for command in node.nodes("cmds") {
      let column = command.string("name") ?? ""
      let index = table.columns.firstIndex { $0.name == column }
      func found() throws(Untranslatable) -> Int {
        guard let index else { throw Untranslatable(command, "there is no column '\(column)' in '\(name)'") }
        return index
      }
      switch command.string("subtype") {
      case "AT_AddColumn":
        guard let definition = command.node("def") else { continue }
        let new = definition.string("colname") ?? ""
        if table.column(new) != nil, command.flag("missing_ok") { continue }
        try addColumn(definition, to: &table)
        let constraints = table.checks.count + table.indexes.count
        for constraint in definition.nodes("constraints") { try addConstraint(constraint, to: &table, column: new) }
        let last = table.columns[table.columns.count - 1]
        added.append(new)
        // SQLite adds a column with a constant, and without a foreign key that rows might not meet.
        if last.isCounter || last.generatedText != nil || last.defaultText?.hasPrefix("(") == true
          || last.isNotNull && last.defaultText == nil || table.primaryKey != before.primaryKey
          || table.foreignKeys.count != before.foreignKeys.count
          || constraints != table.checks.count + table.indexes.count
        {
          isSimple = false
        }
      case "AT_DropColumn":
        guard let index else {
          if command.flag("missing_ok") { continue }
          _ = try found()
          continue
        }
        table.columns.remove(at: index)
        table.indexes.removeAll { $0.columns.contains(column) }
        table.checks.removeAll { $0.columns.contains(column) }
        table.foreignKeys.removeAll { $0.columns.contains(column) }
        if table.primaryKey.contains(column) { table.primaryKey = [] }
        isSimple = false
      case "AT_ColumnDefault":
        let index = try found()
        table.columns[index].defaultText = nil
        if let value = command.node("def") { try setDefault(value, &table, index) }
        isSimple = false
      case "AT_SetNotNull":
        table.columns[try found()].isNotNull = true
        isSimple = false
      case "AT_DropNotNull":
        table.columns[try found()].isNotNull = false
        isSimple = false
      case "AT_DropExpression":
        table.columns[try found()].generatedText = nil
        isSimple = false
      case "AT_AlterColumnType":
        let index = try found()
        guard let definition = command.node("def"), let typeName = definition.node("typeName") else { continue }
        let translator = self.translator
        let type = try translator.type(typeName)
        let old: SQLiteTranslator.Value
        if let using = definition.node("raw_default") {
          old = try translator.expression(using, scope(before))
        } else {
          old = SQLiteTranslator.Value(text: quoted(column), type: table.columns[index].type, isColumn: true)
        }
        sources[column] = try translator.cast(old, to: type, command).text
        table.columns[index].type = type
        isSimple = false
      case "AT_AddConstraint":
        guard let definition = command.node("def") else { continue }
        try addConstraint(definition, to: &table, column: nil)
        isSimple = false
      case "AT_DropConstraint":
        let count = table.checks.count + table.indexes.count + table.foreignKeys.count
        table.checks.removeAll { $0.name == column }
        table.indexes.removeAll { $0.name == column }
        table.foreignKeys.removeAll { $0.name == column }
        if column == "\(name)_pkey" {
          table.primaryKey = []
        } else if !command.flag("missing_ok"),
          count == table.checks.count + table.indexes.count + table.foreignKeys.count
        {
          throw Untranslatable(command, "there is no constraint '\(column)' on '\(name)'")
        }
        isSimple = false
      case "AT_AddIdentity":
        table.columns[try found()].isCounter = true
        isSimple = false
      case "AT_DropIdentity":
        table.columns[try found()].isCounter = false
        isSimple = false
      case "AT_ValidateConstraint", "AT_SetStatistics", "AT_SetStorage", "AT_ChangeOwner", "AT_ClusterOn",
        "AT_SetRelOptions", "AT_ResetRelOptions", "AT_ReplicaIdentity", "AT_SetOptions":
        note(command, "SQLite does without this change")
      default: throw Untranslatable(command, "this change of a table has no equivalent in SQLite")
      }
    }
    try checkCounters(table, node)
    schema.tables[name] = table
    let isChanged = !added.isEmpty || !isSimple
    if !isChanged { return [] }
    if isSimple { return added.map { addColumn($0, of: table) } }
    let old = table.columns.compactMap { column in sources[column.name].map { (column.name, $0) } }
      .filter { pair in before.column(pair.0) != nil && !added.contains(pair.0) }
    return schema.rebuild(table, old: old.map { (column: $0.0, source: $0.1) })
  }

  private mutating func setDefault(
    _ value: SyntaxNode,
    _ table: inout SQLiteSchema.Table,
    _ index: Int
  ) throws(Untranslatable) {
    let constraint = SyntaxNode(
      kind: "Constraint",
      fields: [("contype", .string("CONSTR_DEFAULT")), ("raw_expr", .node(value))]
    )
    try addConstraint(constraint, to: &table, column: table.columns[index].name)
  }

  private func addColumn(_ name: String, of table: SQLiteSchema.Table) -> String {
    let column = table.column(name)!
    var text = "ALTER TABLE \(quoted(table.name)) ADD COLUMN \(quoted(name)) \(column.type.affinity)"
    if case .numeric = column.type { text += " COLLATE pg_numeric" }
    if column.isNotNull { text += " NOT NULL" }
    if let value = column.defaultText { text += " DEFAULT \(value)" }
    return text + schema.typeChecks(column)
  }

  /// ALTER TYPE … ADD VALUE, RENAME VALUE.
  mutating func alterEnum(_ node: SyntaxNode) throws(Untranslatable) -> [String] {
    let name = try Self.name(node, node.names("typeName") ?? [])
    guard var labels = schema.enums[name], let label = node.string("newVal") else {
      throw Untranslatable(node, "there is no enum '\(name)' in the translated schema")
    }
    var source: ((String) -> String)?
    if let old = node.string("oldVal") {
      guard let index = labels.firstIndex(of: old) else { throw Untranslatable(node, "the enum has no label '\(old)'") }
      labels[index] = label
      source = { "CASE \($0) WHEN \(literal(old)) THEN \(literal(label)) ELSE \($0) END" }
    } else {
      if labels.contains(label), node.flag("skipIfNewValExists") { return [] }
      let neighbour = node.string("newValNeighbor").flatMap { labels.firstIndex(of: $0) }
      labels.insert(label, at: neighbour.map { node.flag("newValIsAfter") ? $0 + 1 : $0 } ?? labels.count)
    }
    schema.enums[name] = labels
    var statements: [String] = []
    for table in schema.tables.values.sorted(by: { $0.name < $1.name })
    where table.columns.contains(where: { $0.type == .enumeration(name) }) {
      statements += schema.rebuild(
        table,
        old: table.columns.map { column in
          let plain = quoted(column.name)
          return (column.name, column.type == .enumeration(name) ? source?(plain) ?? plain : plain)
        }
      )
    }
    return statements
  }

  mutating func rename(_ node: SyntaxNode) throws(Untranslatable) -> [String] {
    let new = node.string("newname") ?? ""
    let name = try Self.relation(node.node("relation"))
    switch node.string("renameType") {
    case "OBJECT_TABLE":
      var table = try table(name, node)
      table.name = new
      schema.tables[name] = nil
      schema.tables[new] = table
      for key in schema.tables.keys {
        for index in schema.tables[key]!.foreignKeys.indices where schema.tables[key]!.foreignKeys[index].table == name
        {
          schema.tables[key]!.foreignKeys[index].table = new
        }
      }
      return ["ALTER TABLE \(quoted(name)) RENAME TO \(quoted(new))"]
    case "OBJECT_COLUMN":
      let old = node.string("subname") ?? ""
      var table = try table(name, node)
      guard let index = table.columns.firstIndex(where: { $0.name == old }) else {
        throw Untranslatable(node, "there is no column '\(old)' in '\(name)'")
      }
      // Conditions are kept as text, in which a name cannot be found again for certain.
      if table.checks.contains(where: { $0.columns.contains(old) })
        || table.indexes.contains(where: { $0.columns.contains(nil) || $0.condition != nil })
        || table.columns.contains(where: { $0.generatedText != nil })
      {
        throw Untranslatable(
          node,
          "'\(old)' is part of a condition or an expression, and cannot be renamed in SQLite's schema",
          remedy: "drop the constraint or index first, and add it anew behind"
        )
      }
      table.columns[index].name = new
      table.primaryKey = table.primaryKey.map { $0 == old ? new : $0 }
      for index in table.indexes.indices {
        table.indexes[index].columns = table.indexes[index].columns.map { $0 == old ? new : $0 }
        table.indexes[index].text = quotedList(table.indexes[index].columns.compactMap { $0 })
      }
      for index in table.foreignKeys.indices {
        table.foreignKeys[index].columns = table.foreignKeys[index].columns.map { $0 == old ? new : $0 }
      }
      schema.tables[name] = table
      for key in schema.tables.keys {
        for index in schema.tables[key]!.foreignKeys.indices where schema.tables[key]!.foreignKeys[index].table == name
        {
          let columns = schema.tables[key]!.foreignKeys[index].otherColumns
          schema.tables[key]!.foreignKeys[index].otherColumns = columns.map { $0 == old ? new : $0 }
        }
      }
      return ["ALTER TABLE \(quoted(name)) RENAME COLUMN \(quoted(old)) TO \(quoted(new))"]
    case "OBJECT_INDEX", "OBJECT_TABCONSTRAINT":
      let old = node.string("renameType") == "OBJECT_INDEX" ? name : node.string("subname") ?? ""
      guard let owner = schema.tables.values.first(where: { $0.indexes.contains { $0.name == old } }),
        let index = owner.indexes.firstIndex(where: { $0.name == old })
      else { throw Untranslatable(node, "this name cannot be changed in SQLite", remedy: "drop it and add it anew") }
      schema.tables[owner.name]!.indexes[index].name = new
      return ["DROP INDEX \(quoted(old))", schema.tables[owner.name]!.indexes[index].create(on: owner.name)]
    case "OBJECT_TYPE":
      let old = node.node("object")?.names("items")?.last ?? ""
      schema.enums[new] = schema.enums.removeValue(forKey: old)
      for key in schema.tables.keys {
        for index in schema.tables[key]!.columns.indices
        where schema.tables[key]!.columns[index].type == .enumeration(old) {
          schema.tables[key]!.columns[index].type = .enumeration(new)
        }
      }
      return []
    default: throw Untranslatable(node, "this name cannot be changed in SQLite")
    }
  }
}
