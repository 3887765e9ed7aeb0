import CSQLite

extension SQLiteDialect {
  static let textFunctions: [SQLFunction] = [
    // SQLite's own know ASCII only.
    SQLFunction("lower", 1) { .text($0.text(0).lowercased()) },
    SQLFunction("upper", 1) { .text($0.text(0).uppercased()) },
    SQLFunction("pg_initcap", 1) { arguments in
      var text = ""
      var isInWord = false
      for character in arguments.text(0) {
        text += isInWord ? character.lowercased() : character.uppercased()
        isInWord = character.isLetter || character.isNumber
      }
      return .text(text)
    },
    SQLFunction("pg_ilike", 3) { arguments in
      let escape = arguments.text(2).unicodeScalars.first
      return .bool(
        matches(
          scalars(arguments.text(0).lowercased())[...],
          scalars(arguments.text(1).lowercased())[...],
          escape
        )
      )
    },
    SQLFunction("pg_left", 2) { arguments in
      let text = scalars(arguments.text(0))
      let n = arguments.integer(1)
      return string(n >= 0 ? text.prefix(clamped(n)) : text.dropLast(clamped(0 - max(n, -1 << 32))))
    },
    SQLFunction("pg_right", 2) { arguments in
      let text = scalars(arguments.text(0))
      let n = arguments.integer(1)
      return string(n >= 0 ? text.suffix(clamped(n)) : text.dropFirst(clamped(0 - max(n, -1 << 32))))
    },
    SQLFunction("pg_substr", 2) { arguments in
      string(scalars(arguments.text(0)).dropFirst(clamped(max(arguments.integer(1), 1) - 1)))
    },
    // Characters before the first count, too: substr('abc', -1, 3) is 'a'.
    SQLFunction("pg_substr", 3) { arguments in
      let start = arguments.integer(1)
      let count = arguments.integer(2)
      if count < 0 { throw Refusal("22011", "negative substring length not allowed") }
      let end = start.addingReportingOverflow(count)
      let text = scalars(arguments.text(0))
      let last = end.overflow ? text.count : clamped(max(min(end.partialValue, Int64(text.count) + 1), 1) - 1)
      let first = clamped(max(start, 1) - 1)
      return string(first < last ? text[first..<last] : [])
    },
    SQLFunction("pg_lpad", 2) { pad($0, with: " ", atStart: true) },
    SQLFunction("pg_lpad", 3) { pad($0, with: $0.text(2), atStart: true) },
    SQLFunction("pg_rpad", 2) { pad($0, with: " ", atStart: false) },
    SQLFunction("pg_rpad", 3) { pad($0, with: $0.text(2), atStart: false) },
    SQLFunction("pg_repeat", 2) { arguments in
      let text = arguments.text(0)
      let count = max(arguments.integer(1), 0)
      guard count <= 1_000_000, text.utf8.count * Int(count) <= sizeMax else {
        throw Refusal("54000", "requested length too large")
      }
      return .text(String(repeating: text, count: Int(count)))
    },
    SQLFunction("pg_reverse", 1) { string(scalars($0.text(0)).reversed()[...]) },
    SQLFunction("pg_split_part", 3) { arguments in
      let n = arguments.integer(2)
      let delimiter = arguments.text(1)
      if n == 0 { throw Refusal("22023", "field position must not be zero") }
      let parts = delimiter.isEmpty ? [arguments.text(0)] : split(arguments.text(0), delimiter)
      let index = n > 0 ? n - 1 : Int64(parts.count) &+ n
      return .text(index >= 0 && index < parts.count ? parts[Int(index)] : "")
    },
    SQLFunction("pg_starts_with", 2) { .bool($0.text(0).utf8.starts(with: $0.text(1).utf8)) },
    SQLFunction("pg_translate", 3) { arguments in
      let from = scalars(arguments.text(1))
      let to = scalars(arguments.text(2))
      var result = String.UnicodeScalarView()
      for scalar in arguments.text(0).unicodeScalars {
        guard let index = from.firstIndex(of: scalar) else {
          result.append(scalar)
          continue
        }
        if index < to.count { result.append(to[index]) }
      }
      return .text(String(result))
    },
    SQLFunction("pg_concat", -1, isStrict: false) { arguments in
      .text((0..<arguments.count).map { arguments.isNull($0) ? "" : arguments.text($0) }.joined())
    },
    SQLFunction("pg_concat_ws", -1, isStrict: false) { arguments in
      if arguments.count == 0 || arguments.isNull(0) { return .null }
      let parts = (1..<arguments.count).filter { !arguments.isNull($0) }.map(arguments.text)
      return .text(parts.joined(separator: arguments.text(0)))
    },
    SQLFunction("pg_ascii", 1) { .integer(Int64($0.text(0).unicodeScalars.first?.value ?? 0)) },
    SQLFunction("pg_octet_length", 1) { .integer(Int64($0.bytes(0).count)) },
  ]

  /// No text that a function makes is longer, in bytes.
  private static let sizeMax = 1 << 28

  private static func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> SQLFunction.Value {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return .text(String(view))
  }

  private static func clamped(_ value: Int64) -> Int { Int(min(value, Int64(Int32.max))) }

  private static func pad(_ arguments: SQLFunction.Arguments, with fill: String, atStart: Bool) -> SQLFunction.Value {
    let text = scalars(arguments.text(0))
    let fill = scalars(fill)
    let width = clamped(min(max(arguments.integer(1), 0), 1_000_000))
    if text.count >= width { return string(text.prefix(width)) }
    if fill.isEmpty { return string(text[...]) }
    let padding = (0..<(width - text.count)).map { fill[$0 % fill.count] }
    return string((atStart ? padding + text : text + padding)[...])
  }

  private static func split(_ text: String, _ delimiter: String) -> [String] {
    let bytes = Array(text.utf8)
    let mark = Array(delimiter.utf8)
    var parts: [String] = []
    var start = 0
    var index = 0
    while index + mark.count <= bytes.count {
      if bytes[index..<(index + mark.count)].elementsEqual(mark) {
        parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
        index += mark.count
        start = index
      } else {
        index += 1
      }
    }
    return parts + [String(decoding: bytes[start...], as: UTF8.self)]
  }

  /// LIKE: `%` any text, `_` one character. Steps back to the last `%` only, so that it is quadratic at worst.
  private static func matches(
    _ pattern: ArraySlice<Unicode.Scalar>,
    _ text: ArraySlice<Unicode.Scalar>,
    _ escape: Unicode.Scalar?
  ) -> Bool {
    var p = pattern.startIndex
    var t = text.startIndex
    var backPattern: Int?
    var backText = t
    while t < text.endIndex {
      if p < pattern.endIndex {
        if pattern[p] == "%", escape != "%" {
          p += 1
          backPattern = p
          backText = t
          continue
        }
        let isEscaped = pattern[p] == escape && p + 1 < pattern.endIndex
        let scalar = isEscaped ? pattern[p + 1] : pattern[p]
        if (scalar == "_" && !isEscaped) || scalar == text[t] {
          p += isEscaped ? 2 : 1
          t += 1
          continue
        }
      }
      guard let back = backPattern else { return false }
      p = back
      backText += 1
      t = backText
    }
    while p < pattern.endIndex, pattern[p] == "%" { p += 1 }
    return p == pattern.endIndex
  }
}
