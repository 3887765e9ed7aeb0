import Katana
import Synchronization
import TestSupport
import Testing

/// Middleware, request ids and deadlines over a real socket.
@Suite struct MiddlewareTests {
  final class Journal: Sendable {
    private let lines = Mutex<[String]>([])
    func note(_ line: String) { lines.withLock { $0.append(line) } }
    func take() -> [String] {
      lines.withLock { lines in
        defer { lines = [] }
        return lines
      }
    }
  }

  struct Recorder: Middleware {
    let name: String
    let journal: Journal

    func begin(_ context: Context) throws -> Int? {
      journal.note("+\(name)")
      if context.request.query.text() == "stop-\(name)" {
        context.respond("stopped by \(name)")
        return nil
      }
      if context.request.query.text() == "throw-\(name)" { throw Problem(418, detail: name) }
      return name.count
    }

    func end(_ state: Int, _ context: Context, _ error: (any Error)?) throws {
      journal.note("-\(name) \(state) \(error == nil ? "ok" : "error") \(context.responseStatus?.rawValue ?? 0)")
      if let error {
        if context.request.query.text() == "recover-\(name)" { return context.respond("recovered by \(name)") }
        throw error
      }
    }
  }

  struct Slow: AsyncMiddleware {
    let journal: Journal

    nonisolated(nonsending) func handle(
      _ context: Context,
      _ next: nonisolated(nonsending) (Context) async throws -> Void
    ) async throws {
      try await context.sleep(milliseconds: 1)
      if context.request.query.text() == "stop-slow" { return context.respond("stopped by slow") }
      journal.note("+slow")
      try await next(context)
      journal.note("-slow")
    }
  }

  static func router(_ journal: Journal) -> Router {
    var router = Router()
    router.use {
      Recorder(name: "a", journal: journal)
      Recorder(name: "bb", journal: journal)
    }
    router.get("/sync") { context in
      if !context.request.query.isEmpty { throw Unexpected() }
      journal.note("handler")
      context.respond("sync")
    }
    router.get("/async") { context in
      try await context.sleep(milliseconds: 1)
      if !context.request.query.isEmpty { throw Unexpected() }
      journal.note("handler")
      context.respond("async")
    }
    router.add(Route(.get, "/slow", operation: "slow")) { context in
      journal.note("handler")
      context.respond("slow")
    }
    router.use(on: { $0.operation == "slow" }) { Recorder(name: "own", journal: journal) }
    router.use(async: Slow(journal: journal), on: { $0.operation == "slow" })
    return router
  }

  @Test func `what is used first is outermost, around both kinds of handlers`() async throws {
    let journal = Journal()
    let handled = ["+a", "+bb", "handler", "-bb 2 ok 200", "-a 1 ok 200"]
    let expected: [(target: String, status: Int, text: String, journal: [String])] = [
      ("", 200, "ync", handled),
      ("?stop-a", 200, "stopped by a", ["+a"]),
      ("?stop-bb", 200, "stopped by bb", ["+a", "+bb", "-a 1 ok 200"]),
      ("?throw-a", 418, "\"a\"", ["+a"]),
      ("?throw-bb", 418, "\"bb\"", ["+a", "+bb", "-a 1 error 0"]),
      ("?fail", 500, "", ["+a", "+bb", "-bb 2 error 0", "-a 1 error 0"]),
      ("?recover-bb", 200, "recovered by bb", ["+a", "+bb", "-bb 2 error 0", "-a 1 ok 200"]),
    ]
    try await serving(Self.router(journal)) { port in
      try await blocking {
        let client = try Client(port: port)
        for path in ["/sync", "/async"] {
          for item in expected {
            let answer = try client.get(path + item.target)
            let hasText = item.text.isEmpty || answer.text.contains(item.text)
            #expect(answer.status == item.status && hasText, "\(path) \(item): \(answer)")
            #expect(journal.take() == item.journal, "\(path) \(item)")
          }
        }
        #expect(try client.get("/slow").text == "slow")
        #expect(
          journal.take() == [
            "+a", "+bb", "+own", "+slow", "handler", "-slow", "-own 3 ok 200", "-bb 2 ok 200", "-a 1 ok 200",
          ]
        )
        #expect(try client.get("/slow?stop-slow").text == "stopped by slow")
        #expect(journal.take() == ["+a", "+bb", "+own", "-own 3 ok 200", "-bb 2 ok 200", "-a 1 ok 200"])
        #expect(try client.get("/nothing").status == 404)
        #expect(journal.take() == [])
      }
    }
  }

  @Test func `a request keeps its id or gets one, and hears it`() async throws {
    var router = Router()
    router.use { RequestIdentifier() }
    router.get("/id") { context in context.respond("\(context.requestID) \(context.requestID)") }
    router.get("/fails") { _ in throw Problem(409) }
    try await serving(router, reactors: 2) { port in
      try await blocking {
        var seen: Set<String> = []
        for round in 0..<50 {
          let client = try Client(port: port)
          for target in ["/id", "/id", "/fails"] {
            let answer = try client.get(target)
            let id = try #require(answer.fields["x-request-id"])
            #expect(id.count == 32 && id.allSatisfy(\.isHexDigit))
            #expect(seen.insert(id).inserted, "\(round)")
            #expect(target == "/fails" || answer.text == "\(id) \(id)")
          }
        }
        let client = try Client(port: port)
        let longest = String(repeating: "a", count: 128)
        for sent in ["A-b_c.~1", "a+/=:0", longest] {
          #expect(try client.request("GET /id", "X-Request-Id: \(sent)\r\n").fields["x-request-id"] == sent)
        }
        for sent in ["a b", "", "a\"", "é", longest + "a", "a,b"] {
          let answer = try client.request("GET /id", "X-Request-Id: \(sent)\r\n")
          #expect(answer.fields["x-request-id"]?.count == 32, "\(sent)")
        }
      }
    }
  }

  @Test func `handlers see their deadline and that nobody waits`() async throws {
    let journal = Journal()
    var router = Router()
    router.add(Route(.get, "/left", deadlineMilliseconds: 3_600_000)) { context in
      let left = context.timeLeft
      context.respond("\(left > .seconds(1800) && left <= .seconds(3600)) \(context.isCancelled)")
    }
    let deadlines: [UInt32] = [80, 800, 8000, 80_000]
    for milliseconds in deadlines {
      router.add(
        Route(.post, "/late/\(milliseconds)", deadlineMilliseconds: milliseconds),
        async: { context in
          defer { journal.note("end") }
          let left = context.timeLeft
          try context.checkCancellation()
          journal.note("\(left <= .milliseconds(Int(milliseconds)))")
          try? await context.sleep(milliseconds: 3_600_000)
          journal.note("\(context.timeLeft < .milliseconds(20)) \(context.isCancelled)")
          try context.checkCancellation()
          journal.note("not reached")
        }
      )
    }
    try await serving(router) { port in
      try await blocking {
        let left = try Client(port: port).get("/left")
        #expect(left.text == "true false")
        var lines: [String] = []
        // On a busy machine the deadline may pass before the handler begins: then a longer one follows.
        for milliseconds in deadlines where lines.isEmpty {
          let late = try Client(port: port).post("/late/\(milliseconds)", [1])
          #expect(late.status == 504)
          lines = []
          try blockUntil {
            lines += journal.take()
            return lines.last == "end"
          }
          lines.removeLast()
        }
        #expect(lines == ["true", "true true"])
      }
    }
  }
}
