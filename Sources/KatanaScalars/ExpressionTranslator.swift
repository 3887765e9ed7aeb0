/// Translates a regular expression of ECMA-262 (§22.2.1, `u` flag) into the dialect of PCRE2.
///
/// It is a whole parser rather than a list of replacements, so that nothing is passed on which the two understand
/// differently: signs are written as code points, classes as ranges, named groups as numbers.
struct ExpressionTranslator {
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var depth = 0
  private var output = ""
  /// Names of groups and their numbers; a reference may stand before its group, so they are collected first.
  private var names: [String: Int] = [:]
  private var groupCount = 0

  static func translate(_ source: String) throws(ExpressionFault) -> String {
    var translator = ExpressionTranslator(scalars: Array(source.unicodeScalars))
    try translator.collectGroups()
    try translator.choice()
    if translator.index < translator.scalars.count { throw translator.fault("an unmatched ')'") }
    return translator.output
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  // MARK: The source

  private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private func fault(_ reason: String, at position: Int? = nil) -> ExpressionFault {
    ExpressionFault(reason: reason, position: position ?? index)
  }

  private mutating func take(_ text: String) -> Bool {
    let wanted = text.unicodeScalars
    guard scalars[index...].starts(with: wanted) else { return false }
    index += wanted.count
    return true
  }

  private mutating func next() throws(ExpressionFault) -> Unicode.Scalar {
    guard let scalar = peek else { throw fault("an unexpected end") }
    index += 1
    return scalar
  }

  private mutating func collectGroups() throws(ExpressionFault) {
    defer { index = 0 }
    var isInClass = false
    while let scalar = peek {
      index += 1
      switch scalar {
      case "\\": index += 1
      case "[": isInClass = true
      case "]": isInClass = false
      case "(" where !isInClass:
        if peek != "?" {
          groupCount += 1
        } else if take("?<"), peek != "=", peek != "!" {
          groupCount += 1
          let at = index
          if names.updateValue(groupCount, forKey: try groupName()) != nil {
            throw fault("a second group of that name", at: at)
          }
        }
      default: break
      }
    }
  }

  /// A name and the `>` behind it.
  private mutating func groupName() throws(ExpressionFault) -> String {
    let at = index
    var name = ""
    while !take(">") {
      let scalar = try next()
      let isFirst = name.isEmpty
      let isLetter = scalar == "$" || scalar == "_" || scalar.properties.isIDStart
      guard isLetter || (!isFirst && scalar.properties.isIDContinue) else { throw fault("a malformed name", at: at) }
      name.unicodeScalars.append(scalar)
    }
    if name.isEmpty { throw fault("a malformed name", at: at) }
    return name
  }

  // MARK: Structure

  private mutating func choice() throws(ExpressionFault) {
    try sequence()
    while take("|") {
      output += "|"
      try sequence()
    }
  }

  private mutating func sequence() throws(ExpressionFault) {
    while let scalar = peek, scalar != "|", scalar != ")" { try term() }
  }

  private mutating func term() throws(ExpressionFault) {
    let at = index
    let isRepeatable = try atom()
    let quantified = index
    guard try quantifier() else { return }
    if !isRepeatable { throw fault("a repeated assertion", at: at) }
    if let scalar = peek, "*+?{".unicodeScalars.contains(scalar) {
      let isPossessive = scalar == "+" && index == quantified + 1
      throw fault(isPossessive ? "a possessive quantifier" : "a repeated repetition")
    }
  }

  private mutating func quantifier() throws(ExpressionFault) -> Bool {
    let at = index
    if take("{") {
      let least = try number()
      var most: Int?
      if take(",") { most = peek == "}" ? nil : try number() } else { most = least }
      guard take("}") else { throw fault("a malformed repetition", at: at) }
      if let most, most < least { throw fault("a repetition whose bounds are out of order", at: at) }
      output += "{\(least),\(most.map(String.init) ?? "")}"
    } else if let scalar = peek, "*+?".unicodeScalars.contains(scalar) {
      index += 1
      output.unicodeScalars.append(scalar)
    } else {
      return false
    }
    if take("?") { output += "?" }
    return true
  }

  /// PCRE2 knows repetitions up to 65535.
  private mutating func number() throws(ExpressionFault) -> Int {
    let at = index
    var value: Int?
    while let scalar = peek, ("0"..."9").contains(scalar) {
      index += 1
      value = (value ?? 0) * 10 + Int(scalar.value - 0x30)
      if value! > 65_535 { throw fault("a repetition of more than 65535", at: at) }
    }
    guard let value else { throw fault("a malformed repetition", at: at) }
    return value
  }

  /// False for an assertion, which cannot be repeated.
  private mutating func atom() throws(ExpressionFault) -> Bool {
    let at = index
    let scalar = try next()
    switch scalar {
    case "^", "$":
      output.unicodeScalars.append(scalar)
      return false
    case ".": output += "[^\\n\\r\\x{2028}\\x{2029}]"
    case "(": return try group()
    case "[": output += try set()
    case "\\": return try escapedAtom()
    case "*", "+", "?": throw fault("nothing to repeat", at: at)
    case "{", "}", "]": throw fault("a bare '\(scalar)'", at: at)
    default: output += literal(scalar.value)
    }
    return true
  }

  private mutating func group() throws(ExpressionFault) -> Bool {
    let at = index - 1
    depth += 1
    defer { depth -= 1 }
    if depth > ExpressionLimits.nesting { throw fault("more than \(ExpressionLimits.nesting) groups inside each other") }
    var isRepeatable = true
    if let assertion = ["?=", "?!", "?<=", "?<!"].first(where: { take($0) }) {
      output += "(" + assertion
      isRepeatable = false
    } else if take("?:") {
      output += "(?:"
    } else if take("?<") {
      _ = try groupName()
      output += "("
    } else if peek == "?" {
      throw fault("a group modifier that ECMA-262 does not have", at: at)
    } else if peek == "*" {
      throw fault("a verb of PCRE2", at: at)
    } else {
      output += "("
    }
    try choice()
    guard take(")") else { throw fault("an unmatched '('", at: at) }
    output += ")"
    return isRepeatable
  }

  // MARK: Characters

  /// A code point that stands for itself, in a class or outside.
  private func literal(_ value: UInt32) -> String {
    let scalar = Unicode.Scalar(value)!
    let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
    return isPlain ? String(scalar) : "\\x{\(String(value, radix: 16))}"
  }

  private mutating func escapedAtom() throws(ExpressionFault) -> Bool {
    let at = index - 1
    if take("b") {
      output += "\\b"
      return false
    }
    if take("B") {
      output += "\\B"
      return false
    }
    if take("k") {
      guard take("<"), let number = names[try groupName()] else { throw fault("a reference to no group", at: at) }
      output += "\\g{\(number)}"
      return true
    }
    if let digit = peek, ("1"..."9").contains(digit) {
      let number = try number()
      if number > groupCount { throw fault("a reference to no group", at: at) }
      output += "\\g{\(number)}"
      return true
    }
    switch try escape(inSet: false) {
    case .scalar(let value): output += literal(value)
    case .ranges(let text): output += "[\(text)]"
    }
    return true
  }

  private enum Item {
    case scalar(UInt32)
    /// What stands for it between brackets.
    case ranges(String)
  }

  /// A class behind its bracket. `[]` matches nothing and `[^]` everything.
  private mutating func set() throws(ExpressionFault) -> String {
    let start = index - 1
    let isInverted = take("^")
    var text = ""
    while !take("]") {
      if peek == nil { throw fault("an unmatched '['", at: start) }
      let at = index
      let low = try setItem()
      let isRange = peek == "-" && index + 1 < scalars.count && scalars[index + 1] != "]"
      if isRange {
        index += 1
        guard case .scalar(let first) = low, case .scalar(let last) = try setItem() else {
          throw fault("a range between classes", at: at)
        }
        if first > last { throw fault("a range that is out of order", at: at) }
        text += "\(literal(first))-\(literal(last))"
      } else {
        switch low {
        case .scalar(let value): text += literal(value)
        case .ranges(let ranges): text += ranges
        }
      }
    }
    if text.isEmpty { return isInverted ? "[\\x{0}-\\x{10ffff}]" : "(?:(?!))" }
    return isInverted ? "[^\(text)]" : "[\(text)]"
  }

  private mutating func setItem() throws(ExpressionFault) -> Item {
    let scalar = try next()
    return scalar == "\\" ? try escape(inSet: true) : .scalar(scalar.value)
  }

  /// What stands behind a backslash.
  private mutating func escape(inSet: Bool) throws(ExpressionFault) -> Item {
    let at = index - 1
    let scalar = try next()
    switch scalar {
    case "d": return .ranges("0-9")
    case "D": return .ranges("\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}")
    case "w": return .ranges("0-9A-Za-z_")
    case "W": return .ranges("\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-\\x{10ffff}")
    case "s": return .ranges(Self.space)
    case "S": return .ranges(Self.notSpace)
    case "t": return .scalar(9)
    case "n": return .scalar(10)
    case "v": return .scalar(11)
    case "f": return .scalar(12)
    case "r": return .scalar(13)
    case "0":
      if let digit = peek, ("0"..."9").contains(digit) { throw fault("an octal escape", at: at) }
      return .scalar(0)
    case "1"..."9": throw fault("an octal escape", at: at)
    case "b" where inSet: return .scalar(8)
    case "c":
      let letter = try next()
      guard letter.isASCII, letter.properties.isAlphabetic else { throw fault("a malformed escape", at: at) }
      return .scalar(letter.value & 31)
    case "x": return .scalar(try hexadecimal(2))
    case "u": return .scalar(try unicodeEscape(at))
    case "p", "P": return .ranges(try property(isInverted: scalar == "P", at))
    default:
      // Contracts in the wild put backslashes before signs that need none.
      if scalar.properties.isAlphabetic { throw fault("the escape '\\\(scalar)'", at: at) }
      return .scalar(scalar.value)
    }
  }

  /// White space and line ends of ECMA-262 §12.2 and §12.3, in ascending order, and what lies between them.
  private static let space =
    "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
  private static let notSpace =
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}"
    + "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

