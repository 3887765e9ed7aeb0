import KatanaContract

/// Applies the statements of migrations to the translated schema, one after another, and writes them for SQLite.
///
/// Most changes of a table have no statement in SQLite; such a table is made anew with its rows.
struct SQLiteSchemaTranslator {
  var schema = SQLiteSchema()
  /// The text of the statements.
  var source: [UInt8] = []
  /// Things that SQLite does without.
  private(set) var notes: [(offset: Int?, message: String)] = []

  var translator: SQLiteTranslator { SQLiteTranslator(schema: schema, source: source) }

  mutating func note(_ node: SyntaxNode, _ message: String) {
    notes.append((node.kind.hasSuffix("Stmt") ? nil : node.firstOffset, message))
  }

  /// - Returns: the statements, none for what SQLite does without.
  mutating func translate(_ node: SyntaxNode) throws(Untranslatable) -> [String] {
    switch node.kind {
    case "CreateStmt": return try createTable(node)
    case "IndexStmt": return try createIndex(node)
    case "ViewStmt": return try createView(node)
    case "CreateEnumStmt":
      let name = try Self.name(node, node.names("typeName") ?? [])
      schema.enums[name] = node.names("vals") ?? []
      return []
    case "AlterEnumStmt": return try alterEnum(node)
    case "CreateDomainStmt":
      try createDomain(node)
      return []
    case "AlterTableStmt": return try alterTable(node)
    case "RenameStmt": return try rename(node)
    case "DropStmt": return try drop(node)
    case "TruncateStmt":
      var statements: [String] = []
      for relation in node.nodes("relations") {
        statements.append("DELETE FROM \(quoted(try Self.relation(relation)))")
      }
      return statements
    case "InsertStmt", "UpdateStmt", "DeleteStmt", "SelectStmt": return [try translator.statement(node)]
    case "CommentStmt", "TransactionStmt": return []
    case "CreateExtensionStmt":
      let name = node.string("extname") ?? ""
      guard ["pgcrypto", "uuid-ossp", "plpgsql"].contains(name) else {
        throw Untranslatable(node, "SQLite has no extension '\(name)'", remedy: "do without its types and functions")
      }
      return []
    case "VariableSetStmt", "GrantStmt", "GrantRoleStmt", "AlterOwnerStmt", "AlterDefaultPrivilegesStmt",
      "CreateStatsStmt", "VacuumStmt":
      note(node, "SQLite does without this statement")
      return []
    case "CreateSchemaStmt" where node.string("schemaname") == "public": return []
    case "CreateSchemaStmt": throw Untranslatable(node, "SQLite has no schemas", remedy: "use the schema 'public'")
    case "CreateSeqStmt", "AlterSeqStmt":
      throw Untranslatable(node, "SQLite has no sequences", remedy: "use an identity column")
    case "CreateFunctionStmt", "CreateTrigStmt", "DoStmt", "CreatePLangStmt", "RuleStmt":
      throw Untranslatable(
        node,
        "SQLite has no functions, triggers or blocks of PostgreSQL's",
        remedy: "do it in the statements of the program"
      )
    case "CreateTableAsStmt":
      throw Untranslatable(
        node,
        "CREATE TABLE … AS has no types in SQLite",
        remedy: "create the table, then INSERT … SELECT"
      )
    default: throw Untranslatable(node, "this statement has no equivalent in SQLite")
    }
  }

  static func name(_ node: SyntaxNode, _ names: [String]) throws(Untranslatable) -> String {
    if names.count > 1, names[0] != "public" {
      throw Untranslatable(node, "SQLite has no schemas: '\(names.joined(separator: "."))'", remedy: "use 'public'")
    }
    return names.last ?? ""
  }

  static func relation(_ node: SyntaxNode?) throws(Untranslatable) -> String {
    guard let node else { return "" }
    return try name(node, [node.string("schemaname"), node.string("relname")].compactMap { $0 })
  }

