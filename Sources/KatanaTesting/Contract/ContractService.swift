import Katana
import Synchronization

/// The service that the tests of a contract talk to: its router, and what lets a client in.
///
/// ```swift
/// let contractService = ContractService(secret: "secret") { makeRouter(secret: "secret") }
/// ```
public final class ContractService: Sendable {
  private let makeRouter: @Sendable () throws -> Router
  private let secret: @Sendable (String) -> String?
  private let clients = Mutex<[TestTransport: Task<TestClient, any Error>]>([:])

  /// - Parameters:
  ///   - secret: what is shown for every security scheme.
  ///   - router: called once for each transport.
  public convenience init(secret: String? = nil, _ router: @escaping @Sendable () throws -> Router) {
    self.init(secrets: { _ in secret }, router)
  }

  /// - Parameter secrets: what is shown for a security scheme, by its name in the contract; a token of base64 or the
  ///   password of the user `client`. Cases that need one that is nil are not run.
  public init(
    secrets: @escaping @Sendable (String) -> String?, _ router: @escaping @Sendable () throws -> Router
  ) {
    self.secret = secrets
    makeRouter = router
  }

  /// The client over a transport; its server runs until the process ends.
  public func client(over transport: TestTransport = .inProcess) async throws -> TestClient {
    let task = clients.withLock { clients in
      if let known = clients[transport] { return known }
      let task = Task { [makeRouter] in try await TestClient(makeRouter(), transport: transport) }
      clients[transport] = task
      return task
    }
    return try await task.value
  }

  /// Makes the request of a case.
  ///
  /// - Throws: ``ContractFailure`` when the answer is not what the contract says.
  public func check(_ line: ContractCase, over transport: TestTransport = .inProcess) async throws {
    guard let request = shown(line.credentials, line.request, isForged: line.forgesCredentials) else { return }
    let response = try await client(over: transport).send(request)
    if let why = line.expectation.contradiction(of: response) {
      throw ContractFailure("\(line): \(why)", request, response)
    }
  }

  /// The request with credentials; nil when there is no secret to show.
  func shown(_ credentials: [ContractCredential], _ request: TestRequest, isForged: Bool = false) -> TestRequest? {
    var request = request
    for credential in credentials {
      guard var secret = secret(credential.scheme) else { return nil }
      if isForged { secret = "not-" + secret }
      request = credential.shown(secret, in: request)
    }
    return request
  }
}

extension ContractCredential {
  func shown(_ secret: String, in request: TestRequest) -> TestRequest {
    switch self {
    case .bearer: return request.bearer(secret)
    case .basic: return request.basic(user: "client", password: secret)
    case .authorization(_, let scheme): return request.field("Authorization", "\(scheme) \(secret)")
    case .header(_, let name): return request.field(name, secret)
    case .cookie(_, let name):
      var request = request
      let pair = "\(name)=\(secret)"
      // One field line for all cookies (RFC 6265 §5.4).
      if let line = request.fields.firstIndex(where: { $0.name == "Cookie" }) {
        request.fields[line].value += "; \(pair)"
        return request
      }
      return request.field("Cookie", pair)
    case .query(_, let name):
      var request = request
      request.target += (request.target.contains("?") ? "&" : "?") + "\(name)=\(secret)"
      return request
    }
  }
}

extension ContractCase.Expectation {
  /// Why a response is not what is expected; nil when it is.
  func contradiction(of response: TestResponse) -> String? {
    switch self {
    case .documented(let statuses): undocumented(response, statuses)
    case .violation(let place, let code): unviolated(response, place, code)
    case .status(let status, let field):
      if response.status != status {
        "status \(status) was expected"
      } else if let field, response[field] == nil {
        "the answer has no \(field)"
      } else {
        nil
      }
    }
  }

  /// Statuses that tell of a request that is not as the contract wants it.
  private static let refusals = [400, 405, 406, 413, 414, 415, 431, 501]

  private func undocumented(_ response: TestResponse, _ statuses: [String]) -> String? {
    let status = response.status
    if Self.refusals.contains(status) { return "the request is valid and was refused" }
    if status == 404, let detail = try? response.json["detail"]?.stringValue, detail == "no resource has this path" {
      return "the path of the operation is not served"
    }
    if statuses.contains("\(status)") || statuses.contains("\(status / 100)XX") { return nil }
    // A default documents what the service means to answer, which a failure of the server is not.
    if statuses.contains("default"), status < 500 { return nil }
    return "the status is none of those that are documented: \(statuses.joined(separator: ", "))"
  }

  private func unviolated(_ response: TestResponse, _ place: ContractPlace, _ code: String?) -> String? {
    let wanted = "a violation of \(place)\(code.map { " with the code \($0)" } ?? "") was expected"
    guard response.status == 400, let errors = try? response.json["errors"]?.arrayValue else { return wanted }
    let isThere = errors.contains { error in
      let isPlace =
        switch place {
        case .pointer(let pointer): error["pointer"]?.stringValue == pointer
        case .parameter(let name): error["parameter"]?.stringValue == name
        }
      return isPlace && (code == nil || error["code"]?.stringValue == code)
    }
    return isThere ? nil : wanted
  }
}
