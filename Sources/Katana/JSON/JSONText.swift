import CKatana

/// Strings of the bytes of a document, whose UTF-8 was checked as a whole.
enum JSONText {
  /// Bytes that a string holds without memory of its own.
  static let smallMax = 15

  @inline(__always)
  static func string(_ p: UnsafePointer<UInt8>?, _ count: Int, isASCII: Bool) -> String {
    #if _endian(little) && _pointerBitWidth(_64)
      if count <= smallMax { return small(p, count, isASCII) }
    #endif
    return String(copying: UTF8Span(unchecked: UnsafeBufferPointer(start: p, count: count).span, isKnownASCII: isASCII))
  }

  #if _endian(little) && _pointerBitWidth(_64)
    /// A small string is its bytes, filled with zeros, and a last one of flags and the count. The standard library makes
    /// the same of it in a call that takes three times as long; a test compares the two for each length.
    @inline(__always)
    private static func small(_ p: UnsafePointer<UInt8>?, _ count: Int, _ isASCII: Bool) -> String {
      let head = kt_json_head(p, count)
      let tail = kt_json_tail(p, count) >> UInt64(8 * (16 - count))
      return small(head, tail, UInt64(count), isASCII)
    }

    @inline(__always)
    static func small(_ head: UInt64, _ tail: UInt64, _ count: UInt64, _ isASCII: Bool) -> String {
      let flags: UInt64 = isASCII ? 0xE0 : 0xA0
      return unsafeBitCast((head, tail | (flags | count) << 56), to: String.self)
    }

    /// The words of a small string, the last byte being flags and the count; nil for all others.
    @inline(__always)
    static func words(_ text: String) -> (head: UInt64, tail: UInt64)? {
      let words = unsafeBitCast(text, to: (UInt64, UInt64).self)
      return words.1 & 1 << 61 == 0 ? nil : (words.0, words.1)
    }
  #endif

  /// The decoded text of a string with escapes.
  static func decoded(_ text: kt_json_text) -> String {
    String(unsafeUninitializedCapacity: text.decoded_n) { buffer in
      withUnsafePointer(to: text) { kt_json_unescape($0, buffer.baseAddress!) }
      return text.decoded_n
    }
  }
}
