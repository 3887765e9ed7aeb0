import Foundation
import Katana
import KatanaSQL
import TestSupport
import Testing

/// Each type at its edges against a real server: what it writes is read, what is written it reads, and the text is its own.
@Suite struct ServerTextTests {
  /// The rows that psql prints.
  private static func psql(_ sql: String) throws -> [[String]] {
    let settings = "SET datestyle = 'ISO'; SET intervalstyle = 'iso_8601'; SET extra_float_digits = 1;\n"
    return try SharedPostgres.server().psql(settings + sql).split(separator: "\n").map {
      $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    }
  }

  private static func quoted(_ text: String) -> String {
    "E'" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "'", with: "''") + "'"
  }

  /// - Parameter send: PostgreSQL's function that writes the binary form.
  private func check<Value: SQLValue & Equatable>(
    _ type: Value.Type, _ name: String, send: String, _ literals: [String], isOwnText: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let rows = try Self.psql(
      literals.map { "SELECT encode(convert_to(v::text, 'UTF8'), 'hex'), encode(\(send)(v), 'hex') FROM (SELECT \(Self.quoted($0))::\(name) AS v) s;" }
        .joined(separator: "\n"))
    #expect(rows.count == literals.count, sourceLocation: sourceLocation)
    var comparisons: [String] = []
    for (literal, row) in zip(literals, rows) {
      let bytes = hex(row[1])
      guard let value = bytes.withUnsafeBytes({ Value(sql: $0) }) else {
        Issue.record("\(name) '\(literal)' was not read", sourceLocation: sourceLocation)
        continue
      }
      let text = String(decoding: hex(row[0]), as: UTF8.self)
      if isOwnText { #expect("\(value)" == text, "\(name) '\(literal)'", sourceLocation: sourceLocation) }
      var written = [UInt8](repeating: 0xAA, count: value.sqlByteCount)
      written.withUnsafeMutableBytes { value.write(to: $0) }
      #expect(written == bytes, "\(name) '\(literal)'", sourceLocation: sourceLocation)
      #expect(written.withUnsafeBytes { Value(sql: $0) } == value, sourceLocation: sourceLocation)
      comparisons.append(
        "SELECT (\(Self.quoted(value.sqlText))::\(name))::text = (\(Self.quoted(literal))::\(name))::text;")
    }
    for (row, literal) in zip(try Self.psql(comparisons.joined(separator: "\n")), literals) {
      #expect(row == ["t"], "the server reads \(name) '\(literal)' as another value", sourceLocation: sourceLocation)
    }
    // No prefix of a value and no byte more is taken for one, unless it is text, and nothing traps.
    for row in rows {
      let bytes = hex(row[1])
      for count in 0..<bytes.count { _ = bytes[..<count].withUnsafeBytes { Value(sql: $0) } }
      for index in bytes.indices {
        for bit in 0..<8 {
          var changed = bytes
          changed[index] ^= 1 << bit
          if let value = changed.withUnsafeBytes({ Value(sql: $0) }) {
            var written = [UInt8](repeating: 0, count: value.sqlByteCount)
            written.withUnsafeMutableBytes { value.write(to: $0) }
          }
        }
      }
    }
  }

  private func hex(_ text: String) -> [UInt8] {
    stride(from: 0, to: text.utf8.count, by: 2).map { at in
      let start = text.index(text.startIndex, offsetBy: at)
      return UInt8(text[start..<text.index(start, offsetBy: 2)], radix: 16)!
    }
  }

  @Test func integersAreReadAndWrittenAtTheirEnds() throws {
    try check(Int16.self, "int2", send: "int2send", ["0", "1", "-1", "32767", "-32768"])
    try check(Int32.self, "int4", send: "int4send", ["0", "1", "-1", "2147483647", "-2147483648"])
    try check(Int64.self, "int8", send: "int8send", ["0", "-1", "9223372036854775807", "-9223372036854775808"])
    try check(UInt32.self, "oid", send: "oidsend", ["0", "4294967295"])
  }

  @Test func floatsAreReadAndWrittenWithTheirInfinities() throws {
    let edges = ["0", "-0", "1", "-1.5", "Infinity", "-Infinity"]
    try check(Double.self, "float8", send: "float8send", edges + ["1.7976931348623157e308", "5e-324", "0.1"], isOwnText: false)
    try check(Float.self, "float4", send: "float4send", edges + ["3.4028235e38", "1e-45", "0.1"], isOwnText: false)
  }

  @Test func booleansAreReadAndWritten() throws {
    try check(Bool.self, "bool", send: "boolsend", ["true", "false"])
  }

  @Test func numericIsExactWhateverItsSize() throws {
    try check(
      SQLDecimal.self, "numeric", send: "numeric_send",
      [
        "0", "0.00", "1", "-1", "1.5", "1.50", "-0.001", "0.0001", "0.00001", "10000", "100000000", "99999999.9999",
        "12345678901234567890123456789012345678901234567890.123456789012345678901234567890", "1e100", "1e-100", "1e-16383",
        "9999.9999", "10000.0001", "0.10000", "123e20", "NaN", "Infinity", "-Infinity",
        String(repeating: "9", count: 131_072), "-" + String(repeating: "1", count: 999) + "." + String(repeating: "7", count: 999),
      ].filter { $0.utf8.count < 3000 })
  }

  @Test func textIsReadAndWrittenWhateverItsCharacters() throws {
    let texts = ["", " ", "a", "'", "\"\\{},", "é", "日本語", "👩‍👩‍👧", "line\nfeed\ttab", "\u{202E}", "\u{10FFFF}", "NULL"]
    try check(String.self, "text", send: "textsend", texts)
    try check(String.self, "varchar(50)", send: "varcharsend", texts)
  }

  @Test func bytesAreReadAndWritten() throws {
    try check([UInt8].self, "bytea", send: "byteasend", ["", "\\x00", "\\x00ff10", "\\xdeadbeef"], isOwnText: false)
  }

  @Test func uuidsAreReadAndWritten() throws {
    try check(
      Katana.UUID.self, "uuid", send: "uuid_send",
      [
        "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "0b1e7f3a-1c2d-4e5f-8a9b-0123456789ab",
      ])
  }

  @Test func datesAreReadAndWrittenFromTheFirstToTheLast() throws {
    try check(
      SQLDate.self, "date", send: "date_send",
      ["2000-01-01", "1970-01-01", "1999-12-31", "2024-02-29", "0001-01-01", "9999-12-31", "infinity", "-infinity"])
    try check(
      SQLDate.self, "date", send: "date_send",
      ["4714-11-24 BC", "0001-12-31 BC", "0001-02-29 BC", "0044-03-15 BC", "5874897-12-31"], isOwnText: false)
  }

  @Test func timesAreReadAndWritten() throws {
    try check(
      SQLTime.self, "time", send: "time_send",
      ["00:00:00", "24:00:00", "23:59:59.999999", "12:30:00.5", "01:02:03.000001"])
  }

  @Test func timestampsAreReadAndWrittenFromTheFirstToTheLastThatFits() throws {
    let edges = [
      "2000-01-01 00:00:00", "1970-01-01 00:00:00", "1999-12-31 23:59:59.999999", "2024-02-29 12:00:00.5", "infinity", "-infinity",
      "4714-11-24 00:00:00 BC", "0044-03-15 12:00:00.25 BC", "294246-12-31 23:59:59", "1883-11-18 12:00:00",
    ]
    try check(SQLDateTime.self, "timestamp", send: "timestamp_send", edges, isOwnText: false)
    try check(Instant.self, "timestamptz", send: "timestamptz_send", edges, isOwnText: false)
  }

  @Test func intervalsAreReadAndWritten() throws {
    try check(
      SQLInterval.self, "interval", send: "interval_send",
      [
        "0", "1 year 2 months 3 days 04:05:06.5", "-1 day", "1 mon -1 day", "-00:00:00.000001", "100 years", "25:00:00",
        "1 day -00:30:00", "-1 year -1 mon", "00:00:59.999999", "-10:20:30.25",
      ])
  }

  @Test func jsonIsReadAndWrittenAsText() throws {
    let documents = ["null", "{}", "[1, 2]", "{\"a\": \"\\u00e9\"}", "\"\"", "1.50"]
    try check(SQLJSON.self, "json", send: "json_send", documents, isOwnText: false)
    try check(SQLJSONB.self, "jsonb", send: "jsonb_send", documents, isOwnText: false)
  }

  @Test func arraysAreReadAndWrittenWithNullsAndWithoutElements() throws {
    try check([Int32].self, "int4[]", send: "array_send", ["{}", "{1}", "{1,-2,2147483647}"], isOwnText: false)
    try check([Int64?].self, "int8[]", send: "array_send", ["{}", "{NULL}", "{1,NULL,3}"], isOwnText: false)
    try check([String].self, "text[]", send: "array_send", ["{}", "{\"\"}", "{a,\"b,c\",\"\\\"\",\"NULL\"}"], isOwnText: false)
    try check([String?].self, "text[]", send: "array_send", ["{NULL,\"NULL\",a}"], isOwnText: false)
    try check([Katana.UUID].self, "uuid[]", send: "array_send", ["{0b1e7f3a-1c2d-4e5f-8a9b-0123456789ab}"], isOwnText: false)
    try check([[UInt8]].self, "bytea[]", send: "array_send", ["{\"\\\\x00ff\",\"\\\\x\"}"], isOwnText: false)
    try check([SQLDecimal].self, "numeric[]", send: "array_send", ["{1.50,NaN,0}"], isOwnText: false)
    try check([Instant].self, "timestamptz[]", send: "array_send", ["{2024-01-01 00:00:00+00,infinity}"], isOwnText: false)
    try check([SQLJSONB].self, "jsonb[]", send: "array_send", ["{\"{}\",\"[1]\"}"], isOwnText: false)
    try check([Bool].self, "bool[]", send: "array_send", ["{t,f}"], isOwnText: false)
    try check([Double].self, "float8[]", send: "array_send", ["{1.5,-Infinity}"], isOwnText: false)
  }

  @Test func arraysOfSeveralDimensionsAndNullElementsAreRefusedWhereTheTypeHasNone() throws {
    let rows = try Self.psql(
      "SELECT encode(array_send('{{1,2},{3,4}}'::int4[]), 'hex'); SELECT encode(array_send('{1,NULL}'::int4[]), 'hex');")
    for row in rows {
      let value = hex(row[0]).withUnsafeBytes { [Int32](sql: $0) }
      #expect(value == nil)
    }
  }

  @Test func rangesAreReadAndWritten() throws {
    try check(
      SQLRange<Int32>.self, "int4range", send: "range_send", ["empty", "[1,5)", "(,5)", "[1,)", "(,)"], isOwnText: false)
    try check(
      SQLRange<SQLDecimal>.self, "numrange", send: "range_send", ["empty", "[1.5,2.5]", "(1,2)", "(,2]"], isOwnText: false)
    try check(
      SQLRange<Instant>.self, "tstzrange", send: "range_send", ["[2024-01-01 00:00:00+00,infinity)"], isOwnText: false)
  }

  @Test func aDocumentIsAnObjectOrAnArrayOfValues() throws {
    let members: [String: JSONValue] = ["b": .null, "a": .array([.boolean(true), .string("x\"")])]
    #expect(SQLJSONB(object: members).text == #"{"a":[true,"x\""],"b":null}"#)
    #expect(try SQLJSONB(object: members).decodedObject() == members)
    #expect(try SQLJSON(array: [.null, .object(JSONObject())]).decodedArray() == [.null, .object(JSONObject())])
    for text in ["[]", "null", "{", "", #"{"a": 1, "a": 2}"#] {
      #expect(throws: SQLError.self) { try SQLJSON(text: text).decodedObject() }
    }
    #expect(throws: SQLError.self) { try SQLJSON(text: "{}").decodedArray() }
  }
}
