import Glibc
import Katana
import KatanaPostgres
import KatanaQueries
import KatanaSQL
import Logging
import Synchronization
import TestSupport
import Testing

/// What happens when servers, connections and clients go.
@Suite struct ResilienceTests {
  private func router(_ database: PostgresDatabase, _ insert: SQLStatement) -> Router {
    var router = Router()
    router.get("/read/{n}") { context in
      let n = argument(context)
      do {
        let m = try await database.number(Statements.addOne, Int32(n), in: context)
        context.respond("\(m)")
      } catch let error as SQLError {
        if !context.isCancelled { context.respond("\(error.kind) \(error)") }
      }
    }
    router.get("/write/{n}") { context in
      let n = argument(context)
      do {
        _ = try await database.call(insert, Int32(n), in: context)
        context.respond("ok")
      } catch let error as SQLError {
        if !context.isCancelled { context.respond("\(error.kind)") }
      }
    }
    return router
  }

  @Test func `backends that are killed under load cost readers nothing, and no write is doubled or lost untold`()
    async throws
  {
    let server = try SharedPostgres.server()
    try server.psql("CREATE TABLE IF NOT EXISTS written (n int); TRUNCATE written")
    let insert = SQLStatement("write_n", [.init("INSERT INTO written VALUES ($1)")], parameters: [.int4])
    let database = try PostgresDatabase(server.url(more: "&application_name=killed"), options: .patient)
    let confirmed = Heap<Int>()
    let unsure = Heap<Int>()
    let odd = Heap<String>()
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'killed'"
    let next = Counter()
    let reads = Counter()
    let answered = (0..<6).map { _ in Counter() }
    let done = Flag()
    try await serving(router(database, insert), reactors: 2) { port in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<6 {
          group.addTask {
            try await blocking {
              let client = try Client(port: port)
              while !done.isRaised {
                let n = next.add()
                if n % 3 == 0 {
                  let text = try client.get("/write/\(n)").text
                  if text == "ok" {
                    confirmed.add(n)
                  } else if text == "connectionLost" {
                    unsure.add(n)
                  } else {
                    odd.add(text)
                  }
                } else {
                  let text = try client.get("/read/\(n)").text
                  if text == "\(n + 1)" { reads.add() } else { odd.add(text) }
                }
                answered[worker].add()
              }
            }
          }
        }
        try await blocking {
          defer { done.raise() }
          for _ in 0..<8 {
            // No request meets two of the murders: a read is sent again three times at most.
            let before = answered.map(\.value)
            try blockUntil { zip(answered, before).allSatisfy { $0.value >= $1 + 5 } || !odd.all.isEmpty }
            let lost = database.counters.lost
            try blockUntil { try !server.psql(kill).isEmpty }
            try blockUntil { database.counters.lost > lost }
          }
        }
        try await group.waitForAll()
      }
    }
    #expect(odd.all == [])
    #expect(reads.value > 100 && database.counters.lost >= 8)
    let rows = try server.psql("SELECT n FROM written").split(separator: "\n").map { Int($0)! }
    #expect(Set(rows).count == rows.count, "a write was sent twice")
    #expect(Set(confirmed.all).subtracting(rows).isEmpty, "a write that was confirmed is gone")
    #expect(Set(rows).subtracting(confirmed.all).subtracting(unsure.all).isEmpty)
  }

  @Test(arguments: ioDrivers)
  func `a server that stops and starts again in mid-load costs what was under way and nothing else`(_ io: String)
    async throws
  {
    let server = try EphemeralPostgres.start(settings: ["synchronous_commit": "on"])
    defer { server.stop() }
    try server.psql("CREATE TABLE written (n int)")
    let insert = SQLStatement("write_n", [.init("INSERT INTO written VALUES ($1)")], parameters: [.int4])
    var options = PostgresOptions.patient
    options.connectionsMax = 2
    let database = try PostgresDatabase(server.url, options: options)
    let lines = LogLines()
    let done = Flag()
    let good = Counter()
    let lost = Counter()
    let afterwards = Counter()
    let restarted = Flag()
    let odd = Heap<String>()
    try await serving(router(database, insert), logger: lines.logger, configure: { $0.io = io }) { port in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<4 {
          group.addTask {
            try await blocking {
              let client = try Client(port: port)
              var n = worker * 1_000_000
              while !done.isRaised {
                n += 1
                let back = restarted.isRaised
                let text = try client.get(worker == 0 ? "/write/\(n)" : "/read/\(n)").text
                if text == "ok" || text == "\(n + 1)" {
                  good.add()
                  if back { afterwards.add() }
                } else if text == "connectionLost" && worker == 0 {
                  lost.add()
                } else {
                  odd.add(text)
                }
              }
            }
          }
        }
        try await eventually { good.value > 50 }
        try await blocking {
          try server.crash()
          try server.restart()
        }
        restarted.raise()
        try await eventually { afterwards.value > 200 }
        done.raise()
        try await group.waitForAll()
      }
    }
    #expect(odd.all == [])
    #expect(lost.value <= 2, "once for each connection")
    let told = lines.all.filter { $0.contains("PostgreSQL") }
    #expect(told.count { $0.contains("answers again") } >= 1)
    #expect(told.count <= 6, "\(told)")
  }

  @Test func `a crash sends neither a write nor a transaction's statement again`() async throws {
    let server = try EphemeralPostgres.start(settings: ["synchronous_commit": "on"])
    defer { server.stop() }
    try server.psql("CREATE TABLE crashed (n int)")
    let write = SQLStatement("write_crashed", [.init("INSERT INTO crashed SELECT 1 FROM pg_sleep(3600)")])
    let database = try PostgresDatabase(server.url, options: .patient)
    var router = Router()
    router.get("/write") { context in
      do {
        _ = try await database.call(write, in: context)
        context.respond("written")
      } catch let error as SQLError { context.respond("\(error.kind)") }
    }
    router.get("/transaction") { context in
      do {
        try await database.withTransaction(context) { transaction, context in
          _ = try await transaction.number(Statements.sleep, Int32(3_600_000), in: context)
        }
        context.respond("committed")
      } catch let error as SQLError { context.respond("\(error.kind)") }
    }
    let active =
      "SELECT count(*) FROM pg_stat_activity "
      + "WHERE query LIKE '%pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()"
    try await serving(router) { port in
      let write = Task { try await together(port, ["/write"]) }
      let transaction = Task { try await together(port, ["/transaction"]) }
      try await eventually { try server.psql(active) == "2" }
      try await blocking {
        try server.crash()
        try server.restart()
      }
      #expect(try await write.value == ["connectionLost"])
      #expect(try await transaction.value == ["connectionLost"])
    }
    #expect(try server.psql("SELECT count(*) FROM crashed") == "0")
    #expect(database.counters.resent == 0)
  }

  @Test func `without a server a statement waits no longer than it may`() async throws {
    var options = PostgresOptions.patient
    options.queueTimeoutMilliseconds = 200
    let database = try PostgresDatabase("postgres://postgres@/postgres?host=/nowhere", options: options)
    let lines = LogLines()
    try await handling(logger: lines.logger) { context in
      for _ in 0..<2 {
        let error = await #expect(throws: SQLError.self) {
          _ = try await database.number(Statements.addOne, Int32(1), in: context)
        }
        #expect(error?.kind == .unavailable && error?.message.contains("/nowhere") == true)
      }
      try await eventually { database.counters.connectFailures > 2 }
    }
    #expect(lines.all.count { $0.contains("cannot be reached") } == 1)
  }

  @Test func `a name that has no address is told, and the reactor goes on meanwhile`() async throws {
    // Longer than a name may be, so that no name server is asked, which may take its time.
    let name = String(repeating: "n", count: 64) + ".invalid"
    var options = PostgresOptions.patient
    options.queueTimeoutMilliseconds = 500
    let database = try PostgresDatabase("postgres://postgres@\(name)/postgres", options: options)
    try await handling { context in
      _ = try? await database.number(Statements.addOne, Int32(1), in: context)
      try await eventually { database.counters.connectFailures > 0 }
      let error = await #expect(throws: SQLError.self) {
        _ = try await database.number(Statements.addOne, Int32(1), in: context)
      }
      #expect(error?.kind == .unavailable && error?.message.contains(name) == true)
    }
  }

  @Test func `of several hosts the first that answers is taken`() async throws {
    let server = try SharedPostgres.server()
    let hosts = "host=/nowhere,\(server.folder)&port=5432,5432"
    let database = try PostgresDatabase("postgres://postgres@/postgres?\(hosts)", options: .patient)
    try await handling { context in
      let two = try await database.number(Statements.addOne, Int32(1), in: context)
      #expect(two == 2)
    }
  }

  @Test func `a primary that has become a standby is left for another`() async throws {
    let server = try SharedPostgres.server()
    try server.psql("CREATE TABLE IF NOT EXISTS primaries (n int); TRUNCATE primaries")
    let insert = SQLStatement("write_primary", [.init("INSERT INTO primaries VALUES (1)")])
    let demote = SQLStatement("demote", [.init("SET default_transaction_read_only = on")])
    var options = PostgresOptions.patient
    options.connectionsMax = 1
    let database = try PostgresDatabase(server.url(more: "&target_session_attrs=read-write"), options: options)
    try await handling { context in
      _ = try await database.call(demote, in: context)
      let error = await #expect(throws: SQLError.self) { _ = try await database.call(insert, in: context) }
      #expect(error?.state == "25006")
      _ = try await database.call(insert, in: context)
    }
    #expect(database.counters.connects == 2)
  }

  @Test func `the server's own timeouts are as the options say`() async throws {
    let server = try SharedPostgres.server()
    var options = PostgresOptions.patient
    options.statementTimeoutMilliseconds = 54321
    options.idleInTransactionTimeoutMilliseconds = 4321
    let database = try PostgresDatabase(server.url(more: "&options=-c%20work_mem%3D5MB"), options: options)
    let settings = SQLStatement(
      "settings",
      [
        .init("SELECT current_setting('statement_timeout') || "),
        .init("current_setting('idle_in_transaction_session_timeout') || "),
        .init("current_setting('work_mem') || current_setting('application_name')"),
      ],
      columns: [.text],
      isReadOnly: true
    )
    try await handling { context in
      let result = try await database.call(settings, in: context)
      let text = try result.withRow(0) { row throws(SQLError) in try row.value(0, as: String.self) }
      #expect(text == String("54321ms4321ms5MBkatana"))
    }
    options.statementTimeoutMilliseconds = 50
    let hasty = try PostgresDatabase(server.url, options: options)
    try await handling { context in
      let error = await #expect(throws: SQLError.self) {
        _ = try await hasty.number(Statements.sleep, Int32(3_600_000), in: context)
      }
      #expect(error?.kind == .deadlineExceeded && error?.state == "57014")
    }
  }

  @Test func `a statement beyond its deadline is ended on the server, and others on its connection are not`()
    async throws
  {
    let server = try SharedPostgres.server()
    var options = PostgresOptions.patient
    options.connectionsMax = 1
    let database = try PostgresDatabase(server.url(more: "&application_name=deadlines"), options: options)
    var router = Router()
    router.get("/slow/{ms}") { context in
      let ms = argument(context)
      do {
        let n = try await database.number(Statements.sleepShort, Int32(ms), in: context)
        context.respond("\(n)")
      } catch let error as SQLError {
        context.respond("\(error.kind)")
      }
    }
    router.get("/read/{n}") { context in
      let n = try await database.number(Statements.addOne, Int32(argument(context)), in: context)
      context.respond("\(n)")
    }
    try await serving(router) { port in
      #expect(try await together(port, ["/read/1"]) == ["2"])
      let before = database.counters.statements
      let slow = Task { try await together(port, ["/slow/3600000"]) }
      try await eventually { database.counters.statements > before }
      let reads = try await together(port, ["/read/1", "/read/2", "/read/3", "/read/4"])
      #expect(reads == ["2", "3", "4", "5"])
      #expect(try await slow.value == ["deadlineExceeded"])
      #expect(try await together(port, ["/read/7"]) == ["8"])
    }
    #expect(database.counters.cancels == 1 && database.counters.connects == 1)
    #expect(
      try server.psql(
        "SELECT count(*) FROM pg_stat_activity "
          + "WHERE application_name = 'deadlines' AND query LIKE '%pg_sleep%' AND state = 'active'"
      ) == "0"
    )
  }

  @Test func `a write beyond its deadline is told so, and has no effect`() async throws {
    let server = try SharedPostgres.server()
    try server.psql("CREATE TABLE IF NOT EXISTS slow (n int); TRUNCATE slow")
    let database = try PostgresDatabase(server.url(more: "&application_name=slow_writers"), options: .patient)
    let active = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'slow_writers' AND state = 'active'"
    try await handling { context in
      let error = await #expect(throws: SQLError.self) {
        _ = try await database.call(Statements.writeSlowly, Int32(1), in: context)
      }
      #expect(error?.kind == .deadlineExceeded)
      try await eventually { try server.psql(active) == "0" }
    }
    #expect(try server.psql("SELECT count(*) FROM slow") == "0")
  }

  @Test func `a client that leaves takes its statement along`() async throws {
    let server = try SharedPostgres.server()
    let database = try PostgresDatabase(server.url(more: "&application_name=leavers"), options: .patient)
    let cancelled = Counter()
    var router = Router()
    router.get("/") { context in
      do { _ = try await database.number(Statements.sleep, Int32(3_600_000), in: context) } catch is RequestCancelled {
        cancelled.add()
      }
    }
    let active = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leavers' AND state = 'active'"
    try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try blockUntil { try server.psql(active) == "1" }
        client.reset()
      }
      try await eventually { cancelled.value == 1 }
      try await eventually { try server.psql(active) == "0" }
    }
    #expect(database.counters.cancels == 1)
  }

  @Test func `notices go to the log once`() async throws {
    let server = try SharedPostgres.server()
    let warn = SQLStatement(
      "warn",
      [.init("SELECT 1 FROM (SELECT set_config('x.y', 'z', false)) AS s, warn_once()")],
      columns: [.int4]
    )
    try server.psql(
      "CREATE OR REPLACE FUNCTION warn_once() RETURNS int LANGUAGE plpgsql AS "
        + "$$ BEGIN RAISE WARNING 'mind the gap'; RETURN 1; END $$"
    )
    let database = try PostgresDatabase(server.url, options: .patient)
    let lines = LogLines()
    try await handling(logger: lines.logger) { context in
      for _ in 0..<3 { _ = try await database.call(warn, in: context) }
    }
    #expect(lines.all.count { $0.contains("mind the gap") && $0.contains("warning") } == 1)
  }

  @Test func `an idle connection is asked for a sign of life, and idle ones beyond the least are closed`() async throws
  {
    let server = try SharedPostgres.server()
    var options = PostgresOptions.patient
    options.healthIntervalMilliseconds = 500
    options.idleTimeoutMilliseconds = 700
    let database = try PostgresDatabase(server.url, options: options)
    try await handling { context in
      try await database.withTransaction(context) { first, context in
        _ = try await first.call(Statements.addOne, Int32(1), in: context)
        try await database.withTransaction(context) { second, context in
          _ = try await second.call(Statements.addOne, Int32(1), in: context)
          #expect(database.counters.open >= 2)
        }
      }
      try await eventually { database.counters.open == 1 }
      let sent = database.counters.statements
      try await eventually { database.counters.statements > sent }
    }
  }
}
