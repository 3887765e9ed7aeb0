import CKatana
import KatanaScalars

// Scalars. Each notes a violation and returns a neutral value when the next value is not what the contract says.

extension JSONReader {
  /// Takes a null that is next.
  @inlinable
  public mutating func null() -> Bool {
    guard kt_json_peek(&cursor) == KT_JSON_NULL else { return false }
    return kt_json_null(&cursor)
  }

  public mutating func boolean() -> Bool {
    guard kt_json_peek(&cursor) == KT_JSON_BOOLEAN else {
      refuse(.boolean)
      return false
    }
    var value = false
    return kt_json_boolean(&cursor, &value) && value
  }

  /// An integer by value: `1.0` and `1e2` are integers, `1.5` is not (JSON Schema §6.1.1).
  public mutating func int64(minimum: Int64 = .min, maximum: Int64 = .max, multipleOf: Int64 = 1) -> Int64 {
    guard kt_json_is_number(&cursor) else {
      refuse(.integer)
      return 0
    }
    let at = offset
    var value: Int64 = 0
    let fit = kt_json_int64(&cursor, &value)
    if fit == KT_JSON_FITS, value >= minimum, value <= maximum, multipleOf == 1 { return value }
    check(value, fit, at, minimum, maximum, multipleOf)
    return value
  }

  @inline(never)
  private mutating func check(
    _ value: Int64, _ fit: kt_json_fit, _ at: Int, _ minimum: Int64, _ maximum: Int64, _ multipleOf: Int64
  ) {
    switch fit {
    case KT_JSON_FITS: break
    case KT_JSON_FRACTION: log.add(.type, at: at, bound: .text(JSONType.integer.name))
    case KT_JSON_RANGE: log.add(.range, at: at, bound: .text("int64"))
    default: break
    }
    if value < minimum { log.add(.minimum, at: at, bound: .integer(minimum)) }
    if value > maximum { log.add(.maximum, at: at, bound: .integer(maximum)) }
    if value % multipleOf != 0 { log.add(.multipleOf, at: at, bound: .integer(multipleOf)) }
  }

  public mutating func int32(minimum: Int32 = .min, maximum: Int32 = .max, multipleOf: Int32 = 1) -> Int32 {
    Int32(
      truncatingIfNeeded: int64(
        minimum: Int64(minimum), maximum: Int64(maximum), multipleOf: Int64(multipleOf)))
  }

  /// A number, correctly rounded. Bounds that are exclusive say so.
  public mutating func double(
    minimum: Double = -.infinity, maximum: Double = .infinity, exclusiveMinimum: Double = -.infinity,
    exclusiveMaximum: Double = .infinity
  ) -> Double {
    guard kt_json_is_number(&cursor) else {
      refuse(.number)
      return 0
    }
    let at = offset
    var value = 0.0
    switch kt_json_double(&cursor, &value) {
    case KT_JSON_FITS: break
    case KT_JSON_RANGE:
      log.add(.range, at: at, bound: .text("double"))
      return 0
    default: return 0
    }
    log.check(value, at, minimum, maximum, exclusiveMinimum, exclusiveMaximum)
    return value
  }

  public mutating func float(
    minimum: Double = -.infinity, maximum: Double = .infinity, exclusiveMinimum: Double = -.infinity,
    exclusiveMaximum: Double = .infinity
  ) -> Float {
    kt_json_space(&cursor)
    let at = offset
    let value = double(
      minimum: minimum, maximum: maximum, exclusiveMinimum: exclusiveMinimum, exclusiveMaximum: exclusiveMaximum)
    let narrow = Float(value)
    if narrow.isInfinite { log.add(.range, at: at, bound: .text("float")) }
    return narrow
  }

  /// A string. Lengths count code points. Every rule it breaks is a violation of its own.
  public mutating func string(
    minLength: Int = 0, maxLength: Int = .max, pattern: Pattern? = nil, format: StringFormat? = nil
  ) -> String {
    guard kt_json_is_string(&cursor) else {
      refuse(.string)
      return ""
    }
    let at = offset
    var text = kt_json_text()
    guard kt_json_string(&cursor, &text) else { return "" }
    if text.escaped {
      var decoded = JSONText.decoded(text)
      decoded.withUTF8 { checkText($0, text.ascii, minLength, maxLength, pattern, format, at) }
      return decoded
    }
    // Lengths count code points; a code point has one to four bytes.
    let isMeasured = text.n <= maxLength && (minLength == 0 || (text.ascii ? text.n : text.n / 4) >= minLength)
    if !isMeasured || pattern != nil || format != nil {
      checkText(
        UnsafeBufferPointer(start: text.p, count: text.n), text.ascii, minLength, maxLength, pattern, format, at)
    }
    return JSONText.string(text.p, text.n, isASCII: text.ascii)
  }

  @inline(never)
  private mutating func checkText(
    _ text: UnsafeBufferPointer<UInt8>, _ isASCII: Bool, _ minLength: Int, _ maxLength: Int, _ pattern: Pattern?,
    _ format: StringFormat?, _ at: Int
  ) {
    let rules = StringRules(minLength: minLength, maxLength: maxLength, format: format)
    log.check(text, isASCII: isASCII, rules, pattern, at: at)
  }

  /// A string as a word to switch on; nil, with a violation, when the value is not a string.
  public mutating func word() -> JSONWord? {
    guard kt_json_is_string(&cursor) else {
      refuse(.string)
      return nil
    }
    var text = kt_json_text()
    guard kt_json_string(&cursor, &text) else { return nil }
    return text.escaped ? decodedWord(text) : JSONWord(text.p, text.n)
  }

  /// One of the values of an enum.
  @inlinable
  public mutating func value<Value: ContractEnum>(_ type: Value.Type) -> Value? {
    kt_json_space(&cursor)
    let at = offset
    guard let word = word() else { return nil }
    if let value = Value(word) { return value }
    notEnumerated(at)
    return nil
  }

  @usableFromInline
  mutating func notEnumerated(_ at: Int) { log.add(.enum, at: at) }

  public mutating func uuid() -> UUID {
    formatted(.uuid) { UUID($0) } ?? UUID()
  }

  /// A date-time of RFC 3339.
  public mutating func instant() -> Instant {
    formatted(.dateTime) { Instant($0) } ?? Instant(microseconds: 0)
  }

  /// The bytes of a base64 string (RFC 4648 §4).
  public mutating func bytes() -> [UInt8] {
    formatted(.byte) { base64Decoded($0) } ?? []
  }

  private mutating func formatted<Value>(
    _ format: StringFormat, _ read: (UnsafeBufferPointer<UInt8>) -> Value?
  ) -> Value? {
    kt_json_space(&cursor)
    let at = offset
    guard let word = word() else { return nil }
    if let value = read(UnsafeBufferPointer(start: word.pointer, count: word.count)) { return value }
    log.add(.format, at: at, bound: .text(format.name))
    return nil
  }
}
