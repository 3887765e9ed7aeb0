import CKatana

/// What a member of a struct may hold, and how that is read and written. Generated code makes them; they never change.
///
/// A shape reads to memory and writes from memory of its value's type, of which only it knows what it is.
public class JSONShape: @unchecked Sendable {
  /// What the loops of a table do themselves; `other` is a call.
  enum Kind: UInt8 {
    case int64, int32, double, boolean, string, other
  }

  let kind: Kind
  let low: Int64
  let high: Int64
  let hasRules: Bool

  init(kind: Kind = .other, low: Int64 = 0, high: Int64 = 0, hasRules: Bool = false) {
    self.kind = kind
    self.low = low
    self.high = high
    self.hasRules = hasRules
  }

  func layout(isOptional: Bool) -> (size: Int, alignment: Int) { preconditionFailure() }
  /// Reads a value to memory that needs no release, neither now nor, when it gives false for want of a value, after.
  func read(_ json: inout JSONReader, _ place: UnsafeMutableRawPointer, _ isOptional: Bool) -> Bool {
    preconditionFailure()
  }
  /// Writes a value that is there.
  func write(_ json: inout JSONWriter, _ place: UnsafeRawPointer, _ isOptional: Bool) { preconditionFailure() }
  /// Initializes memory with what stands in for a value; false when nothing does. It needs no release.
  func blank(_ place: UnsafeMutableRawPointer, _ isOptional: Bool) -> Bool { preconditionFailure() }
  func copy(_ value: UnsafeRawPointer, _ place: UnsafeMutableRawPointer) { preconditionFailure() }
  func destroy(_ place: UnsafeMutableRawPointer, _ isOptional: Bool) { preconditionFailure() }
  func areEqual(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ isOptional: Bool) -> Bool {
    preconditionFailure()
  }
  /// Whether an optional has a value.
  func isPresent(_ place: UnsafeRawPointer) -> Bool { preconditionFailure() }

  // What the loops ask a shape of their kind for when its rules are more than theirs.
  func integer(_ json: inout JSONReader) -> Int64 { preconditionFailure() }
  func number(_ json: inout JSONReader) -> Double { preconditionFailure() }
  func string(_ json: inout JSONReader) -> String { preconditionFailure() }

  // What a record of views holds; see JSONRecord.

  /// How a record reads and keeps it. `shape` is set by who asks.
  func view() -> kt_json_view { kt_json_view() }
  /// Reads to a slot, which is zero, what the view does not read by itself.
  func read(_ json: UnsafeMutablePointer<JSONReader>, _ reading: JSONReading, _ slot: JSONSlot) {
    preconditionFailure()
  }
  /// Whether an array of them is an array of slots.
  var isItem: Bool { false }
  /// Of a struct that has views.
  var record: JSONRecord? { nil }

  // Shapes made of this one.
  func array(_ minItems: Int, _ maxItems: Int) -> JSONShape { preconditionFailure() }
  func map() -> JSONShape { preconditionFailure() }
  func orNull() -> JSONShape { preconditionFailure() }
  func checked(_ schema: JSONSchema) -> JSONShape { preconditionFailure() }
  func patch() -> JSONShape { preconditionFailure() }
  func boxed() -> JSONShape { preconditionFailure() }
  /// Of a map: reads the value of a member that is not declared.
  func keep(_ json: inout JSONReader, _ key: JSONWord, _ place: UnsafeMutableRawPointer) { preconditionFailure() }
  /// Of a map: writes its members, with a comma before each but the first of the object.
  func writeMembers(_ json: inout JSONWriter, _ place: UnsafeRawPointer, isFirst: Bool) { preconditionFailure() }
  /// Whether a default of this type is one of the shape's values.
  func holds<Other>(_ type: Other.Type) -> Bool { preconditionFailure() }
}

