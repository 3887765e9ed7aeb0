/// The translated schema while migrations are applied: what tables look like in SQLite, and what PostgreSQL called the
/// types of their columns.
struct SQLiteSchema {
  struct Column {
    var name: String
    var type: StorageType
    var isNotNull = false
    /// Counts by itself: serial, identity.
    var isCounter = false
    /// SQLite's text, in brackets unless it is a literal.
    var defaultText: String?
    var generatedText: String?
    /// `COLLATE` aside: constraints that the domain brought.
    var domainChecks: [Check] = []
  }

  struct Check {
    var name: String
    var text: String
    /// That it names: it goes with them.
    var columns: [String]
  }

  struct ForeignKey {
    var name: String
    var columns: [String]
    var table: String
    var otherColumns: [String]
    /// `ON DELETE CASCADE …`
    var actions: String
  }

  struct Index {
    var name: String
    /// Nil for an expression.
    var columns: [String?]
    /// SQLite's text of all parts.
    var text: String
    var isUnique: Bool
    var condition: String?
    /// Whether it is a UNIQUE constraint's.
    var isConstraint = false

    func create(on table: String) -> String {
      "CREATE \(isUnique ? "UNIQUE " : "")INDEX \(quoted(name)) ON \(quoted(table)) (\(text))"
        + (condition.map { " WHERE \($0)" } ?? "")
    }
  }

  struct Table {
    var name: String
    var columns: [Column] = []
    var primaryKey: [String] = []
    var checks: [Check] = []
    var foreignKeys: [ForeignKey] = []
    var indexes: [Index] = []

    func column(_ name: String) -> Column? { columns.first { $0.name == name } }
  }

  struct View {
    var name: String
    var columns: [(name: String, type: StorageType)]
    var create: String
  }

  struct Domain {
    var type: StorageType
    var isNotNull: Bool
    var checks: [SyntaxNode]
    var defaultNode: SyntaxNode?
  }

  var tables: [String: Table] = [:]
  /// In the order of their creation.
  var views: [View] = []
  var enums: [String: [String]] = [:]
  var domains: [String: Domain] = [:]
}

/// As SQLite reads a name, whatever it is. Not in double quotes: where no such column is, SQLite would read those as a
/// string.
func quoted(_ name: String) -> String {
  let isPlain = name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
  if isPlain, let first = name.utf8.first, !(0x30...0x39).contains(first), !SQLiteCompiler.isKeyword(name) {
    return name
  }
  return "`" + name.split(separator: "`", omittingEmptySubsequences: false).joined(separator: "``") + "`"
}

func quotedList(_ names: [String]) -> String { names.map(quoted).joined(separator: ", ") }

/// A string literal of SQL.
func literal(_ text: String) -> String {
  "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
}

extension SQLiteSchema {
  /// CREATE TABLE alone, without the indexes.
  func create(_ table: Table, as name: String? = nil, ifNotExists: Bool = false) -> String {
    var parts: [String] = []
    let counter =
      table.primaryKey.count == 1 ? table.column(table.primaryKey[0]).flatMap { $0.isCounter ? $0 : nil } : nil
    for column in table.columns {
      if column.name == counter?.name {
        parts.append("\(quoted(column.name)) INTEGER PRIMARY KEY AUTOINCREMENT" + typeChecks(column))
        continue
      }
      var text = "\(quoted(column.name)) \(column.type.affinity)"
      if case .numeric = column.type { text += " COLLATE pg_numeric" }
      if column.isNotNull || table.primaryKey.contains(column.name) { text += " NOT NULL" }
      if let generated = column.generatedText { text += " GENERATED ALWAYS AS (\(generated)) STORED" }
      if let value = column.defaultText { text += " DEFAULT \(value)" }
      parts.append(text + typeChecks(column))
    }
    if counter == nil, !table.primaryKey.isEmpty { parts.append("PRIMARY KEY (\(quotedList(table.primaryKey)))") }
    for check in table.checks { parts.append("CONSTRAINT \(quoted(check.name)) CHECK (\(check.text))") }
    for key in table.foreignKeys {
      parts.append(
        "CONSTRAINT \(quoted(key.name)) FOREIGN KEY (\(quotedList(key.columns))) REFERENCES "
          + "\(quoted(key.table)) (\(quotedList(key.otherColumns)))\(key.actions)"
      )
    }
    let head = "CREATE TABLE \(ifNotExists ? "IF NOT EXISTS " : "")\(quoted(name ?? table.name))"
    return "\(head) (\n  \(parts.joined(separator: ",\n  "))\n) STRICT"
  }

  /// What PostgreSQL's type would refuse and SQLite's would take.
  func typeChecks(_ column: Column) -> String {
    let name = quoted(column.name)
    func check(_ kind: String, _ condition: String) -> String {
      " CONSTRAINT \(quoted("katana_\(kind)_\(column.name)")) CHECK (\(condition))"
    }
    var text = ""
    switch column.type {
    case .bool: text = check("range", "\(name) IN (0, 1)")
    case .int2: text = check("range", "\(name) BETWEEN -32768 AND 32767")
    case .int4: text = check("range", "\(name) BETWEEN -2147483648 AND 2147483647")
    case .varchar(let length?): text = check("length", "length(\(name)) <= \(length)")
    case .enumeration(let type):
      let labels = enums[type, default: []].map(literal).joined(separator: ", ")
      text = check("enum", "\(name) IN (\(labels))")
    default: break
    }
    for domainCheck in column.domainChecks {
      text += " CONSTRAINT \(quoted(domainCheck.name)) CHECK (\(domainCheck.text))"
    }
    return text
  }

  /// The statements that give an existing table a new shape, as SQLite's documentation has it: a new table takes the
  /// rows and then the name. Foreign keys are off while migrations run, and checked at their end.
  ///
  /// - Parameter old: the columns that rows are taken from, by the new one's name.
  func rebuild(_ table: Table, old: [(column: String, source: String)]) -> [String] {
    let temporary = "katana_new_\(table.name)"
    var statements = views.reversed().map { "DROP VIEW \(quoted($0.name))" }
    statements.append(create(table, as: temporary))
    let stored = old.filter { pair in table.column(pair.column)?.generatedText == nil }
    if !stored.isEmpty {
      statements.append(
        "INSERT INTO \(quoted(temporary)) (\(quotedList(stored.map(\.column)))) SELECT "
          + "\(stored.map(\.source).joined(separator: ", ")) FROM \(quoted(table.name))"
      )
    }
    if table.columns.contains(where: \.isCounter), table.primaryKey.count == 1 {
      // Numbers are not given twice, also when the last rows were deleted.
      statements.append("DELETE FROM sqlite_sequence WHERE name = \(literal(temporary))")
      statements.append(
        "INSERT INTO sqlite_sequence (name, seq) SELECT \(literal(temporary)), seq FROM sqlite_sequence "
          + "WHERE name = \(literal(table.name))"
      )
    }
    statements.append("DROP TABLE \(quoted(table.name))")
    statements.append("ALTER TABLE \(quoted(temporary)) RENAME TO \(quoted(table.name))")
    statements += table.indexes.map { $0.create(on: table.name) }
    statements += views.map(\.create)
    return statements
  }
}
