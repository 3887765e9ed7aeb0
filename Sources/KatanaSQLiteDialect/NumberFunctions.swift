import CSQLite
import Glibc

extension SQLiteDialect {
  static let numberFunctions: [SQLFunction] = [
    SQLFunction("pg_add", 2) { .numeric(try $0.numeric(0) + $0.numeric(1)) },
    SQLFunction("pg_sub", 2) { .numeric(try $0.numeric(0) - $0.numeric(1)) },
    SQLFunction("pg_mul", 2) { .numeric(try finite(try $0.numeric(0) * $0.numeric(1))) },
    SQLFunction("pg_div", 2) { .numeric(try divided(try $0.numeric(0) / $0.numeric(1), by: try $0.numeric(1))) },
    SQLFunction("pg_mod", 2) { .numeric(try divided(try $0.numeric(0) % $0.numeric(1), by: try $0.numeric(1))) },
    SQLFunction("pg_neg", 1) { .numeric(-(try $0.numeric(0))) },
    SQLFunction("pg_abs", 1) {
      let x = try $0.numeric(0)
      return .numeric(Numeric.compare(x, Numeric(0)) < 0 ? -x : x)
    },
    SQLFunction("pg_round", 1) { .numeric(try $0.numeric(0).rounded(toScale: 0)) },
    SQLFunction("pg_round", 2) { .numeric(try $0.numeric(0).rounded(toScale: scale($0.integer(1)))) },
    SQLFunction("pg_trunc", 1) { .numeric(try $0.numeric(0).truncated(toScale: 0)) },
    SQLFunction("pg_trunc", 2) { .numeric(try $0.numeric(0).truncated(toScale: scale($0.integer(1)))) },
    SQLFunction("pg_floor", 1) { .numeric(try $0.numeric(0).floor) },
    SQLFunction("pg_ceil", 1) { .numeric(try $0.numeric(0).ceiling) },
    SQLFunction("pg_sign", 1) { .numeric(Numeric(Int64(Numeric.compare(try $0.numeric(0), Numeric(0))))) },
    // A cast: of whole numbers, floating-point numbers and text.
    SQLFunction("pg_numeric", 1) { .numeric(try decimal($0)) },
    SQLFunction("pg_numeric", 3) { arguments in
      let precision = limited(arguments.integer(1))
      let scale = limited(arguments.integer(2))
      let value = try decimal(arguments).rounded(toScale: scale)
      if value.special == nil, value.wholeDigitCount > precision - scale {
        throw Refusal("22003", "numeric field overflow: precision \(precision), scale \(scale)")
      }
      return .numeric(value)
    },
    // Casts to whole numbers round: halves of a decimal away from zero, of a floating-point number to the even one.
    SQLFunction("pg_int", 2) { arguments in
      let bits = arguments.integer(1)
      var value: Int64?
      switch arguments.type(0) {
      case SQLITE_INTEGER: value = arguments.integer(0)
      case SQLITE_FLOAT: value = Int64(exactly: arguments.real(0).rounded(.toNearestOrEven))
      default:
        let number = try arguments.numeric(0)
        value = number.special == nil ? number.rounded(toScale: 0).integer : nil
      }
      let limit = bits == 16 ? Int64(Int16.max) : bits == 32 ? Int64(Int32.max) : Int64.max
      guard let value, value <= limit, value >= -limit - 1 else {
        throw Refusal("22003", "\(bits == 64 ? "bigint" : bits == 32 ? "integer" : "smallint") out of range")
      }
      return .integer(value)
    },
    // Text that is cast has to be a whole number.
    SQLFunction("pg_int_text", 2) { arguments in
      let text = arguments.text(0)
      let bits = arguments.integer(1)
      let trimmed = text.filter { $0 != " " }
      guard let value = Int64(trimmed) else {
        throw Refusal("22P02", "invalid input syntax for type integer: \"\(text)\"")
      }
      let limit = bits == 16 ? Int64(Int16.max) : bits == 32 ? Int64(Int32.max) : Int64.max
      if value > limit || value < -limit - 1 { throw Refusal("22003", "value \"\(text)\" is out of range") }
      return .integer(value)
    },
    SQLFunction("pg_float", 1) { arguments in
      if arguments.type(0) != SQLITE_TEXT { return .real(arguments.real(0)) }
      let text = arguments.text(0)
      guard let value = Double(text.lowercased() == "infinity" ? "inf" : text) else {
        throw Refusal("22P02", "invalid input syntax for type double precision: \"\(text)\"")
      }
      return .real(value)
    },
    // Division by zero is an error, where SQLite gives NULL.
    SQLFunction("pg_div_int", 2) { arguments in
      let (a, b) = (arguments.integer(0), arguments.integer(1))
      if b == 0 { throw divisionByZero }
      let (quotient, overflow) = a.dividedReportingOverflow(by: b)
      if overflow { throw Refusal("22003", "bigint out of range") }
      return .integer(quotient)
    },
    SQLFunction("pg_mod_int", 2) { arguments in
      let (a, b) = (arguments.integer(0), arguments.integer(1))
      if b == 0 { throw divisionByZero }
      return .integer(b == -1 ? 0 : a % b)
    },
    SQLFunction("pg_div_float", 2) { arguments in
      if arguments.real(1) == 0 { throw divisionByZero }
      return .real(arguments.real(0) / arguments.real(1))
    },
    SQLFunction("pg_round_float", 1) { .real($0.real(0).rounded(.toNearestOrEven)) },
    // NULLs do not count, unlike with SQLite's max() and min() of several arguments.
    SQLFunction("pg_greatest", -1, isStrict: false) { try extreme($0, sign: 1, asNumeric: false) },
    SQLFunction("pg_least", -1, isStrict: false) { try extreme($0, sign: -1, asNumeric: false) },
    SQLFunction("pg_greatest_numeric", -1, isStrict: false) { try extreme($0, sign: 1, asNumeric: true) },
    SQLFunction("pg_least_numeric", -1, isStrict: false) { try extreme($0, sign: -1, asNumeric: true) },
  ]

