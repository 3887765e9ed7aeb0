import Glibc
import Katana
import KatanaSQL
import KatanaSQLite
import KatanaTesting
import Synchronization
import Testing

@Suite struct ExecutorTests {
  @Test(arguments: executions()) func `a transaction that throws leaves nothing`(_ options: SQLiteOptions) async throws
  {
    let scratch = Scratch()
    let database = try SQLiteDatabase(.file(scratch.file), options: options)
    let text = try await inRequest { context in
      try await database.execute(Numbers.create, context)
      try await database.withTransaction(context) { transaction, context in try await transaction.insert(1, context) }
      do {
        try await database.withTransaction(context) { transaction, context in
          try await transaction.insert(2, context)
          throw Problem(.conflict)
        }
      } catch is Problem {}
      return "\(try await database.integer(Numbers.count, context))"
    }
    #expect(text == "1")
  }

  @Test(arguments: executions()) func `a savepoint that throws takes only its own with it`(
    _ options: SQLiteOptions
  ) async throws {
    let scratch = Scratch()
    let database = try SQLiteDatabase(.file(scratch.file), options: options)
    let text = try await inRequest { context in
      try await database.execute(Numbers.create, context)
      try await database.withTransaction(context) { transaction, context in
        try await transaction.insert(1, context)
        do {
          try await transaction.withTransaction(context) { inner, context in
            try await inner.insert(2, context)
            try await inner.insert(1, context)
          }
        } catch let error as SQLError where error.isUniqueViolation {}
        try await transaction.insert(3, context)
      }
      let parameters = try SQLParameters(context, count: 0)
      let result = try await database.run(Numbers.all, variant: 0, parameters, context)
      var numbers: [Int64] = []
      for row in 0..<result.rowCount {
        numbers.append(try result.withRow(row) { row throws(SQLError) in try row.value(0) })
      }
      return "\(numbers)"
    }
    #expect(text == "[1, 3]")
  }

  @Test func `after a failure a transaction refuses everything until it is rolled back`() async throws {
    let database = try SQLiteDatabase(.memory("failed"))
    let text = try await inRequest { context in
      try await database.execute(Numbers.create, context)
      try await database.withTransaction(context) { transaction, context in
        try await transaction.insert(1, context)
        do { try await transaction.insert(1, context) } catch let error as SQLError where error.isUniqueViolation {}
        try await transaction.insert(2, context)
      }
      return "committed"
    }
    #expect(text.contains("25P02"))
  }

  @Test func `a transaction that is read only cannot write, and its connection can again`() async throws {
    let scratch = Scratch()
    let database = try SQLiteDatabase(.file(scratch.file))
    let text = try await inRequest { context in
      try await database.execute(Numbers.create, context)
      var options = SQLTransactionOptions()
      options.isReadOnly = true
      var state = ""
      do {
        try await database.withTransaction(context, options) { transaction, context in
          try await transaction.insert(1, context)
        }
      } catch let error as SQLError { state = error.state }
      try await database.insert(2, context)
      return "\(state) \(try await database.integer(Numbers.count, context))"
    }
    #expect(text == "25006 1")
  }

  @Test func `a transaction that nobody ends is rolled back, and gives its place to the next`() async throws {
    let scratch = Scratch()
    let database = try SQLiteDatabase(.file(scratch.file))
    let text = try await inRequest { context in
      try await database.execute(Numbers.create, context)
      for number in 0..<Int64(8) {
        let transaction = try await database.begin(SQLTransactionOptions(), context)
        try await transaction.insert(number, context)
      }
      return "\(try await database.integer(Numbers.count, context))"
    }
    #expect(text == "0")
  }

  @Test(arguments: executions()) func `many sets run whole or not at all`(_ options: SQLiteOptions) async throws {
    let scratch = Scratch()
    let database = try SQLiteDatabase(.file(scratch.file), options: options)
    let text = try await inRequest { context in
      try await database.execute(Numbers.create, context)
      var good = try SQLParameters(context, count: 1, setCount: 1000)
      for number in 0..<Int64(1000) { try good.append(number) }
      let copied = try await database.copy(Numbers.insert, good, context)
      var bad = try SQLParameters(context, count: 1, setCount: 3)
      for number in [2000, 2001, 5] as [Int64] { try bad.append(number) }
      var state = ""
      do { _ = try await database.runEach(Numbers.insert, bad, context) } catch let error as SQLError {
        state = error.state
      }
      return "\(copied) \(state) \(try await database.integer(Numbers.count, context))"
    }
    #expect(text == "1000 23505 1000")
  }