/// A shape that knows its type.
class TypedShape<Value: Equatable & Sendable>: JSONShape, @unchecked Sendable {
  /// Nil with a violation.
  func value(_ json: inout JSONReader) -> Value? { preconditionFailure() }
  func write(_ value: Value, _ json: inout JSONWriter) { preconditionFailure() }
  /// What stands in for a value and needs no release.
  var neutral: Value? { nil }

  /// Keeps where the value stands, to be read anew when it is asked for.
  override func read(_ json: UnsafeMutablePointer<JSONReader>, _ reading: JSONReading, _ slot: JSONSlot) {
    kt_json_space(&json.pointee.cursor)
    guard let begin = json.pointee.cursor.p, value(&json.pointee) != nil else { return }
    slot.keep(begin, json.pointee.cursor.p - begin)
  }

  final override func layout(isOptional: Bool) -> (size: Int, alignment: Int) {
    isOptional
      ? (MemoryLayout<Value?>.size, MemoryLayout<Value?>.alignment)
      : (MemoryLayout<Value>.size, MemoryLayout<Value>.alignment)
  }

  override func read(_ json: inout JSONReader, _ place: UnsafeMutableRawPointer, _ isOptional: Bool) -> Bool {
    guard let value = value(&json) else { return false }
    if isOptional { putOptional(value, place) } else { place.put(value) }
    return true
  }

  // What is about an optional is apart: a function looks up the types that it names, whether it comes to them or not.

  @inline(never)
  private func putOptional(_ value: Value, _ place: UnsafeMutableRawPointer) { place.put(value as Value?) }

  @inline(never)
  private func writeOptional(_ json: inout JSONWriter, _ place: UnsafeRawPointer) {
    if let value = place.get(Value?.self) { write(value, &json) }
  }

  override func write(_ json: inout JSONWriter, _ place: UnsafeRawPointer, _ isOptional: Bool) {
    if isOptional {
      writeOptional(&json, place)
    } else {
      write(place.get(Value.self), &json)
    }
  }

  final override func blank(_ place: UnsafeMutableRawPointer, _ isOptional: Bool) -> Bool {
    if isOptional {
      place.put(nil as Value?)
      return true
    }
    guard let neutral else { return false }
    place.put(neutral)
    return true
  }

  final override func copy(_ value: UnsafeRawPointer, _ place: UnsafeMutableRawPointer) {
    place.put(value.get(Value.self))
  }

  final override func destroy(_ place: UnsafeMutableRawPointer, _ isOptional: Bool) {
    if isOptional {
      place.assumingMemoryBound(to: Value?.self).deinitialize(count: 1)
    } else {
      place.assumingMemoryBound(to: Value.self).deinitialize(count: 1)
    }
  }

  final override func areEqual(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ isOptional: Bool) -> Bool {
    isOptional
      ? left.assumingMemoryBound(to: Value?.self).pointee == right.assumingMemoryBound(to: Value?.self).pointee
      : left.assumingMemoryBound(to: Value.self).pointee == right.assumingMemoryBound(to: Value.self).pointee
  }

  override func isPresent(_ place: UnsafeRawPointer) -> Bool { place.get(Value?.self) != nil }

  override func array(_ minItems: Int, _ maxItems: Int) -> JSONShape { ArrayShape(self, minItems, maxItems) }
  final override func map() -> JSONShape { MapShape(self) }
  final override func orNull() -> JSONShape { OptionalShape(self) }
  final override func checked(_ schema: JSONSchema) -> JSONShape { CheckedShape(self, schema) }
  final override func patch() -> JSONShape { PatchShape(self) }
  final override func boxed() -> JSONShape { BoxedShape(self) }
  final override func holds<Other>(_ type: Other.Type) -> Bool { type == Value.self }
}

/// A value of one call.
final class ScalarShape<Value: Equatable & Sendable>: TypedShape<Value>, @unchecked Sendable {
  private let standIn: Value?
  private let read: (inout JSONReader) -> Value?
  private let write: (Value, inout JSONWriter) -> Void

