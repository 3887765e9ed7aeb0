import CKatana

/// Reads one JSON document from a request's body, in one pass, as generated code drives it.
///
/// Nothing throws while reading. A value that breaks the contract is noted and a neutral value is returned in its
/// place; a malformed body ends the document, after which every loop ends and every value is neutral. ``finish()`` then
/// says whether what was read may be used. So generated decoders are straight lines, and every violation of a body is
/// reported at once.
///
/// The body is checked to be UTF-8 once, here; strings are made without another look. Lengths count code points.
///
/// A reader only lives inside ``decode(_:from:)``: it is handed down as `inout` and cannot be copied out of it.
/// (Making it `~Escapable` instead would ask every module with generated code for the Lifetimes feature in 6.3.)
public struct JSONReader: ~Copyable {
  @usableFromInline var cursor: kt_json  // first: the reader of records finds this reader by its address
  @usableFromInline var log: ViolationLog
  /// The last word that had escapes, decoded; words point into it until the next one.
  @usableFromInline var scratch: UnsafeMutablePointer<UInt8>?
  /// See ``room(_:)``.
  var roomLeft = Self.roomMax
  /// Whether the document ended because there was no memory for a view of it.
  var isShortOfMemory = false

  /// Begins to read `body`, which must not change or go away while the reader lives; hence ``decode(_:from:)`` only.
  @usableFromInline
  init(_ body: UnsafeRawBufferPointer) {
    let bytes = kt_bytes(p: body.baseAddress?.assumingMemoryBound(to: UInt8.self), n: body.count)
    cursor = kt_json()
    log = ViolationLog()
    scratch = nil
    kt_json_init(&cursor, bytes)
    let valid = kt_utf8_prefix(bytes.p, bytes.n)
    if valid != bytes.n { kt_json_fail(&cursor, KT_JSON_UTF8, bytes.p + valid) }
  }

  deinit { scratch?.deallocate() }

  /// Reads one whole document.
  @inlinable
  public static func decode<Value: JSONDecodable>(
    _ type: Value.Type, from body: RawSpan
  ) -> Result<Value, ViolationList> {
    decode(from: body, Value.decode)
  }

  /// Reads one whole document by a function that returns nil only with a violation.
  @inlinable
  public static func decode<Value>(
    from body: RawSpan, _ read: (inout JSONReader) -> Value?
  ) -> Result<Value, ViolationList> {
    body.withUnsafeBytes { buffer in
      var json = JSONReader(buffer)
      let value = read(&json)
      if json.finish(), let value { return .success(value) }
      return .failure(json.violations())
    }
  }

  /// Checks that nothing follows the value. True when there was no violation at all.
  @usableFromInline
  mutating func finish() -> Bool {
    kt_json_finish(&cursor) && log.count == 0
  }

  /// What was wrong, in document order, at most ``Violation/maximum`` of them.
  @usableFromInline
  func violations() -> ViolationList { ViolationList(log.resolved(cursor)) }

  /// Where the next value begins, in bytes from the body's start.
  @inlinable
  public var offset: Int { cursor.start == nil ? 0 : cursor.p - cursor.start }

  /// Whether the body is malformed; nothing more can be read.
  @inlinable
  public var isBroken: Bool { cursor.error != 0 }

  // MARK: Objects and arrays

  /// Enters the object that is next. Gives its offset for ``missing(_:in:)``; nil, with a violation, when the value is
  /// not an object.
  @inlinable
  public mutating func object() -> Int? {
    guard kt_json_peek(&cursor) == KT_JSON_OBJECT else {
      refuse(.object)
      return nil
    }
    let at = offset
    return kt_json_enter(&cursor) ? at : nil
  }

  /// The name of the next member, nil at the end of the object. Then read its value or ``skip()`` it.
  @inlinable
  public mutating func key() -> JSONWord? {
    var key = kt_json_key()
    guard kt_json_member(&cursor, &key) else { return nil }
    if key.text.escaped { return decodedWord(key.text) }
    return JSONWord(pointer: key.text.p, count: key.text.n, head: key.head, tail: key.tail)
  }

