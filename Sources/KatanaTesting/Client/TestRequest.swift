import Katana

/// A request as it is sent: nothing is added but `Host` and `Content-Length` where they are missing.
///
/// ```swift
/// let request = TestRequest(.post, "/products").bearer(token).json(["sku": "A-1"])
/// ```
public struct TestRequest: Sendable {
  /// A field line.
  public struct Field: Sendable, Equatable {
    public var name: String
    public var value: String
  }

  /// The token of the request line. It may be one that no server knows.
  public var method: String
  /// The request target: a path with its escapes, and a query.
  public var target: String
  /// Field lines in the order in which they are sent.
  public var fields: [Field] = []
  /// Nil sends no content and no `Content-Length`.
  public var body: [UInt8]?

  /// A request without fields and content.
  public init(_ method: Method, _ target: String) { self.init(method: method.token, target) }

  /// A request with any token for a method.
  public init(method: String, _ target: String) {
    self.method = method
    self.target = target
  }

  /// With one more field line.
  public func field(_ name: String, _ value: String) -> TestRequest {
    var copy = self
    copy.fields.append(Field(name: name, value: value))
    return copy
  }

  /// With a token in `Authorization` (RFC 6750).
  public func bearer(_ token: String) -> TestRequest { field("Authorization", "Bearer \(token)") }

  /// With a user and a password in `Authorization` (RFC 7617).
  public func basic(user: String, password: String) -> TestRequest {
    field("Authorization", "Basic \(base64(Array("\(user):\(password)".utf8)))")
  }

  /// With content and its media type; nil sends no `Content-Type`.
  public func body(_ bytes: [UInt8], type: String?) -> TestRequest {
    var copy = self
    copy.body = bytes
    return type.map { copy.field("Content-Type", $0) } ?? copy
  }

  /// With content that is a text.
  public func body(_ text: String, type: String?) -> TestRequest { body(Array(text.utf8), type: type) }

  /// With a JSON value.
  public func json(_ value: JSONValue, type: String = "application/json") -> TestRequest {
    body(jsonText(of: value), type: type)
  }

  /// The bytes of the request (RFC 9112).
  var bytes: [UInt8] {
    var head = "\(method) \(target) HTTP/1.1\r\n"
    if !has("Host") { head += "Host: localhost\r\n" }
    for field in fields { head += "\(field.name): \(field.value)\r\n" }
    if let body, !has("Content-Length"), !has("Transfer-Encoding") { head += "Content-Length: \(body.count)\r\n" }
    return Array((head + "\r\n").utf8) + (body ?? [])
  }

  private func has(_ name: String) -> Bool { fields.contains { $0.name.lowercased() == name.lowercased() } }
}

extension Method {
  /// `GET`, as it travels.
  var token: String { "\(self)".uppercased() }
}

func jsonText(of value: JSONValue) -> String {
  var json = JSONWriter()
  value.encode(to: &json)
  return json.text()
}

/// RFC 4648 §4.
func base64(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  var text = ""
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    let word = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
    for place in 0..<4 { text.append(place <= group.count ? alphabet[word >> (18 - 6 * place) & 63] : "=") }
  }
  return text
}