  init(
    _ neutral: Value?, read: @escaping (inout JSONReader) -> Value?, write: @escaping (Value, inout JSONWriter) -> Void
  ) {
    standIn = neutral
    self.read = read
    self.write = write
    super.init()
  }

  override var neutral: Value? { standIn }
  override func value(_ json: inout JSONReader) -> Value? { read(&json) }
  override func write(_ value: Value, _ json: inout JSONWriter) { write(value, &json) }
}

/// A value without memory of its own.
final class PlainShape<Value: Equatable & Sendable & BitwiseCopyable>: TypedShape<Value>, @unchecked Sendable {
  private let standIn: Value?
  private let read: (inout JSONReader) -> Value?
  private let write: (Value, inout JSONWriter) -> Void

  init(
    _ neutral: Value?, read: @escaping (inout JSONReader) -> Value?, write: @escaping (Value, inout JSONWriter) -> Void
  ) {
    standIn = neutral
    self.read = read
    self.write = write
    super.init()
  }

  override var neutral: Value? { standIn }
  override func value(_ json: inout JSONReader) -> Value? { read(&json) }
  override func write(_ value: Value, _ json: inout JSONWriter) { write(value, &json) }
  override var isItem: Bool { true }
  override func read(_ json: UnsafeMutablePointer<JSONReader>, _ reading: JSONReading, _ slot: JSONSlot) {
    if let value = read(&json.pointee) { slot.keep(value, reading) }
  }
}

final class Int64Shape: TypedShape<Int64>, @unchecked Sendable {
  private let multipleOf: Int64

  init(_ minimum: Int64, _ maximum: Int64, _ multipleOf: Int64) {
    self.multipleOf = multipleOf
    super.init(kind: .int64, low: minimum, high: maximum, hasRules: multipleOf != 1)
  }

  override var neutral: Int64? { 0 }
  override func integer(_ json: inout JSONReader) -> Int64 {
    json.int64(minimum: low, maximum: high, multipleOf: multipleOf)
  }
  override func value(_ json: inout JSONReader) -> Int64? { integer(&json) }
  override func write(_ value: Int64, _ json: inout JSONWriter) { json.int64(value) }
  override func array(_ minItems: Int, _ maxItems: Int) -> JSONShape { Int64sShape(self, minItems, maxItems) }
  override var isItem: Bool { true }
  override func view() -> kt_json_view { kt_json_view(hasRules ? KT_JSON_VIEW_OTHER : KT_JSON_VIEW_INT64, low, high) }
  override func read(_ json: UnsafeMutablePointer<JSONReader>, _ reading: JSONReading, _ slot: JSONSlot) {
    slot.keep(integer(&json.pointee), reading)
  }
}

final class Int32Shape: TypedShape<Int32>, @unchecked Sendable {
  private let multipleOf: Int64

  init(_ minimum: Int32, _ maximum: Int32, _ multipleOf: Int32) {
    self.multipleOf = Int64(multipleOf)
    super.init(kind: .int32, low: Int64(minimum), high: Int64(maximum), hasRules: multipleOf != 1)
  }

  override var neutral: Int32? { 0 }
  override func integer(_ json: inout JSONReader) -> Int64 {
    json.int64(minimum: low, maximum: high, multipleOf: multipleOf)
  }
  override func value(_ json: inout JSONReader) -> Int32? { Int32(truncatingIfNeeded: integer(&json)) }
  override func write(_ value: Int32, _ json: inout JSONWriter) { json.int32(value) }
  override var isItem: Bool { true }
  override func view() -> kt_json_view { kt_json_view(hasRules ? KT_JSON_VIEW_OTHER : KT_JSON_VIEW_INT32, low, high) }
  override func read(_ json: UnsafeMutablePointer<JSONReader>, _ reading: JSONReading, _ slot: JSONSlot) {
    slot.keep(Int32(truncatingIfNeeded: integer(&json.pointee)), reading)
  }
}

