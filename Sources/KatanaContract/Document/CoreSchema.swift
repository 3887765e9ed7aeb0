/// The YAML 1.2 core schema: what a plain scalar means. `yes`, `no`, `on`, `1_000` and dates are strings.
enum CoreSchema {
  static func tag(ofPlain text: String) -> Scalar.Tag {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE", "false", "False", "FALSE": return .bool
    default: break
    }
    var copy = text
    return copy.withUTF8 { numberTag($0) } ?? .string
  }

  /// `[-+]?[0-9]+`, `0o[0-7]+`, `0x[0-9a-fA-F]+` and the float forms; `nil` for anything else.
  private static func numberTag(_ bytes: UnsafeBufferPointer<UInt8>) -> Scalar.Tag? {
    var rest = bytes[...]
    let isSigned = rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+")
    if isSigned { rest = rest.dropFirst() }
    guard let first = rest.first, first.isDigit || first == UInt8(ascii: ".") else { return nil }
    if !isSigned, first == UInt8(ascii: "0"), rest.count > 2 {
      let digits = rest.dropFirst(2)
      if rest[rest.startIndex + 1] == UInt8(ascii: "x") { return digits.allSatisfy { $0.isHexDigit } ? .int : nil }
      if rest[rest.startIndex + 1] == UInt8(ascii: "o") {
        return digits.allSatisfy { (0x30...0x37).contains($0) } ? .int : nil
      }
    }
    if first == UInt8(ascii: "."), isSpecialFloat(rest.dropFirst(), isSigned: isSigned) { return .float }
    return decimalTag(rest)
  }

  private static func isSpecialFloat(_ name: Slice<UnsafeBufferPointer<UInt8>>, isSigned: Bool) -> Bool {
    switch String(decoding: name, as: UTF8.self) {
    case "inf", "Inf", "INF": true
    case "nan", "NaN", "NAN": !isSigned
    default: false
    }
  }

  private static func decimalTag(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Scalar.Tag? {
    var rest = bytes.drop(while: \.isDigit)
    var digits = bytes.count - rest.count
    var tag = Scalar.Tag.int
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst()
      rest = fraction.drop(while: \.isDigit)
      digits += fraction.count - rest.count
      tag = .float
    }
    guard digits > 0 else { return nil }
    if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
      var exponent = rest.dropFirst()
      if let sign = exponent.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
        exponent = exponent.dropFirst()
      }
      guard !exponent.isEmpty, exponent.allSatisfy(\.isDigit) else { return nil }
      return .float
    }
    return rest.isEmpty ? tag : nil
  }
}

extension UInt8 {
  var isDigit: Bool { (0x30...0x39).contains(self) }
  var isHexDigit: Bool { isDigit || (0x61...0x66).contains(self | 0x20) }
}
