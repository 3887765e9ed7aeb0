import CSQLite

/// A prepared statement. Bind, step through its rows, and it resets itself.
package final class Statement {
  private let handle: OpaquePointer
  private let database: Database

  init(_ handle: OpaquePointer, of database: Database) {
    self.handle = handle
    self.database = database
  }

  deinit { sqlite3_finalize(handle) }

  /// Runs the statement and calls `row` for each row, which is valid inside the call only.
  package func forEachRow(_ values: SQLiteValue..., row: (borrowing Row) throws -> Void) throws {
    try bind(values)
    defer { reset() }
    while try step() { try row(Row(handle)) }
  }

  /// The first row, or nil when there is none.
  package func first<R>(_ values: SQLiteValue..., row: (borrowing Row) throws -> R) throws -> R? {
    try bind(values)
    defer { reset() }
    return try step() ? try row(Row(handle)) : nil
  }

  /// Runs the statement and gives the number of rows it changed.
  @discardableResult
  package func run(_ values: SQLiteValue...) throws -> Int {
    try bind(values)
    defer { reset() }
    while try step() {}
    return Int(sqlite3_changes64(database.handle))
  }

  private func step() throws -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw database.error(code)
    }
  }

  private func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  private func bind(_ values: [SQLiteValue]) throws {
    for (index, value) in values.enumerated() {
      let code = value.bind(handle, Int32(index + 1))
      if code != SQLITE_OK { throw database.error(code) }
    }
  }
}

/// A value bound to a parameter.
package enum SQLiteValue: Sendable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  package static func text(_ value: String?) -> SQLiteValue { value.map { .text($0) } ?? .null }

  func bind(_ statement: OpaquePointer, _ index: Int32) -> Int32 {
    switch self {
    case .null: return sqlite3_bind_null(statement, index)
    case .integer(let value): return sqlite3_bind_int64(statement, index, value)
    case .real(let value): return sqlite3_bind_double(statement, index, value)
    case .blob(let bytes):
      return bytes.withUnsafeBytes {
        // SQLite takes a nil address for NULL.
        sqlite3_bind_blob64(statement, index, $0.baseAddress ?? UnsafeRawPointer(emptyText), UInt64($0.count), copied)
      }
    case .text(var value):
      return value.withUTF8 { utf8 in
        utf8.withMemoryRebound(to: CChar.self) {
          // An empty string's address may be nil, which would bind NULL.
          sqlite3_bind_text(statement, index, $0.baseAddress ?? emptyText, Int32($0.count), copied)
        }
      }
    }
  }
}

/// SQLITE_TRANSIENT: SQLite copies before the call returns.
private var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

nonisolated(unsafe) private let emptyText = UnsafePointer<CChar>(UnsafeMutablePointer<CChar>.allocate(capacity: 1))

/// The row that a statement stands on. Columns count from zero.
package struct Row: ~Copyable {
  private let statement: OpaquePointer

  init(_ statement: OpaquePointer) { self.statement = statement }

  package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }
  package func real(_ column: Int32) -> Double { sqlite3_column_double(statement, column) }

  package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

  package func text(_ column: Int32) -> String {
    guard let bytes = sqlite3_column_text(statement, column) else { return "" }
    let count = Int(sqlite3_column_bytes(statement, column))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  package func blob(_ column: Int32) -> [UInt8] {
    guard let bytes = sqlite3_column_blob(statement, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, column))))
  }

  package func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
}
