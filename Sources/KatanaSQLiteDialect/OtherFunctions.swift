import CSQLite

extension SQLiteDialect {
  static let otherFunctions: [SQLFunction] = [
    SQLFunction("pg_uuid", 0, isDeterministic: false) { _ in
      var bytes = [UInt8](repeating: 0, count: 16)
      sqlite3_randomness(16, &bytes)
      bytes[6] = bytes[6] & 0x0f | 0x40
      bytes[8] = bytes[8] & 0x3f | 0x80
      return .text(uuidText(bytes))
    },
    // A cast to the one text that each has.
    SQLFunction("pg_uuid", 1) { arguments in
      let text = arguments.text(0)
      let digits = text.utf8.filter { $0 != 0x2d && $0 != 0x7b && $0 != 0x7d }
      guard digits.count == 32, let high = UInt64(String(decoding: digits[0..<16], as: UTF8.self), radix: 16),
        let low = UInt64(String(decoding: digits[16..<32], as: UTF8.self), radix: 16)
      else { throw Refusal("22P02", "invalid input syntax for type uuid: \"\(text)\"") }
      let bytes =
        (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - UInt64($0) * 8)) }
        + (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - UInt64($0) * 8)) }
      return .text(uuidText(bytes))
    },
    SQLFunction("pg_bool_text", 1) { .text($0.integer(0) != 0 ? "true" : "false") },
    SQLFunction("pg_bool", 1) { arguments in
      if arguments.type(0) == SQLITE_INTEGER { return .bool(arguments.integer(0) != 0) }
      let text = arguments.text(0).lowercased()
      if text == "1" || text == "on" { return .bool(true) }
      if text == "0" || text == "off" || text == "of" { return .bool(false) }
      for (word, value) in [("true", true), ("yes", true), ("false", false), ("no", false)]
      where !text.isEmpty && word.hasPrefix(text) { return .bool(value) }
      throw Refusal("22P02", "invalid input syntax for type boolean: \"\(arguments.text(0))\"")
    },
    // The shortest text that reads back the same, as PostgreSQL writes a floating-point number.
    SQLFunction("pg_float_text", 1) { .text(floatText($0.real(0))) },
    // A value that a scalar subquery found more than once: PostgreSQL refuses what SQLite cuts off.
    SQLFunction("pg_single", 2, isStrict: false) { arguments in
      if arguments.integer(1) > 1 {
        throw Refusal("21000", "more than one row returned by a subquery used as an expression")
      }
      return arguments.value(0)
    },
  ]

  public static func uuidText(_ bytes: some Collection<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(36)
    let digits = Array("0123456789abcdef".utf8)
    for (index, byte) in bytes.enumerated() {
      if index == 4 || index == 6 || index == 8 || index == 10 { text.append(0x2d) }
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  public static func floatText(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    let text = "\(value)"
    if let exponent = text.firstIndex(of: "e") {
      // PostgreSQL: 1e+20 and 1e-07.
      var mantissa = text[..<exponent]
      var power = text[text.index(after: exponent)...]
      if mantissa.hasSuffix(".0") { mantissa = mantissa.dropLast(2) }
      let sign = power.hasPrefix("-") ? "-" : "+"
      power = power.drop { $0 == "-" || $0 == "+" }
      return "\(mantissa)e\(sign)\(power.count < 2 ? "0" : "")\(power)"
    }
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