  func table(_ name: String, _ node: SyntaxNode) throws(Untranslatable) -> SQLiteSchema.Table {
    guard let table = schema.tables[name] else {
      throw Untranslatable(
        node,
        "there is no table '\(name)' in the translated schema",
        remedy: "look at what was said before"
      )
    }
    return table
  }

  // MARK: Tables

  private mutating func createTable(_ node: SyntaxNode) throws(Untranslatable) -> [String] {
    let name = try Self.relation(node.node("relation"))
    if node.node("relation")?.string("relpersistence") == "t" {
      throw Untranslatable(node, "a temporary table belongs to one connection, and reactors have several")
    }
    if !node.nodes("inhRelations").isEmpty || node.node("partspec") != nil || node.node("partbound") != nil {
      throw Untranslatable(node, "SQLite has no inheritance and no partitions", remedy: "use one table")
    }
    let exists = schema.tables[name] != nil
    if exists, node.flag("if_not_exists") { return [] }
    var table = SQLiteSchema.Table(name: name)
    // Columns first: constraints of the table name them.
    for element in node.nodes("tableElts") where element.kind == "ColumnDef" { try addColumn(element, to: &table) }
    for element in node.nodes("tableElts") where element.kind == "ColumnDef" {
      for constraint in element.nodes("constraints") {
        try addConstraint(constraint, to: &table, column: element.string("colname"))
      }
    }
    for element in node.nodes("tableElts") where element.kind != "ColumnDef" {
      guard element.kind == "Constraint" else {
        throw Untranslatable(
          element,
          "\(element.kind) in a table has no equivalent in SQLite",
          remedy: "write the columns"
        )
      }
      try addConstraint(element, to: &table, column: nil)
    }
    try checkCounters(table, node)
    schema.tables[name] = table
    return [schema.create(table, ifNotExists: node.flag("if_not_exists"))] + table.indexes.map { $0.create(on: name) }
  }

  func checkCounters(_ table: SQLiteSchema.Table, _ node: SyntaxNode) throws(Untranslatable) {
    for column in table.columns where column.isCounter && table.primaryKey != [column.name] {
      throw Untranslatable(
        node,
        "only a primary key counts by itself in SQLite, and '\(column.name)' is none",
        remedy: "make it the primary key, or give its values in the statements"
      )
    }
  }