  @Test(arguments: executions()) func `a stream gives rows in pieces, and its connection back when its reader throws`(
    _ options: SQLiteOptions
  ) async throws {
    let scratch = Scratch()
    var options = options
    options.streamBufferSize = 256
    options.connectionsPerReactor = 1
    let database = try SQLiteDatabase(.file(scratch.file), options: options)
    let text = try await inRequest { context in
      try await database.execute(Numbers.create, context)
      var rows = try SQLParameters(context, count: 1, setCount: 5000)
      for number in 0..<Int64(5000) { try rows.append(number) }
      _ = try await database.copy(Numbers.insert, rows, context)
      let none = try SQLParameters(context, count: 0)
      var sum: Int64 = 0
      try await database.stream(Numbers.all, variant: 0, none, context) { row in sum += try row.value(0, as: Int64.self)
      }
      do {
        try await database.stream(Numbers.all, variant: 0, none, context) { _ in throw Problem(.conflict) }
      } catch is Problem {}
      return "\(sum) \(try await database.integer(Numbers.count, context))"
    }
    #expect(text == "12497500 5000")
  }

  @Test func `a result beyond its bound is refused with a remedy`() async throws {
    var options = SQLiteOptions()
    options.resultSizeMax = 1000
    let database = try SQLiteDatabase(.memory("bound"), options: options)
    let text = try await inRequest { context in
      try await database.execute(Numbers.create, context)
      var rows = try SQLParameters(context, count: 1, setCount: 200)
      for number in 0..<Int64(200) { try rows.append(number) }
      _ = try await database.copy(Numbers.insert, rows, context)
      let none = try SQLParameters(context, count: 0)
      return "\(try await database.run(Numbers.all, variant: 0, none, context).rowCount)"
    }
    #expect(text.contains("54000") && text.contains("resultSizeMax"))
  }

  @Test func `the parts of a variant decide what is prepared`() async throws {
    let database = try SQLiteDatabase(.memory("variants"))
    let statement = SQLStatement(
      "variants",
      [],
      sqlite: [.init("SELECT 1 WHERE 1 = 1"), .init(" AND ?1 > 5", in: 1), .init(" AND ?2 > 5", in: 2)],
      parameters: [.int8, .int8],
      columns: [.int8],
      isReadOnly: true
    )
    let text = try await inRequest { context in
      var counts: [Int] = []
      for variant in 0..<UInt64(4) {
        var parameters = try SQLParameters(context, count: 2)
        try parameters.append(Int64(9))
        try parameters.append(Int64(1))
        counts.append(try await database.run(statement, variant: variant, parameters, context).rowCount)
      }
      return "\(counts)"
    }
    #expect(text == "[1, 1, 0, 0]")
  }

  @Test func `an error has PostgreSQL's state and names`() async throws {
    let database = try SQLiteDatabase(.memory("errors"))
    let create = SQLStatement(
      "create",
      [],
      sqlite: [
        .init(
          """
          CREATE TABLE things (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER CONSTRAINT size_positive CHECK (size > 0),
            parent INTEGER REFERENCES things (id), code TEXT CONSTRAINT katana_length_code CHECK (length(code) < 3)
          ) STRICT
          """
        )
      ]
    )
    let index = SQLStatement("index", [], sqlite: [.init("CREATE UNIQUE INDEX things_name_key ON things (name)")])
    let inserts: [(SQLStatement, String)] = [
      (SQLStatement("a", [], sqlite: [.init("INSERT INTO things (id, name) VALUES (1, 'a')")]), ""),
      (
        SQLStatement("b", [], sqlite: [.init("INSERT INTO things (id, name) VALUES (1, 'b')")]),
        "23505 things_pkey things id"
      ),
      (
        SQLStatement("c", [], sqlite: [.init("INSERT INTO things (name) VALUES ('a')")]),
        "23505 things_name_key things name"
      ),
      (SQLStatement("d", [], sqlite: [.init("INSERT INTO things (name) VALUES (NULL)")]), "23502 - things name"),
      (
        SQLStatement("e", [], sqlite: [.init("INSERT INTO things (name, size) VALUES ('e', 0)")]),
        "23514 size_positive - -"
      ),
      (SQLStatement("f", [], sqlite: [.init("INSERT INTO things (name, parent) VALUES ('f', 9)")]), "23503 - - -"),
      (
        SQLStatement("g", [], sqlite: [.init("INSERT INTO things (name, code) VALUES ('g', 'long')")]), "22001 - - code"
      ),
      (SQLStatement("h", [], sqlite: [.init("INSERT INTO absent VALUES (1)")]), "42P01 - - -"),
      (SQLStatement("i", [], sqlite: [.init("SELECT pg_div_int(1, 0)")]), "22012 - - -"),
    ]
    let text = try await inRequest { context in
      try await database.execute(create, context)
      try await database.execute(index, context)
      var states: [String] = []
      for (statement, _) in inserts {
        do {
          try await database.execute(statement, context)
          states.append("")
        } catch let error as SQLError {
          states.append("\(error.state) \(error.constraint ?? "-") \(error.table ?? "-") \(error.column ?? "-")")
        }
      }
      return states.joined(separator: "\n")
    }
    #expect(text == inserts.map(\.1).joined(separator: "\n"))
  }

  @Test func `what cannot be opened says where and why`() throws {
    #expect(throws: SQLError.self) { try SQLiteDatabase(.file("/nowhere/at/all")) }
    do {
      _ = try SQLiteDatabase(url: "sqlite:/nowhere/at/all")
    } catch {
      #expect(error.description.contains("/nowhere/at/all") && error.description.contains("No such file"))
    }
  }
}