  private static let divisionByZero = Refusal("22012", "division by zero")

  private static func finite(_ value: Numeric?) throws -> Numeric { value ?? Numeric(.nan) }

  private static func divided(_ value: Numeric?, by divisor: Numeric) throws -> Numeric {
    if divisor == Numeric(0) { throw divisionByZero }
    return value ?? Numeric(.nan)
  }

  /// More digits a type cannot have.
  private static func limited(_ value: Int64) -> Int { Int(min(max(value, -1000), 1000)) }

  private static func scale(_ value: Int64) -> Int { Int(min(max(value, -1000), 1000)) }

  /// A floating-point number by the 15 digits that PostgreSQL takes from it.
  private static func decimal(_ arguments: SQLFunction.Arguments) throws -> Numeric {
    guard arguments.type(0) == SQLITE_FLOAT else { return try arguments.numeric(0) }
    var buffer = [CChar](repeating: 0, count: 40)
    let count = withVaList([arguments.real(0)]) { vsnprintf(&buffer, 40, "%.15g", $0) }
    return Numeric(String(decoding: buffer.prefix(Int(count)).map(UInt8.init(bitPattern:)), as: UTF8.self))
      ?? Numeric(.nan)
  }

  private static func extreme(_ arguments: SQLFunction.Arguments, sign: Int, asNumeric: Bool) throws
    -> SQLFunction.Value
  {
    var best: Int?
    for index in 0..<arguments.count where !arguments.isNull(index) {
      if let found = best, try arguments.compare(index, found, asNumeric: asNumeric) * sign <= 0 { continue }
      best = index
    }
    return best.map(arguments.value) ?? .null
  }
}
