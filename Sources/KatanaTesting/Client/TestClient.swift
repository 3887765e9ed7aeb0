import Dispatch
import Glibc
import Katana
import Logging
import Synchronization

/// A server with these routes and a client of it, for tests.
///
/// ```swift
/// let client = try await TestClient(router)
/// let response = try await client.get("/products/7")
/// #expect(response.status == 200)
/// #expect(try response.json["sku"] == "CHAIR-1")
/// ```
///
/// The server runs until the client is gone. Requests may be made side by side; each has a connection of its own while
/// it runs, and connections are kept.
public final class TestClient: Sendable {
  /// How requests reach the server.
  public let transport: TestTransport

  private let server: Server
  let idle = Mutex<[TestConnection]>([])
  private let isClosed = Atomic(false)
  private let timeoutSeconds: Int

  /// Starts a server.
  ///
  /// - Parameters:
  ///   - configuration: limits and what else a server has. Its host, port and TLS are not looked at; zero reactors
  ///     are one.
  ///   - timeoutSeconds: how long the server may be silent before a request fails.
  /// - Throws: ``ServerError`` where the router or the configuration is unusable.
  public init(
    _ router: Router, transport: TestTransport = .inProcess,
    configuration: ServerConfiguration = ServerConfiguration(), timeoutSeconds: Int = 60,
    logger: Logger? = nil
  ) async throws {
    var configuration = configuration
    configuration.listens = transport == .socket
    configuration.host = "127.0.0.1"
    configuration.port = 0
    configuration.tls = nil
    configuration.pinsReactors = false
    if configuration.reactors == 0 { configuration.reactors = 1 }
    let quiet = Logger(label: "katana.testing") { _ in SwiftLogNoOpLogHandler() }
    let server = try Server(router: router, configuration: configuration, logger: logger ?? quiet)
    self.transport = transport
    self.server = server
    self.timeoutSeconds = timeoutSeconds
    // Not in a task: other tests may keep every thread of the pool.
    try server.start()
  }

  /// Stops the server and waits for its end. Requests fail from here on.
  public func close() async {
    isClosed.store(true, ordering: .relaxed)
    idle.withLock { $0 = [] }
    await server.stop()
  }

  /// Sends a request and waits for its whole response.
  ///
  /// - Throws: ``TestClientError`` when there is none.
  public func send(_ request: TestRequest) async throws -> TestResponse {
    try await withCheckedThrowingContinuation { continuation in
      // A thread of its own: a request that blocks must not keep one of the pool that the service may need.
      DispatchQueue(label: "katana.testing").async { [self] in
        continuation.resume(with: Result { try exchange(request) })
      }
    }
  }

  /// `GET`
  public func get(_ target: String) async throws -> TestResponse { try await send(TestRequest(.get, target)) }

  /// `HEAD`
  public func head(_ target: String) async throws -> TestResponse { try await send(TestRequest(.head, target)) }

  /// `DELETE`
  public func delete(_ target: String) async throws -> TestResponse { try await send(TestRequest(.delete, target)) }

  /// `POST` with JSON.
  public func post(_ target: String, json: JSONValue) async throws -> TestResponse {
    try await send(TestRequest(.post, target).json(json))
  }

  /// `PUT` with JSON.
  public func put(_ target: String, json: JSONValue) async throws -> TestResponse {
    try await send(TestRequest(.put, target).json(json))
  }

  /// `PATCH` with JSON.
  public func patch(_ target: String, json: JSONValue) async throws -> TestResponse {
    try await send(TestRequest(.patch, target).json(json))
  }

  // MARK: Connections

  private func exchange(_ request: TestRequest) throws -> TestResponse {
    if isClosed.load(ordering: .relaxed) { throw TestClientError(description: "the client is closed") }
    if let kept = idle.withLock({ $0.popLast() }) {
      do {
        return try use(kept, request)
      } catch {
        // The server may have closed it meanwhile; whatever else failed is the caller's to know.
        if !kept.endedUnanswered { throw error }
      }
    }
    return try use(open(), request)
  }

  private func use(_ connection: TestConnection, _ request: TestRequest) throws -> TestResponse {
    let response = try connection.exchange(request)
    if connection.isReusable { idle.withLock { $0.append(connection) } }
    return response
  }

  private func open() throws -> TestConnection {
    let descriptor = transport == .inProcess ? try pair() : try connected()
    return TestConnection(descriptor, timeoutSeconds: timeoutSeconds)
  }

  private func pair() throws -> Int32 {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw failure("cannot make a socket pair") }
    if server.take(socket: ends[1]) { return ends[0] }
    Glibc.close(ends[0])
    Glibc.close(ends[1])
    throw failure("cannot hand a socket to the server")
  }

  private func connected() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(server.port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if descriptor >= 0, result == 0 { return descriptor }
    defer { if descriptor >= 0 { Glibc.close(descriptor) } }
    throw failure("cannot connect to port \(server.port)")
  }

  private func failure(_ what: String) -> TestClientError {
    TestClientError(description: "\(what): \(String(cString: strerror(errno)))")
  }
}
