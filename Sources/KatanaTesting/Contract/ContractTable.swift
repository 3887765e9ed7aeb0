/// What a generated file says about the operations of a contract, in the order in which it says it.
public struct ContractTable: Sendable {
  public private(set) var cases: [ContractCase] = []
  public private(set) var documents: [ContractDocument] = []

  private var operation = ""
  private var method = ""
  private var statuses: [String] = []
  private var credentials: [ContractCredential] = []
  private var base = TestRequest(.get, "/")
  private var contentType: String?
  private let definitions: String?

  /// A table that a function fills.
  ///
  /// - Parameter definitions: the `$defs` of all schemas in it, a JSON object.
  public init(definitions: String? = nil, _ fill: (inout ContractTable) -> Void = { _ in }) {
    self.definitions = definitions
    fill(&self)
  }

  /// Begins an operation; the lines that follow are about it.
  ///
  /// - Parameters:
  ///   - statuses: what it documents: `200`, `4XX`, `default`.
  ///   - credentials: what each request shows unless a line says otherwise.
  public mutating func operation(
    _ name: String, _ method: String, statuses: [String], credentials: [ContractCredential] = []
  ) {
    operation = name
    self.method = method
    self.statuses = statuses
    self.credentials = credentials
  }

  /// The request that the lines that follow make, but for what they say otherwise.
  public mutating func request(
    _ target: String, type: String? = nil, body: String? = nil, fields: KeyValuePairs<String, String> = [:]
  ) {
    base = TestRequest(method: method, target)
    contentType = type
    if let body { base.body = Array(body.utf8) }
    set(fields, &base)
  }

  /// A valid request.
  public mutating func accepts(
    _ name: String, target: String? = nil, body: String? = nil, fields: KeyValuePairs<String, String>? = nil
  ) {
    add(name, request(target, body, fields), .documented(statuses))
  }

  /// A request with a violation in its content.
  ///
  /// - Parameter code: nil where more than one word would do.
  public mutating func violates(
    _ name: String, target: String? = nil, body: String? = nil, fields: KeyValuePairs<String, String>? = nil,
    pointer: String, code: String?
  ) {
    add(name, request(target, body, fields), .violation(.pointer(pointer), code: code))
  }

  /// A request with a violation in a parameter.
  public mutating func violates(
    _ name: String, target: String? = nil, body: String? = nil, fields: KeyValuePairs<String, String>? = nil,
    parameter: String, code: String?
  ) {
    add(name, request(target, body, fields), .violation(.parameter(parameter), code: code))
  }

  /// A request that has one answer.
  ///
  /// - Parameters:
  ///   - method: nil for the operation's.
  ///   - has: a field that the answer must have.
  public mutating func answers(
    _ status: Int, _ name: String, target: String? = nil, body: String? = nil,
    fields: KeyValuePairs<String, String>? = nil, method: String? = nil, has field: String? = nil
  ) {
    var request = request(target, body, fields)
    if let method { request.method = method }
    add(name, request, .status(status, field: field))
  }

  /// A request that shows no credentials, and one that shows wrong ones: 401 with a challenge (RFC 9110 §11.6.1).
  public mutating func refusesStrangers() {
    var line = ContractCase(
      operation: operation, name: "without credentials", request: request(nil, nil, nil),
      expectation: .status(401, field: "WWW-Authenticate"))
    cases.append(line)
    line.name = "with wrong credentials"
    line.credentials = credentials
    line.forgesCredentials = true
    cases.append(line)
  }

  /// Random documents are refused exactly when the schema refuses them.
  public mutating func documents(schema: String) {
    var request = base
    request.body = nil
    documents.append(
      ContractDocument(
        operation: operation, request: request, credentials: credentials, mediaType: contentType ?? "application/json",
        schema: whole(schema)))
  }

  /// The schema with its definitions.
  private func whole(_ schema: String) -> String {
    guard let definitions, schema.utf8.count > 2, schema.hasPrefix("{") else { return schema }
    return "{\"$defs\":\(definitions),\(schema.dropFirst())"
  }

  private mutating func add(_ name: String, _ request: TestRequest, _ expectation: ContractCase.Expectation) {
    cases.append(
      ContractCase(
        operation: operation, name: name, request: request, credentials: credentials, expectation: expectation))
  }

  private func request(
    _ target: String?, _ body: String?, _ fields: KeyValuePairs<String, String>?
  ) -> TestRequest {
    var request = base
    if let target { request.target = target }
    if let fields {
      request.fields = []
      set(fields, &request)
    }
    if let body { request.body = Array(body.utf8) }
    return contentType.map { request.field("Content-Type", $0) } ?? request
  }

  private func set(_ fields: KeyValuePairs<String, String>, _ request: inout TestRequest) {
    for (name, value) in fields { request = request.field(name, value) }
  }
}

/// A text repeated: keeps what a bound takes short where it is written.
public func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
