import Katana
import KatanaPostgres
import KatanaQueries
import KatanaSQL
import TestSupport
import Testing

private struct Enough: Error {}

/// COPY, streams, notifications and locks.
@Suite struct BulkTests {
  let server: EphemeralPostgres

  init() throws { server = try SharedPostgres.server() }

  private static let numbers = SQLStatement(
    "numbers",
    [.init("SELECT n::int4, repeat('x', $2) FROM generate_series(1, $1) AS n")],
    parameters: [.int4, .int4],
    columns: [.int4, .text],
    isReadOnly: true
  )

  @Test func `rows are copied into a table, more than a socket holds, NULLs among them`() async throws {
    try server.psql("CREATE TABLE IF NOT EXISTS copied (n int PRIMARY KEY, word text); TRUNCATE copied")
    let copy = SQLStatement(
      "copy",
      [.init("COPY copied (n, word) FROM STDIN (FORMAT binary)")],
      parameters: [.int4, .text]
    )
    let database = try PostgresDatabase(server.url, options: .patient)
    let count = 30_000
    try await handling { context in
      var rows = try SQLParameters(context, count: 2, setCount: count)
      let word = String(repeating: "w", count: 100)
      for n in 1...count {
        try rows.append(Int32(n))
        if n % 10 == 0 {
          rows.appendNull()
        } else {
          try rows.append(String(n == 7 ? String(repeating: "l", count: 200_000) : word))
        }
      }
      let gotcount = try await database.copy(copy, rows, context)
      #expect(gotcount == count)
      let two = try await database.number(Statements.addOne, Int32(1), in: context)
      #expect(two == 2)
    }
    #expect(
      try server.psql("SELECT count(*), count(word), sum(n), max(length(word)) FROM copied")
        == "30000|27000|450015000|200000"
    )
  }

  @Test func `a copy that is refused leaves no row, and its connection goes on`() async throws {
    try server.psql("CREATE TABLE IF NOT EXISTS copied_once (n int PRIMARY KEY); TRUNCATE copied_once")
    let copy = SQLStatement("copy_once", [.init("COPY copied_once FROM STDIN (FORMAT binary)")], parameters: [.int4])
    var options = PostgresOptions.patient
    options.connectionsMax = 1
    let database = try PostgresDatabase(server.url, options: options)
    try await handling { context in
      var rows = try SQLParameters(context, count: 1, setCount: 20_000)
      for n in 1...20_000 { try rows.append(Int32(n == 20_000 ? 1 : n)) }
      let error = await #expect(throws: SQLError.self) { _ = try await database.copy(copy, rows, context) }
      #expect(error?.isUniqueViolation == true)
      var good = try SQLParameters(context, count: 1, setCount: 3)
      for n in 1...3 { try good.append(Int32(n)) }
      try await database.withTransaction(context) { transaction, context in
        let got3 = try await transaction.copy(copy, good, context)
        #expect(got3 == 3)
      }
      await #expect(throws: Enough.self) {
        try await database.withTransaction(context) { transaction, context in
          var more = try SQLParameters(context, count: 1, setCount: 1)
          try more.append(Int32(4))
          let got1 = try await transaction.copy(copy, more, context)
          #expect(got1 == 1)
          throw Enough()
        }
      }
    }
    #expect(try server.psql("SELECT count(*) FROM copied_once") == "3")
    #expect(database.counters.connects == 1)
  }

  @Test func `a stream gives every row in order, few at a time, however slow its reader`() async throws {
    let database = try PostgresDatabase(server.url, options: .patient)
    try await handling { context in
      var parameters = try SQLParameters(context, count: 2)
      try parameters.append(Int32(5000))
      try parameters.append(Int32(2000))
      var next = 1
      try await database.stream(Self.numbers, variant: 0, parameters, context) { row in
        let n = Int(try row.value(0, as: Int32.self))
        #expect(n == next)
        next += 1
        if n % 1000 == 0 { try await context.sleep(milliseconds: 20) }
      }
      #expect(next == 5001)
      #expect(context.queryCount == 1)
    }
  }

  @Test func `a stream whose reader stops is ended, and so is one that fails in mid-way`() async throws {
    var options = PostgresOptions.patient
    options.connectionsMax = 1
    let database = try PostgresDatabase(server.url, options: options)
    let failing = SQLStatement(
      "failing",
      [.init("SELECT (10 / (5000 - n))::int4 FROM generate_series(1, $1) AS n")],
      parameters: [.int4],
      columns: [.int4],
      isReadOnly: true
    )
    try await handling { context in
      var many = try SQLParameters(context, count: 2)
      try many.append(Int32(3_000_000))
      try many.append(Int32(10))
      var seen = 0
      await #expect(throws: Enough.self) {
        try await database.stream(Self.numbers, variant: 0, many, context) { _ in
          seen += 1
          if seen == 10 { throw Enough() }
        }
      }
      let two = try await database.number(Statements.addOne, Int32(1), in: context)
      #expect(two == 2)
      var bad = try SQLParameters(context, count: 1)
      try bad.append(Int32(6000))
      var rows = 0
      let error = await #expect(throws: SQLError.self) {
        try await database.stream(failing, variant: 0, bad, context) { _ in rows += 1 }
      }
      #expect(error?.state == "22012" && rows == 4999)
    }
    #expect(database.counters.connects == 1)
  }

  @Test func `notifications arrive, and a connection that ends is made anew and says so`() async throws {
    let database = try PostgresDatabase(server.url(more: "&application_name=listeners"), options: .patient)
    let heard = Heap<PostgresNotification>()
    let other = Heap<PostgresNotification>()
    let listener = try database.listen("news \"today\"") { heard.add($0) }
    let second = try database.listen("other") { other.add($0) }
    try await eventually { heard.all == [.listening] && other.all == [.listening] }
    try server.psql("NOTIFY \"news \"\"today\"\"\", 'first'; NOTIFY other, 'not yours'; NOTIFY nobody, 'x'")
    try await eventually { heard.all.count == 2 && other.all.count == 2 }
    #expect(heard.all[1] == .notified("first") && other.all[1] == .notified("not yours"))
    #expect(try server.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'listeners'") == "1")
    try server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listeners'")
    try await eventually { heard.all.count == 4 && other.all.count == 4 }
    guard case .silent(let why) = heard.all[2] else {
      Issue.record("\(heard.all)")
      return
    }
    #expect(why.contains("terminating") && heard.all[3] == .listening)
    second.stop()
    try server.psql("NOTIFY other, 'too late'; NOTIFY \"news \"\"today\"\"\", 'second'")
    try await eventually { heard.all.count == 5 }
    #expect(heard.all[4] == .notified("second") && other.all.last == .listening)
    listener.stop()
    #expect(throws: PostgresConfigurationError.self) {
      _ = try database.listen(String(repeating: "n", count: 64)) { _ in }
    }
  }

  @Test func `who listens to a server that is not there hears why, once`() async throws {
    var options = PostgresOptions.patient
    options.reconnectMinMilliseconds = 10
    let database = try PostgresDatabase("postgres://postgres@/postgres?host=/nowhere", options: options)
    let heard = Heap<PostgresNotification>()
    let listener = try database.listen("news") { heard.add($0) }
    try await eventually { heard.all.count == 1 }
    try await Task.sleep(nanoseconds: 200_000_000)
    guard heard.all.count == 1, case .silent(let why) = heard.all[0] else {
      Issue.record("\(heard.all)")
      return
    }
    #expect(why.contains("/nowhere"))
    listener.stop()
  }

  @Test func `an advisory lock is held by one at a time, and free when its body has thrown`() async throws {
    let database = try PostgresDatabase(server.url, options: .patient)
    let inside = Counter()
    let now = Heap<Int>()
    var router = Router()
    router.get("/") { context in
      try await database.withAdvisoryLock(4711, context) { context in
        inside.add()
        now.add(1)
        try await context.sleep(milliseconds: 5)
        now.add(-1)
      }
      context.respond("ok")
    }
    try await serving(router, reactors: 2) { port in
      let answers = try await together(port, [String](repeating: "/", count: 6))
      #expect(answers == [String](repeating: "ok", count: 6))
    }
    #expect(inside.value == 6)
    #expect(now.all == [1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1])
    try await handling { context in
      await #expect(throws: Enough.self) {
        try await database.withAdvisoryLock(4711, context) { _ in throw Enough() }
      }
      try await database.withTransaction(context) { transaction, context in
        try await transaction.advisoryLock(4711, context)
      }
    }
    #expect(try server.psql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711") == "0")
  }
}
