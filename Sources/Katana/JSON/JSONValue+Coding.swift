import CKatana

extension JSONReader {
  /// Any value. A name that an object has twice is a violation, as is a number beyond `Double`.
  public mutating func value() -> JSONValue? {
    switch kt_json_peek(&cursor) {
    case KT_JSON_NULL: return null() ? .null : nil
    case KT_JSON_BOOLEAN: return .boolean(boolean())
    case KT_JSON_STRING: return .string(string())
    case KT_JSON_NUMBER_VALUE: return .number(number())
    case KT_JSON_ARRAY:
      guard array() != nil else { return nil }
      var items: [JSONValue] = []
      while element() {
        guard let item = value() else { return nil }
        items.append(item)
      }
      return .array(items)
    case KT_JSON_OBJECT: return objectValue().map { .object($0) }
    default: return nil
    }
  }

  mutating func objectValue() -> JSONObject? {
    guard object() != nil else { return nil }
    var members = JSONObject()
    while let key = key() {
      let name = String(decoding: UnsafeBufferPointer(start: key.pointer, count: key.count), as: UTF8.self)
      kt_json_space(&cursor)
      let at = offset
      guard let value = value() else { return nil }
      if !members.insert(name, value) { log.add(.duplicateKey, at: at) }
    }
    return members
  }

  private mutating func number() -> JSONNumber {
    let before = cursor
    var integer: Int64 = 0
    switch kt_json_int64(&cursor, &integer) {
    case KT_JSON_FITS: return JSONNumber(integer)
    case KT_JSON_FRACTION, KT_JSON_RANGE:
      cursor = before
      return JSONNumber(double())
    default: return 0
    }
  }
}

extension JSONValue: JSONDecodable, JSONEncodable {
  public static func decode(_ json: inout JSONReader) -> JSONValue? { json.value() }

  public func encode(to json: inout JSONWriter) {
    switch self {
    case .null: json.null()
    case .boolean(let value): json.boolean(value)
    case .number(let value): value.encode(to: &json)
    case .string(let value): json.string(value)
    case .object(let value): value.encode(to: &json)
    case .array(let items):
      json.literal("[")
      for item in items {
        item.encode(to: &json)
        json.literal(",")
      }
      json.close("]")
    }
  }
}

extension JSONNumber: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    if let int64 { json.int64(int64) } else { json.double(double) }
  }
}

extension JSONObject: JSONDecodable, JSONEncodable {
  public static func decode(_ json: inout JSONReader) -> JSONObject? {
    guard kt_json_peek(&json.cursor) == KT_JSON_OBJECT else {
      json.refuse(.object)
      return nil
    }
    return json.objectValue()
  }

  public func encode(to json: inout JSONWriter) {
    json.literal("{")
    for member in members {
      json.string(member.name)
      json.literal(":")
      member.value.encode(to: &json)
      json.literal(",")
    }
    json.close("}")
  }
}
