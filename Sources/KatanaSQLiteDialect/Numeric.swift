/// An exact decimal number as PostgreSQL's `numeric` computes with it, from and to its text.
///
/// Workload: prices and sums, a few digits each; so limbs are an array and division is schoolbook.
public struct Numeric: Equatable, Sendable {
  /// As many digits as PostgreSQL shows behind the point (NUMERIC_MAX_DISPLAY_SCALE).
  static let scaleMax = 1000
  /// Digits of a text that is read; PostgreSQL's own limit is 131072 before the point and 16383 behind it.
  static let digitsMax = 147_455

  public enum Special: Sendable { case minusInfinity, infinity, nan }

  var special: Special?
  var isNegative = false
  /// Invariant: no leading zero (the last limb is not 0); empty is zero.
  var magnitude: Magnitude
  /// Digits behind the point.
  public var scale: Int

  init(magnitude: Magnitude, isNegative: Bool, scale: Int) {
    self.magnitude = magnitude
    self.isNegative = isNegative && !magnitude.isZero
    self.scale = scale
  }

  init(_ special: Special) {
    self.special = special
    magnitude = Magnitude()
    scale = 0
  }

  public init(_ value: Int64) {
    self.init(magnitude: Magnitude(value.magnitude), isNegative: value < 0, scale: 0)
  }

  /// Nil when the text is no number.
  public init?(_ text: some StringProtocol) {
    var bytes = Array(text.utf8)[...]
    while let last = bytes.last, last == 0x20 { bytes.removeLast() }
    bytes = bytes.drop { $0 == 0x20 }
    switch String(decoding: bytes, as: UTF8.self).lowercased() {
    case "nan":
      self.init(.nan)
      return
    case "inf", "infinity", "+inf", "+infinity":
      self.init(.infinity)
      return
    case "-inf", "-infinity":
      self.init(.minusInfinity)
      return
    default: break
    }
    var isNegative = false
    if let sign = bytes.first, sign == 0x2d || sign == 0x2b {
      isNegative = sign == 0x2d
      bytes.removeFirst()
    }
    var digits: [UInt8] = []
    var scale = 0
    var hasPoint = false
    var exponent = 0
    loop: while let byte = bytes.popFirst() {
      switch byte {
      case 0x30...0x39:
        digits.append(byte - 0x30)
        if hasPoint { scale += 1 }
      case 0x2e where !hasPoint: hasPoint = true
      case 0x65, 0x45:
        guard let value = Int(String(decoding: bytes, as: UTF8.self)), abs(value) <= 10_000 else { return nil }
        exponent = value
        break loop
      default: return nil
      }
    }
    if digits.isEmpty || digits.count > Self.digitsMax { return nil }
    scale -= exponent
    if scale < 0 {
      digits += [UInt8](repeating: 0, count: -scale)
      scale = 0
    }
    self.init(magnitude: Magnitude(digits: digits), isNegative: isNegative, scale: scale)
  }

