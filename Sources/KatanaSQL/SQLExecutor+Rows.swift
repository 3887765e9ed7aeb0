import Katana

/// What generated repositories call; inlinable, so that a row's type is known where it is read.
extension SQLExecutor {
  /// The first row.
  ///
  /// - Throws: ``SQLError`` of kind `noRow` when there is none.
  @inlinable @inline(__always)
  public nonisolated(nonsending) func one<Row>(
    _ statement: SQLStatement, variant: UInt64 = 0, _ parameters: borrowing SQLParameters, _ context: borrowing Context,
    _ read: (borrowing SQLRow) throws(SQLError) -> Row
  ) async throws -> Row {
    guard let row = try await first(statement, variant: variant, parameters, context, read) else {
      var error = SQLError(.noRow, "no row was found")
      error.statement = "\(statement.name)"
      throw error
    }
    return row
  }

  /// The first row, nil when there is none.
  @inlinable @inline(__always)
  public nonisolated(nonsending) func first<Row>(
    _ statement: SQLStatement, variant: UInt64 = 0, _ parameters: borrowing SQLParameters, _ context: borrowing Context,
    _ read: (borrowing SQLRow) throws(SQLError) -> Row
  ) async throws -> Row? {
    let result = try await run(statement, variant: variant, parameters, context)
    return result.rowCount == 0 ? nil : try statement.naming { () throws(SQLError) in try result.withRow(0, read) }
  }

  /// All rows.
  @inlinable @inline(__always)
  public nonisolated(nonsending) func all<Row>(
    _ statement: SQLStatement, variant: UInt64 = 0, _ parameters: borrowing SQLParameters, _ context: borrowing Context,
    _ read: (borrowing SQLRow) throws(SQLError) -> Row
  ) async throws -> [Row] {
    let result = try await run(statement, variant: variant, parameters, context)
    return try statement.naming { () throws(SQLError) in try result.rows(read) }
  }

  /// How many rows were affected.
  @inlinable @inline(__always)
  @discardableResult
  public nonisolated(nonsending) func execute(
    _ statement: SQLStatement, variant: UInt64 = 0, _ parameters: borrowing SQLParameters, _ context: borrowing Context
  ) async throws -> Int {
    try await run(statement, variant: variant, parameters, context).affected
  }

  /// The rows of each set of parameters.
  @inlinable
  public nonisolated(nonsending) func allOfEach<Row>(
    _ statement: SQLStatement, _ parameters: borrowing SQLParameters, _ context: borrowing Context,
    _ read: (borrowing SQLRow) throws(SQLError) -> Row
  ) async throws -> [[Row]] {
    let results = try await runEach(statement, parameters, context)
    return try statement.naming { () throws(SQLError) in
      var rows: [[Row]] = []
      rows.reserveCapacity(results.count)
      for result in results { rows.append(try result.rows(read)) }
      return rows
    }
  }

  /// The first row of each set of parameters, nil for those without.
  @inlinable
  public nonisolated(nonsending) func firstOfEach<Row>(
    _ statement: SQLStatement, _ parameters: borrowing SQLParameters, _ context: borrowing Context,
    _ read: (borrowing SQLRow) throws(SQLError) -> Row
  ) async throws -> [Row?] {
    let results = try await runEach(statement, parameters, context)
    return try statement.naming { () throws(SQLError) in
      var rows: [Row?] = []
      rows.reserveCapacity(results.count)
      for result in results { rows.append(result.rowCount == 0 ? nil : try result.withRow(0, read)) }
      return rows
    }
  }

  /// How many rows all sets of parameters affected together.
  @inlinable
  @discardableResult
  public nonisolated(nonsending) func executeEach(
    _ statement: SQLStatement, _ parameters: borrowing SQLParameters, _ context: borrowing Context
  ) async throws -> Int {
    try await runEach(statement, parameters, context).reduce(0) { $0 + $1.affected }
  }
}

extension SQLResult {
  @inlinable @inline(__always)
  func rows<Row>(_ read: (borrowing SQLRow) throws(SQLError) -> Row) throws(SQLError) -> [Row] {
    var rows: [Row] = []
    rows.reserveCapacity(rowCount)
    for row in 0..<rowCount { rows.append(try withRow(row, read)) }
    return rows
  }
}

extension SQLStatement {
  /// Errors of `body` say which statement they are of.
  @inlinable @inline(__always)
  func naming<R>(_ body: () throws(SQLError) -> R) throws(SQLError) -> R {
    do {
      return try body()
    } catch {
      var error = error
      error.statement = "\(name)"
      throw error
    }
  }
}

extension SQLExecutor {
  /// Rows with lists: consecutive rows of the result that are the same one to `isSame` become one, to which `add` gives
  /// what each of them has for the lists.
  @inlinable
  public nonisolated(nonsending) func nested<Row>(
    _ statement: SQLStatement, variant: UInt64 = 0, _ parameters: borrowing SQLParameters, _ context: borrowing Context,
    _ read: (borrowing SQLRow) throws(SQLError) -> Row,
    isSame: (Row, Row) -> Bool,
    add: (borrowing SQLRow, inout Row) throws(SQLError) -> Void
  ) async throws -> [Row] {
    let result = try await run(statement, variant: variant, parameters, context)
    return try statement.naming { () throws(SQLError) in
      var rows: [Row] = []
      for index in 0..<result.rowCount {
        try result.withRow(index) { row throws(SQLError) in
          let next = try read(row)
          if rows.last.map({ isSame($0, next) }) != true { rows.append(next) }
          try add(row, &rows[rows.count - 1])
        }
      }
      return rows
    }
  }
}
