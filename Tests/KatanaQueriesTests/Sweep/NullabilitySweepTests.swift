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

  /// What the server says of a statement, beside what it returns.
  private struct Trial {
    let columns: [Column]
    let rows: [[String?]]

    /// The column that has NULL, in an array, too, although it is said never to.
    var lie: Column? {
      for row in rows {
        for (value, column) in zip(row, columns) {
          guard let value else {
            if !column.isNullable { return column }
            continue
          }
          // Of a table's arrays nothing is said.
          let isProved = column.type.isArray && !column.hasNullElements && column.elementProof != nil
          if isProved, value.contains("NULL") { return column }
        }
      }
      return nil
    }
  }

  private static func told(_ lie: Column) -> String {
    "NULL in \(lie.name), said never to be (\(lie.proof); its elements: \(lie.elementProof ?? "not proved"))"
  }

  private static func describer(_ more: String = "") throws -> Describer {
    let connection = try Connection(url: emptyDatabase())
    try connection.rows(QueryGenerator.schema + more + "; REFRESH MATERIALIZED VIEW m; ANALYZE")
    try connection.rows("SET statement_timeout = '5min'; SET work_mem = '16MB'")
    return try Describer(connection)
  }

  /// Nil for a statement that the server refuses.
  private static func attempt(_ text: String, _ describer: Describer) throws -> Trial? {
    let source = SourceFile(name: "sweep.sql", bytes: Array("-- name: q :many\n\(text)\n".utf8))
    let draft = try #require(QueryFileReader.read(source, name: "sweep").0?.queries.first)
    guard let answer = describer.answer(draft) else { return nil }
    try describer.connection.rows("BEGIN")
    let rows = try? describer.connection.rows(text)
    try describer.connection.rows("ROLLBACK")
    return Trial(columns: answer.columns, rows: rows ?? [])
  }

  @Test func `no NULL comes where none is said to come`() throws {
    let describer = try Self.describer()
    var refused: [String] = []
    var columns = 0
    var proved = 0
    var arrays = 0
    var provedArrays = 0
    var seen = 0
    for number in 0..<Self.count {
      var generator = QueryGenerator(seed: Self.seed &* 1_000_003 &+ UInt64(number))
      let text = generator.statement()
      guard let trial = try Self.attempt(text, describer) else {
        refused.append(text)
        continue
      }
      if let lie = trial.lie {
        Issue.record("\(Self.told(lie)), seed \(Self.seed) \(number): \(text)")
        return
      }
      columns += trial.columns.count
      proved += trial.columns.count { !$0.isNullable }
      arrays += trial.columns.count { $0.type.isArray }
      provedArrays += trial.columns.count { $0.type.isArray && !$0.hasNullElements }
      seen += trial.rows.count
    }
    #expect(refused.count * 50 < Self.count, "the generator is wrong too often: \(refused.prefix(5))")
    #expect(!describer.diagnostics.contains { $0.id == QueryRule.notProved.rawValue })
    // A prover that proves nothing would be right, too.
    #expect(proved * 4 > columns, "\(proved) of \(columns)")
    #expect(provedArrays * 4 > arrays, "\(provedArrays) of \(arrays)")
    #expect(seen > Self.count)
    if getenv("KATANA_SWEEP") != nil {
      print("\(Self.count) statements, \(refused.count) refused, \(proved) of \(columns) columns proved, \(seen) rows")
    }
  }

  private static func text(_ name: String) throws -> String {
    let folder = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
    return String(decoding: try LocalFiles().read("\(folder)/Tricks/\(name)", limit: 1 << 20).get(), as: UTF8.self)
  }

  @Test func `no trick makes NULL of what is said to have none`() throws {
    let describer = try Self.describer(try Self.text("schema.sql"))
    let statements = try Self.text("statements.sql")
    for range in try SyntaxTree.split(statements) {
      let text = String(decoding: Array(statements.utf8)[range], as: UTF8.self)
      guard let trial = try Self.attempt(text, describer) else {
        Issue.record("refused: \(describer.diagnostics.last.map { $0.message } ?? ""): \(text)")
        continue
      }
      if let lie = trial.lie { Issue.record("\(Self.told(lie)): \(text)") }
      #expect(!trial.rows.isEmpty, "\(text)")
    }
  }
}
