import KatanaSQLite
import KatanaSQLiteDialect
import Testing

@Suite struct FunctionTests {
  /// Values of every kind at their edges, as literals.
  private static let odd = [
    "NULL", "0", "-1", "9223372036854775807", "-9223372036854775808", "1e308", "-9e999", "''", "'NaN'", "'Infinity'",
    "'-infinity'", "'1e300'", "'-0.0000000000000000000000001'", "'99999999999999999999999999999999999999'",
    "'9999-12-31 23:59:59.999999'", "'0001-01-01'", "'2024-02-30'", "'P99999999999Y'", "'PT-9223372036854775807S'",
    "'999999999999:00:00'", "'-178000000 years'", "x'00ff'", "'a\u{301}\u{1F600}'", "'epoch'", "'week'", "'%_\\%'",
  ]

  @Test func `no value makes a function do worse than refuse`() throws {
    let database = try Database(sharedMemory: "odd")
    try database.install()
    var functions: [(name: String, count: Int64)] = []
    let list = """
      SELECT DISTINCT name, narg FROM pragma_function_list WHERE name LIKE 'pg|_%' ESCAPE '|' OR name IN ('lower', 'upper')
      """
    try database.prepare(list).forEachRow { row in functions.append((row.text(0), row.integer(1))) }
    #expect(functions.count > 60)
    var calls = 0
    func call(_ name: String, _ arguments: [String]) throws {
      calls += 1
      try? database.execute("SELECT \(name)(\(arguments.joined(separator: ", ")))")
    }
    // A million characters again and again would only take time.
    let long: Set<String> = ["pg_lpad", "pg_rpad", "pg_repeat"]
    for name in long { try call(name, ["'ab'", "9223372036854775807"]) }
    for name in long { try call(name, ["'ab'", "-9223372036854775808"]) }
    for (name, count) in functions where !long.contains(name) {
      switch count {
      case 0: try call(name, [])
      case 1: for a in Self.odd { try call(name, [a]) }
      case 2: for a in Self.odd { for b in Self.odd { try call(name, [a, b]) } }
      default:
        for a in Self.odd { for b in Self.odd { try call(name, [a, b, Self.odd[calls % Self.odd.count]]) } }
      }
    }
    #expect(calls > 10_000)
  }

  /// Beside PostgreSQL's documentation and its regression tests.
  @Test(arguments: [
    ("pg_div('1', '3')", "0.33333333333333333333"), ("pg_div('10', '4')", "2.5000000000000000"),
    ("pg_div('4.22', '0.1')", "42.2000000000000000"), ("pg_mul('1.10', '2.5')", "2.750"),
    ("pg_round('2.5')", "3"), ("pg_round('-2.5')", "-3"), ("pg_round('1234.567', -2)", "1200"),
    ("pg_trunc('-1.29', 1)", "-1.2"), ("pg_floor('-1.2')", "-2"), ("pg_ceil('-1.2')", "-1"),
    ("pg_timestamp_add('2024-01-31 00:00:00', 'P1M')", "2024-02-29 00:00:00"),
    ("pg_timestamp_sub('2024-03-31 12:00:00', 'P1M1DT1H')", "2024-02-28 11:00:00"),
    ("pg_timestamp('2024-01-01T12:00:00+02:30')", "2024-01-01 09:30:00"),
    ("pg_interval('1 year 2 mons 3 days 04:05:06.789')", "P1Y2M3DT4H5M6.789S"),
    ("pg_interval('-1 day')", "P-1D"), ("pg_interval('3 weeks ago')", "P-21D"),
    ("pg_date_trunc('week', '2024-01-01 05:00:00')", "2024-01-01 00:00:00"),
    ("pg_extract('isodow', '2024-01-07')", "7"), ("pg_extract('week', '2021-01-03')", "53"),
    ("pg_uuid('{AAAAAAAA-0000-0000-0000-000000000001}')", "aaaaaaaa-0000-0000-0000-000000000001"),
    ("pg_substr('abcdef', -1, 4)", "ab"), ("pg_split_part('a,b,c', ',', -1)", "c"),
  ])
  func `a function gives what PostgreSQL's gives`(_ call: String, _ expected: String) throws {
    let database = try Database(sharedMemory: "known")
    try database.install()
    #expect(try database.prepare("SELECT \(call)").first { $0.text(0) } == expected)
  }
}
