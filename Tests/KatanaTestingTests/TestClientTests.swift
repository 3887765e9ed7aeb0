import Katana
import Synchronization
import TestSupport
import Testing

@testable import KatanaTesting

/// The client of KatanaTesting over both of its transports.
@Suite struct TestClientTests {
  private static func router() -> Router {
    var router = Router()
    router.get("/hello") { context in context.respond("hello") }
    router.get("/late") { (context: Context) async throws in
      try await context.sleep(milliseconds: 5)
      context.respond("late")
    }
    router.post("/echo") { context in
      context.setField("X-Seen", "one")
      context.setField("X-Seen", "two")
      context.respond(context.request.body, as: .json)
    }
    return router
  }

  private static func client(_ transport: TestTransport) async throws -> TestClient {
    try await TestClient(router(), transport: transport, configuration: .patient, timeoutSeconds: patienceSeconds)
  }

  @Test("requests and answers are whole", arguments: TestTransport.allCases)
  func exchanges(_ transport: TestTransport) async throws {
    let client = try await Self.client(transport)
    let hello = try await client.get("/hello")
    #expect(hello.status == 200 && hello.text == "hello")
    #expect(hello["content-TYPE"]?.hasPrefix("text/plain") == true)
    #expect(try await client.get("/late").text == "late")
    let echo = try await client.post("/echo", json: ["sku": "A-1", "tags": [1, nil]])
    #expect(try echo.json == ["tags": [1, nil], "sku": "A-1"])
    #expect(echo["X-Seen"] == "one, two")
    #expect(throws: ViolationList.self) { try hello.json }
    let head = try await client.head("/hello")
    #expect(head.status == 200 && head.body.isEmpty && head["Content-Length"] == "5")
    #expect(try await client.get("/nowhere").status == 404)
    let wrong = try await client.send(TestRequest(method: "BREW", "/hello"))
    #expect([405, 501].contains(wrong.status))
    await client.close()
    await #expect(throws: TestClientError.self) { try await client.get("/hello") }
  }

  @Test("requests side by side have their own answers", arguments: TestTransport.allCases)
  func sideBySide(_ transport: TestTransport) async throws {
    let client = try await Self.client(transport)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<40 {
        group.addTask {
          let answer = try await client.post("/echo", json: [JSONValue(integerLiteral: Int64(index))])
          return answer.text == "[\(index)]"
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }

  @Test("a connection that the server closed is replaced", arguments: TestTransport.allCases)
  func replaced(_ transport: TestTransport) async throws {
    var configuration = ServerConfiguration.patient
    configuration.idleTimeoutMilliseconds = 500
    let client = try await TestClient(
      Self.router(), transport: transport, configuration: configuration, timeoutSeconds: patienceSeconds)
    #expect(try await client.get("/hello").status == 200)
    try await eventually { client.idle.withLock { $0.first?.hasEnded == true } }
    #expect(try await client.get("/hello").status == 200)
    let last = try await client.send(TestRequest(.get, "/hello").field("Connection", "close"))
    #expect(last["Connection"] == "close")
    #expect(try await client.get("/hello").status == 200)
  }

  @Test("nothing listens for a client in process")
  func unreachable() async throws {
    var configuration = ServerConfiguration.patient
    configuration.listens = false
    configuration.port = 1  // which an ordinary process may not bind
    let server = try Server(router: Self.router(), configuration: configuration)
    #expect(server.port == 0)
  }

  @Test("credentials are written as their standards say")
  func credentials() {
    let request = TestRequest(.get, "/").basic(user: "Aladdin", password: "open sesame").bearer("abc")
    #expect(request.fields.map(\.value) == ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Bearer abc"])
  }

  @Test("a server that falls silent is an error")
  func silent() async throws {
    var router = Router()
    router.get("/never") { (context: Context) async throws in try await context.sleep(milliseconds: 3_600_000) }
    let client = try await TestClient(router, configuration: .patient, timeoutSeconds: 1)
    let error = await #expect(throws: TestClientError.self) { try await client.get("/never") }
    #expect(error?.description == "no answer in time")
  }
}