  /// The column and what belongs to it alone; keys and checks come later.
  mutating func addColumn(_ node: SyntaxNode, to table: inout SQLiteSchema.Table) throws(Untranslatable) {
    let name = node.string("colname") ?? ""
    guard let typeName = node.node("typeName") else { throw Untranslatable(node, "the column has no type") }
    let typeWord = typeName.names("names")?.last ?? ""
    var column = SQLiteSchema.Column(name: name, type: try translator.type(typeName))
    if ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"].contains(typeWord) {
      column.isCounter = true
      column.isNotNull = true
    }
    if let domain = schema.domains[typeWord] {
      column.isNotNull = domain.isNotNull
      if let value = domain.defaultNode { column.defaultText = try defaultText(value, column) }
      for (index, check) in domain.checks.enumerated() {
        var scope = SQLiteScope()
        // VALUE is the column.
        scope.level.sources = [.init(alias: "value", columns: [.init(name: "value", type: column.type)])]
        let text = try translator.condition(check, scope)
        column.domainChecks.append(
          .init(
            name: "\(typeWord)_check\(index == 0 ? "" : "\(index)")",
            text: Self.replacingValue(text, by: quoted(name)),
            columns: [name]
          )
        )
      }
    }
    if node.node("collClause") != nil { note(node, "SQLite compares text by its bytes, as the collation C does") }
    table.columns.append(column)
  }

  /// `value` as a word, outside of strings.
  private static func replacingValue(_ text: String, by name: String) -> String {
    var result = ""
    var word = ""
    var inString = false
    func isPart(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }
    for character in text {
      if !inString, isPart(character) {
        word.append(character)
        continue
      }
      result += word == "value" ? name : word
      word = ""
      if character == "'" { inString.toggle() }
      result.append(character)
    }
    return result + (word == "value" ? name : word)
  }

  private func defaultText(_ node: SyntaxNode, _ column: SQLiteSchema.Column) throws(Untranslatable) -> String? {
    let value = try translator.assigned(try translator.expression(node, SQLiteScope()), to: column.type, node)
    if value.isNull { return nil }
    let isLiteral =
      value.text.hasPrefix("'") || value.text.hasPrefix("x'") || Double(value.text) != nil
      || value.text == "TRUE" || value.text == "FALSE"
    return isLiteral ? value.text : "(\(value.text))"
  }

  func scope(_ table: SQLiteSchema.Table) -> SQLiteScope {
    var scope = SQLiteScope()
    scope.level.sources = [
      .init(alias: table.name, columns: table.columns.map { .init(name: $0.name, type: $0.type) }, isBare: true)
    ]
    return scope
  }

  private static func columnsNamed(in node: SyntaxNode) -> [String] {
    var names: [String] = []
    node.walk { node in
      if node.kind == "ColumnRef", let name = node.names("fields")?.last, !names.contains(name) { names.append(name) }
      return true
    }
    return names
  }

  /// PostgreSQL's name for a constraint without one.
  private func constraintName(_ table: SQLiteSchema.Table, _ columns: [String], _ suffix: String) -> String {
    let base = ([table.name] + columns + [suffix]).joined(separator: "_")
    let taken = Set(table.checks.map(\.name) + table.foreignKeys.map(\.name) + table.indexes.map(\.name))
    if !taken.contains(base) { return base }
    var number = 1
    while taken.contains("\(base)\(number)") { number += 1 }
    return "\(base)\(number)"
  }

  /// - Parameter column: that it stands behind; nil for one of the table.
  mutating func addConstraint(
    _ node: SyntaxNode,
    to table: inout SQLiteSchema.Table,
    column name: String?
  ) throws(Untranslatable) {
    let index = name.flatMap { name in table.columns.firstIndex { $0.name == name } }
    let given = node.string("conname")
    switch node.string("contype") {
    case "CONSTR_NULL": break
    case "CONSTR_NOTNULL": table.columns[index!].isNotNull = true
    case "CONSTR_DEFAULT":
      guard let value = node.node("raw_expr") else { return }
      if value.kind == "FuncCall", value.names("funcname")?.last == "nextval" {
        table.columns[index!].isCounter = true
      } else {
        table.columns[index!].defaultText = try defaultText(value, table.columns[index!])
      }
    case "CONSTR_IDENTITY":
      table.columns[index!].isCounter = true
      table.columns[index!].isNotNull = true
    case "CONSTR_GENERATED":
      guard let value = node.node("raw_expr") else { return }
      let made = try translator.expression(value, scope(table))
      table.columns[index!].generatedText = try translator.assigned(made, to: table.columns[index!].type, value).text
    case "CONSTR_CHECK":
      guard let condition = node.node("raw_expr") else { return }
      let columns = Self.columnsNamed(in: condition)
      let text = try translator.condition(condition, scope(table))
      let label = given ?? constraintName(table, name.map { [$0] } ?? (columns.count == 1 ? columns : []), "check")
      table.checks.append(.init(name: label, text: text, columns: columns))
    case "CONSTR_PRIMARY":
      table.primaryKey = name.map { [$0] } ?? node.names("keys") ?? []
    case "CONSTR_UNIQUE":
      if node.flag("deferrable") { throw Untranslatable(node, "a UNIQUE constraint of SQLite cannot wait") }
      let columns = name.map { [$0] } ?? node.names("keys") ?? []
      table.indexes.append(
        .init(
          name: given ?? constraintName(table, columns, "key"),
          columns: columns,
          text: quotedList(columns),
          isUnique: true,
          isConstraint: true
        )
      )
    case "CONSTR_FOREIGN": try addForeignKey(node, to: &table, column: name)
    case "CONSTR_ATTR_DEFERRABLE", "CONSTR_ATTR_NOT_DEFERRABLE", "CONSTR_ATTR_IMMEDIATE": break
    case "CONSTR_ATTR_DEFERRED":
      if let last = table.foreignKeys.indices.last {
        table.foreignKeys[last].actions += " DEFERRABLE INITIALLY DEFERRED"
      }
    case "CONSTR_EXCLUSION": throw Untranslatable(node, "an EXCLUDE constraint has no equivalent in SQLite")
    case let kind: throw Untranslatable(node, "\(kind ?? "a constraint") has no equivalent in SQLite")
    }
  }

  private func addForeignKey(
    _ node: SyntaxNode,
    to table: inout SQLiteSchema.Table,
    column: String?
  ) throws(Untranslatable) {
    let columns = column.map { [$0] } ?? node.names("fk_attrs") ?? []
    let other = try Self.relation(node.node("pktable"))
    var otherColumns = node.names("pk_attrs") ?? []
    if otherColumns.isEmpty {
      otherColumns = other == table.name ? table.primaryKey : schema.tables[other]?.primaryKey ?? []
    }
    if other == table.name, otherColumns.isEmpty {
      throw Untranslatable(node, "the key that '\(other)' refers to is not known yet", remedy: "name its columns")
    }
    if otherColumns.isEmpty {
      throw Untranslatable(node, "there is no primary key of '\(other)' in the translated schema")
    }
    let words = ["c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT", "r": "RESTRICT"]
    var actions = ""
    if let action = words[node.string("fk_del_action") ?? ""] { actions += " ON DELETE \(action)" }
    if let action = words[node.string("fk_upd_action") ?? ""] { actions += " ON UPDATE \(action)" }
    if node.flag("initdeferred") { actions += " DEFERRABLE INITIALLY DEFERRED" }
    if node.string("fk_matchtype") == "f", columns.count > 1 {
      throw Untranslatable(node, "MATCH FULL has no equivalent in SQLite", remedy: "add a CHECK")
    }
    table.foreignKeys.append(
      .init(
        name: node.string("conname") ?? constraintName(table, columns, "fkey"),
        columns: columns,
        table: other,
        otherColumns: otherColumns,
        actions: actions
      )
    )
  }

  private mutating func createDomain(_ node: SyntaxNode) throws(Untranslatable) {
    let name = try Self.name(node, node.names("domainname") ?? [])
    guard let type = node.node("typeName") else { return }
    var domain = SQLiteSchema.Domain(type: try translator.type(type), isNotNull: false, checks: [])
    if let base = schema.domains[type.names("names")?.last ?? ""] { domain.checks = base.checks }
    for constraint in node.nodes("constraints") {
      switch constraint.string("contype") {
      case "CONSTR_NOTNULL": domain.isNotNull = true
      case "CONSTR_CHECK": if let check = constraint.node("raw_expr") { domain.checks.append(check) }
      case "CONSTR_DEFAULT": domain.defaultNode = constraint.node("raw_expr")
      default: break
      }
    }
    schema.domains[name] = domain
  }

  // MARK: Indexes and views

  private mutating func createIndex(_ node: SyntaxNode) throws(Untranslatable) -> [String] {
    let name = try Self.relation(node.node("relation"))
    var table = try table(name, node)
    let method = node.string("accessMethod") ?? "btree"
    guard method == "btree" || method == "hash" else {
      note(node, "an index of the kind '\(method)' is not there in SQLite; the rows are the same without it")
      return []
    }
    var columns: [String?] = []
    var parts: [String] = []
    var isEnum = false
    for element in node.nodes("indexParams") {
      let part: String
      if let column = element.string("name") {
        guard let found = table.column(column) else {
          throw Untranslatable(node, "there is no column '\(column)' in '\(name)'")
        }
        if case .enumeration = found.type { isEnum = true }
        columns.append(column)
        part = quoted(column)
      } else {
        guard let expression = element.node("expr") else { continue }
        columns.append(nil)
        part = try translator.expression(expression, scope(table)).operand
      }
      parts.append(part + (element.string("ordering") == "SORTBY_DESC" ? " DESC" : ""))
    }
    _ = isEnum
    let words = columns.map { $0 ?? "expr" }
    let label = node.string("idxname") ?? constraintName(table, words, "idx")
    if node.flag("if_not_exists"), table.indexes.contains(where: { $0.name == label }) { return [] }
    let condition = try node.node("whereClause").map { condition throws(Untranslatable) in
      try translator.condition(condition, scope(table))
    }
    let index = SQLiteSchema.Index(
      name: label,
      columns: columns,
      text: parts.joined(separator: ", "),
      isUnique: node.flag("unique"),
      condition: condition
    )
    table.indexes.append(index)
    schema.tables[name] = table
    return [index.create(on: name)]
  }

  private mutating func createView(_ node: SyntaxNode) throws(Untranslatable) -> [String] {
    let name = try Self.relation(node.node("view"))
    guard let query = node.node("query") else { return [] }
    var (text, columns) = try translator.select(query, SQLiteScope().pushed())
    let aliases = node.names("aliases") ?? []
    for (index, alias) in aliases.enumerated() where index < columns.count { columns[index].name = alias }
    let create = "CREATE VIEW \(quoted(name)) (\(quotedList(columns.map(\.name)))) AS \(text)"
    let view = SQLiteSchema.View(name: name, columns: columns.map { ($0.name, $0.type) }, create: create)
    var statements: [String] = []
    if let index = schema.views.firstIndex(where: { $0.name == name }) {
      statements.append("DROP VIEW \(quoted(name))")
      schema.views[index] = view
    } else {
      schema.views.append(view)
    }
    return statements + [create]
  }

  private mutating func drop(_ node: SyntaxNode) throws(Untranslatable) -> [String] {
    var statements: [String] = []
    for object in node.nodes("objects") {
      let names =
        object.kind == "List"
        ? object.names("items") ?? []
        : object.kind == "TypeName" ? object.names("names") ?? [] : [object.string("sval") ?? ""]
      let name = try Self.name(node, names)
      let mayMiss = node.flag("missing_ok")
      switch node.string("removeType") {
      case "OBJECT_TABLE":
        if schema.tables.removeValue(forKey: name) == nil, mayMiss { continue }
        statements.append("DROP TABLE \(mayMiss ? "IF EXISTS " : "")\(quoted(name))")
      case "OBJECT_VIEW":
        schema.views.removeAll { $0.name == name }
        statements.append("DROP VIEW \(mayMiss ? "IF EXISTS " : "")\(quoted(name))")
      case "OBJECT_INDEX":
        let owner = schema.tables.values.first { table in table.indexes.contains { $0.name == name } }
        // One of a kind that SQLite does without.
        guard let owner else { continue }
        schema.tables[owner.name]?.indexes.removeAll { $0.name == name }
        statements.append("DROP INDEX \(mayMiss ? "IF EXISTS " : "")\(quoted(name))")
      case "OBJECT_TYPE": schema.enums[name] = nil
      case "OBJECT_DOMAIN": schema.domains[name] = nil
      case "OBJECT_EXTENSION", "OBJECT_FUNCTION", "OBJECT_TRIGGER", "OBJECT_SEQUENCE":
        note(node, "SQLite has none of these")
      default: throw Untranslatable(node, "this DROP has no equivalent in SQLite")
      }
    }
    return statements
  }
}