  private mutating func hexadecimal(_ count: Int) throws(ExpressionFault) -> UInt32 {
    let at = index
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = try next().properties.isASCIIHexDigit ? Int(String(scalars[index - 1]), radix: 16) : nil else {
        throw fault("a malformed escape", at: at)
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// `\uHHHH`, a pair of them for a code point beyond U+FFFF, or `\u{H…}`. A lone surrogate is in no UTF-8 text.
  private mutating func unicodeEscape(_ at: Int) throws(ExpressionFault) -> UInt32 {
    var value: UInt32 = 0
    if take("{") {
      if peek == "}" { throw fault("a malformed escape", at: at) }
      while !take("}") {
        value = value << 4 | (try hexadecimal(1))
        if value > 0x10FFFF { throw fault("a code point beyond U+10FFFF", at: at) }
      }
    } else {
      value = try hexadecimal(4)
      if (0xD800...0xDBFF).contains(value), take("\\u") {
        let low = try hexadecimal(4)
        guard (0xDC00...0xDFFF).contains(low) else { throw fault("an escaped surrogate", at: at) }
        return 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
    }
    if (0xD800...0xDFFF).contains(value) { throw fault("an escaped surrogate", at: at) }
    return value
  }

  private mutating func property(isInverted: Bool, _ at: Int) throws(ExpressionFault) -> String {
    guard take("{") else { throw fault("a malformed property", at: at) }
    var text = ""
    while !take("}") { text.unicodeScalars.append(try next()) }
    if text == "Assigned" { return isInverted ? "\\p{Cn}" : "\\P{Cn}" }
    guard let name = UnicodeProperty.name(text) else { throw fault("an unknown property '\(text)'", at: at) }
    return isInverted ? "\\P{\(name)}" : "\\p{\(name)}"
  }
}
