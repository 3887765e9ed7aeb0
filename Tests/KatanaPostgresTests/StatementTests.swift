import Katana
import KatanaPostgres
import KatanaQueries
import KatanaSQL
import Synchronization
import TestSupport
import Testing

enum Statements {
  static let addOne = SQLStatement(
    "add_one",
    [.init("SELECT $1::int4 + 1")],
    parameters: [.int4],
    columns: [.int4],
    isReadOnly: true
  )
  static let echo = SQLStatement(
    "echo",
    [.init("SELECT $1::text, $2::int4, NULL::text")],
    parameters: [.text, .int4],
    columns: [.text, .int4, .text],
    isReadOnly: true
  )
  static let divide = SQLStatement(
    "divide",
    [.init("SELECT 100 / $1::int4")],
    parameters: [.int4],
    columns: [.int4],
    isReadOnly: true
  )
  static let sleep = SQLStatement(
    "sleep",
    [.init("SELECT 1 FROM pg_sleep($1::int4 / 1000.0)")],
    parameters: [.int4],
    columns: [.int4],
    isReadOnly: true
  )
  static let sleepShort = SQLStatement(
    "sleep_short",
    [.init("SELECT 1 FROM pg_sleep($1::int4 / 1000.0)")],
    parameters: [.int4],
    columns: [.int4],
    isReadOnly: true,
    deadline: .milliseconds(500)
  )
  static let writeSlowly = SQLStatement(
    "write_slowly",
    [.init("INSERT INTO slow SELECT $1::int4 FROM pg_sleep(3600)")],
    parameters: [.int4],
    deadline: .milliseconds(500)
  )
}

@Suite struct StatementTests {
  let server: EphemeralPostgres

  init() throws { server = try SharedPostgres.server() }

  @Test func `a statement gets its rows, NULLs and empty text told apart`() async throws {
    let database = try PostgresDatabase(server.url, options: .patient)
    try await handling { context in
      let result = try await database.call(Statements.echo, String("häh"), Int32(-7), in: context)
      #expect(result.rowCount == 1 && result.columnCount == 3)
      try result.withRow(0) { row throws(SQLError) in
        let word = try row.value(0, as: String.self)
        let number = try row.value(1, as: Int32.self)
        #expect(word == String("häh") && number == Int32(-7))
        let isNull = row.isNull(2)
        #expect(isNull)
      }
      let empty = try await database.call(Statements.echo, String(""), Int32(0), in: context)
      let isNull = try empty.withRow(0) { row throws(SQLError) in row.isNull(0) }
      #expect(!isNull)
      #expect(context.queryCount == 2)
    }
    #expect(database.counters.prepared == 1)
    #expect(database.counters.statements == 2)
  }

  @Test func `the server's error arrives with all its fields, and the connection goes on`() async throws {
    try server.psql("CREATE TABLE IF NOT EXISTS unique_words (word text CONSTRAINT words_once UNIQUE NOT NULL)")
    try server.psql("TRUNCATE unique_words")
    let insert = SQLStatement("insert_word", [.init("INSERT INTO unique_words VALUES ($1)")], parameters: [.text])
    let database = try PostgresDatabase(server.url, options: .patient)
    try await handling { context in
      let first = try await database.call(insert, String("a"), in: context)
      #expect(first.affected == 1 && first.rowCount == 0)
      do {
        _ = try await database.call(insert, String("a"), in: context)
        Issue.record("a second row with the same key")
      } catch let error as SQLError {
        #expect(error.kind == .refused && error.isUniqueViolation)
        #expect(error.table == "unique_words" && error.constraint == "words_once" && error.schema == "public")
        #expect(error.detail?.contains("already exists") == true)
        #expect(error.statement == "insert_word")
      }
      let again = try await database.number(Statements.addOne, Int32(41), in: context)
      #expect(again == 42)
    }
    #expect(try server.psql("SELECT count(*) FROM unique_words") == "1")
    #expect(database.counters.connects == 1)
  }

