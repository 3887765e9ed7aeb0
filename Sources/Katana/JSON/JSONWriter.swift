import CKatana
import KatanaScalars

/// Writes one JSON document to a buffer that grows, as generated code drives it.
///
/// For a response the buffer comes from the request's arena and is gone with it, so that writing allocates nothing.
/// Without a request it is ordinary memory, which the writer frees.
public struct JSONWriter: ~Copyable {
  @usableFromInline var base: UnsafeMutablePointer<UInt8>
  @usableFromInline var used = 0
  @usableFromInline var capacity: Int
  @usableFromInline let exchange: OpaquePointer?
  /// False once a number was not finite, which JSON cannot express; `null` stands in its place.
  public private(set) var isValid = true

  /// A writer of its own memory.
  public init(capacity: Int = 512) {
    exchange = nil
    self.capacity = max(capacity, 64)
    base = .allocate(capacity: self.capacity)
  }

  @usableFromInline
  init(_ exchange: OpaquePointer) {
    self.exchange = exchange
    capacity = 512
    base = Self.arena(exchange, 512)
  }

  deinit { if exchange == nil { base.deallocate() } }

  /// What was written so far.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    @inlinable
    get {
      let span = UnsafeRawBufferPointer(start: base, count: used).bytes
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// What was written so far, as text.
  public func text() -> String { String(decoding: UnsafeBufferPointer(start: base, count: used), as: UTF8.self) }

  /// The names of a dictionary's members in the order in which they are written: equal values are equal texts.
  ///
  /// Sorted without their values, and here: a sort of its own for each type of values is much for a compiler.
  public func order<Value>(of members: [String: Value]) -> [String] {
    var names: [String] = []
    names.reserveCapacity(members.count)
    for name in members.keys { names.append(name) }
    names.sort()
    return names
  }

  /// Removes the last byte, a comma that nothing followed, and writes `close`.
  @inlinable
  public mutating func close(_ close: StaticString) {
    if used > 0, base[used - 1] == UInt8(ascii: ",") { used -= 1 }
    literal(close)
  }

  /// Writes bytes that are JSON already.
  @inlinable @inline(__always)
  public mutating func literal(_ text: StaticString) {
    let count = text.utf8CodeUnitCount
    reserve(count)
    memcpy(base + used, text.utf8Start, count)
    used += count
  }

  @inlinable
  mutating func reserve(_ count: Int) {
    if capacity - used < count { grow(count) }
  }

  @usableFromInline
  mutating func grow(_ count: Int) {
    let wanted = max(2 * capacity, used + count)
    let larger = exchange.map { Self.arena($0, wanted) } ?? .allocate(capacity: wanted)
    memcpy(larger, base, used)
    if exchange == nil { base.deallocate() }
    base = larger
    capacity = wanted
  }

  private static func arena(_ exchange: OpaquePointer, _ count: Int) -> UnsafeMutablePointer<UInt8> {
    guard let memory = kt_exchange_alloc(exchange, count) else { fatalError("out of memory for a response") }
    return memory.assumingMemoryBound(to: UInt8.self)
  }

  mutating func invalidate() { isValid = false }

  /// Begins another document in the same memory.
  public mutating func removeAll() {
    used = 0
    isValid = true
  }
}

extension JSONWriter {
  public mutating func string(_ text: String) {
    #if _endian(little) && _pointerBitWidth(_64)
      if let words = JSONText.words(text) {
        reserve(JSONText.smallMax + 3)
        let count = Int(words.tail >> 56 & 0xF)
        let tail = words.tail & 0x00FF_FFFF_FFFF_FFFF
        if let end = kt_json_quote_short(base + used, words.head, tail, count) {
          used = end - base
          return
        }
      }
    #endif
    text.utf8Span.span.withUnsafeBufferPointer { quote($0) }
  }

  /// The text of an enum's case, in quotes; it needs no escapes or has them already.
  public mutating func string(_ text: StaticString) {
    quote(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func quote(_ text: UnsafeBufferPointer<UInt8>) {
    // Room for the worst case while that is small; beyond it the exact size is worth a look at the text.
    let size = text.count <= 256 ? 6 * text.count : kt_json_escaped_size(text.baseAddress, text.count)
    reserve(size + 2)
    base[used] = UInt8(ascii: "\"")
    let end = kt_json_escape(base + used + 1, text.baseAddress, text.count)
    end.pointee = UInt8(ascii: "\"")
    used = end + 1 - base
  }

  public mutating func int64(_ value: Int64) {
    reserve(Int(KT_JSON_INT_MAX))
    used = kt_json_write_int64(base + used, value) - base
  }

  public mutating func int32(_ value: Int32) { int64(Int64(value)) }

  /// The shortest decimal that reads back as `value`.
  public mutating func double(_ value: Double) {
    reserve(Int(KT_JSON_DOUBLE_MAX))
    if let end = kt_json_write_short_double(base + used, value) {
      used = end - base
    } else {
      description(value.description, isFinite: value.isFinite)
    }
  }

  public mutating func float(_ value: Float) { description(value.description, isFinite: value.isFinite) }

  /// Swift's descriptions are the shortest that read back and take no locale; those of finite numbers are JSON.
  private mutating func description(_ text: String, isFinite: Bool) {
    guard isFinite else {
      invalidate()
      return literal("null")
    }
    var text = text
    text.withUTF8 {
      reserve($0.count)
      memcpy(base + used, $0.baseAddress!, $0.count)
      used += $0.count
    }
  }

  @inlinable
  public mutating func boolean(_ value: Bool) { value ? literal("true") : literal("false") }

  @inlinable
  public mutating func null() { literal("null") }

  public mutating func uuid(_ value: UUID) { string(value.description) }
  public mutating func instant(_ value: Instant) { string(value.description) }
  public mutating func bytes(_ value: [UInt8]) { string(base64Encoded(value)) }
}
