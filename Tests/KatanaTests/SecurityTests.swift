import Katana
import Logging
import Synchronization
import TestSupport
import Testing

/// Requests before the security of their operations, over a real socket.
@Suite struct SecurityTests {
  struct User: Sendable, Equatable { var name: String }
  struct Machine: Sendable { var key: String }

  static let key = SecurityScheme("key", .apiKey(.header("X-API-Key")))
  static let queryKey = SecurityScheme("queryKey", .apiKey(.query("key")))
  static let cookieKey = SecurityScheme("cookieKey", .apiKey(.cookie("session")))
  static let basic = SecurityScheme("basic", .basic)
  static let bearer = SecurityScheme("bearer", .bearer)
  static let oauth = SecurityScheme("oauth", .oauth2)
  static let other = SecurityScheme("other", .http("Negotiate"))
  static let tls = SecurityScheme("tls", .mutualTLS)

  struct Keys: Authenticator {
    func authenticate(_ credential: Credential, _ context: Context) throws -> Authentication<Machine> {
      for key in ["open", "a b", "s%20t"] where credential.matches(key) { return .granted(Machine(key: key)) }
      if credential.matches("throws") { throw Unexpected() }
      if credential.matches("gone") { throw AuthenticationUnavailable(retryAfterSeconds: 7) }
      if credential.matches("slow") { throw Problem(429, detail: "slower") }
      return .refused()
    }
  }

  struct Passwords: Authenticator {
    func authenticate(_ credential: Credential, _ context: Context) -> Authentication<User> {
      let name = credential.user.text()
      return credential.matches("pass:\(name)") ? .granted(User(name: name)) : .refused()
    }
  }

  /// A token is its scopes, with a plus between, behind a name.
  struct Tokens: AsyncAuthenticator {
    nonisolated(nonsending) func authenticate(
      _ credential: Credential,
      _ context: Context
    ) async throws -> Authentication<User> {
      let parts = credential.secret.text().split(separator: "+").map(String.init)
      try await context.sleep(milliseconds: 1)
      if parts.first == "expired" { return .refused("the token \"expired\"\r\n has expired") }
      return .granted(User(name: parts.first ?? ""), scopes: Array(parts.dropFirst()))
    }
  }

  struct SyncTokens: Authenticator {
    func authenticate(_ credential: Credential, _ context: Context) -> Authentication<User> {
      let parts = credential.secret.text().split(separator: "+").map(String.init)
      return parts.first == "bad" ? .refused() : .granted(User(name: parts[0]), scopes: Array(parts.dropFirst()))
    }
  }

  static func router() -> Router {
    var router = Router()
    router.realm = "the \"shop\""
    router.authenticate("key", with: Keys())
    router.authenticate("queryKey", with: Keys())
    router.authenticate("cookieKey", with: Keys())
    router.authenticate("other", with: Keys())
    router.authenticate("tls", with: Keys())
    router.authenticate("basic", with: Passwords())
    router.authenticate("bearer", with: SyncTokens())
    router.authenticate("oauth", with: Tokens())
    func add(_ path: String, _ security: [[SecurityRequirement]]) {
      router.add(Route(.get, path, security: security)) { context in
        let user = context.principal(User.self)?.name ?? "-"
        let machine: Machine? = context.principal()
        context.respond("\(user) \(machine?.key ?? "-") \(context.grantedScopes)")
      }
      router.add(Route(.post, path, mediaTypes: ["text/plain"], requiresContent: true, security: security)) { context in
        context.respond(context.request.body.text())
      }
    }
    add("/key", [[.init(key)]])
    add("/query", [[.init(queryKey)]])
    add("/cookie", [[.init(cookieKey)]])
    add("/basic", [[.init(basic)]])
    add("/bearer", [[.init(bearer)]])
    add("/other", [[.init(other)]])
    add("/tls", [[.init(tls)]])
    add("/oauth", [[.init(oauth, scopes: ["read", "write"])]])
    add("/either", [[.init(key)], [.init(basic)], [.init(oauth, scopes: ["read"])]])
    add("/both", [[.init(key), .init(bearer, scopes: ["read"])]])
    add("/maybe", [[], [.init(key)], [.init(bearer, scopes: ["read"])]])
    return router
  }

  struct Case {
    var path: String
    var fields: String
    var status: Int
    var text = ""
    var challenge: String? = nil
  }