final class DoubleShape: TypedShape<Double>, @unchecked Sendable {
  private let bounds: (minimum: Double, maximum: Double, above: Double, below: Double)

  init(_ minimum: Double, _ maximum: Double, _ above: Double, _ below: Double) {
    bounds = (minimum, maximum, above, below)
    let isBounded = minimum > -.infinity || maximum < .infinity || above > -.infinity || below < .infinity
    super.init(kind: .double, hasRules: isBounded)
  }

  override var neutral: Double? { 0 }
  override func number(_ json: inout JSONReader) -> Double {
    json.double(
      minimum: bounds.minimum, maximum: bounds.maximum, exclusiveMinimum: bounds.above, exclusiveMaximum: bounds.below)
  }
  override func value(_ json: inout JSONReader) -> Double? { number(&json) }
  override func write(_ value: Double, _ json: inout JSONWriter) { json.double(value) }
  override func array(_ minItems: Int, _ maxItems: Int) -> JSONShape { DoublesShape(self, minItems, maxItems) }
  override var isItem: Bool { true }
  override func view() -> kt_json_view { kt_json_view(hasRules ? KT_JSON_VIEW_OTHER : KT_JSON_VIEW_DOUBLE) }
  override func read(_ json: UnsafeMutablePointer<JSONReader>, _ reading: JSONReading, _ slot: JSONSlot) {
    slot.keep(number(&json.pointee), reading)
  }
}

final class BooleanShape: TypedShape<Bool>, @unchecked Sendable {
  init() { super.init(kind: .boolean) }

  override var neutral: Bool? { false }
  override func value(_ json: inout JSONReader) -> Bool? { json.boolean() }
  override func write(_ value: Bool, _ json: inout JSONWriter) { json.boolean(value) }
  override var isItem: Bool { true }
  override func view() -> kt_json_view { kt_json_view(KT_JSON_VIEW_BOOLEAN) }
  override func read(_ json: UnsafeMutablePointer<JSONReader>, _ reading: JSONReading, _ slot: JSONSlot) {
    slot.keep(json.pointee.boolean(), reading)
  }
}

final class StringShape: TypedShape<String>, @unchecked Sendable {
  private let pattern: Pattern?
  private let format: StringFormat?

  init(_ minLength: Int, _ maxLength: Int, _ pattern: Pattern?, _ format: StringFormat?) {
    self.pattern = pattern
    self.format = format
    super.init(
      kind: .string, low: Int64(minLength), high: Int64(maxLength), hasRules: pattern != nil || format != nil)
  }

  override var neutral: String? { "" }
  override func string(_ json: inout JSONReader) -> String {
    json.string(minLength: Int(low), maxLength: Int(high), pattern: pattern, format: format)
  }
  override func value(_ json: inout JSONReader) -> String? { string(&json) }
  @inline(__always)
  func plain(_ json: inout JSONReader) -> String { json.plain(low, high, hasRules) ?? string(&json) }
  override func write(_ value: String, _ json: inout JSONWriter) { json.string(value) }
  override func array(_ minItems: Int, _ maxItems: Int) -> JSONShape { StringsShape(self, minItems, maxItems) }
  override var isItem: Bool { true }
  override func view() -> kt_json_view { kt_json_view(hasRules ? KT_JSON_VIEW_OTHER : KT_JSON_VIEW_TEXT, low, high) }
  override func read(_ json: UnsafeMutablePointer<JSONReader>, _ reading: JSONReading, _ slot: JSONSlot) {
    json.pointee.text(minLength: Int(low), maxLength: Int(high), pattern: pattern, format: format, reading, slot)
  }
}

extension JSONShape {
  public static func int64(minimum: Int64 = .min, maximum: Int64 = .max, multipleOf: Int64 = 1) -> JSONShape {
    Int64Shape(minimum, maximum, multipleOf)
  }

