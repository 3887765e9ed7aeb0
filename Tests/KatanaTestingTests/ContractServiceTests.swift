import GoldenJobs
import Katana
import KatanaTesting
import Testing

/// The runner of generated cases: each kind of line passes on a service that does as its contract says and fails on one
/// that does not.
@Suite struct ContractServiceTests {
  struct Jobs: JobsAPI {
    func getJob(id: Int64, ifNoneMatch: String?, _ context: Context) async throws -> GetJob.Response {
      if id == 9 { throw GetJob.Failure.notFound(detail: "") }
      return .ok(Job(name: "one"), eTag: "\"v1\"")
    }

    func putJob(id: Int64, body: Job?, _ context: Context) async throws -> PutJob.Response { .noContent }

    func getLog(extension: String, id: Int64, day: String, _ context: Context) async throws -> String { "" }
  }

  struct Ping: DefaultAPI {
    func ping(_ context: Context) throws {}
  }

  private static let good = ContractService {
    var router = Router()
    router.register(jobs: Jobs())
    router.register(default: Ping())
    return router
  }

  /// Answers everything with one status and content.
  private static func stub(_ status: Status, _ content: String = "{}") -> ContractService {
    ContractService {
      var router = Router()
      for method in [Method.get, .put] {
        router.add(Route(method, "/jobs/{id}")) { $0.respond(content, as: .json, status: status) }
      }
      return router
    }
  }

