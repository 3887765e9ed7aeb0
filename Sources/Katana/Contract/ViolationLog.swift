import CKatana

/// The violations of a body while it is read: offsets and codes only. Pointers and sentences are made when the problem
/// is rendered, by one more walk over the body, so that a good request pays nothing for them.
@usableFromInline
struct ViolationLog {
  struct Entry {
    var offset: Int
    var code: Violation.Code
    var bound: Violation.Bound?
    /// A member that is missing in the object at `offset`.
    var member: String?
  }

  private var entries: [Entry] = []
  /// All that were found, also those that were not kept.
  @usableFromInline private(set) var count = 0

  @usableFromInline init() {}

  mutating func add(
    _ code: Violation.Code, at offset: Int, bound: Violation.Bound? = nil, member: StaticString? = nil
  ) {
    add(code, at: offset, bound: bound, name: member?.description)
  }

  /// The same for a member whose name is a string.
  mutating func add(_ code: Violation.Code, at offset: Int, bound: Violation.Bound? = nil, name member: String?) {
    count += 1
    if entries.count < Violation.maximum {
      entries.append(Entry(offset: offset, code: code, bound: bound, member: member))
    }
  }

  /// Takes over what another log has.
  mutating func append(_ other: ViolationLog) {
    count += other.count
    entries += other.entries.prefix(Violation.maximum - entries.count)
  }

  /// Codes and bounds alone, for a parameter, whose place is known.
  var findings: [(Violation.Code, Violation.Bound?)] { entries.map { ($0.code, $0.bound) } }

  /// The same with what the entries were noted for: a place behind that of the parameter.
  var located: [(place: String, Violation.Code, Violation.Bound?)] {
    entries.map { ($0.member ?? "", $0.code, $0.bound) }
  }

  /// Where each stands in the document, in the order in which they were found.
  var places: [(offset: Int, code: Violation.Code, bound: Violation.Bound?)] {
    entries.map { ($0.offset, $0.code, $0.bound) }
  }

  /// Bounds of a number; NaN bounds do not occur.
  mutating func check(
    _ value: Double, _ at: Int, _ minimum: Double, _ maximum: Double, _ above: Double, _ below: Double
  ) {
    if value < minimum { add(.minimum, at: at, bound: .number(minimum)) }
    if value > maximum { add(.maximum, at: at, bound: .number(maximum)) }
    if value <= above, above != -.infinity { add(.exclusiveMinimum, at: at, bound: .number(above)) }
    if value >= below, below != .infinity { add(.exclusiveMaximum, at: at, bound: .number(below)) }
  }

  mutating func check(
    _ text: UnsafeBufferPointer<UInt8>, isASCII: Bool, _ rules: StringRules, _ pattern: Pattern?, at: Int
  ) {
    if rules.minLength > 0 || rules.maxLength < text.count {
      let length = isASCII ? text.count : kt_utf8_count(text.baseAddress, text.count)
      if length < rules.minLength { add(.minLength, at: at, bound: .integer(Int64(rules.minLength))) }
      if length > rules.maxLength { add(.maxLength, at: at, bound: .integer(Int64(rules.maxLength))) }
    }
    if let pattern, !pattern.matches(text) { add(.pattern, at: at, bound: pattern.bound) }
    if let format = rules.format, !format.accepts(text) { add(.format, at: at, bound: .text(format.name)) }
  }

  /// The violations with their pointers, in document order; the malformed byte that ended the body comes last.
  func resolved(_ cursor: kt_json) -> [Violation] {
    var found = entries
    found.sort { $0.offset < $1.offset }
    if cursor.error != 0 {
      let at = cursor.fault == nil ? 0 : cursor.fault - cursor.start
      found.append(Entry(offset: at, code: Self.code(cursor.error), bound: .integer(Int64(at)), member: nil))
    }
    var path = kt_json_path()
    kt_json_path_init(&path, kt_bytes(p: cursor.start, n: cursor.start == nil ? 0 : cursor.end - cursor.start))
    var result = found.prefix(Violation.maximum).map { entry in
      kt_json_path_to(&path, entry.offset)
      let pointer = String(unsafeUninitializedCapacity: kt_json_path_write(&path, nil)) { buffer in
        kt_json_path_write(&path, buffer.baseAddress)
      }
      let member = entry.member.map { "/" + Self.escaped($0) } ?? ""
      return Violation(pointer: pointer + member, entry.code, entry.bound)
    }
    if count > result.count { result.append(Violation(.omitted, .integer(Int64(count - result.count)))) }
    return result
  }

  private static func code(_ error: UInt8) -> Violation.Code {
    switch kt_json_error(UInt32(error)) {
    case KT_JSON_UTF8: .encoding
    case KT_JSON_DEPTH: .depth
    default: .syntax
    }
  }

  /// A reference token of a JSON pointer (RFC 6901 §3).
  static func escaped(_ name: String) -> String {
    String(name.flatMap { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) })
  }
}

/// The rules of a string that are numbers and words.
struct StringRules {
  var minLength: Int
  var maxLength: Int
  var format: StringFormat?
}
