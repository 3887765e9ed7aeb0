import KatanaScalars

/// A value that can stand in a response's field.
public protocol FieldValue {
  var fieldText: String { get }
}

extension String: FieldValue { public var fieldText: String { self } }
extension Bool: FieldValue { public var fieldText: String { self ? "true" : "false" } }
extension Int32: FieldValue { public var fieldText: String { String(self) } }
extension Int64: FieldValue { public var fieldText: String { String(self) } }
extension Float: FieldValue { public var fieldText: String { description } }
extension Double: FieldValue { public var fieldText: String { description } }
extension UUID: FieldValue { public var fieldText: String { description } }
extension Instant: FieldValue { public var fieldText: String { description } }

/// The members of a response field that is an object (OpenAPI 3.1 §4.8.21: the style is `simple`).
public struct FieldMembers: ~Copyable {
  private(set) var text = ""
  private let isExploded: Bool

  init(isExploded: Bool) { self.isExploded = isExploded }

  /// Adds a member; nil adds none.
  public mutating func add(_ name: StaticString, _ value: (some FieldValue)?) {
    if let value { add(name.description, value.fieldText) }
  }

  fileprivate mutating func add(_ name: String, _ value: String) {
    if !text.isEmpty { text += "," }
    text += name + (isExploded ? "=" : ",") + value
  }

  public mutating func add(_ name: StaticString, _ value: (some ContractEnum)?) {
    add(name, value.map { "\($0.text)" })
  }
}

extension Context {
  /// Adds a response field with a value of the contract, under the same conditions as the one with text.
  public func setField(_ name: String, value: some FieldValue) { setField(name, value.fieldText) }

  public func setField(_ name: String, value: some ContractEnum) { setField(name, value.text.description) }

  /// Adds a response field with an array: `a,b,c`. An empty one adds none.
  public func setField(_ name: String, list: [some FieldValue]) {
    if !list.isEmpty { setField(name, list.lazy.map(\.fieldText).joined(separator: ",")) }
  }

  public func setField(_ name: String, list: [some ContractEnum]) {
    setField(name, list: list.map { $0.text.description })
  }

  /// Adds a response field with an object: `a,1,b,2`, or `a=1,b=2` when it is exploded.
  public func setField(_ name: String, isExploded: Bool, _ members: (inout FieldMembers) -> Void) {
    var fields = FieldMembers(isExploded: isExploded)
    members(&fields)
    if !fields.text.isEmpty { setField(name, fields.text) }
  }
}

extension Context {
  /// Adds a response field with an object of any members, in the order of their names.
  public func setField(_ name: String, isExploded: Bool, map: [String: some FieldValue]) {
    setField(name, isExploded: isExploded) { members in
      for (name, value) in map.sorted(by: { $0.key < $1.key }) { members.add(name, value.fieldText) }
    }
  }

  public func setField(_ name: String, isExploded: Bool, map: [String: some ContractEnum]) {
    setField(name, isExploded: isExploded, map: map.mapValues { $0.text.description })
  }
}

/// Bytes stand in a field as base64.
extension Array: FieldValue where Element == UInt8 {
  public var fieldText: String { base64Encoded(self) }
}

extension Context {
  /// Adds a response field whose value is a JSON document (OpenAPI 3.1 §4.8.21: a header with `content`).
  public func setField(_ name: String, json write: (inout JSONWriter) -> Void) {
    var json = JSONWriter()
    write(&json)
    setField(name, json.text())
  }

  /// Adds a response field with a value that is one of several scalars: as JSON, but a string without its quotes.
  public func setField(_ name: String, scalar write: (inout JSONWriter) -> Void) {
    var json = JSONWriter()
    write(&json)
    switch JSONReader.decode(from: json.bytes, { (json: inout JSONReader) -> String? in json.string() }) {
    case .success(let text): setField(name, text)
    case .failure: setField(name, json.text())
    }
  }
}
