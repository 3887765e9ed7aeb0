extension JSONValue {
  /// The member of an object; nil when there is none or the value is no object.
  public subscript(name: String) -> JSONValue? { objectValue?[name] }

  /// The item of an array; nil when there is none or the value is no array.
  public subscript(index: Int) -> JSONValue? {
    guard let array = arrayValue, array.indices.contains(index) else { return nil }
    return array[index]
  }

  /// Whether the value is null; a member that is absent has no value at all.
  public var isNull: Bool {
    if case .null = self { return true }
    return false
  }

  /// The value of a boolean, else nil.
  public var booleanValue: Bool? {
    if case .boolean(let value) = self { return value }
    return nil
  }

  /// The text of a string, else nil.
  public var stringValue: String? {
    if case .string(let value) = self { return value }
    return nil
  }

  /// The number when it is integral and fits.
  public var int64Value: Int64? {
    if case .number(let value) = self { return value.int64 }
    return nil
  }

  /// The nearest double of a number.
  public var doubleValue: Double? {
    if case .number(let value) = self { return value.double }
    return nil
  }

  /// The items of an array, else nil.
  public var arrayValue: [JSONValue]? {
    if case .array(let value) = self { return value }
    return nil
  }

  /// The members of an object, else nil.
  public var objectValue: JSONObject? {
    if case .object(let value) = self { return value }
    return nil
  }
}

extension JSONNumber: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
  public init(integerLiteral value: Int64) { self.init(value) }
  public init(floatLiteral value: Double) { self.init(value) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// A name that stands there twice stops the program, as in a dictionary.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    for (name, value) in elements { precondition(insert(name, value), "the member \(name) is there twice") }
  }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  public init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }
  public init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

  /// A name that stands there twice stops the program, as in a dictionary.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    var object = JSONObject()
    for (name, value) in elements { precondition(object.insert(name, value), "the member \(name) is there twice") }
    self = .object(object)
  }
}