  static let realm = #"realm="the \"shop\"""#
  static let keyChallenge = #"ApiKey \#(realm), in="header", name="X-API-Key""#
  static let basicChallenge = #"Basic \#(realm), charset="UTF-8""#

  static func run(_ cases: [Case]) async throws {
    let answers = try await serving(router()) { port in
      try await blocking {
        let client = try Client(port: port)
        return try cases.map { try client.request("GET \($0.path)", $0.fields) }
      }
    }
    for (answer, item) in zip(answers, cases) {
      #expect(answer.status == item.status, "\(item): \(answer)")
      #expect(item.text.isEmpty || answer.text.contains(item.text), "\(item): \(answer)")
      #expect(answer.fields["www-authenticate"] == item.challenge, "\(item): \(answer)")
    }
  }

  @Test func `each scheme finds its credentials and nothing else`() async throws {
    try await Self.run([
      Case(path: "/key", fields: "x-api-key: open\r\n", status: 200, text: "- open []"),
      Case(path: "/key", fields: "", status: 401, challenge: Self.keyChallenge),
      Case(path: "/key", fields: "X-API-Key: opem\r\n", status: 401, challenge: Self.keyChallenge),
      Case(path: "/key", fields: "X-API-Key: ope\r\n", status: 401, challenge: Self.keyChallenge),
      Case(path: "/key", fields: "X-API-Key: open1\r\n", status: 401, challenge: Self.keyChallenge),
      Case(path: "/key?X-API-Key=open", fields: "", status: 401, challenge: Self.keyChallenge),
      Case(path: "/key", fields: "X-API-Key: open\r\nX-API-Key: open\r\n", status: 401, challenge: Self.keyChallenge),
      Case(path: "/query?key=a%20b", fields: "", status: 200, text: "- a b []"),
      Case(path: "/query?key=", fields: "", status: 401, challenge: #"ApiKey \#(Self.realm), in="query", name="key""#),
      Case(path: "/cookie", fields: "Cookie: a=b; session=s%20t\r\n", status: 200, text: "- s%20t []"),
      Case(
        path: "/cookie",
        fields: "Cookie: Session=open\r\n",
        status: 401,
        challenge: #"ApiKey \#(Self.realm), in="cookie", name="session""#
      ),
      Case(path: "/basic", fields: "Authorization: basic  YW5uOnBhc3M6YW5u\r\n", status: 200, text: "ann - []"),
      Case(
        path: "/basic",
        fields: "Authorization: Basic YW5uOnBhc3M6Ym9i\r\n",
        status: 401,
        challenge: Self.basicChallenge
      ),
      Case(path: "/basic", fields: "Authorization: Basic YW5u\r\n", status: 401, challenge: Self.basicChallenge),
      Case(
        path: "/basic",
        fields: "Authorization: Basic YW5uOnBhc3M6YW5u!\r\n",
        status: 401,
        challenge: Self.basicChallenge
      ),
      Case(path: "/basic", fields: "Authorization: Basic YW46AAA=\r\n", status: 401, challenge: Self.basicChallenge),
      Case(
        path: "/basic",
        fields: "Authorization: Basicx YW5uOnBhc3M6YW5u\r\n",
        status: 401,
        challenge: Self.basicChallenge
      ),
      Case(path: "/bearer", fields: "Authorization: BEARER ann\r\n", status: 200, text: "ann - []"),
      Case(path: "/bearer", fields: "", status: 401, challenge: "Bearer \(Self.realm)"),
      Case(
        path: "/bearer",
        fields: "Authorization: Basic YW5uOnBhc3M6YW5u\r\n",
        status: 401,
        challenge: "Bearer \(Self.realm)"
      ),
      Case(
        path: "/bearer",
        fields: "Authorization: Bearer bad\r\n",
        status: 401,
        challenge: #"Bearer \#(Self.realm), error="invalid_token""#
      ),
      Case(
        path: "/bearer",
        fields: "Authorization: Bearer a b\r\n",
        status: 400,
        challenge: #"Bearer \#(Self.realm), error="invalid_request""#
      ),
      Case(
        path: "/bearer",
        fields: "Authorization: Bearer\r\n",
        status: 400,
        challenge: #"Bearer \#(Self.realm), error="invalid_request""#
      ),
      Case(
        path: "/bearer",
        fields: "Authorization: Bearer a=b\r\n",
        status: 400,
        challenge: #"Bearer \#(Self.realm), error="invalid_request""#
      ),
      Case(
        path: "/bearer",
        fields: "Authorization: Bearer a\r\nauthorization: bearer a\r\n",
        status: 400,
        challenge: #"Bearer \#(Self.realm), error="invalid_request""#
      ),
      Case(
        path: "/basic",
        fields: "Authorization: Basic YW5uOnBhc3M6YW5u\r\nAuthorization: Basic YW5uOnBhc3M6YW5u\r\n",
        status: 401,
        challenge: Self.basicChallenge
      ),
      Case(path: "/other", fields: "Authorization: Negotiate open\r\n", status: 200, text: "- open []"),
      Case(path: "/other", fields: "", status: 401, challenge: "Negotiate \(Self.realm)"),
      Case(path: "/tls", fields: "", status: 401, challenge: "ClientCertificate \(Self.realm)"),
    ])
  }

  @Test func `scopes, alternatives and conjunctions decide together`() async throws {
    let oauthScope = #"Bearer \#(Self.realm), scope="read write""#
    let three = "\(Self.keyChallenge), \(Self.basicChallenge), Bearer \(Self.realm), scope=\"read\""
    try await Self.run([
      Case(
        path: "/oauth",
        fields: "Authorization: Bearer ann+write+read+x\r\n",
        status: 200,
        text: #"ann - ["write", "read", "x"]"#
      ),
      Case(path: "/oauth", fields: "", status: 401, challenge: oauthScope),
      Case(
        path: "/oauth",
        fields: "Authorization: Bearer ann+read\r\n",
        status: 403,
        challenge: #"Bearer \#(Self.realm), error="insufficient_scope", scope="read write""#
      ),
      Case(
        path: "/oauth",
        fields: "Authorization: Bearer expired\r\n",
        status: 401,
        challenge: #"\#(oauthScope), error="invalid_token", error_description="the token \"expired\" has expired""#
      ),
      Case(path: "/either", fields: "X-API-Key: open\r\n", status: 200, text: "- open []"),
      Case(
        path: "/either",
        fields: "X-API-Key: shut\r\nAuthorization: Basic YW5uOnBhc3M6YW5u\r\n",
        status: 200,
        text: "ann - []"
      ),
      Case(path: "/either", fields: "Authorization: Bearer ann+read\r\n", status: 200, text: #"ann - ["read"]"#),
      Case(path: "/either", fields: "", status: 401, challenge: three),
      Case(
        path: "/either",
        fields: "X-API-Key: shut\r\nAuthorization: Bearer ann\r\n",
        status: 403,
        challenge: #"Bearer \#(Self.realm), error="insufficient_scope", scope="read""#
      ),
      Case(
        path: "/both",
        fields: "X-API-Key: open\r\nAuthorization: Bearer ann+read\r\n",
        status: 200,
        text: #"ann open ["read"]"#
      ),
      Case(
        path: "/both",
        fields: "X-API-Key: open\r\n",
        status: 401,
        challenge: "\(Self.keyChallenge), Bearer \(Self.realm), scope=\"read\""
      ),
      Case(
        path: "/both",
        fields: "X-API-Key: shut\r\nAuthorization: Bearer ann+read\r\n",
        status: 401,
        challenge: "\(Self.keyChallenge), Bearer \(Self.realm), scope=\"read\""
      ),
      Case(
        path: "/both",
        fields: "X-API-Key: open\r\nAuthorization: Bearer ann\r\n",
        status: 403,
        challenge: #"Bearer \#(Self.realm), error="insufficient_scope", scope="read""#
      ),
      Case(path: "/maybe", fields: "", status: 200, text: "- - []"),
      Case(path: "/maybe", fields: "X-API-Key: open\r\n", status: 200, text: "- open []"),
      Case(
        path: "/maybe",
        fields: "X-API-Key: shut\r\n",
        status: 401,
        challenge: "\(Self.keyChallenge), Bearer \(Self.realm), scope=\"read\""
      ),
      Case(
        path: "/maybe",
        fields: "X-API-Key: shut\r\nAuthorization: Bearer ann+read\r\n",
        status: 200,
        text: #"ann - ["read"]"#
      ),
    ])
  }

  @Test func `an authenticator that fails tells the log, not the client`() async throws {
    try await Self.run([
      Case(
        path: "/key",
        fields: "X-API-Key: throws\r\n",
        status: 500,
        text: #""title":"Internal Server Error","status":500}"#
      ),
      Case(path: "/key", fields: "X-API-Key: gone\r\n", status: 503),
      Case(path: "/key", fields: "X-API-Key: slow\r\n", status: 429, text: "slower"),
      Case(path: "/both", fields: "X-API-Key: throws\r\nAuthorization: Bearer ann+read\r\n", status: 500),
    ])
  }

  @Test func `nobody sends content before the credentials are good`() async throws {
    try await serving(Self.router()) { port in
      try await blocking {
        for path in ["/key", "/oauth"] {
          // The head alone is answered: no byte of the content was sent, none is asked for.
          let refused = try Client(port: port)
          refused.send(
            "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\n"
              + "Content-Length: 9000\r\n\r\n"
          )
          #expect(try refused.answer().status == 401)
          let wrongType = try Client(port: port).request("POST \(path)", "Content-Type: image/png\r\n", "x")
          #expect(wrongType.status == (path == "/key" ? 401 : 415))
          let good = "X-API-Key: open\r\nAuthorization: Bearer ann+read+write\r\nContent-Type: text/plain\r\n"
          let client = try Client(port: port)
          #expect(try client.request("POST \(path)", good, "hello").text == "hello")
          #expect(try client.request("POST \(path)", good + "Transfer-Encoding: chunked\r\n\r\n0\r\n").status == 400)
          let long = String(repeating: "long ", count: 40_000)
          let again = try Client(port: port)
          #expect(try again.request("POST \(path)", good, long).text == long)
          #expect(try again.request("POST \(path)", good, "again").text == "again")
        }
      }
    }
  }

  @Test func `principals are released with their requests`() async throws {
    final class Counter: Sendable {
      let live = Atomic<Int>(0)
      let made = Atomic<Int>(0)
    }
    final class Ticket: Sendable {
      let counter: Counter
      init(_ counter: Counter) {
        self.counter = counter
        counter.live.add(1, ordering: .relaxed)
        counter.made.add(1, ordering: .relaxed)
      }
      deinit { counter.live.subtract(1, ordering: .relaxed) }
    }
    struct Tickets: Authenticator {
      let counter: Counter
      func authenticate(_ credential: Credential, _ context: Context) -> Authentication<Ticket> {
        .granted(Ticket(counter), scopes: [credential.secret.text()])
      }
    }
    let counter = Counter()
    var router = Router()
    router.authenticate("key", with: Tickets(counter: counter))
    router.authenticate("bearer", with: Tickets(counter: counter))
    router.add(Route(.get, "/a", security: [[.init(Self.key), .init(Self.bearer, scopes: ["x"])]])) { context in
      context.respond("\(context.principal(Ticket.self)!.counter.live.load(ordering: .relaxed))")
    }
    try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        for round in 0..<20 {
          let token = round % 2 == 0 ? "x" : "y"
          let answer = try client.request("GET /a", "X-API-Key: 1\r\nAuthorization: Bearer \(token)\r\n")
          #expect(round % 2 == 0 ? answer.text == "2" : answer.status == 403)
        }
      }
    }
    #expect(counter.made.load(ordering: .relaxed) == 40)
    #expect(counter.live.load(ordering: .relaxed) == 0)
  }

