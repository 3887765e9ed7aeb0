import CSQLite
import KatanaSQL

/// A variant of a statement as a connection keeps it.
final class PreparedStatement {
  let handle: OpaquePointer
  let variant: UInt64
  let isReadOnly: Bool
  let columnCount: Int32
  private let parameters: [ValueForm]
  private let columns: [ValueForm]

  init(_ statement: SQLStatement, variant: UInt64, on connection: OpaquePointer) throws(SQLError) {
    guard let text = statement.text(for: .sqlite, variant: variant) else {
      throw SQLError(.unsupported, "SQLite's dialect has no such statement")
    }
    parameters = try Self.forms(statement.parameters, "parameter $")
    columns = try Self.forms(statement.columns, "column ")
    var compiled: OpaquePointer?
    let code = sqlite3_prepare_v3(connection, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
    guard code == SQLITE_OK else { throw .sqlite(code, String(cString: sqlite3_errmsg(connection)), of: connection) }
    guard let compiled else { throw SQLError(.refused, "the statement is empty", state: "42601") }
    handle = compiled
    self.variant = variant
    isReadOnly = sqlite3_stmt_readonly(compiled) != 0
    columnCount = Int32(columns.count)
    // A statement that gives rows to one who wants none is as good.
    if !columns.isEmpty, sqlite3_column_count(compiled) != columnCount {
      let count = sqlite3_column_count(compiled)
      sqlite3_finalize(compiled)
      throw SQLError(.undecodable, "the statement has \(count) columns, and \(columns.count) are expected")
    }
  }

  deinit { sqlite3_finalize(handle) }

  private static func forms(_ types: [SQLType], _ what: String) throws(SQLError) -> [ValueForm] {
    var forms: [ValueForm] = []
    for (index, type) in types.enumerated() {
      guard let form = ValueForm(type) else {
        throw SQLError(
          .unsupported,
          "\(what)\(index + 1): the type with the oid \(type.rawValue) has no form in SQLite"
        )
      }
      forms.append(form)
    }
    return forms
  }

  /// - Parameter cells: one for each parameter; they stay until ``reset()``.
  func bind(_ cells: UnsafePointer<SQLCell>) throws(SQLError) {
    // A variant may leave out the last parameters.
    let count = min(parameters.count, Int(sqlite3_bind_parameter_count(handle)))
    for index in 0..<count { try parameters[index].bind(cells[index], to: handle, Int32(index + 1)) }
  }

  func appendRow(to rows: RowBuffer) throws(SQLError) {
    for column in 0..<columnCount { try columns[Int(column)].append(handle, column, to: rows) }
  }

  func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }
}
