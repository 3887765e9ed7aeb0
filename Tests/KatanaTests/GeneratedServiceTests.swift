import GoldenJobs
import Katana
import TestSupport
import Testing

/// A generated protocol with asynchronous operations, implemented and served.
@Suite struct GeneratedServiceTests {
  struct Jobs: JobsAPI {
    func getJob(id: Int64, ifNoneMatch: String?, _ context: Context) async throws -> GetJob.Response {
      try await context.sleep(milliseconds: 1)
      switch id {
      case 1: return ifNoneMatch == "\"v1\"" ? .notModified : .ok(Job(name: "one"), eTag: "\"v1\"")
      case 2: return .ok(Job(), eTag: "\"v2\"", xAttempts: 3)
      case 3: throw GetJob.Failure.tooManyRequests(Trouble(message: "later"), retryAfter: 9)
      case 4: throw GetJob.Failure.other(Problem(503, detail: "closed"))
      case 5:
        let left = context.timeLeft
        return .ok(Job(), eTag: "\(left > .seconds(1800) && left <= .seconds(3600))")
      default: throw GetJob.Failure.notFound(detail: "no job \(id)")
      }
    }

    func putJob(id: Int64, body: Job?, _ context: Context) async throws -> PutJob.Response {
      guard let body else { return .noContent }
      if body.name == nil { return .accepted }
      if body.name == "secret" { throw PutJob.Failure.status451 }
      return .ok(body)
    }

    func getLog(extension: String, id: Int64, day: String, _ context: Context) async throws -> String {
      "\(id) on \(day) as \(`extension`)"
    }
  }

  static func put(_ id: String, _ body: String, type: String = "application/merge-patch+json") -> String {
    """
    PUT /jobs/\(id) HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)
    """
  }

  @Test func `asynchronous operations answer what their contract documents`() async throws {
    var router = Router()
    router.register(jobs: Jobs())
    try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        let one = try client.get("/jobs/1")
        #expect(one.status == 200 && one.text == #"{"name":"one"}"# && one.fields["etag"] == "\"v1\"")
        #expect(one.fields["x-attempts"] == nil)
        #expect(try client.get("/jobs/2").fields["x-attempts"] == "3")
        client.send("GET /jobs/1 HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"v1\"\r\n\r\n")
        #expect(try client.answer().status == 304)
        let missing = try client.get("/jobs/99")
        #expect(missing.status == 404 && missing.text.contains("no job 99"))
        #expect(missing.fields["content-type"] == "application/problem+json")
        let late = try client.get("/jobs/3")
        #expect(late.status == 429 && late.fields["retry-after"] == "9" && late.text == #"{"message":"later"}"#)
        #expect(try client.get("/jobs/4").status == 503)
        #expect(try client.get("/jobs/x").status == 400)
      }
    }
  }

  struct Named: Middleware {
    let name: String

    func begin(_ context: Context) -> Void? {
      context.setField("X-Operation", name)
      return ()
    }
  }

  @Test func `middleware knows operations by their names in the contract`() async throws {
    var router = Router()
    router.register(jobs: Jobs())
    // None of them has a security requirement.
    for name in ["getJob", "putJob", "getLog"] { router.use(on: { $0.operation == name }) { Named(name: name) } }
    try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        #expect(try client.get("/jobs/1").fields["x-operation"] == "getJob")
        client.send(Self.put("1", "{}"))
        #expect(try client.answer().fields["x-operation"] == "putJob")
        #expect(try client.get("/jobs/7/log-2026-02-03.txt").fields["x-operation"] == "getLog")
      }
    }
  }

  @Test func `parameters of one segment are read by their names`() async throws {
    var router = Router()
    router.register(jobs: Jobs())
    try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        #expect(try client.get("/jobs/7/log-2026-02-03.tar.gz").text == "7 on 2026-02-03 as tar.gz")
        #expect(try client.get("/jobs/7/log-2026-02-30.txt").status == 400)
        #expect(try client.get("/jobs/7/log-2026-02-03.").status == 404)
      }
    }
  }

  @Test func `a deadline of the contract holds`() async throws {
    var router = Router()
    router.register(jobs: Jobs())
    try await serving(router) { port in
      try await blocking {
        let answer = try Client(port: port).get("/jobs/5")
        #expect(answer.fields["etag"] == "true")
      }
    }
  }

  @Test func `an optional content may be absent, its media type may not be another`() async throws {
    var router = Router()
    router.register(jobs: Jobs())
    try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        client.send("PUT /jobs/1 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.answer().status == 204)
        client.send(Self.put("1", "{}"))
        #expect(try client.answer().status == 202)
        client.send(Self.put("1", #"{"name":"n"}"#))
        let replaced = try client.answer()
        #expect(replaced.status == 200 && replaced.fields["content-type"] == "application/vnd.job+json")
        client.send(Self.put("1", #"{"name":"secret"}"#))
        #expect(try client.answer().status == 451)
        client.send(Self.put("1", "{}", type: "application/json"))
        #expect(try client.answer().status == 415)
        client.send(Self.put("x", #"{"name":5}"#))
        let wrong = try client.answer()
        #expect(wrong.status == 400 && wrong.text.contains("/name") && wrong.text.contains("\"path/id\""), "\(wrong.text)")
      }
    }
  }
}
