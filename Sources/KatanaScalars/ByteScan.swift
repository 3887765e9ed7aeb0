/// Takes small pieces off the front of a text: what the formats are made of.
package struct ByteScan {
  private var rest: Slice<UnsafeBufferPointer<UInt8>>

  package init(_ rest: Slice<UnsafeBufferPointer<UInt8>>) { self.rest = rest }

  package var isAtEnd: Bool { rest.isEmpty }

  package mutating func next() -> UInt8? { rest.popFirst() }

  package mutating func take(_ text: StaticString) -> Bool {
    let bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard rest.starts(with: bytes) else { return false }
    rest = rest.dropFirst(bytes.count)
    return true
  }

  /// Exactly `count` digits as a number.
  package mutating func digits(_ count: Int) -> Int? {
    guard rest.count >= count else { return nil }
    var value = 0
    for byte in rest.prefix(count) {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    rest = rest.dropFirst(count)
    return value
  }

  /// As many hexadecimal digits as there are, which must be within `range`.
  package mutating func hexadecimal(_ range: ClosedRange<Int>) -> Bool {
    var count = 0
    while count < range.upperBound, let byte = rest.first, hexValue(byte) != nil {
      rest = rest.dropFirst()
      count += 1
    }
    return range.contains(count)
  }

  /// Four decimal numbers up to 255 without leading zeros (RFC 3986 §3.2.2).
  package mutating func ipv4() -> Bool {
    for part in 0..<4 {
      if part > 0, !take(".") { return false }
      var value = 0
      var count = 0
      while let byte = rest.first, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        if count > 0, value == 0 { return false }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
        count += 1
        if value > 255 { return false }
        rest = rest.dropFirst()
      }
      if count == 0 { return false }
    }
    return true
  }

  /// `YYYY-MM-DD` (RFC 3339 §5.6).
  package mutating func date() -> (year: Int, month: Int, day: Int)? {
    guard let year = digits(4), take("-"), let month = digits(2), take("-"), let day = digits(2),
      (1...12).contains(month), day >= 1, day <= daysInMonth(year, month)
    else { return nil }
    return (year, month, day)
  }

  /// A date, `T` and a time (RFC 3339 §5.6).
  package mutating func dateTime() -> (date: (year: Int, month: Int, day: Int), time: Int)? {
    guard let date = date(), take("T") || take("t"), let time = time() else { return nil }
    return (date, time)
  }

  /// `HH:MM:SS[.fraction](Z|±HH:MM)` as microseconds since midnight in UTC, which may be another day's. A 60th second
  /// is taken at 23:59 UTC only, where leap seconds are, and counts as the next second.
  package mutating func time() -> Int? {
    guard let hour = digits(2), take(":"), let minute = digits(2), take(":"), let second = digits(2), hour < 24,
      minute < 60, second <= 60
    else { return nil }
    var fraction = 0
    if take(".") {
      var unit = 100_000
      guard let first = digits(1) else { return nil }
      fraction = first * unit
      while let digit = digits(1) {
        unit /= 10
        fraction += digit * unit
      }
    }
    var offset = 0
    if !take("Z"), !take("z") {
      let isWest = take("-")
      guard isWest || take("+"), let hours = digits(2), take(":"), let minutes = digits(2), hours < 24, minutes < 60
      else { return nil }
      offset = (hours * 60 + minutes) * (isWest ? -1 : 1)
    }
    let minuteOfDay = hour * 60 + minute - offset
    if second == 60, (minuteOfDay + 2 * 1440) % 1440 != 1439 { return nil }
    return (minuteOfDay * 60 + second) * 1_000_000 + fraction
  }
}

/// The 16 bytes of four hyphens and 32 hexadecimal digits in either case (RFC 9562 §4), as two big-endian numbers.
package func uuidWords(_ text: UnsafeBufferPointer<UInt8>) -> (high: UInt64, low: UInt64)? {
  guard text.count == 36 else { return nil }
  var high: UInt64 = 0
  var low: UInt64 = 0
  for index in 0..<36 {
    if [8, 13, 18, 23].contains(index) {
      guard text[index] == UInt8(ascii: "-") else { return nil }
    } else {
      guard let digit = hexValue(text[index]) else { return nil }
      high = high << 4 | low >> 60
      low = low << 4 | UInt64(digit)
    }
  }
  return (high, low)
}

@inlinable
package func hexValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
