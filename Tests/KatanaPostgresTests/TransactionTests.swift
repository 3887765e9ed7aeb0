import Katana
import KatanaPostgres
import KatanaQueries
import KatanaSQL
import TestSupport
import Testing

private struct Thrown: Error {}

@Suite struct TransactionTests {
  let server: EphemeralPostgres
  let insert, count: SQLStatement

  /// Once: of two that create a table at the same time one fails, whether it exists or not.
  private static let kept = Result {
    try SharedPostgres.server().psql("CREATE TABLE kept (test text, n int CHECK (n > 0))")
  }

  init() throws {
    server = try SharedPostgres.server()
    _ = try Self.kept.get()
    insert = SQLStatement("keep", [.init("INSERT INTO kept VALUES ($1, $2)")], parameters: [.text, .int4])
    count = SQLStatement(
      "count_kept",
      [.init("SELECT count(*)::int4 FROM kept WHERE test = $1")],
      parameters: [.text],
      columns: [.int4],
      isReadOnly: true
    )
  }

  private func seen(_ test: String) throws -> String { try server.psql("SELECT count(*) FROM kept WHERE test = '\(test)'") }

  @Test func `a transaction commits when its body returns, and nobody sees it before`() async throws {
    let database = try PostgresDatabase(server.url, options: .patient)
    let (insert, count) = (insert, count)
    try await handling { context in
      try await database.withTransaction(context) { transaction, context in
        _ = try await transaction.call(insert, String("commit"), Int32(1), in: context)
        let inside = try await transaction.number(count, String("commit"), in: context)
        let outside = try await database.number(count, String("commit"), in: context)
        #expect(inside == 1 && outside == 0)
      }
      let after = try await database.number(count, String("commit"), in: context)
      #expect(after == 1)
    }
    #expect(database.counters.leased == 0)
  }