  public static func int32(minimum: Int32 = .min, maximum: Int32 = .max, multipleOf: Int32 = 1) -> JSONShape {
    Int32Shape(minimum, maximum, multipleOf)
  }

  public static func double(
    minimum: Double = -.infinity, maximum: Double = .infinity, exclusiveMinimum: Double = -.infinity,
    exclusiveMaximum: Double = .infinity
  ) -> JSONShape {
    DoubleShape(minimum, maximum, exclusiveMinimum, exclusiveMaximum)
  }

  public static func float(
    minimum: Double = -.infinity, maximum: Double = .infinity, exclusiveMinimum: Double = -.infinity,
    exclusiveMaximum: Double = .infinity
  ) -> JSONShape {
    PlainShape<Float>(0) {
      $0.float(
        minimum: minimum, maximum: maximum, exclusiveMinimum: exclusiveMinimum, exclusiveMaximum: exclusiveMaximum)
    } write: {
      $1.float($0)
    }
  }

  public static func boolean() -> JSONShape { BooleanShape() }

  public static func string(
    minLength: Int = 0, maxLength: Int = .max, pattern: Pattern? = nil, format: StringFormat? = nil
  ) -> JSONShape {
    StringShape(minLength, maxLength, pattern, format)
  }

  public static func uuid() -> JSONShape { PlainShape<UUID>(UUID(), read: { $0.uuid() }, write: { $1.uuid($0) }) }

  public static func instant() -> JSONShape {
    PlainShape<Instant>(Instant(microseconds: 0), read: { $0.instant() }, write: { $1.instant($0) })
  }

  /// Bytes as base64.
  public static func bytes() -> JSONShape { ScalarShape<[UInt8]>([], read: { $0.bytes() }, write: { $1.bytes($0) }) }

  /// One of the values of an enum.
  public static func words<Value: ContractEnum & Equatable>(_ type: Value.Type) -> JSONShape {
    PlainShape<Value>(nil, read: { $0.value(type) }, write: { $1.string($0.text) })
  }

  /// A value of a type that reads and writes itself.
  public static func value<Value: JSONDecodable & JSONEncodable & Equatable & Sendable>(_ type: Value.Type) -> JSONShape {
    ScalarShape<Value>(nil, read: { type.decode(&$0) }, write: { $0.encode(to: &$1) })
  }

  /// A value of a type that is only read.
  public static func read<Value: JSONDecodable & Equatable & Sendable>(_ type: Value.Type) -> JSONShape {
    ScalarShape<Value>(nil, read: { type.decode(&$0) }) { _, _ in preconditionFailure("\(type) is not written") }
  }

  /// A value of a type that is only written.
  public static func written<Value: JSONEncodable & Equatable & Sendable>(_ type: Value.Type) -> JSONShape {
    ScalarShape<Value>(nil, read: { _ in preconditionFailure("\(type) is not read") }, write: { $0.encode(to: &$1) })
  }

  /// A struct that has a table. The table is looked up when it is needed: types contain each other.
  public static func object<Value: JSONTabled & Equatable>(_ type: Value.Type) -> JSONShape { ObjectShape<Value>() }

  public static func array(_ item: JSONShape, minItems: Int = 0, maxItems: Int = .max) -> JSONShape {
    item.array(minItems, maxItems)
  }

  /// A dictionary.
  public static func map(_ value: JSONShape) -> JSONShape { value.map() }

  /// A value or null, in an array or a dictionary.
  public static func orNull(_ value: JSONShape) -> JSONShape { value.orNull() }

  /// A value behind a reference: ``Boxed``, and of an optional or a patch ``BoxedOptional`` or ``BoxedPatch``.
  public static func boxed(_ value: JSONShape) -> JSONShape { value.boxed() }

  /// A value that must meet a schema besides.
  public static func checked(_ value: JSONShape, _ schema: JSONSchema) -> JSONShape { value.checked(schema) }
}
