import KatanaSQLiteDialect

/// String literals, which take the type of what they meet.
enum SQLiteLiterals {
  /// The literal as SQLite's text for a value of the type. Nil when it is no such value.
  static func text(_ value: String, as type: StorageType) -> String? {
    switch type {
    case .unknown, .text, .varchar, .json, .jsonb, .enumeration: return literal(value)
    case .bool:
      switch value.lowercased().filter({ $0 != " " }) {
      case "t", "true", "yes", "y", "on", "1": return "1"
      case "f", "false", "no", "n", "off", "0": return "0"
      default: return nil
      }
    case .int2, .int4, .int8: return Int64(value.filter { $0 != " " }).map { String($0) }
    case .float4, .float8:
      if let number = Double(value), number.isFinite { return "\(number)" }
      return value.lowercased() == "infinity" ? "9e999" : value.lowercased() == "-infinity" ? "-9e999" : nil
    case .numeric(let precision, let scale):
      guard let number = Numeric(value) else { return nil }
      return literal(precision == nil ? number.description : number.rounded(toScale: scale).description)
    case .bytea:
      guard value.hasPrefix("\\x") else { return value.contains("\\") ? nil : "CAST(\(literal(value)) AS BLOB)" }
      let digits = value.dropFirst(2)
      return digits.count % 2 == 0 && digits.allSatisfy(\.isHexDigit) ? "x'\(digits)'" : nil
    case .uuid:
      let digits = value.lowercased().filter { $0 != "-" && $0 != "{" && $0 != "}" }
      guard digits.count == 32, digits.allSatisfy(\.isHexDigit) else { return nil }
      var text = ""
      for (index, digit) in digits.enumerated() {
        if [8, 12, 16, 20].contains(index) { text += "-" }
        text.append(digit)
      }
      return literal(text)
    case .date:
      return Calendar.moment(ofText: value[...]).flatMap { moment in
        Calendar.text(ofDay: moment == .max ? Int64(Int32.max) : moment == .min ? Int64(Int32.min) : floor(moment))
      }.map(literal)
    case .time: return Calendar.time(ofText: value[...]).map { literal(Calendar.text(ofTime: $0)) }
    case .timestamp, .timestamptz:
      return Calendar.moment(ofText: value[...]).flatMap { Calendar.text(ofMoment: $0) }.map(literal)
    case .interval: return Interval(value).map { literal($0.description) }
    case .array(let element): return array(value, of: element)
    }
  }

  private static func floor(_ moment: Int64) -> Int64 {
    let days = moment / Calendar.microsecondsPerDay
    return moment % Calendar.microsecondsPerDay < 0 ? days - 1 : days
  }

  /// `{1,2}` and `{"a b",NULL}` as JSON.
  private static func array(_ value: String, of element: StorageType) -> String? {
    guard value.hasPrefix("{"), value.hasSuffix("}") else { return nil }
    var items: [(text: String, isQuoted: Bool)] = []
    var text = ""
    var isQuoted = false
    var inQuotes = false
    var isEscaped = false
    let inner = value.dropFirst().dropLast()
    for character in inner {
      if isEscaped {
        text.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        inQuotes.toggle()
        isQuoted = true
      } else if character == ",", !inQuotes {
        items.append((text, isQuoted))
        (text, isQuoted) = ("", false)
      } else if character == "{", !inQuotes {
        return nil
      } else if inQuotes || character != " " {
        text.append(character)
      }
    }
    if !inner.isEmpty { items.append((text, isQuoted)) }
    var json: [String] = []
    for item in items {
      if !item.isQuoted, item.text.lowercased() == "null" {
        json.append("null")
        continue
      }
      switch element {
      case .bool:
        guard let bit = self.text(item.text, as: .bool) else { return nil }
        json.append(bit == "1" ? "true" : "false")
      case .int2, .int4, .int8, .float4, .float8:
        guard let number = self.text(item.text, as: element) else { return nil }
        json.append(number)
      default:
        guard let found = self.text(item.text, as: element), found.hasPrefix("'") else { return nil }
        let plain = found.dropFirst().dropLast().split(separator: "''", omittingEmptySubsequences: false)
          .joined(separator: "'")
        json.append(jsonString(plain))
      }
    }
    return literal("[\(json.joined(separator: ","))]")
  }

  private static func jsonString(_ text: String) -> String {
    var json = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": json += "\\\(scalar)"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: json.unicodeScalars.append(scalar)
      }
    }
    return json + "\""
  }
}
