import Katana
import Glibc
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

struct Unexpected: Error {}

/// A connection on which a reactor has answered once.
private final class IdleConnection {
  let client: Client
  let reactor: String

  init(port: Int) throws {
    client = try Client(port: port)
    reactor = try client.get("/reactor").text
  }
}

@Suite(.serialized) struct ServerTests {
  @Test func `a thrown problem is the answer, any other error is 500 without its text`() async throws {
    var router = Router()
    router.get("/problem") { _ in throw Problem(.conflict, detail: "there is one \"already\"") }
    router.get("/error") { _ in throw Unexpected() }
    router.get("/async-error") { context in
      try await context.sleep(milliseconds: 0)
      throw Unexpected()
    }
    router.get("/silent") { _ in }
    let answers = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        return try ["/problem", "/error", "/async-error", "/silent"].map { try client.get($0) }
      }
    }
    #expect(answers.map(\.status) == [409, 500, 500, 500])
    #expect(
      answers[0].text
        == #"{"type":"about:blank","title":"Conflict","status":409,"detail":"there is one \"already\""}"#)
    #expect(answers.allSatisfy { $0.fields["content-type"] == "application/problem+json" })
    #expect(!answers[1].text.contains("Unexpected"))
  }

  @Test func `the log names the route whose handler failed, by its operation where it has one`() async throws {
    var router = Router()
    router.get("/sync/{id}") { _ in throw Unexpected() }
    router.add(Route(.get, "/async/{id}", operation: "getAsync")) { context in
      try await context.sleep(milliseconds: 1)
      throw Unexpected()
    }
    router.use { RequestIdentifier() }
    let log = LogLines()
    try await serving(router, logger: log.logger) { port in
      try await blocking {
        let client = try Client(port: port)
        for path in ["/sync/1", "/async/2"] { #expect(try client.get(path).status == 500) }
      }
    }
    let async = /error GET \/async\/{id} \(getAsync\) failed \(request \w+\): Unexpected\(\)/
    let failures = log.all.filter { $0.hasPrefix("error") }
    #expect(failures.count == 2)
    #expect(failures.first?.wholeMatch(of: /error GET \/sync\/{id} failed \(request \w+\): Unexpected\(\)/) != nil)
    #expect(failures.last?.wholeMatch(of: async) != nil)
  }

  @Test func `an error that is the client's mistake is answered and not logged`() async throws {
    struct Mistake: ProblemConvertible {
      let problem: Problem
    }
    var router = Router()
    router.get("/{status}") { context in
      throw Mistake(problem: Problem(context.request.parameter(0).text() == "400" ? .badRequest : .serviceUnavailable))
    }
    let log = LogLines()
    try await serving(router, logger: log.logger) { port in
      try await blocking {
        let client = try Client(port: port)
        for status in [400, 503] { #expect(try client.get("/\(status)").status == status) }
      }
    }
    #expect(log.all.filter { $0.contains("failed") }.count == 1)
  }

  @Test func `each method has its shortcut, for handlers that wait and for those that do not`() async throws {
    var router = Router()
    router.get("/now") { $0.respond("GET now") }
    router.post("/now") { $0.respond("POST now") }
    router.put("/now") { $0.respond("PUT now") }
    router.patch("/now") { $0.respond("PATCH now") }
    router.delete("/now") { $0.respond("DELETE now") }
    func late(_ text: String) -> @Sendable (Context) async throws -> Void {
      { context in
        try await context.sleep(milliseconds: 1)
        context.respond(text)
      }
    }
    router.get("/late", async: late("GET late"))
    router.post("/late", async: late("POST late"))
    router.put("/late", async: late("PUT late"))
    router.patch("/late", async: late("PATCH late"))
    router.delete("/late", async: late("DELETE late"))
    try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
          for path in ["now", "late"] {
            client.send("\(method) /\(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            #expect(try client.answer().text == "\(method) \(path)")
          }
        }
      }
    }
  }

  @Test func `a stream that its handler does not finish is broken off`() async throws {
    var router = Router()
    router.get("/part") { context in
      let response = context.startResponse(as: .plainText)
      try await response.write("half".utf8Span.span.bytes)
      throw Unexpected()
    }
    router.get("/forgotten") { context in
      let response = context.startResponse(as: .plainText, length: 10)
      try await response.write("half".utf8Span.span.bytes)
    }
    let rests = try await serving(router) { port in
      try await blocking {
        try ["/part", "/forgotten"].map {
          let client = try Client(port: port)
          client.send("GET \($0) HTTP/1.1\r\nHost: localhost\r\n\r\n")
          return String(decoding: client.rest(), as: UTF8.self)
        }
      }
    }
    for rest in rests { #expect(!rest.hasSuffix("0\r\n\r\n")) }
  }

  @Test func `fields of the handler are sent and its request is readable after the response`() async throws {
    var router = Router()
    router.get("/items/{id}/{rest*}") { context in
      context.setField("X-Id", context.request.parameter(0).text())
      context.respond(context.request.query.text())
      #expect(context.request.parameter(1).text() == "b/c")
    }
    let answer = try await serving(router) { port in
      try await blocking { try Client(port: port).get("/items/a%20b/b/c?x=%41") }
    }
    #expect(answer.fields["x-id"] == "a b")
    #expect(answer.text == "x=%41")
  }

  @Test func `requests that run are finished when the server drains, idle connections end`() async throws {
    let runs = Atomic(false), isOpen = Atomic(false)
    var router = Router()
    router.get("/reactor") { $0.respond("\($0.reactorIndex)") }
    router.get("/gate") { context in
      runs.store(true, ordering: .relaxed)
      while !isOpen.load(ordering: .relaxed) { try await context.sleep(milliseconds: 1) }
      context.respond("finished")
    }
    var configuration = ServerConfiguration.patient
    configuration.reactors = 2
    configuration.rebalancesConnections = false
    let server = try Server(router: router, configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let group = ServiceGroup(services: [server], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let running = Task { try await group.run() }
    let port = server.port
    let answer = try await blocking {
      let client = try Client(port: port)
      client.send("GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n")
      try blockUntil { runs.load(ordering: .relaxed) }
      var idle: [IdleConnection] = []
      while Set(idle.map(\.reactor)).count < 2 { idle.append(try IdleConnection(port: port)) }
      Task { await group.triggerGracefulShutdown() }
      // When those of both reactors have ended, both drain. Only then the handler may go on.
      for connection in idle { #expect(connection.client.rest().isEmpty) }
      isOpen.store(true, ordering: .relaxed)
      let answer = try client.answer()
      #expect(client.rest().isEmpty)
      return answer
    }
    try await running.value
    #expect(answer.text == "finished")
    #expect(answer.fields["connection"] == "close")
  }

  @Test func `a mistake in the configuration is one clear line`() throws {
    func message(_ router: Router = Router(), _ change: (inout ServerConfiguration) -> Void = { _ in }) -> String {
      var configuration = ServerConfiguration()
      configuration.port = 0
      configuration.reactors = 1
      change(&configuration)
      do {
        _ = try Server(router: router, configuration: configuration)
        return "no error"
      } catch {
        return error.description
      }
    }
    var router = Router()
    router.get("products") { _ in }
    #expect(message(router) == "route 'products' does not begin with a slash")
    router = Router()
    router.get("/a/{x}") { _ in }
    router.get("/a/{y}") { _ in }
    #expect(message(router) == "routes /a/{x} and /a/{y} match the same paths with GET")
    #expect(message { $0.host = "localhost" } .hasPrefix("'localhost' is not a numeric IPv4 or IPv6 address to"))
    #expect(message { $0.io = "kqueue" } == "no I/O driver 'kqueue': known here: auto, epoll, uring")
    #expect(message { $0.targetSizeMax = 0 }.hasPrefix("target_size_max is 0"))
    #expect(message { $0.writeTimeoutMilliseconds = 0 } == "write_timeout_ms is 0; it must be at least 1")
    let taken = try! Server(router: Router(), configuration: { var c = ServerConfiguration(); c.port = 0; return c }())
    #expect(
      message { $0.port = UInt16(taken.port) }
        == "cannot listen on 127.0.0.1:\(taken.port): the port is in use; choose another port or stop its user")
  }
}
