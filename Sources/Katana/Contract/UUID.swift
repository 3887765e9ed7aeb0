import KatanaScalars

/// A universally unique identifier (RFC 9562), 16 bytes. What `format: uuid` is read to.
public struct UUID: Sendable, Hashable, BitwiseCopyable {
  /// The first eight bytes, as a big-endian number.
  public var high: UInt64
  public var low: UInt64

  /// The nil UUID.
  public init() { self.init(high: 0, low: 0) }

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Version 4 from the system's randomness.
  public static func random() -> UUID {
    UUID(
      high: .random(in: .min ... .max) & ~0xF000 | 0x4000,
      low: .random(in: .min ... .max) & ~(0b11 << 62) | 0b10 << 62)
  }

  /// Reads the form with four hyphens, in either case.
  public init?(_ text: String) {
    var text = text
    guard let value = text.withUTF8({ UUID($0) }) else { return nil }
    self = value
  }

  init?(_ text: UnsafeBufferPointer<UInt8>) {
    guard let words = uuidWords(text) else { return nil }
    self.init(high: words.high, low: words.low)
  }
}

extension UUID: CustomStringConvertible {
  /// Lower case, with hyphens.
  public var description: String {
    String(unsafeUninitializedCapacity: 36) { buffer in
      var digit = 0
      for index in 0..<36 {
        if [8, 13, 18, 23].contains(index) {
          buffer[index] = UInt8(ascii: "-")
        } else {
          let word = digit < 16 ? high : low
          let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (digit % 16))) & 15
          buffer[index] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
          digit += 1
        }
      }
      return 36
    }
  }
}
