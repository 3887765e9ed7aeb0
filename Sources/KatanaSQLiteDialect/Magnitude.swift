/// A natural number of any size, in limbs of nine decimal digits, least first.
struct Magnitude: Equatable, Sendable {
  private static let base: UInt64 = 1_000_000_000
  /// Invariant: the last limb is not zero; zero has none.
  private var limbs: [UInt32] = []

  init() {}

  init(_ value: UInt64) {
    var rest = value
    while rest > 0 {
      limbs.append(UInt32(rest % Self.base))
      rest /= Self.base
    }
  }

  /// From decimal digits, first the greatest.
  init(digits: [UInt8]) {
    var end = digits.count
    while end > 0 {
      let start = max(end - 9, 0)
      limbs.append(digits[start..<end].reduce(0) { $0 * 10 + UInt32($1) })
      end = start
    }
    trim()
  }

  private mutating func trim() {
    while limbs.last == 0 { limbs.removeLast() }
  }

  var isZero: Bool { limbs.isEmpty }

  /// Decimal digits, first the greatest, which is not zero; none for zero.
  var digits: [UInt8] {
    var digits: [UInt8] = []
    digits.reserveCapacity(limbs.count * 9)
    for limb in limbs.reversed() {
      var unit: UInt32 = 100_000_000
      while unit > 0 {
        digits.append(UInt8(limb / unit % 10))
        unit /= 10
      }
    }
    return Array(digits.drop { $0 == 0 })
  }

  /// Times ten to the power of `count`.
  func shifted(by count: Int) -> Magnitude {
    if count <= 0 || isZero { return self }
    var shifted = Magnitude()
    shifted.limbs = [UInt32](repeating: 0, count: count / 9) + limbs
    var factor: UInt64 = 1
    for _ in 0..<count % 9 { factor *= 10 }
    if factor > 1 { shifted.multiply(by: factor) }
    return shifted
  }

  private mutating func multiply(by factor: UInt64) {
    var carry: UInt64 = 0
    for index in limbs.indices {
      let product = UInt64(limbs[index]) * factor + carry
      limbs[index] = UInt32(product % Self.base)
      carry = product / Self.base
    }
    if carry > 0 { limbs.append(UInt32(carry)) }
    trim()
  }

  static func < (a: Magnitude, b: Magnitude) -> Bool {
    if a.limbs.count != b.limbs.count { return a.limbs.count < b.limbs.count }
    for (x, y) in zip(a.limbs.reversed(), b.limbs.reversed()) where x != y { return x < y }
    return false
  }

  static func + (a: Magnitude, b: Magnitude) -> Magnitude {
    var sum = a
    var carry: UInt64 = 0
    for index in 0..<max(a.limbs.count, b.limbs.count) {
      let value =
        carry + UInt64(index < a.limbs.count ? a.limbs[index] : 0)
        + UInt64(index < b.limbs.count ? b.limbs[index] : 0)
      if index < sum.limbs.count {
        sum.limbs[index] = UInt32(value % base)
      } else {
        sum.limbs.append(UInt32(value % base))
      }
      carry = value / base
    }
    if carry > 0 { sum.limbs.append(UInt32(carry)) }
    return sum
  }

  /// - Precondition: `b <= a`.
  static func - (a: Magnitude, b: Magnitude) -> Magnitude {
    var difference = a
    var borrow: Int64 = 0
    for index in a.limbs.indices {
      var value = Int64(a.limbs[index]) - borrow - (index < b.limbs.count ? Int64(b.limbs[index]) : 0)
      borrow = value < 0 ? 1 : 0
      if value < 0 { value += Int64(base) }
      difference.limbs[index] = UInt32(value)
    }
    precondition(borrow == 0)
    difference.trim()
    return difference
  }

  static func * (a: Magnitude, b: Magnitude) -> Magnitude {
    if a.isZero || b.isZero { return Magnitude() }
    var product = [UInt64](repeating: 0, count: a.limbs.count + b.limbs.count)
    for (i, x) in a.limbs.enumerated() {
      var carry: UInt64 = 0
      for (j, y) in b.limbs.enumerated() {
        let value = product[i + j] + UInt64(x) * UInt64(y) + carry
        product[i + j] = value % base
        carry = value / base
      }
      product[i + b.limbs.count] += carry
    }
    var result = Magnitude()
    result.limbs = product.map { UInt32($0) }
    result.trim()
    return result
  }

  /// Limb by limb, each found by bisection: thirty multiplications for nine digits.
  func divided(by divisor: Magnitude) -> (quotient: Magnitude, remainder: Magnitude) {
    precondition(!divisor.isZero)
    var quotient = Magnitude()
    var remainder = Magnitude()
    quotient.limbs = [UInt32](repeating: 0, count: limbs.count)
    for index in limbs.indices.reversed() {
      remainder.limbs.insert(limbs[index], at: 0)
      remainder.trim()
      if remainder < divisor { continue }
      var low: UInt64 = 1
      var high = Self.base - 1
      while low < high {
        let middle = (low + high + 1) / 2
        var product = divisor
        product.multiply(by: middle)
        if remainder < product { high = middle - 1 } else { low = middle }
      }
      var product = divisor
      product.multiply(by: low)
      remainder = remainder - product
      quotient.limbs[index] = UInt32(low)
    }
    quotient.trim()
    return (quotient, remainder)
  }
}
