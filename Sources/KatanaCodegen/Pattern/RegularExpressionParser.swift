/// Reads a pattern (ECMA-262 §22.2.1, `u` flag). What has no automaton is refused by name.
struct RegularExpressionParser {
  private let scalars: [Unicode.Scalar]
  private var index = 0

  static func parse(_ source: String) throws(RegularExpression.Unsupported) -> RegularExpression {
    var parser = RegularExpressionParser(scalars: Array(source.unicodeScalars))
    let result = try parser.choice()
    if let extra = parser.peek { throw .init(reason: "an unmatched '\(extra)'") }
    return result
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    index += 1
    return true
  }

  private mutating func next() throws(RegularExpression.Unsupported) -> Unicode.Scalar {
    guard let scalar = peek else { throw .init(reason: "an unexpected end") }
    index += 1
    return scalar
  }

  private mutating func choice() throws(RegularExpression.Unsupported) -> RegularExpression {
    var options = [try sequence()]
    while take("|") { options.append(try sequence()) }
    return options.count == 1 ? options[0] : .choice(options)
  }

  private mutating func sequence() throws(RegularExpression.Unsupported) -> RegularExpression {
    var items: [RegularExpression] = []
    while let scalar = peek, scalar != "|", scalar != ")" { items.append(try term()) }
    return items.count == 1 ? items[0] : items.isEmpty ? .empty : .sequence(items)
  }

  private mutating func term() throws(RegularExpression.Unsupported) -> RegularExpression {
    if take("^") { return .start }
    if take("$") { return .end }
    let atom = try atom()
    guard let bounds = try quantifier() else { return atom }
    _ = take("?")  // lazy or greedy: the same texts match
    if let max = bounds.max, max < bounds.min { throw .init(reason: "a repetition whose bounds are out of order") }
    return .repetition(atom, min: bounds.min, max: bounds.max)
  }

  private mutating func quantifier() throws(RegularExpression.Unsupported) -> (min: Int, max: Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    guard take("{") else { return nil }
    let min = try number()
    if take("}") { return (min, min) }
    guard take(",") else { throw .init(reason: "a malformed repetition") }
    if take("}") { return (min, nil) }
    let max = try number()
    guard take("}") else { throw .init(reason: "a malformed repetition") }
    return (min, max)
  }

  private mutating func number() throws(RegularExpression.Unsupported) -> Int {
    var value: Int?
    while let scalar = peek, ("0"..."9").contains(scalar) {
      index += 1
      value = (value ?? 0) * 10 + Int(scalar.value - 0x30)
      if value! > 1000 { throw .init(reason: "a repetition of more than 1000") }
    }
    guard let value else { throw .init(reason: "a malformed repetition") }
    return value
  }

  private mutating func atom() throws(RegularExpression.Unsupported) -> RegularExpression {
    let scalar = try next()
    switch scalar {
    case ".": return .scalars(ScalarSet.lineEnds.inverted)
    case "(": return try group()
    case "[": return .scalars(try set())
    case "\\": return .scalars(try escape(inSet: false))
    case "*", "+", "?", "{", "}", "]": throw .init(reason: "a bare '\(scalar)'")
    default: return .scalars(ScalarSet([scalar.value...scalar.value]))
    }
  }

  private mutating func group() throws(RegularExpression.Unsupported) -> RegularExpression {
    if take("?") {
      if take("=") || take("!") { throw .init(reason: "a look-ahead") }
      if take("<") {
        if take("=") || take("!") { throw .init(reason: "a look-behind") }
        while try next() != ">" {}
      } else if !take(":") {
        throw .init(reason: "a group modifier")
      }
    }
    let inner = try choice()
    guard take(")") else { throw .init(reason: "an unmatched '('") }
    return inner
  }

  private mutating func set() throws(RegularExpression.Unsupported) -> ScalarSet {
    let isInverted = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    while !take("]") {
      let low = try setItem()
      guard peek == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
        ranges += low.ranges
        continue
      }
      index += 1
      let high = try setItem()
      guard let first = single(low), let last = single(high) else { throw .init(reason: "a range between classes") }
      guard first <= last else { throw .init(reason: "a range that is out of order") }
      ranges.append(first...last)
    }
    let set = ScalarSet(ranges)
    return isInverted ? set.inverted : set
  }

  private mutating func setItem() throws(RegularExpression.Unsupported) -> ScalarSet {
    let scalar = try next()
    return scalar == "\\" ? try escape(inSet: true) : ScalarSet([scalar.value...scalar.value])
  }

  private func single(_ set: ScalarSet) -> UInt32? {
    guard set.ranges.count == 1, set.ranges[0].count == 1 else { return nil }
    return set.ranges[0].lowerBound
  }

  private mutating func escape(inSet: Bool) throws(RegularExpression.Unsupported) -> ScalarSet {
    let scalar = try next()
    func only(_ value: UInt32) -> ScalarSet { ScalarSet([value...value]) }
    switch scalar {
    case "d": return .digits
    case "D": return ScalarSet.digits.inverted
    case "w": return .word
    case "W": return ScalarSet.word.inverted
    case "s": return .space
    case "S": return ScalarSet.space.inverted
    case "t": return only(9)
    case "n": return only(10)
    case "v": return only(11)
    case "f": return only(12)
    case "r": return only(13)
    case "0": return only(0)
    case "b" where inSet: return only(8)
    case "b", "B": throw .init(reason: "a word boundary")
    case "x": return only(try hexadecimal(2))
    case "u": return only(try unicodeEscape())
    case "p", "P": throw .init(reason: "a Unicode property")
    case "k", "1"..."9": throw .init(reason: "a back-reference")
    case "^", "$", "\\", ".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|", "/", "-": return only(scalar.value)
    default:
      // Without the `u` flag any other character stands for itself; contracts in the wild rely on it for signs.
      if scalar.properties.isAlphabetic { throw .init(reason: "the escape '\\\(scalar)'") }
      return only(scalar.value)
    }
  }

  private mutating func hexadecimal(_ count: Int) throws(RegularExpression.Unsupported) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = Int(String(try next()), radix: 16) else { throw .init(reason: "a malformed escape") }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  private mutating func unicodeEscape() throws(RegularExpression.Unsupported) -> UInt32 {
    var value: UInt32 = 0
    if take("{") {
      while !take("}") {
        value = value << 4 | (try hexadecimal(1))
        if value > 0x10FFFF { throw .init(reason: "a code point beyond U+10FFFF") }
      }
    } else {
      value = try hexadecimal(4)
    }
    if (0xD800...0xDFFF).contains(value) { throw .init(reason: "an escaped surrogate") }
    return value
  }
}
