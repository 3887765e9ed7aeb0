/// A JSON number by its digits, so that it is compared and divided exactly whatever its length: `0.3` is a multiple of
/// `0.1`, and two integers of thirty digits differ in the last.
///
/// Value: 0.d₁d₂…dₙ × 10^`point`, with d₁ and dₙ not zero; zero has no digits.
package struct DecimalText {
  package let isNegative: Bool
  /// From the first to the last digit that is not zero, perhaps with a point in between.
  private let digits: UnsafeBufferPointer<UInt8>
  /// How many of them are digits.
  package let count: Int
  package let point: Int

  /// `text` is a number by the grammar of JSON.
  package init(_ text: UnsafeBufferPointer<UInt8>) {
    let zero = UInt8(ascii: "0")
    let dot = UInt8(ascii: ".")
    var at = text.first == UInt8(ascii: "-") ? 1 : 0
    let isNegative = at == 1
    var integral = 0
    var first: Int?
    var last = 0
    var seen = 0
    var firstSeen = 0
    var lastSeen = 0
    var isFraction = false
    while at < text.count, text[at] == dot || text[at] &- zero < 10 {
      if text[at] == dot {
        isFraction = true
      } else {
        if !isFraction { integral += 1 }
        if text[at] != zero {
          if first == nil {
            first = at
            firstSeen = seen
          }
          last = at
          lastSeen = seen
        }
        seen += 1
      }
      at += 1
    }
    guard let first else {
      self.isNegative = false
      digits = UnsafeBufferPointer(start: nil, count: 0)
      count = 0
      point = 0
      return
    }
    self.isNegative = isNegative
    digits = UnsafeBufferPointer(rebasing: text[first...last])
    count = lastSeen - firstSeen + 1
    point = integral - firstSeen + Self.exponent(text[at...])
  }

  /// What stands behind the digits: nothing or `e` and an integer. Beyond ±10^15 it stays there, where no document can
  /// have as many digits.
  private static func exponent(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
    guard !text.isEmpty else { return 0 }
    var rest = text.dropFirst()
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    var value = 0
    for digit in rest where value < 1_000_000_000_000_000 { value = value * 10 + Int(digit - UInt8(ascii: "0")) }
    return isNegative ? -value : value
  }

  /// Whether the value is an integer: the last digit stands before the point.
  package var isInteger: Bool { count <= point || count == 0 }

  /// Calls `body` with each digit, the first one first.
  package func forEachDigit(_ body: (UInt8) -> Void) {
    for byte in digits where byte != UInt8(ascii: ".") { body(byte - UInt8(ascii: "0")) }
  }

  /// Whether the value is an integral multiple of `divisor`.
  package func isMultiple(of divisor: Divisor) -> Bool {
    if count == 0 { return true }
    // value / divisor = (D / divisor.digits) × 10^shift, where D are the digits as an integer that ten does not divide.
    let shift = point - count - divisor.exponent
    if shift < 0 { return false }
    var rest: UInt64 = 0
    forEachDigit { rest = (rest * 10 + UInt64($0)) % divisor.digits }
    return product(rest, power(shift, divisor.digits), divisor.digits) == 0
  }

  private func product(_ a: UInt64, _ b: UInt64, _ modulus: UInt64) -> UInt64 {
    modulus.dividingFullWidth(a.multipliedFullWidth(by: b)).remainder
  }

  /// 10^exponent modulo `modulus`.
  private func power(_ exponent: Int, _ modulus: UInt64) -> UInt64 {
    var result = 1 % modulus
    var square = 10 % modulus
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result = product(result, square, modulus) }
      square = product(square, square, modulus)
      rest >>= 1
    }
    return result
  }

  /// What `multipleOf` divides by: `digits` × 10^`exponent`.
  package struct Divisor: Sendable {
    /// Digits that a divisor may have; so that ten times a remainder fits in a word.
    package static let digitsMaximum = 18

    let digits: UInt64
    let exponent: Int

    /// Nil when the number is not positive or has too many digits.
    package init?(_ decimal: DecimalText) {
      guard !decimal.isNegative, (1...Self.digitsMaximum).contains(decimal.count) else { return nil }
      var digits: UInt64 = 0
      decimal.forEachDigit { digits = digits * 10 + UInt64($0) }
      self.digits = digits
      exponent = decimal.point - decimal.count
    }
  }
}

extension DecimalText: Comparable {
  package static func == (left: Self, right: Self) -> Bool { left.order(right) == 0 }
  package static func < (left: Self, right: Self) -> Bool { left.order(right) < 0 }

  /// Negative, zero or positive as this is less than, equal to or greater than `other`.
  private func order(_ other: Self) -> Int {
    if count == 0 || other.count == 0 || isNegative != other.isNegative { return sign - other.sign }
    return isNegative ? -magnitudeOrder(other) : magnitudeOrder(other)
  }

  private var sign: Int { count == 0 ? 0 : isNegative ? -1 : 1 }

  private func magnitudeOrder(_ other: Self) -> Int {
    if point != other.point { return point < other.point ? -1 : 1 }
    var left = digits.lazy.filter { $0 != UInt8(ascii: ".") }.makeIterator()
    var right = other.digits.lazy.filter { $0 != UInt8(ascii: ".") }.makeIterator()
    while true {
      switch (left.next(), right.next()) {
      case (nil, nil): return 0
      case (nil, _): return -1
      case (_, nil): return 1
      case (let a?, let b?): if a != b { return a < b ? -1 : 1 }
      }
    }
  }
}
