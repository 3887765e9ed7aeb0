import CKatana

/// A value of a response holds a number that JSON cannot express: an infinity or NaN.
public struct UnencodableNumber: Error {
  public init() {}
}

extension Context {
  /// Answers with a value as JSON, written to the request's arena.
  ///
  /// - Throws: ``UnencodableNumber``; nothing was answered then.
  public func respond(
    _ status: Status, json value: some JSONEncodable, as type: MediaType = .json
  ) throws(UnencodableNumber) {
    var json = JSONWriter(exchange)
    value.encode(to: &json)
    if !json.isValid { throw UnencodableNumber() }
    respond(json.bytes, as: type, status: status)
  }
}

extension Context {
  /// Answers with the JSON that `write` writes.
  ///
  /// - Throws: ``UnencodableNumber``; nothing was answered then.
  @inlinable
  public func respond(
    _ status: Status, as type: MediaType = .json, _ write: (inout JSONWriter) -> Void
  ) throws(UnencodableNumber) {
    var json = JSONWriter(exchange)
    write(&json)
    if !json.isValid { throw UnencodableNumber() }
    respond(json.bytes, as: type, status: status)
  }
}

extension Array: JSONEncodable where Element: JSONEncodable {
  @inlinable
  public func encode(to json: inout JSONWriter) {
    json.literal("[")
    for element in self {
      element.encode(to: &json)
      json.literal(",")
    }
    json.close("]")
  }
}
