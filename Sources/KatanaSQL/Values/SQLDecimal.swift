/// numeric: a decimal number, exact, of up to 131 072 digits before the point and 16 383 behind it, with as many digits
/// behind the point as it was written with; or NaN or an infinity.
///
/// Equal numbers are equal whatever their scale, `1.5` and `1.50`; and NaN equals NaN and is greater than all others, as
/// in PostgreSQL, so that they can be sorted and be keys.
public struct SQLDecimal: SQLValue {
  public static var sqlType: SQLType { .numeric }
  public static let nan = SQLDecimal(kind: .nan)
  public static let infinity = SQLDecimal(kind: .infinity)
  public static let minusInfinity = SQLDecimal(kind: .minusInfinity)
  /// Digits that are behind the point at most.
  public static let scaleMax = 16_383
  /// Digits that are before the point at most.
  public static let integralDigitsMax = 131_072

  enum Kind: UInt16 {
    case positive = 0
    case negative = 0x4000
    case nan = 0xC000
    case infinity = 0xD000
    case minusInfinity = 0xF000
  }

  var kind: Kind
  /// Of the first group, as a power of 10 000.
  var weight: Int
  /// Groups of four digits; neither the first nor the last is zero. Zero has none.
  var groups: [UInt16]
  /// Digits behind the point.
  public private(set) var scale: Int

  private init(kind: Kind, weight: Int = 0, groups: [UInt16] = [], scale: Int = 0) {
    self.kind = kind
    self.weight = weight
    self.groups = groups
    self.scale = scale
    let leading = self.groups.prefix { $0 == 0 }.count
    self.groups.removeFirst(leading)
    self.weight -= leading
    while self.groups.last == 0 { self.groups.removeLast() }
    if self.groups.isEmpty {
      self.weight = 0
      if kind == .negative { self.kind = .positive }
    }
  }

  public init(_ value: some BinaryInteger) { self.init(String(value))! }

  /// The shortest decimal number that is nearest to this one and to no other.
  public init(_ value: Double) {
    self = value.isNaN ? .nan : value.isInfinite ? (value < 0 ? .minusInfinity : .infinity) : SQLDecimal("\(value)")!
  }

  /// Reads digits with a point, a sign and an exponent where there are, `NaN`, `Infinity` and `-Infinity`. Nil for other
  /// text and for more digits than the type has.
  public init?(_ text: String) {
    switch text {
    case "NaN": self = .nan; return
    case "Infinity": self = .infinity; return
    case "-Infinity": self = .minusInfinity; return
    default: break
    }
    var rest = Substring(text).utf8
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    var exponent = 0
    if let e = rest.firstIndex(where: { $0 | 32 == UInt8(ascii: "e") }) {
      let written = rest[rest.index(after: e)...]
      guard let value = Int(Substring(written)), abs(value) <= Self.integralDigitsMax else { return nil }
      exponent = value
      rest = rest[..<e]
    }
    let parts = rest.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    let integral = parts[0]
    let fraction = parts.count > 1 ? parts[1] : rest[rest.endIndex...]
    var digits = [UInt8](integral) + [UInt8](fraction)
    guard !digits.isEmpty, digits.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
    // The value is 0.digits × 10^point.
    let point = integral.count + exponent
    let scale = max(0, fraction.count - exponent)
    let zeros = digits.prefix { $0 == 48 }.count
    guard scale <= Self.scaleMax, zeros == digits.count || point - zeros <= Self.integralDigitsMax else { return nil }
    // Zeros in front until a group ends at the point, and behind until the last is whole.
    let lead = (4 - point % 4) % 4
    digits.insert(contentsOf: repeatElement(48, count: lead), at: 0)
    while digits.count % 4 != 0 { digits.append(48) }
    let groups = stride(from: 0, to: digits.count, by: 4).map { at in
      digits[at..<at + 4].reduce(UInt16(0)) { $0 * 10 + UInt16($1 - 48) }
    }
    self.init(kind: isNegative ? .negative : .positive, weight: (point + lead) / 4 - 1, groups: groups, scale: scale)
  }

