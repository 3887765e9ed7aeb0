import Glibc
import KatanaScalars

/// A point in time: microseconds since 1970-01-01T00:00:00Z, without leap seconds. What `format: date-time` is read to.
public struct Instant: Sendable, Hashable, Comparable, BitwiseCopyable {
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// What the system's clock says.
  public static var now: Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  /// Reads RFC 3339. Digits behind the microsecond are dropped.
  public init?(_ text: String) {
    var text = text
    guard let value = text.withUTF8({ Instant($0) }) else { return nil }
    self = value
  }

  init?(_ text: UnsafeBufferPointer<UInt8>) {
    var scan = ByteScan(text[...])
    guard let (date, time) = scan.dateTime(), scan.isAtEnd else { return nil }
    microseconds = Int64(daysSinceEpoch(date.year, date.month, date.day) * 86_400_000_000 + time)
  }

  public static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }
}

extension Instant: CustomStringConvertible {
  /// RFC 3339 in UTC, with a fraction of three or six digits when there is one. Years beyond 0 to 9999, which RFC 3339
  /// has not and only databases hold, are written as ISO 8601 expands them: `+12345-01-31T…`, `-0044-03-15T…`.
  public var description: String {
    var (days, time) = Int(microseconds).quotientAndRemainder(dividingBy: 86_400_000_000)
    if time < 0 {
      days -= 1
      time += 86_400_000_000
    }
    let date = civilDate(days)
    let second = time / 1_000_000
    let sign = date.year < 0 ? "-" : date.year > 9999 ? "+" : ""
    var text = sign + padded(abs(date.year), 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2) + "T"
    text += padded(second / 3600, 2) + ":" + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2)
    let fraction = time % 1_000_000
    if fraction != 0 { text += "." + (fraction % 1000 == 0 ? padded(fraction / 1000, 3) : padded(fraction, 6)) }
    return text + "Z"
  }
}

private func padded(_ value: Int, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