  private static func line(_ fill: (inout ContractTable) -> Void) -> ContractCase {
    ContractTable { table in
      table.operation("putJob", "PUT", statuses: ["200", "204", "400", "404"])
      table.request("/jobs/1", type: "application/merge-patch+json", body: #"{"name":"a"}"#)
      fill(&table)
    }.cases[0]
  }

  private static func passes(_ line: ContractCase, on service: ContractService) async -> Bool {
    do {
      try await service.check(line)
      return true
    } catch {
      return false
    }
  }

  @Test("a valid request has a documented answer")
  func accepts() async throws {
    let line = Self.line { $0.accepts("an example") }
    #expect(await Self.passes(line, on: Self.good))
    #expect(await Self.passes(line, on: Self.stub(.ok)))
    #expect(await !Self.passes(line, on: Self.stub(.accepted)), "a status that is not documented")
    #expect(await !Self.passes(line, on: Self.stub(.internalServerError)))
    #expect(await !Self.passes(line, on: Self.stub(.badRequest)), "400 is documented, but not for a valid request")
    #expect(await Self.passes(line, on: Self.stub(.notFound)), "a 404 of the handler")
    #expect(await !Self.passes(line, on: ContractService { Router() }), "a 404 of the router")
  }

  @Test("a default documents what is not a failure of the server")
  func other() async throws {
    let line = ContractTable { table in
      table.operation("putJob", "PUT", statuses: ["2XX", "default"])
      table.request("/jobs/1")
      table.accepts("an example")
    }.cases[0]
    #expect(await Self.passes(line, on: Self.stub(.accepted)))
    #expect(await Self.passes(line, on: Self.stub(.conflict)))
    #expect(await !Self.passes(line, on: Self.stub(.internalServerError)))
  }

  @Test("a violation has its place and its code", arguments: TestTransport.allCases)
  func violates(_ transport: TestTransport) async throws {
    let line = Self.line { $0.violates("no name", body: #"{"name":5}"#, pointer: "/name", code: "type") }
    try await Self.good.check(line, over: transport)
    let other = Self.line { $0.violates("no name", body: #"{"name":5}"#, pointer: "/nam", code: "type") }
    let error = await #expect(throws: ContractFailure.self) { try await Self.good.check(other, over: transport) }
    let text = try #require(error?.description)
    #expect(text.hasPrefix("putJob: no name: a violation of /nam with the code type was expected\n--- request\nPUT /jobs/1\n"))
    #expect(text.contains(#"{"name":5}"#) && text.contains("--- answer\n400"))
    let code = Self.line { $0.violates("no name", body: #"{"name":5}"#, pointer: "/name", code: "required") }
    #expect(await !Self.passes(code, on: Self.good))
    let parameter = Self.line { $0.violates("no id", target: "/jobs/x", parameter: "path/id", code: "type") }
    #expect(await Self.passes(parameter, on: Self.good))
    #expect(await !Self.passes(line, on: Self.stub(.ok)), "a service that checks nothing")
    #expect(await !Self.passes(line, on: Self.stub(.badRequest)), "a 400 that says nothing")
  }

  @Test("a line that has one answer has no other")
  func answers() async throws {
    let line = Self.line { $0.answers(405, "another method", method: "DELETE", has: "Allow") }
    #expect(await Self.passes(line, on: Self.good))
    let wrong = Self.line { $0.answers(405, "another method", method: "DELETE", has: "X-None") }
    #expect(await !Self.passes(wrong, on: Self.good))
    #expect(await !Self.passes(Self.line { $0.answers(415, "no type") }, on: Self.good))
  }

  @Test("credentials are shown, left out and forged")
  func strangers() async throws {
    struct Secret: Authenticator {
      func authenticate(_ credential: Credential, _ context: Context) -> Authentication<String> {
        credential.matches("s3cret") ? .granted("client") : .refused()
      }
    }
    let kinds: [(SecurityScheme.Kind, ContractCredential)] = [
      (.bearer, .bearer("key")), (.basic, .basic("key")), (.apiKey(.header("X-Key")), .header("key", name: "X-Key")),
      (.apiKey(.query("key")), .query("key", name: "key")), (.apiKey(.cookie("key")), .cookie("key", name: "key")),
    ]
    for (kind, credential) in kinds {
      let service = ContractService(secret: "s3cret") {
        var router = Router()
        let route = Route(.get, "/", security: [[SecurityRequirement(SecurityScheme("key", kind))]])
        router.add(route) { $0.respond("in") }
        router.authenticate("key", with: Secret())
        return router
      }
      let table = ContractTable { table in
        table.operation("root", "GET", statuses: ["200"], credentials: [credential])
        table.request("/")
        table.accepts("a plain request")
        table.refusesStrangers()
      }
      #expect(table.cases.map(\.name) == ["a plain request", "without credentials", "with wrong credentials"])
      for line in table.cases { try await service.check(line) }
      let open = ContractService(secret: "s3cret") {
        var router = Router()
        router.get("/") { $0.respond("in") }
        return router
      }
      #expect(await Self.passes(table.cases[0], on: open))
      #expect(await !Self.passes(table.cases[1], on: open))
      #expect(await !Self.passes(table.cases[2], on: open))
    }
  }

  // MARK: Documents

  private static let job = #"{"type":"object","properties":{"name":{"type":"string"}}}"#

  private static func document(_ schema: String) -> ContractDocument {
    ContractTable { table in
      table.operation("putJob", "PUT", statuses: ["204"])
      table.request("/jobs/1", type: "application/merge-patch+json")
      table.documents(schema: schema)
    }.documents[0]
  }

  @Test("a service agrees with its schema", arguments: TestTransport.allCases)
  func agreement(_ transport: TestTransport) async throws {
    try await Self.good.check(Self.document(Self.job), seed: 1, over: transport)
  }

  @Test("a service that refuses less than its schema, or more, is found out with a seed that repeats it")
  func disagreement() async throws {
    let tighter = #"{"type":"object","required":["name"],"properties":{"name":{"type":"string","maxLength":3}}}"#
    let less = await #expect(throws: ContractFailure.self) {
      try await Self.good.check(Self.document(tighter), seed: 7)
    }
    let text = try #require(less?.description)
    #expect(text.contains("the schema refuses this document") && text.contains("KATANA_SEED=7, document "), "\(text)")
    let again = await #expect(throws: ContractFailure.self) {
      try await Self.good.check(Self.document(tighter), seed: 7)
    }
    #expect(again?.description.split(separator: "\n").first == text.split(separator: "\n").first)
    let looser = #"{"properties":{"name":{"type":["string","integer"]}}}"#
    let more = await #expect(throws: ContractFailure.self) {
      try await Self.good.check(Self.document(looser), seed: 7)
    }
    #expect(more?.description.contains("the schema accepts this document") == true)
  }
}
