import CSQLite
import KatanaSQL
import KatanaSQLiteDialect

extension SQLError {
  /// What SQLite said, with the nearest SQLSTATE of PostgreSQL and, for constraints, PostgreSQL's words.
  ///
  /// - Parameter code: an extended result code.
  static func sqlite(_ code: Int32, _ message: String, of connection: OpaquePointer?) -> SQLError {
    if code & 0xff == SQLITE_CONSTRAINT { return constraint(code >> 8, message, of: connection) }
    switch code & 0xff {
    case SQLITE_NOMEM: return .outOfMemory
    case SQLITE_INTERRUPT: return deadlineExceeded
    case SQLITE_BUSY, SQLITE_LOCKED: return SQLError(.refused, "the database is busy: \(message)", state: "40001")
    case SQLITE_READONLY: return SQLError(.refused, message, state: "25006")
    case SQLITE_FULL: return SQLError(.refused, "no space is left for the database", state: "53100")
    case SQLITE_IOERR: return SQLError(.refused, message, state: "58030")
    case SQLITE_CORRUPT, SQLITE_NOTADB: return SQLError(.refused, message, state: "XX001")
    case SQLITE_CANTOPEN: return SQLError(.unavailable, message)
    case SQLITE_TOOBIG: return SQLError(.refused, message, state: "54000")
    case SQLITE_MISMATCH: return SQLError(.refused, message, state: "42804")
    default:
      if let refusal = Refusal(description: message) {
        return SQLError(.refused, refusal.message, state: refusal.state)
      }
      if message == "integer overflow" { return SQLError(.refused, message, state: "22003") }
      let states = [("no such table", "42P01"), ("no such column", "42703"), ("no such function", "42883")]
      let state = states.first { message.hasPrefix($0.0) }?.1 ?? (message.contains("syntax error") ? "42601" : "42000")
      return SQLError(.refused, message, state: state)
    }
  }

  static var deadlineExceeded: SQLError { SQLError(.deadlineExceeded, "the statement did not end in time") }

  private static func constraint(_ kind: Int32, _ message: String, of connection: OpaquePointer?) -> SQLError {
    let subject = message.firstRange(of: "failed: ").map { String(message[$0.upperBound...]) } ?? ""
    switch kind {
    case 6, 8, 10: return duplicate(subject, of: connection)  // PRIMARYKEY, UNIQUE, ROWID
    case 3: return SQLError(.refused, "a row refers to a key that is not there", state: "23503")  // FOREIGNKEY
    case 5:  // NOTNULL
      let (table, column) = parts(subject)
      var error = SQLError(
        .refused,
        "null value in column \"\(column)\" of relation \"\(table)\" violates not-null constraint",
        state: "23502"
      )
      error.table = table
      error.column = column
      return error
    case 1: return check(subject)  // CHECK
    case 12: return SQLError(.refused, message, state: "42804")  // DATATYPE
    default: return SQLError(.refused, message, state: "23000")
    }
  }

  /// Checks that the translation adds for the range and the length of a type are named so; what fails them is no
  /// violation of the user's constraints.
  private static func check(_ name: String) -> SQLError {
    if name.hasPrefix("katana_range_") {
      var error = SQLError(.refused, "the value is out of the range of its type", state: "22003")
      error.column = String(name.dropFirst(13))
      return error
    }
    if name.hasPrefix("katana_length_") {
      var error = SQLError(.refused, "the value is too long for its type", state: "22001")
      error.column = String(name.dropFirst(14))
      return error
    }
    if name.hasPrefix("katana_enum_") {
      var error = SQLError(.refused, "invalid input value for enum", state: "22P02")
      error.column = String(name.dropFirst(12))
      return error
    }
    var error = SQLError(.refused, "the row violates check constraint \"\(name)\"", state: "23514")
    error.constraint = name
    return error
  }

  private static func parts(_ name: some StringProtocol) -> (table: String, column: String) {
    guard let dot = name.firstIndex(of: ".") else { return ("", String(name)) }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
  }

  /// `products.sku, products.shop`, or `index 'products_lower_idx'` for one over expressions.
  private static func duplicate(_ subject: String, of connection: OpaquePointer?) -> SQLError {
    var name = ""
    var table = ""
    var columns: [String] = []
    if subject.hasPrefix("index '") {
      name = String(subject.dropFirst(7).dropLast())
    } else {
      for part in subject.split(separator: ", ") {
        let (owner, column) = parts(part)
        table = owner
        columns.append(column)
      }
      name = connection.flatMap { indexName(table, columns, $0) } ?? "\(table)_pkey"
    }
    var error = SQLError(
      .refused,
      "duplicate key value violates unique constraint \"\(name)\"",
      state: "23505"
    )
    error.constraint = name
    error.table = table.isEmpty ? nil : table
    error.column = columns.count == 1 ? columns[0] : nil
    return error
  }

  /// The name that PostgreSQL gives the constraint, unless it was made with a name. Nil for a primary key that is the
  /// row's number, which has no index.
  private static func indexName(_ table: String, _ columns: [String], _ connection: OpaquePointer) -> String? {
    var statement: OpaquePointer?
    let text = """
      SELECT list.name, list.origin FROM pragma_index_list(?1) AS list WHERE list."unique" AND
      (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(list.name) ORDER BY seqno)) = ?2
      """
    guard sqlite3_prepare_v2(connection, text, -1, &statement, nil) == SQLITE_OK else { return nil }
    defer { sqlite3_finalize(statement) }
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    sqlite3_bind_text(statement, 1, table, -1, transient)
    sqlite3_bind_text(statement, 2, columns.joined(separator: ","), -1, transient)
    guard sqlite3_step(statement) == SQLITE_ROW, let name = sqlite3_column_text(statement, 0),
      let origin = sqlite3_column_text(statement, 1)
    else { return nil }
    switch String(cString: origin) {
    case "c": return String(cString: name)
    case "u": return "\(table)_\(columns.joined(separator: "_"))_key"
    default: return "\(table)_pkey"
    }
  }
}
