import Katana

extension SQLJSONText {
  /// The document that a value is written as.
  public init(_ value: borrowing some JSONEncodable) {
    var json = JSONWriter()
    value.encode(to: &json)
    self.init(text: json.text())
  }

  /// - Throws: ``SQLError`` of kind `undecodable`, which names what is wrong and where.
  public func decoded<Value: JSONDecodable>(as type: Value.Type = Value.self) throws(SQLError) -> Value {
    switch JSONReader.decode(Value.self, from: text.utf8Span.span.bytes) {
    case .success(let value): return value
    case .failure(let faults): throw SQLError(.undecodable, "a JSON value is no \(Value.self): \(faults)")
    }
  }
}
