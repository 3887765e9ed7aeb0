import CKatana
import KatanaScalars

/// The text of one parameter value while it is read to its type. Reads are strict: `12abc`, `+5`, ` 5` and the empty
/// text are not numbers.
public struct ParameterText {
  let text: UnsafeBufferPointer<UInt8>
  @usableFromInline var log = ViolationLog()
  /// It was read as a number or a Boolean: the text is JSON as it stands.
  var isLiteral = false
  /// It would have been read as something else, too.
  var isOpen = false
  /// Of a text that holds more than one value: the field of a part.
  var exchange: OpaquePointer?

  @usableFromInline
  init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

  public mutating func string(
    minLength: Int = 0,
    maxLength: Int = .max,
    pattern: Pattern? = nil,
    format: StringFormat? = nil
  ) -> String {
    let rules = StringRules(minLength: minLength, maxLength: maxLength, format: format)
    log.check(text, isASCII: false, rules, pattern, at: 0)
    return String(decoding: text, as: UTF8.self)
  }

  /// Digits with an optional minus sign, without leading zeros.
  public mutating func int64(minimum: Int64 = .min, maximum: Int64 = .max, multipleOf: Int64 = 1) -> Int64 {
    guard var cursor = number(),
      text.allSatisfy({ $0 == UInt8(ascii: "-") || $0 <= UInt8(ascii: "9") && $0 >= UInt8(ascii: "0") })
    else { return refuse(.integer, 0) }
    var value: Int64 = 0
    switch kt_json_int64(&cursor, &value) {
    case KT_JSON_FITS: break
    case KT_JSON_RANGE:
      log.add(.range, at: 0, bound: .text("int64"))
      return 0
    default: return refuse(.integer, 0)
    }
    guard cursor.p == cursor.end else { return refuse(.integer, 0) }
    if value < minimum { log.add(.minimum, at: 0, bound: .integer(minimum)) }
    if value > maximum { log.add(.maximum, at: 0, bound: .integer(maximum)) }
    if value % multipleOf != 0 { log.add(.multipleOf, at: 0, bound: .integer(multipleOf)) }
    isLiteral = true
    return value
  }

  public mutating func int32(minimum: Int32 = .min, maximum: Int32 = .max, multipleOf: Int32 = 1) -> Int32 {
    Int32(
      truncatingIfNeeded: int64(
        minimum: Int64(minimum),
        maximum: Int64(maximum),
        multipleOf: Int64(multipleOf)
      )
    )
  }

  /// A number as JSON writes it.
  public mutating func double(
    minimum: Double = -.infinity,
    maximum: Double = .infinity,
    exclusiveMinimum: Double = -.infinity,
    exclusiveMaximum: Double = .infinity
  ) -> Double {
    guard var cursor = number() else { return refuse(.number, 0) }
    var value = 0.0
    switch kt_json_double(&cursor, &value) {
    case KT_JSON_FITS: break
    case KT_JSON_RANGE:
      log.add(.range, at: 0, bound: .text("double"))
      return 0
    default: return refuse(.number, 0)
    }
    guard cursor.p == cursor.end else { return refuse(.number, 0) }
    log.check(value, 0, minimum, maximum, exclusiveMinimum, exclusiveMaximum)
    isLiteral = true
    return value
  }

  public mutating func float(
    minimum: Double = -.infinity,
    maximum: Double = .infinity,
    exclusiveMinimum: Double = -.infinity,
    exclusiveMaximum: Double = .infinity
  ) -> Float {
    let value = Float(
      double(
        minimum: minimum,
        maximum: maximum,
        exclusiveMinimum: exclusiveMinimum,
        exclusiveMaximum: exclusiveMaximum
      )
    )
    if value.isInfinite { log.add(.range, at: 0, bound: .text("float")) }
    return value
  }

  /// `true` or `false`.
  public mutating func boolean() -> Bool {
    let word = JSONWord(text.baseAddress, text.count)
    isLiteral = true
    if word.equals("true") { return true }
    return word.equals("false") ? false : refuse(.boolean, false)
  }

  /// One of the values of an enum, else nil with a violation.
  public mutating func value<Value: ContractEnum>(_ type: Value.Type) -> Value? {
    if let value = Value(JSONWord(text.baseAddress, text.count)) { return value }
    log.add(.enum, at: 0)
    return nil
  }

  public mutating func uuid() -> UUID { UUID(text) ?? refuse(.uuid, UUID()) }
  public mutating func instant() -> Instant { Instant(text) ?? refuse(.dateTime, Instant(microseconds: 0)) }
  public mutating func bytes() -> [UInt8] { base64Decoded(text) ?? refuse(.byte, []) }

  private func number() -> kt_json? {
    guard let first = text.first, first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    else { return nil }
    var cursor = kt_json()
    kt_json_init(&cursor, kt_bytes(p: text.baseAddress, n: text.count))
    return cursor
  }

  private mutating func refuse<Value>(_ expected: JSONType, _ neutral: Value) -> Value {
    log.add(.type, at: 0, bound: .text(expected.name))
    return neutral
  }

  private mutating func refuse<Value>(_ expected: StringFormat, _ neutral: Value) -> Value {
    log.add(.format, at: 0, bound: .text(expected.name))
    return neutral
  }
}
