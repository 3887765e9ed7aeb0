import Katana
import KatanaScalars

/// Microseconds from 1970-01-01, where Swift's instants begin, to 2000-01-01, where PostgreSQL's do.
private let epochMicroseconds: Int64 = 946_684_800_000_000
private let epochDays: Int32 = 10_957

/// timestamptz. `infinity` and `-infinity` are the last and the first instant. The database's last eleven days (year
/// 294276) are behind the last instant and cannot be read.
extension Instant: SQLValue {
  public static var sqlType: SQLType { .timestamptz }

  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard let value = timestamp(bytes) else { return nil }
    self.init(microseconds: value)
  }

  public var sqlByteCount: Int { 8 }
  public func write(to bytes: UnsafeMutableRawBufferPointer) { bytes.store(sinceEpoch(microseconds), at: 0) }
  public var sqlText: String { SQLDateTime(microseconds: microseconds).text(zone: "+00") }
}

/// timestamp: a date and a time on some clock, which says nothing about when that was.
public struct SQLDateTime: SQLValue, Hashable, Comparable {
  public static var sqlType: SQLType { .timestamp }

  /// Since 1970-01-01 00:00 on the same clock.
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public init(_ date: SQLDate, _ time: SQLTime) {
    microseconds = Int64(date.days) * 86_400_000_000 + time.microseconds
  }

  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard let value = timestamp(bytes) else { return nil }
    microseconds = value
  }

  public var sqlByteCount: Int { 8 }
  public func write(to bytes: UnsafeMutableRawBufferPointer) { bytes.store(sinceEpoch(microseconds), at: 0) }

  public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

  public var sqlText: String { text(zone: "") }

  fileprivate func text(zone: String) -> String {
    if microseconds == .max || microseconds == .min { return description }
    let day = date.sqlText
    return day.hasSuffix(" BC") ? "\(day.dropLast(3)) \(time)\(zone) BC" : "\(day) \(time)\(zone)"
  }

  /// The date of it.
  public var date: SQLDate { SQLDate(days: Int32(clamping: microseconds.floored(by: 86_400_000_000))) }
  /// The time of day.
  public var time: SQLTime {
    SQLTime(microseconds: microseconds - microseconds.floored(by: 86_400_000_000) * 86_400_000_000)
  }
}

extension SQLDateTime: CustomStringConvertible {
  /// ISO 8601: `2026-01-31T12:30:00.5`, `infinity`, `-infinity`.
  public var description: String {
    switch microseconds {
    case .max: "infinity"
    case .min: "-infinity"
    default: "\(date)T\(time)"
    }
  }
}

/// Nil where the value does not fit; the infinities are the ends of the range.
private func timestamp(_ bytes: UnsafeRawBufferPointer) -> Int64? {
  guard bytes.count == 8 else { return nil }
  let value: Int64 = bytes.integer(at: 0)
  if value == .max || value == .min { return value }
  let (sum, isBeyond) = value.addingReportingOverflow(epochMicroseconds)
  return isBeyond || sum == .max ? nil : sum
}

/// Instants before the database's first (4714 BC) are refused by the database.
private func sinceEpoch(_ microseconds: Int64) -> Int64 {
  if microseconds == .max || microseconds == .min { return microseconds }
  let (difference, isBeyond) = microseconds.subtractingReportingOverflow(epochMicroseconds)
  return isBeyond ? .min + 1 : difference
}

/// date: a day of the proleptic Gregorian calendar.
public struct SQLDate: SQLValue, Hashable, Comparable {
  public static var sqlType: SQLType { .date }
  public static let infinity = SQLDate(days: .max)
  public static let minusInfinity = SQLDate(days: .min)

  /// Since 1970-01-01.
  public var days: Int32

  public init(days: Int32) { self.days = days }

  /// - Precondition: the month is 1 to 12. Days beyond the month's are the next one's.
  public init(year: Int, month: Int, day: Int) {
    precondition((1...12).contains(month), "there are 12 months")
    days = Int32(clamping: daysSinceEpoch(year, month, day))
  }

  /// Reads `YYYY-MM-DD`, with a year of four digits or more and perhaps a sign (ISO 8601), `infinity` and `-infinity`.
  public init?(_ text: String) {
    if text == "infinity" { self = .infinity; return }
    if text == "-infinity" { self = .minusInfinity; return }
    let isBefore = text.hasPrefix("-")
    let parts = text.dropFirst(isBefore ? 1 : 0).split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count >= 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2,
      parts.allSatisfy({ $0.utf8.allSatisfy { $0 &- 48 < 10 } }),
      let year = Int(parts[0]), year < 6_000_000, let month = Int(parts[1]), let day = Int(parts[2]),
      (1...12).contains(month)
    else { return nil }
    let date = SQLDate(year: isBefore ? -year : year, month: month, day: day)
    guard date.parts.month == month, date.parts.day == day else { return nil }
    self = date
  }

