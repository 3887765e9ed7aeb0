import CSQLite

extension SQLiteDialect {
  static let timeFunctions: [SQLFunction] = [
    // Casts: to the one text that each moment has.
    SQLFunction("pg_timestamp", 1) { try .moment($0.moment(0)) },
    SQLFunction("pg_date", 1) { arguments in
      let moment = try arguments.moment(0)
      if moment == .max { return .text("infinity") }
      if moment == .min { return .text("-infinity") }
      return try .day(Calendar.floorDivide(moment, Calendar.microsecondsPerDay))
    },
    SQLFunction("pg_time", 1) { arguments in
      let text = arguments.text(0)
      if let time = Calendar.time(ofText: text[...]) { return .text(Calendar.text(ofTime: time)) }
      let moment = try finite(arguments, 0)
      return .text(
        Calendar.text(
          ofTime: moment - Calendar.floorDivide(moment, Calendar.microsecondsPerDay)
            * Calendar.microsecondsPerDay
        )
      )
    },
    SQLFunction("pg_timestamp_add", 2) { try .moment($0.interval(1).added(toMoment: $0.moment(0))) },
    SQLFunction("pg_timestamp_sub", 2) { try .moment((-$0.interval(1)).added(toMoment: $0.moment(0))) },
    SQLFunction("pg_timestamp_diff", 2) { arguments in
      let difference = try checked(finite(arguments, 0).subtractingReportingOverflow(finite(arguments, 1)))
      let days = difference / Calendar.microsecondsPerDay
      return .text(
        Interval(
          days: Int32(days),
          microseconds: difference - days * Calendar.microsecondsPerDay
        ).description
      )
    },
    SQLFunction("pg_date_add", 2) { try .day(checked(day($0, 0).addingReportingOverflow($0.integer(1)))) },
    SQLFunction("pg_date_diff", 2) { .integer(try day($0, 0) - day($0, 1)) },
    SQLFunction("pg_date_trunc", 2) { arguments in
      try .moment(truncated(arguments.moment(1), to: arguments.text(0).lowercased()))
    },
    SQLFunction("pg_extract", 2) { arguments in
      let unit = arguments.text(0).lowercased()
      let moment = try arguments.moment(1)
      if moment == .max || moment == .min {
        // What grows without an end is infinite; of what goes around, nothing is known.
        guard ["epoch", "year", "decade", "century"].contains(unit) else { return .null }
        return .numeric(Numeric(moment == .max ? .infinity : .minusInfinity))
      }
      return .numeric(try field(unit, ofMoment: moment))
    },
    SQLFunction("pg_to_timestamp", 1) { arguments in
      let micros = (arguments.real(0) * 1_000_000).rounded()
      guard abs(micros) < 1e18 else { throw Refusal("22008", "timestamp out of range") }
      return try .moment(Int64(micros) - 946_684_800_000_000)
    },
  ]

  static let intervalFunctions: [SQLFunction] = [
    SQLFunction("pg_interval", 1) { .text(try $0.interval(0).description) },
    SQLFunction("pg_interval_add", 2) { .text((try $0.interval(0) + $0.interval(1)).description) },
    SQLFunction("pg_interval_sub", 2) { .text((try $0.interval(0) + -$0.interval(1)).description) },
    SQLFunction("pg_interval_neg", 1) { .text((-(try $0.interval(0))).description) },
    // By whole numbers, where nothing has to be carried from months to days.
    SQLFunction("pg_interval_mul", 2) { arguments in
      let interval = try arguments.interval(0)
      guard arguments.type(1) == SQLITE_INTEGER, let factor = Int32(exactly: arguments.integer(1)) else {
        throw Refusal("0A000", "an interval is multiplied by whole numbers only")
      }
      return .text(
        Interval(
          months: interval.months &* factor,
          days: interval.days &* factor,
          microseconds: interval.microseconds &* Int64(factor)
        ).description
      )
    },
    // PostgreSQL compares with months of 30 days.
    SQLFunction("pg_interval_order", 1) { arguments in
      let interval = try arguments.interval(0)
      return .integer(
        (Int64(interval.months) * 30 + Int64(interval.days)) &* Calendar.microsecondsPerDay
          &+ interval.microseconds
      )
    },
    SQLFunction("pg_interval_extract", 2) { arguments in
      let interval = try arguments.interval(1)
      let micros = interval.microseconds
      switch arguments.text(0).lowercased() {
      case "epoch":
        let days =
          Int64(interval.months / 12) * 31_557_600 + Int64(interval.months % 12) * 2_592_000
          + Int64(interval.days) * 86_400
        return .numeric(seconds(days &* 1_000_000 &+ micros))
      case "year": return .numeric(Numeric(Int64(interval.months / 12)))
      case "month": return .numeric(Numeric(Int64(interval.months % 12)))
      case "day": return .numeric(Numeric(Int64(interval.days)))
      case "hour": return .numeric(Numeric(micros / 3_600_000_000))
      case "minute": return .numeric(Numeric(micros / 60_000_000 % 60))
      case "second": return .numeric(seconds(micros % 60_000_000))
      case let unit: throw Refusal("0A000", "interval unit \"\(unit)\" not supported")
      }
    },
  ]

