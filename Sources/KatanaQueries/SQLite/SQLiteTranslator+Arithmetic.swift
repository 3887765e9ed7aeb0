extension SQLiteTranslator {
  /// Nil when the operator is none of numbers and times.
  func arithmetic(_ a: Value, _ sign: String, _ b: Value, _ node: SyntaxNode?) throws(Untranslatable) -> Value? {
    if let value = try times(a, sign, b, node) { return value }
    guard a.type.isNumber || a.type == .unknown, b.type.isNumber || b.type == .unknown,
      a.type != .unknown || b.type != .unknown
    else { return nil }
    let (x, y, type) = try matched(a, b, node)
    // Of a literal it is known that it is not zero.
    let isSafe = Double(y.text).map { $0 != 0 } ?? false
    if type.isNumeric {
      let names = ["+": "pg_add", "-": "pg_sub", "*": "pg_mul", "/": "pg_div", "%": "pg_mod"]
      return Self.function(names[sign]!, [x, y], .decimal)
    }
    switch sign {
    case "/" where type.isInteger && !isSafe: return Self.function("pg_div_int", [x, y], type)
    case "%" where type.isInteger && !isSafe: return Self.function("pg_mod_int", [x, y], type)
    case "/" where type.isFloat && !isSafe: return Self.function("pg_div_float", [x, y], type)
    case "%" where type.isFloat: return nil
    default: return Self.binary(x, sign, y, type)
    }
  }

  private func times(_ a: Value, _ sign: String, _ b: Value, _ node: SyntaxNode?) throws(Untranslatable) -> Value? {
    var (a, b) = (a, b)
    // A literal beside a moment is an interval, except where two moments are subtracted.
    if a.type.isMoment, b.string != nil { b = try assigned(b, to: sign == "-" ? a.type : .interval, node) }
    if a.type == .date, b.string != nil { b = try assigned(b, to: sign == "-" ? .date : .interval, node) }
    if a.type == .interval, b.string != nil { b = try assigned(b, to: .interval, node) }
    func call(_ name: String, _ x: Value, _ y: Value, _ type: StorageType) -> Value {
      Self.function(name, [x, y], type)
    }
    switch (a.type, sign, b.type) {
    case (.timestamp, "+", .interval), (.timestamptz, "+", .interval): return call("pg_timestamp_add", a, b, a.type)
    case (.timestamp, "-", .interval), (.timestamptz, "-", .interval): return call("pg_timestamp_sub", a, b, a.type)
    case (.date, "+", .interval): return call("pg_timestamp_add", a, b, .timestamp)
    case (.date, "-", .interval): return call("pg_timestamp_sub", a, b, .timestamp)
    case (.interval, "+", .timestamp), (.interval, "+", .timestamptz): return call("pg_timestamp_add", b, a, b.type)
    case (.interval, "+", .date): return call("pg_timestamp_add", b, a, .timestamp)
    case (.date, "-", .date): return call("pg_date_diff", a, b, .int4)
    case (.date, "+", _) where b.type.isInteger: return call("pg_date_add", a, b, .date)
    case (_, "+", .date) where a.type.isInteger: return call("pg_date_add", b, a, .date)
    case (.date, "-", _) where b.type.isInteger:
      return Value(text: "pg_date_add(\(a.text), -\(b.operand))", type: .date)
    case (.interval, "+", .interval): return call("pg_interval_add", a, b, .interval)
    case (.interval, "-", .interval): return call("pg_interval_sub", a, b, .interval)
    case (.interval, "*", _) where b.type.isInteger: return call("pg_interval_mul", a, b, .interval)
    case (_, "*", .interval) where a.type.isInteger: return call("pg_interval_mul", b, a, .interval)
    case (_, "-", _) where a.type.isMoment && (b.type.isMoment || b.type == .date),
      (.date, "-", _) where b.type.isMoment:
      return call("pg_timestamp_diff", a, b, .interval)
    default: return nil
    }
  }
}
