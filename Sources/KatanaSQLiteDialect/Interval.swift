import KatanaScalars

/// PostgreSQL's `interval`: months, days and microseconds, which do not convert into each other.
///
/// The text is ISO 8601's, `P1Y2M3DT4H5M6.5S`; PostgreSQL's own way of writing is read, too.
public struct Interval: Equatable, Sendable {
  public var months: Int32 = 0
  public var days: Int32 = 0
  public var microseconds: Int64 = 0

  public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
    self.months = months
    self.days = days
    self.microseconds = microseconds
  }

  public init?(_ text: some StringProtocol) {
    let words = text.split(separator: " ").map { $0.lowercased() }
    guard let first = words.first else { return nil }
    let isRead = first.hasPrefix("p") ? words.count == 1 && readISO(first.dropFirst()) : readWords(words)
    if !isRead { return nil }
  }

  private mutating func readISO(_ text: Substring) -> Bool {
    var number = ""
    var inTime = false
    var isEmpty = true
    for character in text {
      switch character {
      case "t" where number.isEmpty: inTime = true
      case "0"..."9", ".", "-", "+": number.append(character)
      default:
        let unit: String
        switch (character, inTime) {
        case ("y", false): unit = "year"
        case ("m", false): unit = "month"
        case ("w", false): unit = "week"
        case ("d", false): unit = "day"
        case ("h", true): unit = "hour"
        case ("m", true): unit = "minute"
        case ("s", true): unit = "second"
        default: return false
        }
        guard add(number, unit) else { return false }
        number = ""
        isEmpty = false
      }
    }
    return number.isEmpty && !isEmpty
  }

  private mutating func readWords(_ words: [String]) -> Bool {
    var words = words
    let isAgo = words.last == "ago"
    if isAgo { words.removeLast() }
    var index = 0
    while index < words.count {
      if words[index].contains(":") {
        guard let time = Self.clock(words[index]) else { return false }
        guard addMicroseconds(time, 1) else { return false }
        index += 1
      } else if index + 1 < words.count {
        guard add(words[index], words[index + 1]) else { return false }
        index += 2
      } else {
        // "1day" and, without a unit, seconds.
        let number = words[index].prefix { "+-.0123456789".contains($0) }
        let unit = words[index].dropFirst(number.count)
        guard add(String(number), unit.isEmpty ? "second" : String(unit)) else { return false }
        index += 1
      }
    }
    if isAgo { self = -self }
    return true
  }

  private static func clock(_ text: String) -> Int64? {
    let isNegative = text.hasPrefix("-")
    let parts = text.drop { $0 == "-" || $0 == "+" }.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let hours = Int64(parts[0]), let minutes = Int64(parts[1]) else { return nil }
    // More has no place in the type.
    guard (0..<2_000_000_000).contains(hours), (0..<60).contains(minutes) else { return nil }
    var micros = (hours * 3600 + minutes * 60) * 1_000_000
    if parts.count == 3 {
      let seconds = parts[2].split(separator: ".", omittingEmptySubsequences: false)
      guard let whole = Int64(seconds[0]), (0..<61).contains(whole) else { return nil }
      micros += whole * 1_000_000
      if seconds.count == 2 {
        guard let fraction = Calendar.microseconds(Array(seconds[1].utf8)[...]) else { return nil }
        micros += fraction
      }
    }
    return isNegative ? -micros : micros
  }

  /// Only whole numbers of units that have no fixed length in smaller ones; seconds may have a fraction.
  private mutating func add(_ number: String, _ unit: String) -> Bool {
    if ["second", "seconds", "sec", "secs", "s"].contains(unit) {
      guard let value = Numeric(number), let micros = (value * Numeric(1_000_000))?.rounded(toScale: 0).integer
      else { return false }
      return addMicroseconds(micros, 1)
    }
    guard let value = Int64(number.hasPrefix("+") ? String(number.dropFirst()) : number) else { return false }
    func add(_ field: WritableKeyPath<Interval, Int32>, _ factor: Int64) -> Bool {
      guard value.magnitude < 1 << 32, let sum = Int32(exactly: Int64(self[keyPath: field]) + value * factor) else {
        return false
      }
      self[keyPath: field] = sum
      return true
    }
    switch unit {
    case "microsecond", "microseconds", "us", "usec": return addMicroseconds(value, 1)
    case "millisecond", "milliseconds", "ms", "msec": return addMicroseconds(value, 1000)
    case "minute", "minutes", "min", "mins", "m": return addMicroseconds(value, 60_000_000)
    case "hour", "hours", "hr", "hrs", "h": return addMicroseconds(value, 3_600_000_000)
    case "day", "days", "d": return add(\.days, 1)
    case "week", "weeks", "w": return add(\.days, 7)
    case "month", "months", "mon", "mons": return add(\.months, 1)
    case "year", "years", "yr", "yrs", "y": return add(\.months, 12)
    case "decade", "decades": return add(\.months, 120)
    case "century", "centuries": return add(\.months, 1200)
    default: return false
    }
  }

  private mutating func addMicroseconds(_ value: Int64, _ factor: Int64) -> Bool {
    let (product, isTooLarge) = value.multipliedReportingOverflow(by: factor)
    let (sum, isBeyond) = microseconds.addingReportingOverflow(product)
    if isTooLarge || isBeyond { return false }
    microseconds = sum
    return true
  }

  public static prefix func - (a: Interval) -> Interval {
    Interval(months: 0 &- a.months, days: 0 &- a.days, microseconds: 0 &- a.microseconds)
  }

  public static func + (a: Interval, b: Interval) -> Interval {
    Interval(months: a.months &+ b.months, days: a.days &+ b.days, microseconds: a.microseconds &+ b.microseconds)
  }

  /// Months first, with the day held within its month, then days, then time: PostgreSQL's order. Nil when the result
  /// is outside of what the text can hold.
  public func added(toMoment moment: Int64) -> Int64? {
    if moment == .max || moment == .min { return moment }
    var day = Calendar.floorDivide(moment, Calendar.microsecondsPerDay)
    let time = moment - day * Calendar.microsecondsPerDay
    if months != 0 {
      let date = Calendar.date(ofDay: day)
      let total = Int64(date.year) * 12 + Int64(date.month - 1) + Int64(months)
      let year = Int(Calendar.floorDivide(total, 12))
      let month = Int(total - Int64(year) * 12) + 1
      guard (1...9999).contains(year) else { return nil }
      let last = daysInMonth(year, month)
      day = Calendar.days(year: year, month: month, day: min(date.day, last))
    }
    day += Int64(days)
    guard Calendar.dayRange.contains(day) else { return nil }
    let (sum, overflow) = (day * Calendar.microsecondsPerDay + time).addingReportingOverflow(microseconds)
    return overflow ? nil : sum
  }
}

extension Interval: CustomStringConvertible {
  public var description: String {
    var text = "P"
    if months / 12 != 0 { text += "\(months / 12)Y" }
    if months % 12 != 0 { text += "\(months % 12)M" }
    if days != 0 { text += "\(days)D" }
    if microseconds != 0 {
      text += "T"
      let seconds = microseconds / 1_000_000
      let fraction = microseconds % 1_000_000
      if seconds / 3600 != 0 { text += "\(seconds / 3600)H" }
      if seconds / 60 % 60 != 0 { text += "\(seconds / 60 % 60)M" }
      if seconds % 60 != 0 || fraction != 0 {
        text += microseconds < 0 ? "-" : ""
        text += "\((seconds % 60).magnitude)"
        if fraction != 0 {
          var digits = Calendar.padded(Int(fraction.magnitude), 6)[...]
          while digits.last == "0" { digits.removeLast() }
          text += ".\(digits)"
        }
        text += "S"
      }
    }
    return text == "P" ? "PT0S" : text
  }
}
