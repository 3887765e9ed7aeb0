import CSQLite
import Glibc
import KatanaSQL
import KatanaSQLiteDialect

extension ValueForm {
  /// Binds a value that stays where it is until the statement was reset.
  ///
  /// - Throws: ``SQLError`` for a value that SQLite cannot hold.
  func bind(_ cell: SQLCell, to statement: OpaquePointer, _ index: Int32) throws(SQLError) {
    guard let pointer = cell.pointer else { return check(sqlite3_bind_null(statement, index)) }
    let bytes = cell.bytes
    switch self {
    case .bool where cell.count == 1: check(sqlite3_bind_int64(statement, index, bytes[0] == 0 ? 0 : 1))
    case .int2 where cell.count == 2:
      check(sqlite3_bind_int64(statement, index, Int64(Int16(bigEndian: pointer.loadUnaligned(as: Int16.self)))))
    case .int4 where cell.count == 4:
      check(sqlite3_bind_int64(statement, index, Int64(Int32(bigEndian: pointer.loadUnaligned(as: Int32.self)))))
    case .oid where cell.count == 4:
      check(sqlite3_bind_int64(statement, index, Int64(UInt32(bigEndian: pointer.loadUnaligned(as: UInt32.self)))))
    case .int8 where cell.count == 8:
      check(sqlite3_bind_int64(statement, index, Int64(bigEndian: pointer.loadUnaligned(as: Int64.self))))
    case .float4 where cell.count == 4:
      let value = Float(bitPattern: UInt32(bigEndian: pointer.loadUnaligned(as: UInt32.self)))
      try bindReal(Double(value), to: statement, index)
    case .float8 where cell.count == 8:
      try bindReal(Double(bitPattern: UInt64(bigEndian: pointer.loadUnaligned(as: UInt64.self))), to: statement, index)
    case .text:
      if bytes.contains(0) { throw unbindable(index, "invalid byte sequence for encoding \"UTF8\": 0x00", "22021") }
      check(
        sqlite3_bind_text64(
          statement,
          index,
          pointer.assumingMemoryBound(to: CChar.self),
          UInt64(cell.count),
          nil,
          UInt8(SQLITE_UTF8)
        )
      )
    case .bytea: check(sqlite3_bind_blob64(statement, index, pointer, UInt64(cell.count), nil))
    default:
      guard var text = text(bytes) else {
        // What an array of texts is refused for.
        if case .array(of: .text, _) = self {
          throw unbindable(index, "invalid byte sequence for encoding \"UTF8\": 0x00", "22021")
        }
        throw unbindable(index, "the value has no form in SQLite", "22P03")
      }
      text.withUTF8 {
        $0.withMemoryRebound(to: CChar.self) {
          check(
            sqlite3_bind_text64(
              statement,
              index,
              $0.baseAddress ?? emptyText,
              UInt64($0.count),
              copied,
              UInt8(SQLITE_UTF8)
            )
          )
        }
      }
    }
  }

  private func bindReal(_ value: Double, to statement: OpaquePointer, _ index: Int32) throws(SQLError) {
    if value.isNaN { throw unbindable(index, "NaN has no form in SQLite", "22003") }
    check(sqlite3_bind_double(statement, index, value))
  }

  private func unbindable(_ index: Int32, _ message: String, _ state: String) -> SQLError {
    SQLError(.refused, "parameter $\(index): \(message)", state: state)
  }

  /// Binding fails for an index or a state that only a fault of ours leads to.
  private func check(_ code: Int32) { precondition(code == SQLITE_OK || code == SQLITE_NOMEM || code == SQLITE_TOOBIG) }

  /// Appends what a column of the row has, as a cell.
  ///
  /// - Throws: ``SQLError`` of kind `undecodable` for what is no value of the type.
  func append(_ statement: OpaquePointer, _ column: Int32, to rows: RowBuffer) throws(SQLError) {
    let type = sqlite3_column_type(statement, column)
    if type == SQLITE_NULL { return try rows.appendCell(from: nil) }
    let start = rows.count
    let isRead: Bool
    switch (self, type) {
    case (.int8, SQLITE_INTEGER):
      try rows.append(sqlite3_column_int64(statement, column))
      isRead = true
    case (.int4, SQLITE_INTEGER): isRead = try append(Int32(exactly: sqlite3_column_int64(statement, column)), to: rows)
    case (.int2, SQLITE_INTEGER): isRead = try append(Int16(exactly: sqlite3_column_int64(statement, column)), to: rows)
    case (.oid, SQLITE_INTEGER): isRead = try append(UInt32(exactly: sqlite3_column_int64(statement, column)), to: rows)
    case (.bool, SQLITE_INTEGER):
      try rows.append(UInt8(sqlite3_column_int64(statement, column) == 0 ? 0 : 1))
      isRead = true
    case (.float8, SQLITE_INTEGER), (.float8, SQLITE_FLOAT):
      try rows.append(sqlite3_column_double(statement, column).bitPattern)
      isRead = true
    case (.float4, SQLITE_INTEGER), (.float4, SQLITE_FLOAT):
      try rows.append(Float(sqlite3_column_double(statement, column)).bitPattern)
      isRead = true
    case (.bytea, SQLITE_BLOB):
      let bytes = sqlite3_column_blob(statement, column)
      try rows.append(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, column))))
      isRead = true
    default:
      guard let text = sqlite3_column_text(statement, column) else { throw .outOfMemory }
      let count = Int(sqlite3_column_bytes(statement, column))
      isRead = try append(UnsafeBufferPointer(start: text, count: count), to: rows)
    }
    guard isRead else {
      throw SQLError(.undecodable, "column \(column + 1): not a value of the statement's type, or out of its range")
    }
    try rows.appendCell(from: start)
  }

  private func append(_ value: (some FixedWidthInteger & BitwiseCopyable)?, to rows: RowBuffer) throws(SQLError) -> Bool
  {
    guard let value else { return false }
    try rows.append(value)
    return true
  }
}

/// SQLITE_TRANSIENT: SQLite copies before the call returns.
private var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

nonisolated(unsafe) private let emptyText = UnsafePointer(UnsafeMutablePointer<CChar>.allocate(capacity: 1))
