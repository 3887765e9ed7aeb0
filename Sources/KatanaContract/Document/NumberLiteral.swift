import KatanaScalars

/// A number exactly as the contract wrote it, beside the values a machine can hold.
///
/// `text` is authoritative: `9223372036854775808` has no ``integer`` and only an approximate ``double``.
public struct NumberLiteral: Sendable, Hashable {
  public let text: String
  /// The exact value when it is a whole number inside `Int64`; `1.0` and `1e3` count as whole.
  public let integer: Int64?
  /// The nearest double; infinite when the literal overflows, NaN only for YAML's `.nan`.
  public let double: Double

  /// Reads the number forms of JSON and of the YAML 1.2 core schema. `nil` for any other text.
  public init?(_ text: String) {
    self.text = text
    if let integer = Self.radixInteger(text) {
      self.integer = integer
      double = Double(integer)
      return
    }
    let unsigned =
      text.utf8.first.map { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") } == true
      ? text.dropFirst() : text[...]
    switch unsigned {
    case ".inf", ".Inf", ".INF":
      integer = nil
      double = text.utf8.first == UInt8(ascii: "-") ? -.infinity : .infinity
      return
    case ".nan", ".NaN", ".NAN":
      integer = nil
      double = .nan
      return
    default: break
    }
    guard unsigned.utf8.allSatisfy(Self.isDecimalByte), let double = Self.double(text) else {
      return nil
    }
    self.double = double
    integer = Int64(text) ?? Self.wholeInteger(text)
  }

  /// `1.` is a number in YAML, though not in Swift.
  private static func double(_ text: String) -> Double? {
    Double(text) ?? (text.hasSuffix(".") ? Double(text + "0") : nil)
  }

  private static func isDecimalByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"),
      UInt8(ascii: "+"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// `0x1F` and `0o17`, the two radix forms of the core schema.
  private static func radixInteger(_ text: String) -> Int64? {
    if text.hasPrefix("0x") { return Int64(text.dropFirst(2), radix: 16) }
    if text.hasPrefix("0o") { return Int64(text.dropFirst(2), radix: 8) }
    return nil
  }

  /// A form with a fraction or an exponent may be whole, too.
  private static func wholeInteger(_ text: String) -> Int64? {
    var text = text.hasPrefix("+") ? String(text.dropFirst()) : text
    return text.withUTF8 { bytes in
      let decimal = DecimalText(bytes)
      guard decimal.isInteger, decimal.point <= 19 else { return nil }
      var value: Int128 = 0
      decimal.forEachDigit { value = value * 10 + Int128($0) }
      for _ in 0..<(decimal.count == 0 ? 0 : decimal.point - decimal.count) { value *= 10 }
      return Int64(exactly: decimal.isNegative ? -value : value)
    }
  }
}
