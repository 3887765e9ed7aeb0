import Glibc
import KatanaContract
import Testing

@testable import KatanaQueries

/// The promise of the room, held against the server: a column that is said never to be NULL has no NULL, whatever
/// joins, aggregates and subqueries it comes from. The tables are full of NULL, empty arrays and infinite times.
struct NullabilitySweepTests {
  /// KATANA_SWEEP=100000 searches longer; KATANA_SWEEP_SEED begins elsewhere.
  static let count = getenv("KATANA_SWEEP").flatMap { Int(String(cString: $0)) } ?? 600
  static let seed = getenv("KATANA_SWEEP_SEED").flatMap { UInt64(String(cString: $0)) } ?? 1

  @Test func `no NULL comes where none is said to come`() throws {
    let connection = try Connection(url: TestServer.emptyDatabase())
    try connection.rows(QueryGenerator.schema + "; REFRESH MATERIALIZED VIEW m; ANALYZE")
    try connection.rows("SET statement_timeout = '5s'; SET work_mem = '16MB'")
    let describer = try Describer(connection)
    var refused: [String] = []
    var unanalysed = 0
    var columns = 0
    var proved = 0
    var seen = 0
    for number in 0..<Self.count {
      var generator = QueryGenerator(seed: Self.seed &* 1_000_003 &+ UInt64(number))
      let text = generator.statement()
      let source = SourceFile(name: "sweep\(number).sql", bytes: Array("-- name: q :many\n\(text)\n".utf8))
      let draft = try #require(QueryFileReader.read(source, name: "sweep").0?.queries.first)
      let before = describer.diagnostics.count
      guard let answer = describer.answer(draft) else {
        refused.append("\(describer.diagnostics[before...].map(\.message)) \(text)")
        continue
      }
      if answer.columns.contains(where: { $0.proof == "the statement cannot be analysed" }) { unanalysed += 1 }
      columns += answer.columns.count
      proved += answer.columns.count { !$0.isNullable }
      try connection.rows("BEGIN")
      let rows = try? connection.rows(text)
      try connection.rows("ROLLBACK")
      for row in rows ?? [] {
        for (value, column) in zip(row, answer.columns) where value == nil && !column.isNullable {
          Issue.record(
            "NULL in \(column.name), said never to be (\(column.proof)), seed \(Self.seed) \(number): \(text)"
          )
          return
        }
        seen += 1
      }
    }
    #expect(refused.count * 50 < Self.count, "the generator is wrong too often: \(refused.prefix(5))")
    #expect(unanalysed == 0)
    // A prover that proves nothing would be right, too.
    #expect(proved * 4 > columns, "\(proved) of \(columns)")
    #expect(seen > Self.count)
    if getenv("KATANA_SWEEP") != nil {
      print("\(Self.count) statements, \(refused.count) refused, \(proved) of \(columns) columns proved, \(seen) rows")
    }
  }
}
