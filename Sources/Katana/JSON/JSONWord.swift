import CKatana

/// A member name or enum value, as generated code tells it apart: by length and its first and last eight bytes.
///
/// It points into what it was read from and is only good until the next read; generated code switches on it at once.
public struct JSONWord {
  @usableFromInline let pointer: UnsafePointer<UInt8>?
  public let count: Int
  /// The first eight bytes, little end first, zero-filled.
  public let head: UInt64
  /// The last eight bytes of a word that has more than eight, else zero.
  public let tail: UInt64

  @inlinable
  init(pointer: UnsafePointer<UInt8>?, count: Int, head: UInt64, tail: UInt64) {
    self.pointer = pointer
    self.count = count
    self.head = head
    self.tail = tail
  }

  init(_ pointer: UnsafePointer<UInt8>?, _ count: Int) {
    self.init(
      pointer: pointer, count: count, head: kt_json_head(pointer, count), tail: kt_json_tail(pointer, count))
  }

  /// The word as text of its own.
  public var string: String {
    String(copying: UTF8Span(unchecked: UnsafeBufferPointer(start: pointer, count: count).span))
  }

  /// Compares the whole word; needed for words of more than sixteen bytes only.
  public func equals(_ text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && (count == 0 || memcmp(pointer!, text.utf8Start, count) == 0)
  }
}

/// An enum whose cases are the string values of a schema. Generated.
public protocol ContractEnum: Sendable, BitwiseCopyable {
  /// Nil when the schema has no such value.
  init?(_ word: JSONWord)
  /// The value as it travels.
  var text: StaticString { get }
}

/// A type that generated code reads. Returns nil only with a violation noted in the reader.
public protocol JSONDecodable {
  static func decode(_ json: inout JSONReader) -> Self?
}

/// A type that generated code writes.
public protocol JSONEncodable {
  func encode(to json: inout JSONWriter)
}
