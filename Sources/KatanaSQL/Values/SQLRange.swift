import Katana

/// A type whose ranges PostgreSQL has.
public protocol SQLRangeBound: SQLValue, Hashable, Comparable {
  static var sqlRangeType: SQLType { get }
}

/// A range of values. PostgreSQL brings ranges of integers and dates into the form that includes the lower bound and
/// excludes the upper one.
public enum SQLRange<Bound: SQLRangeBound>: SQLValue, Hashable {
  case empty
  case bounds(lower: Limit, upper: Limit)

  public enum Limit: Hashable, Sendable {
    case unbounded
    case including(Bound)
    case excluding(Bound)

    var bound: Bound? {
      switch self {
      case .unbounded: nil
      case .including(let bound), .excluding(let bound): bound
      }
    }
  }

  public static var sqlType: SQLType { Bound.sqlRangeType }

  public init(_ range: Range<Bound>) {
    self = range.isEmpty ? .empty : .bounds(lower: .including(range.lowerBound), upper: .excluding(range.upperBound))
  }

  public init(_ range: ClosedRange<Bound>) {
    self = .bounds(lower: .including(range.lowerBound), upper: .including(range.upperBound))
  }

  public func contains(_ value: Bound) -> Bool {
    guard case .bounds(let lower, let upper) = self else { return false }
    switch lower {
    case .unbounded: break
    case .including(let bound): if value < bound { return false }
    case .excluding(let bound): if value <= bound { return false }
    }
    switch upper {
    case .unbounded: return true
    case .including(let bound): return value <= bound
    case .excluding(let bound): return value < bound
    }
  }

  public var sqlText: String {
    guard case .bounds(let lower, let upper) = self else { return "empty" }
    let first = lower.bound.map { quoted($0.sqlText) } ?? ""
    let last = upper.bound.map { quoted($0.sqlText) } ?? ""
    var text = "("
    if case .including = lower { text = "[" }
    text += first + "," + last
    if case .including = upper { return text + "]" }
    return text + ")"
  }

  // `range_send`: a byte of flags, and the bounds that there are, each with its length.
  private static var isEmpty: UInt8 { 1 }
  private static var includesLower: UInt8 { 2 }
  private static var includesUpper: UInt8 { 4 }
  private static var hasNoLower: UInt8 { 8 }
  private static var hasNoUpper: UInt8 { 16 }

  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard let flags = bytes.first else { return nil }
    if flags & Self.isEmpty != 0 {
      self = .empty
      return
    }
    var at = 1
    func bound() -> Bound? {
      guard bytes.count - at >= 4 else { return nil }
      let count = Int(bytes.integer(at: at, as: Int32.self))
      guard count >= 0, bytes.count - at - 4 >= count else { return nil }
      defer { at += 4 + count }
      return Bound(sql: UnsafeRawBufferPointer(rebasing: bytes[at + 4..<at + 4 + count]))
    }
    var lower = Limit.unbounded
    var upper = Limit.unbounded
    if flags & Self.hasNoLower == 0 {
      guard let value = bound() else { return nil }
      lower = flags & Self.includesLower != 0 ? .including(value) : .excluding(value)
    }
    if flags & Self.hasNoUpper == 0 {
      guard let value = bound() else { return nil }
      upper = flags & Self.includesUpper != 0 ? .including(value) : .excluding(value)
    }
    if at != bytes.count { return nil }
    self = .bounds(lower: lower, upper: upper)
  }

  public var sqlByteCount: Int {
    guard case .bounds(let lower, let upper) = self else { return 1 }
    return 1 + (lower.bound.map { 4 + $0.sqlByteCount } ?? 0) + (upper.bound.map { 4 + $0.sqlByteCount } ?? 0)
  }

  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    guard case .bounds(let lower, let upper) = self else {
      bytes[0] = Self.isEmpty
      return
    }
    var flags: UInt8 = 0
    if case .including = lower { flags |= Self.includesLower }
    if case .including = upper { flags |= Self.includesUpper }
    if lower == .unbounded { flags |= Self.hasNoLower }
    if upper == .unbounded { flags |= Self.hasNoUpper }
    bytes[0] = flags
    var at = 1
    for case let bound? in [lower.bound, upper.bound] {
      let count = bound.sqlByteCount
      bytes.store(Int32(count), at: at)
      bound.write(to: bytes.part(at + 4, count))
      at += 4 + count
    }
  }
}

extension Int32: SQLRangeBound { public static var sqlRangeType: SQLType { .int4range } }
extension Int64: SQLRangeBound { public static var sqlRangeType: SQLType { .int8range } }
extension SQLDecimal: SQLRangeBound { public static var sqlRangeType: SQLType { .numrange } }
extension SQLDate: SQLRangeBound { public static var sqlRangeType: SQLType { .daterange } }
extension SQLDateTime: SQLRangeBound { public static var sqlRangeType: SQLType { .tsrange } }
extension Instant: SQLRangeBound { public static var sqlRangeType: SQLType { .tstzrange } }