  @Test func `a transaction whose body throws has no effect, and the next one begins afresh`() async throws {
    let database = try PostgresDatabase(server.url, options: .patient)
    let insert = insert
    try await handling { context in
      await #expect(throws: Thrown.self) {
        try await database.withTransaction(context) { transaction, context in
          _ = try await transaction.call(insert, String("throw"), Int32(1), in: context)
          throw Thrown()
        }
      }
      let refused = await #expect(throws: SQLError.self) {
        try await database.withTransaction(context) { transaction, context in
          _ = try await transaction.call(insert, String("throw"), Int32(1), in: context)
          _ = try await transaction.call(insert, String("throw"), Int32(-1), in: context)
        }
      }
      #expect(refused?.isCheckViolation == true)
      try await database.withTransaction(context) { transaction, context in
        _ = try await transaction.call(insert, String("throw"), Int32(5), in: context)
      }
    }
    #expect(try seen("throw") == "1")
  }

  @Test func `a failure that the body hides does not look like a commit`() async throws {
    let database = try PostgresDatabase(server.url, options: .patient)
    let insert = insert
    try await handling { context in
      let error = await #expect(throws: SQLError.self) {
        try await database.withTransaction(context) { transaction, context in
          _ = try await transaction.call(insert, String("hidden"), Int32(1), in: context)
          _ = try? await transaction.call(insert, String("hidden"), Int32(-1), in: context)
        }
      }
      #expect(error?.state == "25P02")
    }
    #expect(try seen("hidden") == "0")
  }

  @Test func `a nested transaction is a savepoint`() async throws {
    let database = try PostgresDatabase(server.url, options: .patient)
    let insert = insert
    try await handling { context in
      try await database.withTransaction(context) { outer, context in
        _ = try await outer.call(insert, String("nested"), Int32(1), in: context)
        try await outer.withTransaction(context) { inner, context in
          _ = try await inner.call(insert, String("nested"), Int32(2), in: context)
        }
        await #expect(throws: SQLError.self) {
          try await outer.withTransaction(context) { inner, context in
            _ = try await inner.call(insert, String("nested"), Int32(3), in: context)
            _ = try await inner.call(insert, String("nested"), Int32(-3), in: context)
          }
        }
        _ = try await outer.call(insert, String("nested"), Int32(4), in: context)
      }
    }
    #expect(try server.psql("SELECT string_agg(n::text, ',' ORDER BY n) FROM kept WHERE test = 'nested'") == "1,2,4")
  }

  @Test func `transactions that meet are begun again until both went through`() async throws {
    try server.psql("CREATE TABLE IF NOT EXISTS balances (id int PRIMARY KEY, amount int); TRUNCATE balances")
    try server.psql("INSERT INTO balances VALUES (1, 0)")
    let read = SQLStatement("read_balance", [.init("SELECT amount FROM balances WHERE id = 1")], columns: [.int4])
    let write = SQLStatement(
      "write_balance",
      [.init("UPDATE balances SET amount = $1 WHERE id = 1")],
      parameters: [.int4]
    )
    var options = PostgresOptions.patient
    options.connectionsMax = 7  // six transactions on one reactor, and one connection to share
    let database = try PostgresDatabase(server.url, options: options)
    let attempts = Counter()
    let barrier = Barrier()
    barrier.open(for: 6)
    var router = Router()
    router.get("/") { context in
      try await database.withTransaction(context, SQLTransactionOptions(isolation: .serializable, retryMax: 20)) {
        transaction,
        context in
        let attempt = attempts.add()
        let amount = try await transaction.number(read, in: context)
        // All have read before the first writes.
        if attempt <= 6 { await barrier.pass() }
        _ = try await transaction.call(write, Int32(amount + 1), in: context)
      }
      context.respond("ok")
    }
    try await serving(router, reactors: 2) { port in
      let answers = try await together(port, [String](repeating: "/", count: 6))
      #expect(answers == [String](repeating: "ok", count: 6))
    }
    #expect(try server.psql("SELECT amount FROM balances") == "6")
    #expect(attempts.value > 6)
  }

  @Test func `a request that ends in mid-transaction leaves its connection as it was, without lock and statement`()
    async throws
  {
    var options = PostgresOptions.patient
    options.connectionsMax = 1
    let database = try PostgresDatabase(server.url(more: "&application_name=mid"), options: options)
    let insert = insert
    let errors = Heap<String>()
    var router = Router()
    router.get("/leave") { context in
      do {
        try await database.withTransaction(context) { transaction, context in
          _ = try await transaction.call(insert, String("left"), Int32(1), in: context)
          _ = try await transaction.call(Statements.sleep, Int32(3_600_000), in: context)
        }
      } catch { errors.add("\(error is RequestCancelled)") }
    }
    router.get("/write") { context in
      _ = try await database.call(insert, String("left"), Int32(2), in: context)
      context.respond("written")
    }
    let active = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mid' AND state <> 'idle'"
    try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        client.send("GET /leave HTTP/1.1\r\nHost: a\r\n\r\n")
        try blockUntil { try server.psql(active + " AND query LIKE '%pg_sleep%'") == "1" }
        client.reset()
      }
      try await eventually { errors.all == ["true"] }
      #expect(try await together(port, ["/write"]) == ["written"])
      #expect(try server.psql(active) == "0")
      #expect(try server.psql("SELECT n FROM kept WHERE test = 'left'") == "2")
    }
    #expect(database.counters.connects == 1 && database.counters.cancels == 1)
  }

  @Test func `a connection that ends takes its transaction along, and nothing of it goes elsewhere`() async throws {
    let database = try PostgresDatabase(server.url(more: "&application_name=ended"), options: .patient)
    let (insert, count, server) = (insert, count, server)
    try await handling { context in
      let error = await #expect(throws: SQLError.self) {
        try await database.withTransaction(context) { transaction, context in
          _ = try await transaction.call(insert, String("ended"), Int32(1), in: context)
          try server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ended'")
          do {
            _ = try await transaction.number(count, String("ended"), in: context)
            Issue.record("a statement of a transaction that has ended")
          } catch let error as SQLError {
            #expect(error.kind == .connectionLost)
          }
          _ = try await transaction.call(insert, String("ended"), Int32(2), in: context)
        }
      }
      #expect(error?.kind == .connectionLost)
      try await database.withTransaction(context) { transaction, context in
        _ = try await transaction.call(insert, String("ended"), Int32(3), in: context)
      }
    }
    #expect(try server.psql("SELECT n FROM kept WHERE test = 'ended'") == "3")
    #expect(database.counters.resent == 0)
  }

  @Test func `a stream in a transaction sees it, and a statement in its midst is refused, not waited for`() async throws
  {
    let database = try PostgresDatabase(server.url, options: .patient)
    let insert = insert
    let all = SQLStatement(
      "all_kept",
      [.init("SELECT n FROM kept WHERE test = $1 ORDER BY n")],
      parameters: [.text],
      columns: [.int4],
      isReadOnly: true
    )
    try await handling { context in
      try await database.withTransaction(context) { transaction, context in
        for n in 1...3 { _ = try await transaction.call(insert, String("streamed"), Int32(n), in: context) }
        var parameters = try SQLParameters(context, count: 1)
        try parameters.append(String("streamed"))
        let seen = Counter()
        let inMidst = Found<SQLError>()
        try await transaction.stream(all, variant: 0, parameters, context) { _ in
          if seen.add() != 1 { return }
          do { _ = try await transaction.call(insert, String("streamed"), Int32(9), in: context) } catch let error
            as SQLError
          {
            inMidst.set(error)
          }
        }
        #expect(seen.value == 3 && inMidst.value?.state == "55006")
        _ = try await transaction.call(insert, String("streamed"), Int32(4), in: context)
      }
    }
    #expect(try seen("streamed") == "4")
  }

  @Test func `a copy that waits for a lock ends with its request, and its connection goes on`() async throws {
    try server.psql("CREATE TABLE IF NOT EXISTS locked (n int); TRUNCATE locked")
    let lock = SQLStatement("lock", [.init("LOCK TABLE locked IN ACCESS EXCLUSIVE MODE")])
    let copy = SQLStatement(
      "copy_locked",
      [.init("COPY locked FROM STDIN (FORMAT binary)")],
      parameters: [.int4],
      deadline: .milliseconds(100)
    )
    let patientCopy = SQLStatement(
      "copy_patiently",
      [.init("COPY locked FROM STDIN (FORMAT binary)")],
      parameters: [.int4]
    )
    let database = try PostgresDatabase(server.url(more: "&application_name=locked"), options: .patient)
    let active = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'locked' AND wait_event_type = 'Lock'"
    let server = server
    try await handling { context in
      try await database.withTransaction(context) { transaction, context in
        _ = try await transaction.call(lock, in: context)
        var rows = try SQLParameters(context, count: 1, setCount: 50_000)
        for n in 1...50_000 { try rows.append(Int32(n)) }
        let error = await #expect(throws: SQLError.self) { _ = try await database.copy(copy, rows, context) }
        #expect(error?.kind == .deadlineExceeded)
        try await eventually { try server.psql(active) == "0" }
      }
      try await eventually { database.counters.leased == 0 }
      var rows = try SQLParameters(context, count: 1, setCount: 2)
      for n in 1...2 { try rows.append(Int32(n)) }
      let copied = try await database.copy(patientCopy, rows, context)
      #expect(copied == 2)
    }
    #expect(try server.psql("SELECT count(*) FROM locked") == "2")
  }

  @Test func `beyond the bounds transactions wait, and the others' statements go on`() async throws {
    var options = PostgresOptions.patient
    (options.connectionsMin, options.connectionsMax) = (2, 2)
    options.queueTimeoutMilliseconds = 300
    let database = try PostgresDatabase(server.url, options: options)
    let insert = insert
    let barrier = Barrier()
    barrier.open(for: 2)
    var router = Router()
    router.get("/hold") { context in
      try await database.withTransaction(context) { transaction, context in
        _ = try await transaction.call(insert, String("bounds"), Int32(1), in: context)
        await barrier.pass()
      }
      context.respond("held")
    }
    router.get("/wait") { context in
      do {
        try await database.withTransaction(context) { transaction, context in
          _ = try await transaction.call(insert, String("bounds"), Int32(1), in: context)
        }
        context.respond("held")
      } catch let error as SQLError {
        context.respond("\(error.kind)")
      }
    }
    router.get("/read") { context in
      let n = try await database.number(Statements.addOne, Int32(1), in: context)
      context.respond("\(n)")
    }
    router.get("/go") { context in
      await barrier.pass()
      context.respond("went")
    }
    try await serving(router) { port in
      // What is sent at once has no bound to its waiting, and with both connections open it is.
      _ = try await together(port, ["/read"])
      try await eventually { database.counters.open == 2 }
      let holder = Task { try await together(port, ["/hold"]) }
      try await eventually { database.counters.leased == 1 }
      #expect(try await together(port, ["/wait", "/read"]) == ["poolExhausted", "2"])
      #expect(try await together(port, ["/go"]) == ["went"])
      #expect(try await holder.value == ["held"])
      try await eventually { database.counters.leased == 0 }
      #expect(try await together(port, ["/wait"]) == ["held"])
    }
    #expect(database.counters.connects <= 2)
  }
}