  @Test func `a deferred constraint's error is the statement's`() async throws {
    try server.psql("CREATE TABLE IF NOT EXISTS parents (id int PRIMARY KEY)")
    try server.psql(
      "CREATE TABLE IF NOT EXISTS children (parent int REFERENCES parents DEFERRABLE INITIALLY DEFERRED)"
    )
    let insert = SQLStatement("insert_child", [.init("INSERT INTO children VALUES ($1)")], parameters: [.int4])
    let database = try PostgresDatabase(server.url, options: .patient)
    try await handling { context in
      let error = await #expect(throws: SQLError.self) {
        _ = try await database.call(insert, Int32(1), in: context)
      }
      #expect(error?.isForeignKeyViolation == true)
    }
  }

  @Test func `read-only statements of one turn share a write, and one that fails costs the others nothing`()
    async throws
  {
    var options = PostgresOptions.patient
    options.connectionsMax = 1
    let database = try PostgresDatabase(server.url, options: options)
    let barrier = Barrier()
    var router = Router()
    router.get("/divide/{by}") { context in
      let by = argument(context)
      await barrier.pass()
      do {
        let result = try await database.number(Statements.divide, Int32(by), in: context)
        context.respond("\(result)")
      } catch let error as SQLError {
        context.respond(error.state)
      }
    }
    try await serving(router) { port in
      barrier.open(for: 1)
      #expect(try await together(port, ["/divide/5"]) == ["20"])
      barrier.open(for: 8)
      let before = database.counters
      let divisors = [1, 2, 0, 4, 5, 0, 10, 20]
      let answers = try await together(port, divisors.map { "/divide/\($0)" })
      #expect(answers == divisors.map { $0 == 0 ? "22012" : "\(100 / $0)" })
      let after = database.counters
      // Whichever came first, those behind the first failure were skipped, and each was sent once more.
      #expect(after.resent > before.resent)
      #expect(after.statements - before.statements == 8 + after.resent - before.resent)
      barrier.open(for: 5)
      _ = try await together(port, divisors.filter { $0 != 0 && $0 != 1 }.map { "/divide/\($0)" })
      #expect(database.counters.roundTrips - after.roundTrips == 1)
      #expect(database.counters.statements - after.statements == 5)
    }
  }

  @Test func `sets of parameters are one transaction, all or nothing`() async throws {
    try server.psql("CREATE TABLE IF NOT EXISTS positives (n int CHECK (n > 0)); TRUNCATE positives")
    let insert = SQLStatement(
      "insert_positive",
      [.init("INSERT INTO positives VALUES ($1) RETURNING n * 2")],
      parameters: [.int4],
      columns: [.int4]
    )
    let database = try PostgresDatabase(server.url, options: .patient)
    try await handling { context in
      var good = try SQLParameters(context, count: 1, setCount: 500)
      for n in 1...500 { try good.append(Int32(n)) }
      let results = try await database.runEach(insert, good, context)
      #expect(results.count == 500)
      for (index, result) in results.enumerated() {
        let doubled = try result.withRow(0) { row throws(SQLError) in try row.value(0, as: Int32.self) }
        #expect(doubled == Int32(2 * (index + 1)))
      }
      var bad = try SQLParameters(context, count: 1, setCount: 3)
      for n in [1, -1, 2] { try bad.append(Int32(n)) }
      let error = await #expect(throws: SQLError.self) { _ = try await database.runEach(insert, bad, context) }
      #expect(error?.isCheckViolation == true)
    }
    #expect(try server.psql("SELECT count(*) FROM positives") == "500")
  }

  @Test func `results of another shape than promised are an error that names the column`() async throws {
    let wrong = SQLStatement("wrong", [.init("SELECT 1::int8 AS big")], columns: [.int4], isReadOnly: true)
    let database = try PostgresDatabase(server.url, options: .patient)
    try await handling { context in
      let error = await #expect(throws: SQLError.self) { _ = try await database.call(wrong, in: context) }
      #expect(error?.kind == .undecodable && error?.message.contains("big") == true)
    }
  }

  @Test func `statements that the server forgot, or whose plan changed, are prepared again`() async throws {
    try server.psql("DROP TABLE IF EXISTS shapes; CREATE TABLE shapes (a int, b int); INSERT INTO shapes VALUES (1, 2)")
    let all = SQLStatement("all_shapes", [.init("SELECT * FROM shapes")], isReadOnly: true)
    let forget = SQLStatement("forget", [.init("DISCARD ALL")])
    var options = PostgresOptions.patient
    options.connectionsMax = 1
    let database = try PostgresDatabase(server.url, options: options)
    let server = server
    try await handling { context in
      #expect(try await database.call(all, in: context).columnCount == 2)
      try server.psql("ALTER TABLE shapes ADD c int")
      #expect(try await database.call(all, in: context).columnCount == 3)
      _ = try await database.call(forget, in: context)
      #expect(try await database.call(all, in: context).columnCount == 3)
      #expect(try await database.number(Statements.addOne, Int32(1), in: context) == 2)
    }
    #expect(database.counters.connects == 1)
  }

  @Test func `a connection that has prepared too much is replaced, and nothing fails`() async throws {
    var options = PostgresOptions.patient
    options.connectionsMax = 1
    let database = try PostgresDatabase(server.url, options: options)
    try await handling { context in
      for variant in 0..<UInt64(2100) {
        var parameters = try SQLParameters(context, count: 1)
        try parameters.append(Int32(1))
        let result = try await database.run(Statements.addOne, variant: variant, parameters, context)
        #expect(result.rowCount == 1)
      }
    }
    #expect(database.counters.prepared == 2100 && database.counters.connects == 2)
    #expect(database.counters.lost == 0)
  }

  @Test func `a server that is not there is told with host, port, cause and remedy`() throws {
    let database = try PostgresDatabase("postgres://postgres@127.0.0.1:1/nowhere")
    let error = #expect(throws: PostgresConfigurationError.self) { try database.check() }
    let text = error?.description ?? ""
    #expect(
      text.contains("127.0.0.1") && text.contains("port 1,") && text.contains("refused") && text.contains("remedy")
    )
    try PostgresDatabase(server.url, options: .patient).check()
    #expect(throws: PostgresConfigurationError.self) { try PostgresDatabase("postgres://a@b/c?nonsense=1") }
  }
}
