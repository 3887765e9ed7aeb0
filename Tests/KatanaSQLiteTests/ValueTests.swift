import Katana
import KatanaSQL
import KatanaSQLite
import Testing

@Suite struct ValueTests {
  /// The bytes that a value comes back with, beside those that were sent.
  private static func roundTrip(_ value: some SQLValue, _ type: SQLType) async throws -> (sent: [UInt8], got: [UInt8]) {
    let database = try SQLiteDatabase(.memory("values"))
    let statement = SQLStatement(
      "echo",
      [],
      sqlite: [.init("SELECT ?1")],
      parameters: [type],
      columns: [type],
      isReadOnly: true
    )
    var sent = [UInt8](repeating: 0, count: value.sqlByteCount)
    sent.withUnsafeMutableBytes { value.write(to: $0) }
    let text = try await inRequest { context in
      var parameters = try SQLParameters(context, count: 1)
      try parameters.append(value)
      let result = try await database.run(statement, variant: 0, parameters, context)
      let cell = result.cells(ofRow: 0)[0]
      return cell.bytes.map { String($0) }.joined(separator: " ")
    }
    let numbers = text.split(separator: " ").map { UInt8($0) }
    if numbers.contains(nil) { Issue.record("\(text)") }
    return (sent, numbers.compactMap { $0 })
  }

  private func check(_ values: [some SQLValue], _ type: SQLType, _ at: SourceLocation = #_sourceLocation) async throws {
    for value in values {
      let (sent, got) = try await Self.roundTrip(value, type)
      #expect(sent == got, "\(value)", sourceLocation: at)
    }
  }

  @Test func `numbers come back as they were`() async throws {
    try await check([true, false], .bool)
    try await check([Int16.min, 0, .max], .int2)
    try await check([Int32.min, 0, .max], .int4)
    try await check([Int64.min, -1, .max], .int8)
    try await check([0.1, -0.0, .infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude], .float8)
    try await check([Float(0.1), -.infinity], .float4)
  }

  @Test func `decimals keep all their digits and their scale`() async throws {
    let texts = [
      "0", "0.00", "1", "-1.50", "10000", "99999999", "0.0001", "0.00010000", "12345678901234567890.123456789",
      "-0.000000000000000000001", "1000000000000000000000000000000", "NaN", "Infinity", "-Infinity",
    ]
    for text in texts { try await check([#require(SQLDecimal(text))], .numeric) }
  }

  @Test func `text and bytes come back as they were`() async throws {
    try await check(["", "a", "äöü \u{1F600} '\"; DROP TABLE x; --", String(repeating: "x", count: 100_000)], .text)
    try await check([[UInt8](), [0, 255, 1], [UInt8](repeating: 7, count: 70_000)], .bytea)
    try await check([#"{"a": [1, 2.50, "x"]}"#], .json)
  }

  @Test func `arrays come back as they were`() async throws {
    try await check([[Int64](), [1, .min, .max]], .int8Array)
    try await check([["", "a\"b\\c\n\u{1}", "ä\u{1F600}", "null"]], .textArray)
    try await check([[true, false]], .boolArray)
    try await check([[0.1, .infinity]], .float8Array)
    let withNulls: [[String?]] = [["a", nil, "b"], [nil]]
    try await check(withNulls, .textArray)
    try await check([[[UInt8]]()], .byteaArray)
    try await check([[try #require(SQLDecimal("1.10")), try #require(SQLDecimal("-2"))]], .numericArray)
  }

  @Test func `what SQLite would change or cut is refused`() async throws {
    let database = try SQLiteDatabase(.memory("refused"))
    func send(_ value: some SQLValue, _ type: SQLType) async throws -> String {
      let statement = SQLStatement("echo", [], sqlite: [.init("SELECT ?1")], parameters: [type], columns: [type])
      return try await inRequest { context in
        var parameters = try SQLParameters(context, count: 1)
        try parameters.append(value)
        let result = try await database.run(statement, variant: 0, parameters, context)
        return "\(result.rowCount)"
      }
    }
    #expect(try await send("a\0b", .text).contains("22021"))
    #expect(try await send(Double.nan, .float8).contains("22003"))
    #expect(try await send("x", .int4range).contains("no form in SQLite"))
  }

  @Test func `a value out of its type's range is told apart from one that is there`() async throws {
    let database = try SQLiteDatabase(.memory("range"))
    let statement = SQLStatement("big", [], sqlite: [.init("SELECT 2147483648")], columns: [.int4], isReadOnly: true)
    let text = try await inRequest { context in "\(try await database.integer(statement, context))" }
    #expect(text.contains("column 1: not a value"))
  }
}
