import KatanaScalars

/// Dates and times as PostgreSQL counts them, from and to the text that SQLite keeps.
///
/// A moment is microseconds since 2000-01-01 00:00:00 (UTC for `timestamptz`), a day is one since 2000-01-01; the text
/// is `YYYY-MM-DD HH:MM:SS[.ffffff]` without trailing zeros, so that text compares as time does. That holds for the
/// years 1 to 9999, and others are refused. `infinity` sorts behind all digits and `-infinity` before them.
public enum Calendar {
  public static let microsecondsPerDay: Int64 = 86_400_000_000
  /// Days of 0001-01-01 and 9999-12-31.
  static let dayRange: ClosedRange<Int64> = -730_119...2_921_939

  /// 2000-01-01, in days since 1970-01-01.
  private static let epoch = 10_957

  public static func days(year: Int, month: Int, day: Int) -> Int64 {
    Int64(daysSinceEpoch(year, month, day) - epoch)
  }

  public static func date(ofDay day: Int64) -> (year: Int, month: Int, day: Int) { civilDate(Int(day) + epoch) }

  /// Nil outside of the years 1 to 9999.
  public static func text(ofDay day: Int64) -> String? {
    if day == Int64(Int32.max) { return "infinity" }
    if day == Int64(Int32.min) { return "-infinity" }
    guard dayRange.contains(day) else { return nil }
    let (year, month, day) = date(ofDay: day)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }

  /// Nil outside of the years 1 to 9999.
  public static func text(ofMoment moment: Int64) -> String? {
    if moment == .max { return "infinity" }
    if moment == .min { return "-infinity" }
    let day = floorDivide(moment, microsecondsPerDay)
    guard let date = text(ofDay: day), dayRange.contains(day) else { return nil }
    return "\(date) \(text(ofTime: moment - day * microsecondsPerDay))"
  }

  /// `HH:MM:SS[.ffffff]`
  public static func text(ofTime time: Int64) -> String {
    let seconds = Int(time / 1_000_000)
    let fraction = Int(time % 1_000_000)
    var text = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
    if fraction > 0 {
      var digits = padded(fraction, 6)[...]
      while digits.last == "0" { digits.removeLast() }
      text += ".\(digits)"
    }
    return text
  }

  public static func day(ofText text: Substring) -> Int64? {
    if text == "infinity" { return Int64(Int32.max) }
    if text == "-infinity" { return Int64(Int32.min) }
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[4] == 0x2d, bytes[7] == 0x2d, let year = number(bytes[0..<4]),
      let month = number(bytes[5..<7]), let day = number(bytes[8..<10]), year >= 1, (1...12).contains(month),
      day >= 1, day <= daysInMonth(year, month)
    else { return nil }
    return days(year: year, month: month, day: day)
  }

  /// A date alone, or with a time behind a space or `T`, and an offset or `Z`, which is subtracted.
  public static func moment(ofText text: Substring) -> Int64? {
    if text == "infinity" { return .max }
    if text == "-infinity" { return .min }
    guard let day = day(ofText: text.prefix(10)) else { return nil }
    var rest = text.dropFirst(10)
    if rest.isEmpty { return day * microsecondsPerDay }
    guard let separator = rest.popFirst(), separator == " " || separator == "T" else { return nil }
    var offset: Int64 = 0
    if rest.last == "Z" {
      rest.removeLast()
    } else if let sign = rest.lastIndex(where: { $0 == "+" || $0 == "-" }) {
      guard let minutes = offsetMinutes(rest[rest.index(after: sign)...]) else { return nil }
      offset = (rest[sign] == "-" ? -minutes : minutes) * 60_000_000
      rest = rest[..<sign]
    }
    guard let time = time(ofText: rest) else { return nil }
    return day * microsecondsPerDay + time - offset
  }

  private static func offsetMinutes(_ text: Substring) -> Int64? {
    let digits = Array(text.utf8.filter { $0 != 0x3a })
    guard digits.count == 2 || digits.count == 4, let hours = number(digits[0..<2]) else { return nil }
    return Int64(hours * 60 + (digits.count == 4 ? number(digits[2..<4]) ?? 0 : 0))
  }

  /// Up to 24:00:00, as PostgreSQL.
  public static func time(ofText text: Substring) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 5, bytes[2] == 0x3a, let hour = number(bytes[0..<2]), let minute = number(bytes[3..<5]),
      hour <= 24, minute < 60
    else { return nil }
    var micros = Int64(hour * 3600 + minute * 60) * 1_000_000
    if bytes.count > 5 {
      guard bytes.count >= 8, bytes[5] == 0x3a, let second = number(bytes[6..<8]), second < 60 else { return nil }
      micros += Int64(second) * 1_000_000
    }
    if bytes.count > 8 {
      guard bytes[8] == 0x2e, bytes.count > 9, let fraction = microseconds(bytes[9...]) else { return nil }
      micros += fraction
    }
    return micros <= microsecondsPerDay ? micros : nil
  }

  /// Digits behind the point of a second; those behind the sixth are cut off.
  static func microseconds(_ digits: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    var unit: Int64 = 100_000
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      value += Int64(digit - 0x30) * unit
      unit /= 10
    }
    return value
  }

  static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      value = value * 10 + Int(digit - 0x30)
    }
    return value
  }

  static func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(width - text.utf8.count, 0)) + text
  }

  static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
    let quotient = a / b
    return a % b < 0 ? quotient - 1 : quotient
  }
}