  /// A date that a contract has checked.
  ///
  /// - Throws: ``Problem`` with 422 for what is none all the same.
  public init(valid text: String) throws(Problem) {
    guard let date = SQLDate(text) else { throw Problem(.unprocessableContent, detail: "'\(text)' is not a date") }
    self = date
  }

  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 4 else { return nil }
    let value: Int32 = bytes.integer(at: 0)
    if value == .max || value == .min {
      days = value
      return
    }
    let (sum, isBeyond) = value.addingReportingOverflow(epochDays)
    if isBeyond { return nil }
    days = sum
  }

  public var sqlByteCount: Int { 4 }

  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    let (difference, isBeyond) = days.subtractingReportingOverflow(epochDays)
    bytes.store(days == .max || days == .min ? days : isBeyond ? .min + 1 : difference, at: 0)
  }

  /// Years before the first are written with an era.
  public var sqlText: String {
    if days == .max || days == .min { return description }
    let (year, month, day) = parts
    let text = "\(padded(Int64(year > 0 ? year : 1 - year), 4))-\(padded(Int64(month), 2))-\(padded(Int64(day), 2))"
    return year > 0 ? text : text + " BC"
  }

  public static func < (left: Self, right: Self) -> Bool { left.days < right.days }

  /// Year 0 is the one before year 1.
  ///
  /// - Precondition: the date is finite.
  public var parts: (year: Int, month: Int, day: Int) { civilDate(Int(days)) }
}

extension SQLDate: CustomStringConvertible {
  /// ISO 8601.
  public var description: String {
    switch days {
    case .max: return "infinity"
    case .min: return "-infinity"
    default:
      let (year, month, day) = parts
      return "\(year < 0 ? "-" : "")\(padded(Int64(abs(year)), 4))-\(padded(Int64(month), 2))-\(padded(Int64(day), 2))"
    }
  }
}

/// time: a time of day, 24:00 included.
public struct SQLTime: SQLValue, Hashable, Comparable {
  public static var sqlType: SQLType { .time }

  /// Since midnight, 0 to 86 400 000 000.
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// Reads `HH:MM[:SS[.ffffff]]`.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3, parts[0].utf8.count == 2, parts[1].utf8.count == 2,
      let hour = UInt8(parts[0]), let minute = UInt8(parts[1]), hour <= 24, minute < 60
    else { return nil }
    var value = (Int64(hour) * 60 + Int64(minute)) * 60_000_000
    if parts.count == 3 {
      let seconds = parts[2].split(separator: ".", omittingEmptySubsequences: false)
      guard seconds.count <= 2, seconds[0].utf8.count == 2, let second = UInt8(seconds[0]), second < 60 else { return nil }
      value += Int64(second) * 1_000_000
      if seconds.count == 2 {
        let digits = seconds[1].utf8
        guard (1...6).contains(digits.count), digits.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
        value += Int64(seconds[1] + String(repeating: "0", count: 6 - digits.count)) ?? 0
      }
    }
    if value > 86_400_000_000 { return nil }
    microseconds = value
  }

  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 8 else { return nil }
    microseconds = bytes.integer(at: 0)
    if microseconds < 0 || microseconds > 86_400_000_000 { return nil }
  }

  public var sqlByteCount: Int { 8 }
  public func write(to bytes: UnsafeMutableRawBufferPointer) { bytes.store(microseconds, at: 0) }

  public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }
}

extension SQLTime: CustomStringConvertible {
  /// `HH:MM:SS` and, where there is one, a fraction of up to six digits.
  public var description: String {
    let second = microseconds / 1_000_000
    var text = "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    let fraction = microseconds % 1_000_000
    if fraction != 0 {
      text += "." + padded(fraction, 6)
      while text.last == "0" { text.removeLast() }
    }
    return text
  }
}

/// interval: months, days and time apart, because a month has no fixed number of days and a day none of hours.
public struct SQLInterval: SQLValue, Hashable {
  public static var sqlType: SQLType { .interval }

  public var months: Int32
  public var days: Int32
  public var microseconds: Int64

  public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
    self.months = months
    self.days = days
    self.microseconds = microseconds
  }

  /// A time without months and days, to the microsecond.
  public init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self.init(microseconds: Int64(clamping: Int128(seconds) * 1_000_000 + Int128(attoseconds / 1_000_000_000_000)))
  }

  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 16 else { return nil }
    self.init(months: bytes.integer(at: 12), days: bytes.integer(at: 8), microseconds: bytes.integer(at: 0))
  }

  public var sqlByteCount: Int { 16 }

  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    bytes.store(microseconds, at: 0)
    bytes.store(days, at: 8)
    bytes.store(months, at: 12)
  }
}

extension SQLInterval: CustomStringConvertible {
  /// An ISO 8601 duration, with a sign at each part: `P1Y-2M3DT-4.5S`.
  public var description: String {
    var text = "P"
    if months / 12 != 0 { text += "\(months / 12)Y" }
    if months % 12 != 0 { text += "\(months % 12)M" }
    if days != 0 { text += "\(days)D" }
    if microseconds != 0 || text == "P" {
      text += "T"
      let minutes = microseconds / 60_000_000
      if minutes / 60 != 0 { text += "\(minutes / 60)H" }
      if minutes % 60 != 0 { text += "\(minutes % 60)M" }
      let rest = microseconds % 60_000_000
      if rest != 0 || minutes == 0 {
        text += "\(rest < 0 ? "-" : "")\(abs(rest) / 1_000_000)"
        if rest % 1_000_000 != 0 {
          text += "." + padded(abs(rest) % 1_000_000, 6)
          while text.last == "0" { text.removeLast() }
        }
        text += "S"
      }
    }
    return text
  }
}

private func padded(_ value: Int64, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

extension Int64 {
  /// The quotient, rounded down.
  fileprivate func floored(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
