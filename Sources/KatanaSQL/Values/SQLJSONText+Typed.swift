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

  /// The document that an object with these members is.
  public init(object members: [String: JSONValue]) {
    var object = JSONObject()
    for (name, value) in members.sorted(by: { $0.key < $1.key }) { object[name] = value }
    self.init(object)
  }

  /// The document that an array of these values is.
  public init(array items: [JSONValue]) { self.init(JSONValue.array(items)) }

  /// The members of the object that the document is.
  ///
  /// - Throws: ``SQLError`` of kind `undecodable` for a document of another type, and for a name that stands twice.
  public func decodedObject() throws(SQLError) -> [String: JSONValue] {
    let object: JSONObject = try decoded()
    return Dictionary(object.members.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
  }

  /// The items of the array that the document is.
  ///
  /// - Throws: ``SQLError`` of kind `undecodable` for a document of another type.
  public func decodedArray() throws(SQLError) -> [JSONValue] {
    guard case .array(let items) = try decoded(as: JSONValue.self) else {
      throw SQLError(.undecodable, "the JSON value is no array")
    }
    return items
  }
}