  /// Marks a member as seen. False, with a violation and the value skipped, when it was seen before.
  @inlinable
  public mutating func isFirst(_ bit: UInt64, _ seen: inout UInt64) -> Bool {
    if seen & bit == 0 {
      seen |= bit
      return true
    }
    violate(.duplicateKey)
    skip()
    return false
  }

  /// Notes that the object at `object` has no member `name`.
  public mutating func missing(_ name: StaticString, in object: Int) {
    if isBroken { return }
    log.add(.required, at: object, member: name)
  }

  /// Skips the value of a member that the contract does not know, in an object that is closed.
  public mutating func additional() {
    violate(.additionalProperty)
    skip()
  }

  /// Enters the array that is next. Gives its offset for ``count(_:in:minItems:maxItems:)``; nil, with a violation, when the value is not
  /// an array.
  @inlinable
  public mutating func array() -> Int? {
    guard kt_json_peek(&cursor) == KT_JSON_ARRAY else {
      refuse(.array)
      return nil
    }
    let at = offset
    return kt_json_enter(&cursor) ? at : nil
  }

  /// Moves to the next element, false at the end of the array.
  @inlinable
  public mutating func element() -> Bool { kt_json_element(&cursor) }

  /// Checks how many elements the array at `array` had.
  @inlinable
  public mutating func count(_ count: Int, in array: Int, minItems: Int = 0, maxItems: Int = .max) {
    if count >= minItems, count <= maxItems { return }
    countViolation(count, array, minItems, maxItems)
  }

  @usableFromInline
  mutating func countViolation(_ count: Int, _ array: Int, _ minItems: Int, _ maxItems: Int) {
    if isBroken { return }
    if count < minItems { log.add(.minItems, at: array, bound: .integer(Int64(minItems))) }
    if count > maxItems { log.add(.maxItems, at: array, bound: .integer(Int64(maxItems))) }
  }

  /// Moves behind the next value, whatever it is.
  @inlinable
  public mutating func skip() { _ = kt_json_skip(&cursor) }

  // MARK: Violations

  /// Notes a violation of the value that is next.
  public mutating func violate(_ code: Violation.Code, _ bound: Violation.Bound? = nil) {
    kt_json_space(&cursor)
    if isBroken { return }
    log.add(code, at: offset, bound: bound)
  }

  /// Notes that the next value has another type and skips it.
  @usableFromInline
  mutating func refuse(_ expected: JSONType) {
    violate(.type, .text(expected.name))
    skip()
  }

  @usableFromInline
  mutating func decodedWord(_ text: kt_json_text) -> JSONWord {
    scratch?.deallocate()
    let decoded = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, text.decoded_n))
    scratch = decoded
    withUnsafePointer(to: text) { kt_json_unescape($0, decoded) }
    return JSONWord(UnsafePointer(decoded), text.decoded_n)
  }
}

/// The types that a value can be asked to have.
@usableFromInline
enum JSONType {
  case object, array, string, integer, number, boolean

  var name: StaticString {
    switch self {
    case .object: "object"
    case .array: "array"
    case .string: "string"
    case .integer: "integer"
    case .number: "number"
    case .boolean: "boolean"
    }
  }
}

extension JSONReader {
  /// The name of a member that goes into a dictionary. Nil, with a violation and the value skipped, when the
  /// dictionary has it already.
  @inlinable
  public mutating func newName<Value>(_ key: JSONWord, in members: [String: Value]) -> String? {
    let name = key.string
    if members[name] == nil { return name }
    violate(.duplicateKey)
    skip()
    return nil
  }

  /// A value that the contract writes down, such as a default.
  ///
  /// - Precondition: the text is a valid value; the generator has read it.
  public static func constant<Value: JSONDecodable>(_ type: Value.Type, _ text: StaticString) -> Value {
    let bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard case .success(let value) = decode(type, from: bytes.span.bytes) else {
      preconditionFailure("\(text) is not a \(type)")
    }
    return value
  }
}

extension UUID: JSONDecodable {
  public static func decode(_ json: inout JSONReader) -> UUID? { json.uuid() }
}

extension Instant: JSONDecodable {
  public static func decode(_ json: inout JSONReader) -> Instant? { json.instant() }
}