  /// `numeric_send`: groups, weight, sign, digits behind the point, and the groups.
  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 8, let kind = Kind(rawValue: bytes.integer(at: 4)) else { return nil }
    let count = Int(bytes.integer(at: 0, as: UInt16.self))
    guard bytes.count == 8 + 2 * count else { return nil }
    var groups: [UInt16] = []
    groups.reserveCapacity(count)
    for index in 0..<count {
      let group: UInt16 = bytes.integer(at: 8 + 2 * index)
      if group > 9999 { return nil }
      groups.append(group)
    }
    let scale = Int(bytes.integer(at: 6, as: UInt16.self))
    if scale > Self.scaleMax { return nil }
    self.init(kind: kind, weight: Int(bytes.integer(at: 2, as: Int16.self)), groups: groups, scale: scale)
  }

  public var sqlByteCount: Int { 8 + 2 * groups.count }

  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    bytes.store(UInt16(groups.count), at: 0)
    bytes.store(Int16(clamping: weight), at: 2)
    bytes.store(kind.rawValue, at: 4)
    bytes.store(UInt16(scale), at: 6)
    for (index, group) in groups.enumerated() { bytes.store(group, at: 8 + 2 * index) }
  }

  public var isNaN: Bool { kind == .nan }
  public var isFinite: Bool { kind == .positive || kind == .negative }
}

extension SQLDecimal: LosslessStringConvertible {
  /// As PostgreSQL writes it: all digits of the scale, no exponent.
  public var description: String {
    switch kind {
    case .nan: return "NaN"
    case .infinity: return "Infinity"
    case .minusInfinity: return "-Infinity"
    case .positive, .negative: break
    }
    var text = kind == .negative ? "-" : ""
    if weight < 0 {
      text += "0"
    } else {
      for power in 0...weight {
        let digits = String(group(weight - power))
        text += power == 0 ? digits : String(repeating: "0", count: 4 - digits.utf8.count) + digits
      }
    }
    if scale == 0 { return text }
    text += "."
    var left = scale
    var power = -1
    while left > 0 {
      let digits = String(group(power))
      text += (String(repeating: "0", count: 4 - digits.utf8.count) + digits).prefix(left)
      left -= 4
      power -= 1
    }
    return text
  }

  /// The group that stands for a power of 10 000.
  private func group(_ power: Int) -> UInt16 {
    let index = weight - power
    return groups.indices.contains(index) ? groups[index] : 0
  }
}

extension SQLDecimal: Hashable, Comparable {
  public static func == (left: Self, right: Self) -> Bool {
    left.kind == right.kind && left.weight == right.weight && left.groups == right.groups
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    hasher.combine(weight)
    hasher.combine(groups)
  }

  public static func < (left: Self, right: Self) -> Bool {
    if left.rank != right.rank { return left.rank < right.rank }
    switch left.rank {
    case -1: return right.magnitude(isLessThan: left)
    case 1: return left.magnitude(isLessThan: right)
    default: return false
    }
  }

  private func magnitude(isLessThan other: Self) -> Bool {
    weight != other.weight ? weight < other.weight : groups.lexicographicallyPrecedes(other.groups)
  }

  private var rank: Int {
    switch kind {
    case .minusInfinity: -2
    case .negative: -1
    case .positive: groups.isEmpty ? 0 : 1
    case .infinity: 2
    case .nan: 3
    }
  }
}

extension Double {
  /// The nearest value; an infinity beyond the range.
  public init(_ decimal: SQLDecimal) {
    switch decimal.kind {
    case .nan: self = .nan
    case .infinity: self = .infinity
    case .minusInfinity: self = -.infinity
    default: self = Double(decimal.description)!
    }
  }
}

extension FixedWidthInteger {
  /// Nil when the value is no integer, or does not fit.
  public init?(exactly decimal: SQLDecimal) {
    guard decimal.isFinite, decimal.groups.count <= decimal.weight + 1 || decimal.groups.isEmpty else { return nil }
    let text = decimal.description.prefix { $0 != "." }
    self.init(text)
  }
}

extension SQLDecimal: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int64) { self.init(value) }
}
