import KatanaSQL
import KatanaSQLiteDialect

/// PostgreSQL's binary `numeric`: how many digits of base 10000, the weight of the first, the sign, how many decimal
/// digits behind the point are shown, and the digits; 16 bits each.
enum DecimalForm {
  private static let negative: UInt16 = 0x4000
  private static let nan: UInt16 = 0xC000, infinity: UInt16 = 0xD000, minusInfinity: UInt16 = 0xF000

  static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
    func word(_ index: Int) -> UInt16 {
      UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
    }
    guard bytes.count >= 8, bytes.count == 8 + Int(word(0)) * 2 else { return nil }
    let count = Int(word(0))
    let weight = Int(Int16(bitPattern: word(1)))
    let scale = Int(word(3))
    switch word(2) {
    case nan: return "NaN"
    case infinity: return "Infinity"
    case minusInfinity: return "-Infinity"
    case 0, negative: break
    default: return nil
    }
    func digit(_ index: Int) -> Int { index >= 0 && index < count ? Int(word(4 + index)) : 0 }
    var text = word(2) == negative && count > 0 ? "-" : ""
    if weight < 0 {
      text += "0"
    } else {
      for index in 0...weight { text += index == 0 ? String(digit(0)) : padded(digit(index)) }
    }
    if scale > 0 {
      text += "."
      var fraction = ""
      var index = weight + 1
      while fraction.utf8.count < scale {
        fraction += padded(digit(index))
        index += 1
      }
      text += fraction.prefix(scale)
    }
    return text
  }

  private static func padded(_ digit: Int) -> String {
    let text = String(digit)
    return String(repeating: "0", count: 4 - text.utf8.count) + text
  }

  /// - Returns: false when the text is no number.
  static func append(_ text: UnsafeBufferPointer<UInt8>, to rows: RowBuffer) throws(SQLError) -> Bool {
    var start = 0
    var isNegative = false
    if let first = text.first, first == 0x2d || first == 0x2b {
      isNegative = first == 0x2d
      start = 1
    }
    let plain = text[start...]
    guard !plain.isEmpty, plain.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e }),
      plain.lazy.filter({ $0 == 0x2e }).count <= 1
    else {
      // An exponent, or no number at all.
      guard let value = Numeric(String(decoding: text, as: UTF8.self)) else { return false }
      return try appendSpecial(value.description, to: rows)
    }
    let point = plain.firstIndex(of: 0x2e) ?? text.count
    let whole = point - start
    let scale = max(text.count - point - 1, 0)
    if whole + scale == 0 || whole > 131_072 || scale > 16_383 { return false }
    // Decimal digits by their place, 0 the first behind the point, zero outside of the text.
    func decimal(_ place: Int) -> UInt16 {
      let index = place >= 0 ? point + 1 + place : point + place
      return index >= start && index < text.count ? UInt16(text[index] - 0x30) : 0
    }
    func group(_ weight: Int) -> UInt16 {
      let place = -(weight + 1) * 4
      return decimal(place) * 1000 + decimal(place + 1) * 100 + decimal(place + 2) * 10 + decimal(place + 3)
    }
    var weight = (whole + 3) / 4 - 1
    var last = -((scale + 3) / 4)
    while weight >= last, group(weight) == 0 { weight -= 1 }
    while last < weight, group(last) == 0 { last += 1 }
    let count = max(weight - last + 1, 0)
    try rows.append(UInt16(count))
    try rows.append(Int16(count == 0 ? 0 : weight))
    try rows.append(isNegative && count > 0 ? negative : 0)
    try rows.append(UInt16(scale))
    for index in 0..<count { try rows.append(group(weight - index)) }
    return true
  }

  private static func appendSpecial(_ text: String, to rows: RowBuffer) throws(SQLError) -> Bool {
    let sign: UInt16
    switch text {
    case "NaN": sign = nan
    case "Infinity": sign = infinity
    case "-Infinity": sign = minusInfinity
    default:
      let bytes = Array(text.utf8)
      var result: Result<Bool, SQLError> = .success(false)
      bytes.withUnsafeBufferPointer { bytes in
        do throws(SQLError) { result = .success(try append(bytes, to: rows)) } catch { result = .failure(error) }
      }
      return try result.get()
    }
    try rows.append(UInt16(0))
    try rows.append(Int16(0))
    try rows.append(sign)
    try rows.append(UInt16(0))
    return true
  }
}