  /// PostgreSQL's text: all digits of the scale.
  public var description: String {
    switch special {
    case .nan: return "NaN"
    case .infinity: return "Infinity"
    case .minusInfinity: return "-Infinity"
    case nil: break
    }
    var digits = magnitude.digits
    if digits.count <= scale { digits = [UInt8](repeating: 0, count: scale - digits.count + 1) + digits }
    var text: [UInt8] = isNegative ? [0x2d] : []
    for (index, digit) in digits.enumerated() {
      if index == digits.count - scale { text.append(0x2e) }
      text.append(0x30 + digit)
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension Numeric: CustomStringConvertible {}

extension Numeric {
  public static func + (a: Numeric, b: Numeric) -> Numeric {
    if a.special != nil || b.special != nil { return sumOfSpecials(a, b) }
    let scale = max(a.scale, b.scale)
    let x = a.magnitude.shifted(by: scale - a.scale)
    let y = b.magnitude.shifted(by: scale - b.scale)
    if a.isNegative == b.isNegative { return Numeric(magnitude: x + y, isNegative: a.isNegative, scale: scale) }
    return x < y
      ? Numeric(magnitude: y - x, isNegative: b.isNegative, scale: scale)
      : Numeric(magnitude: x - y, isNegative: a.isNegative, scale: scale)
  }

  private static func sumOfSpecials(_ a: Numeric, _ b: Numeric) -> Numeric {
    if a.special == .nan || b.special == .nan { return Numeric(.nan) }
    if let x = a.special, let y = b.special, x != y { return Numeric(.nan) }
    return Numeric(a.special ?? b.special!)
  }

  public static prefix func - (a: Numeric) -> Numeric {
    var negated = a
    switch a.special {
    case .infinity: negated.special = .minusInfinity
    case .minusInfinity: negated.special = .infinity
    case .nan: break
    case nil: negated.isNegative = !a.isNegative && !a.magnitude.isZero
    }
    return negated
  }

  public static func - (a: Numeric, b: Numeric) -> Numeric { a + -b }

  /// Nil where a part is not finite.
  public static func * (a: Numeric, b: Numeric) -> Numeric? {
    guard a.special == nil, b.special == nil else { return nil }
    let product = Numeric(
      magnitude: a.magnitude * b.magnitude,
      isNegative: a.isNegative != b.isNegative,
      scale: a.scale + b.scale
    )
    return product.scale > 16383 ? product.rounded(toScale: 16383) : product
  }

  /// Nil for a divisor of zero and where a part is not finite. The scale is the one that PostgreSQL selects
  /// (select_div_scale in numeric.c): 16 significant digits at least.
  public static func / (a: Numeric, b: Numeric) -> Numeric? {
    guard a.special == nil, b.special == nil, !b.magnitude.isZero else { return nil }
    let (weight, first) = a.leading
    let (divisorWeight, divisorFirst) = b.leading
    let quotientWeight = weight - divisorWeight - (first <= divisorFirst ? 1 : 0)
    let scale = min(max(16 - quotientWeight * 4, a.scale, b.scale, 0), scaleMax)
    // One digit more than wanted says how to round: the remainder cannot turn a 4 into a 5.
    let shift = scale + 1 - a.scale + b.scale
    let dividend = shift >= 0 ? a.magnitude.shifted(by: shift) : a.magnitude
    let divisor = shift >= 0 ? b.magnitude : b.magnitude.shifted(by: -shift)
    let quotient = dividend.divided(by: divisor).quotient
    return Numeric(magnitude: quotient, isNegative: a.isNegative != b.isNegative, scale: scale + 1)
      .rounded(toScale: scale)
  }

  /// The remainder with the sign of the dividend; nil for a divisor of zero and where a part is not finite.
  public static func % (a: Numeric, b: Numeric) -> Numeric? {
    guard a.special == nil, b.special == nil, !b.magnitude.isZero else { return nil }
    let scale = max(a.scale, b.scale)
    let remainder = a.magnitude.shifted(by: scale - a.scale).divided(by: b.magnitude.shifted(by: scale - b.scale))
      .remainder
    return Numeric(magnitude: remainder, isNegative: a.isNegative, scale: scale)
  }

  /// Weight and value of the first digit of base 10000 that is not zero, of which PostgreSQL speaks.
  private var leading: (weight: Int, digit: Int) {
    if magnitude.isZero { return (0, 0) }
    let digits = magnitude.digits
    // Position of the first decimal digit: 0 is the one before the point.
    let position = digits.count - scale - 1
    let weight = position >= 0 ? position / 4 : -((3 - position) / 4)
    let count = position - weight * 4 + 1
    var value = 0
    for index in 0..<count { value = value * 10 + (index < digits.count ? Int(digits[index]) : 0) }
    return (weight, value)
  }

  /// Halves away from zero, as PostgreSQL's round() does.
  public func rounded(toScale target: Int) -> Numeric {
    if special != nil { return self }
    if target >= scale {
      return Numeric(magnitude: magnitude.shifted(by: target - scale), isNegative: isNegative, scale: target)
    }
    let unit = Magnitude(1).shifted(by: scale - target)
    let (quotient, remainder) = magnitude.divided(by: unit)
    let rounded = remainder + remainder < unit ? quotient : quotient + Magnitude(1)
    return finish(rounded, target)
  }

  /// Towards zero.
  public func truncated(toScale target: Int) -> Numeric {
    if special != nil { return self }
    if target >= scale {
      return Numeric(magnitude: magnitude.shifted(by: target - scale), isNegative: isNegative, scale: target)
    }
    return finish(magnitude.divided(by: Magnitude(1).shifted(by: scale - target)).quotient, target)
  }

  /// A negative scale, which counts digits before the point, becomes zeros there.
  private func finish(_ magnitude: Magnitude, _ target: Int) -> Numeric {
    target >= 0
      ? Numeric(magnitude: magnitude, isNegative: isNegative, scale: target)
      : Numeric(magnitude: magnitude.shifted(by: -target), isNegative: isNegative, scale: 0)
  }

  public var floor: Numeric {
    if special != nil { return self }
    let whole = truncated(toScale: 0)
    return isNegative && whole != self ? whole - Numeric(1) : whole
  }

  public var ceiling: Numeric { -(-self).floor }

  /// Digits before the point.
  public var wholeDigitCount: Int { max(magnitude.digits.count - scale, 0) }

  /// Nil when it has a fraction or does not fit.
  public var integer: Int64? {
    let whole = rounded(toScale: 0)
    return special == nil && whole == self ? Int64(whole.description) : nil
  }

  /// -1, 0 or 1. NaN is equal to itself and above all, as in PostgreSQL.
  public static func compare(_ a: Numeric, _ b: Numeric) -> Int {
    if a.special != nil || b.special != nil { return (a.rank - b.rank).signum() }
    if a.isNegative != b.isNegative { return a.isNegative ? -1 : 1 }
    let scale = max(a.scale, b.scale)
    let x = a.magnitude.shifted(by: scale - a.scale)
    let y = b.magnitude.shifted(by: scale - b.scale)
    if x == y { return 0 }
    return (x < y) != a.isNegative ? -1 : 1
  }

  private var rank: Int {
    switch special {
    case .minusInfinity: -1
    case nil: 0
    case .infinity: 1
    case .nan: 2
    }
  }

  public static func == (a: Numeric, b: Numeric) -> Bool { compare(a, b) == 0 }
}