  @Test func `a server without an authenticator for each scheme does not start`() {
    var router = Router()
    router.authenticate("key", with: Keys())
    router.add(Route(.get, "/a", operation: "getA", security: [[.init(Self.key)], [.init(Self.basic)]])) { _ in }
    router.add(Route(.put, "/b", security: [[.init(Self.oauth), .init(Self.key)]])) { _ in }
    var configuration = ServerConfiguration()
    configuration.port = 0
    let error = #expect(throws: ServerError.self) {
      _ = try Server(
        router: router,
        configuration: configuration,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      )
    }
    #expect(
      error?.description == """
        security schemes without an authenticator: GET /a (getA) needs 'basic'; PUT /b needs 'oauth'; \
        register one for each with Router.authenticate(_:with:)
        """
    )
  }

  @Test func `secrets compare by all of their bytes`() {
    func isEqual(_ given: String, _ expected: String) -> Bool {
      let (given, expected) = (Array(given.utf8), Array(expected.utf8))
      return isEqualSecret(given.span.bytes, expected.span.bytes)
    }
    #expect(isEqual("secret", "secret"))
    #expect(isEqual("", ""))
    for other in ["", "secre", "secret1", "Secret", "secreT"] {
      #expect(!isEqual(other, "secret"), "\(other)")
      #expect(!isEqual("secret", other), "\(other)")
    }
  }
}
