/// A struct of a row that can also be read where the row lies. Generated for the rows of `:stream` queries.
public protocol SQLRowViewed {
  associatedtype Columns: Sendable
  static var columns: Columns { get }
}

/// A row where the driver has it, with the members of `Row`: nothing is read but what is asked for, and a text is a
/// `UTF8Span` of the driver's memory, which `String(copying:)` makes a `String` of; `bytea` is a `RawSpan`.
///
/// ```swift
/// try await customers.eachCustomerInPlace(context) { row in
///   if try row.balance > 0 { try await export(row.name) }
/// }
/// ```
///
/// It cannot be stored: the compiler keeps it inside the closure that it was given to. A member that cannot be read
/// throws ``SQLError`` of kind `undecodable`.
@dynamicMemberLookup
public struct SQLRowView<Row: SQLRowViewed>: ~Escapable {
  @usableFromInline let cells: UnsafePointer<SQLCell>
  @usableFromInline let columnCount: Int

  /// For generated repositories.
  @inlinable
  @_lifetime(borrow row)
  public init(_ row: borrowing SQLRow) {
    cells = row.cells
    columnCount = row.columnCount
  }

  @usableFromInline var row: SQLRow { @inlinable get { SQLRow(cells, columnCount: columnCount) } }

  @inlinable
  public subscript<Value>(dynamicMember column: KeyPath<Row.Columns, SQLColumn<Value>>) -> Value {
    get throws(SQLError) { try row.value(Row.columns[keyPath: column].index) }
  }

  @inlinable
  public subscript<Value>(dynamicMember column: KeyPath<Row.Columns, SQLOptionalColumn<Value>>) -> Value? {
    get throws(SQLError) { try row.optional(Row.columns[keyPath: column].index) }
  }

  public subscript(dynamicMember column: KeyPath<Row.Columns, SQLTextColumn>) -> UTF8Span {
    @_lifetime(copy self)
    get throws(SQLError) { unsafe _overrideLifetime(try text(Row.columns[keyPath: column].index), copying: self) }
  }

  public subscript(dynamicMember column: KeyPath<Row.Columns, SQLOptionalTextColumn>) -> UTF8Span? {
    @_lifetime(copy self)
    get throws(SQLError) {
      let index = Row.columns[keyPath: column].index
      return row.isNull(index) ? nil : unsafe _overrideLifetime(try text(index), copying: self)
    }
  }

  @inlinable
  public subscript(dynamicMember column: KeyPath<Row.Columns, SQLBytesColumn>) -> RawSpan {
    @_lifetime(copy self)
    get throws(SQLError) { unsafe _overrideLifetime(try bytes(Row.columns[keyPath: column].index), copying: self) }
  }

  @inlinable
  public subscript(dynamicMember column: KeyPath<Row.Columns, SQLOptionalBytesColumn>) -> RawSpan? {
    @_lifetime(copy self)
    get throws(SQLError) {
      let index = Row.columns[keyPath: column].index
      return row.isNull(index) ? nil : unsafe _overrideLifetime(try bytes(index), copying: self)
    }
  }

  @usableFromInline
  @_lifetime(copy self)
  func bytes(_ index: Int) throws(SQLError) -> RawSpan {
    if row.isNull(index) { throw .undecodable(index, "NULL where the statement promises a value") }
    return unsafe _overrideLifetime(RawSpan(_unsafeBytes: row.cell(index).bytes), copying: self)
  }

  @_lifetime(copy self)
  private func text(_ index: Int) throws(SQLError) -> UTF8Span {
    let bytes = try bytes(index)
    do {
      return try UTF8Span(validating: Span(_bytes: bytes))
    } catch {
      throw .undecodable(index, "no text in UTF-8")
    }
  }
}

/// A column of a ``SQLRowView`` that is never NULL.
public struct SQLColumn<Value: SQLValue>: Sendable {
  @usableFromInline let index: Int
  @inlinable public init(_ index: Int) { self.index = index }
}

/// A column of a ``SQLRowView`` that may be NULL.
public struct SQLOptionalColumn<Value: SQLValue>: Sendable {
  @usableFromInline let index: Int
  @inlinable public init(_ index: Int) { self.index = index }
}

/// A column of texts of a ``SQLRowView`` that is never NULL.
public struct SQLTextColumn: Sendable {
  let index: Int
  public init(_ index: Int) { self.index = index }
}

/// A column of texts of a ``SQLRowView`` that may be NULL.
public struct SQLOptionalTextColumn: Sendable {
  let index: Int
  public init(_ index: Int) { self.index = index }
}

/// A column of bytes of a ``SQLRowView`` that is never NULL.
public struct SQLBytesColumn: Sendable {
  @usableFromInline let index: Int
  @inlinable public init(_ index: Int) { self.index = index }
}

/// A column of bytes of a ``SQLRowView`` that may be NULL.
public struct SQLOptionalBytesColumn: Sendable {
  @usableFromInline let index: Int
  @inlinable public init(_ index: Int) { self.index = index }
}
