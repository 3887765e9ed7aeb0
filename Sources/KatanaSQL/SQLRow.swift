/// One value of a row in PostgreSQL's binary form. A nil pointer is NULL.
///
/// Layout: as `kt_bytes` of the C core.
@frozen
public struct SQLCell {
  public var pointer: UnsafeRawPointer?
  public var count: Int

  @inlinable
  public init(pointer: UnsafeRawPointer?, count: Int) {
    self.pointer = pointer
    self.count = count
  }

  @inlinable
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: pointer, count: count) }
}

/// One row of a result. Its bytes are valid while the closure that it was given to runs.
public struct SQLRow: ~Copyable {
  @usableFromInline let cells: UnsafePointer<SQLCell>
  public let columnCount: Int

  /// For executors.
  @inlinable
  public init(_ cells: UnsafePointer<SQLCell>, columnCount: Int) {
    self.cells = cells
    self.columnCount = columnCount
  }

  /// - Precondition: the result has the column.
  @inlinable
  public func isNull(_ column: Int) -> Bool { cell(column).pointer == nil }

  /// - Throws: ``SQLError`` of kind `undecodable` when the value is NULL or no such value.
  @inlinable
  public func value<Value: SQLValue>(_ column: Int, as type: Value.Type = Value.self) throws(SQLError) -> Value {
    let cell = cell(column)
    guard cell.pointer != nil else { throw .undecodable(column, "NULL where the statement promises a value") }
    guard let value = Value(sql: cell.bytes) else { throw .undecodable(column, "no value of type \(Value.self)") }
    return value
  }

  /// Nil for NULL.
  ///
  /// - Throws: ``SQLError`` of kind `undecodable` when the value is no such value.
  @inlinable
  public func optional<Value: SQLValue>(_ column: Int, as type: Value.Type = Value.self) throws(SQLError) -> Value? {
    let cell = cell(column)
    if cell.pointer == nil { return nil }
    guard let value = Value(sql: cell.bytes) else { throw .undecodable(column, "no value of type \(Value.self)") }
    return value
  }

  @inlinable
  func cell(_ column: Int) -> SQLCell {
    precondition(column >= 0 && column < columnCount, "the statement's result has fewer columns")
    return cells[column]
  }
}

/// The rows of one statement, all of them. Read it on the reactor that it came to.
open class SQLResult {
  public let rowCount: Int
  public let columnCount: Int
  /// Rows that an INSERT, UPDATE, DELETE or MERGE changed; else the rows that there are.
  public let affected: Int

  public init(rowCount: Int, columnCount: Int, affected: Int) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.affected = affected
  }

  /// For executors: where the row's cells are, `columnCount` of them, until the next call.
  open func cells(ofRow row: Int) -> UnsafePointer<SQLCell> { fatalError("an executor's result says where its rows are") }

  /// Calls `body` with a row, which is valid within the call.
  ///
  /// - Precondition: the result has the row.
  @inlinable @inline(__always)
  public func withRow<R>(_ row: Int, _ body: (borrowing SQLRow) throws(SQLError) -> R) throws(SQLError) -> R {
    precondition(row >= 0 && row < rowCount, "the result has fewer rows")
    return try body(SQLRow(cells(ofRow: row), columnCount: columnCount))
  }
}