  private static func day(_ arguments: SQLFunction.Arguments, _ index: Int) throws -> Int64 {
    Calendar.floorDivide(try finite(arguments, index), Calendar.microsecondsPerDay)
  }

  /// - Throws: ``Refusal`` for the infinities, with which this SQLite's functions do not count.
  private static func finite(_ arguments: SQLFunction.Arguments, _ index: Int) throws -> Int64 {
    let moment = try arguments.moment(index)
    if moment == .max || moment == .min { throw Refusal("22008", "cannot count with an infinite timestamp") }
    return moment
  }

  private static func checked(_ result: (partialValue: Int64, overflow: Bool)) throws -> Int64 {
    if result.overflow { throw Refusal("22008", "timestamp out of range") }
    return result.partialValue
  }

  /// Of microseconds, with six digits as PostgreSQL's.
  private static func seconds(_ micros: Int64) -> Numeric {
    Numeric(magnitude: Magnitude(micros.magnitude), isNegative: micros < 0, scale: 6)
  }

  private static func truncated(_ moment: Int64, to unit: String) throws -> Int64 {
    if moment == .max || moment == .min { return moment }
    func down(_ unit: Int64) -> Int64 { Calendar.floorDivide(moment, unit) * unit }
    let day = Calendar.floorDivide(moment, Calendar.microsecondsPerDay)
    let date = Calendar.date(ofDay: day)
    func start(_ year: Int, _ month: Int) -> Int64 {
      Calendar.days(year: year, month: month, day: 1) * Calendar.microsecondsPerDay
    }
    switch unit {
    case "microsecond", "microseconds": return moment
    case "millisecond", "milliseconds": return down(1000)
    case "second": return down(1_000_000)
    case "minute": return down(60_000_000)
    case "hour": return down(3_600_000_000)
    case "day": return day * Calendar.microsecondsPerDay
    // 2000-01-01 was a Saturday; weeks begin on Monday.
    case "week": return (Calendar.floorDivide(day + 5, 7) * 7 - 5) * Calendar.microsecondsPerDay
    case "month": return start(date.year, date.month)
    case "quarter": return start(date.year, (date.month - 1) / 3 * 3 + 1)
    case "year": return start(date.year, 1)
    case "decade": return start(date.year / 10 * 10, 1)
    default: throw Refusal("22023", "unit \"\(unit)\" not recognized")
    }
  }

  private static func field(_ unit: String, ofMoment moment: Int64) throws -> Numeric {
    let day = Calendar.floorDivide(moment, Calendar.microsecondsPerDay)
    let time = moment - day * Calendar.microsecondsPerDay
    let date = Calendar.date(ofDay: day)
    func whole(_ value: Int64) -> Numeric { Numeric(value) }
    switch unit {
    case "year": return whole(Int64(date.year))
    case "month": return whole(Int64(date.month))
    case "day": return whole(Int64(date.day))
    case "hour": return whole(time / 3_600_000_000)
    case "minute": return whole(time / 60_000_000 % 60)
    case "second": return seconds(time % 60_000_000)
    case "quarter": return whole(Int64((date.month - 1) / 3 + 1))
    case "dow": return whole((day % 7 + 7 + 6) % 7)
    case "isodow": return whole((day % 7 + 7 + 5) % 7 + 1)
    case "doy": return whole(day - Calendar.days(year: date.year, month: 1, day: 1) + 1)
    case "decade": return whole(Int64(date.year / 10))
    case "century": return whole(Int64((date.year + 99) / 100))
    case "epoch": return seconds(moment &+ 946_684_800_000_000)
    case "week":
      // ISO: the week of the year that its Thursday lies in.
      let thursday = day - (day % 7 + 7 + 5) % 7 + 3
      let year = Calendar.date(ofDay: thursday).year
      return whole((thursday - Calendar.days(year: year, month: 1, day: 1)) / 7 + 1)
    default: throw Refusal("22023", "unit \"\(unit)\" not recognized")
    }
  }
}
