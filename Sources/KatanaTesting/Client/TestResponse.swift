import Katana

/// What a server answered.
public struct TestResponse: Sendable {
  /// The status code.
  public internal(set) var status: Int
  /// Field lines in their order.
  public internal(set) var fields: [TestRequest.Field]
  /// The content as it came: with its content coding, without its transfer coding.
  public internal(set) var body: [UInt8] = []
  /// Field lines behind chunked content.
  public internal(set) var trailers: [TestRequest.Field] = []

  /// The content of a field, whatever the case of its name; several lines are joined by commas. Nil: there is none.
  public subscript(name: String) -> String? {
    let lines = fields.filter { $0.name.lowercased() == name.lowercased() }
    return lines.isEmpty ? nil : lines.map(\.value).joined(separator: ", ")
  }

  /// The content as a text; what is no UTF-8 is replaced.
  public var text: String { String(decoding: body, as: UTF8.self) }

  /// The content as JSON.
  ///
  /// - Throws: ``ViolationList`` where it is malformed.
  public var json: JSONValue {
    get throws { try JSONReader.decode(JSONValue.self, from: body.span.bytes).get() }
  }
}

/// The server did not answer: it cannot be reached, ended the connection, or sent what is no response.
public struct TestClientError: Error, CustomStringConvertible {
  public let description: String
}
