import Foundation
import Testing

/// Generated queries full of joins, aggregates, subqueries, CASE and NULL, on both databases.
@Suite(.serialized) struct SweepTests {
  /// KATANA_SWEEP asks for more, or for fewer.
  private static let count = ProcessInfo.processInfo.environment["KATANA_SWEEP"].flatMap { Int($0) } ?? 600

  /// What SQLite has not is left out of the generator's schema.
  private static let schema = QueryGenerator.schema
    .replacing(
      "CREATE TABLE parent (id int NOT NULL, p text NOT NULL);",
      with: "CREATE TABLE parent (id int NOT NULL, p text);"
    )
    .replacing("CREATE TABLE child () INHERITS (parent);", with: "")
    .replacing("ALTER TABLE child ALTER p DROP NOT NULL;", with: "")
    .replacing("INSERT INTO child", with: "INSERT INTO parent")
    .replacing("MATERIALIZED VIEW", with: "VIEW")

  /// Changes would make the queries behind them differ; and PostgreSQL itself says one thing today and another tomorrow
  /// where the moment or an order that nobody asked for decides.
  private static func isComparable(_ text: String) -> Bool {
    let isQuery = ["SELECT", "WITH", "VALUES"].contains { text.hasPrefix($0) }
    let chance = ["LIMIT", "OVER ", "_agg(", "now()", "localtimestamp", "current_", "DISTINCT ON", "random()"]
    return isQuery && !chance.contains { text.contains($0) }
  }

  @Test func `a generated query that is translated gives the same rows`() async throws {
    let both = try await TwoDatabases([Self.schema])
    var compared = 0
    var refusals: [String: Int] = [:]
    for seed in 0..<UInt64(Self.count) {
      var generator = QueryGenerator(seed: seed)
      let text = generator.statement()
      guard Self.isComparable(text) else { continue }
      let answers: (postgres: TwoDatabases.Answer, sqlite: TwoDatabases.Answer, text: String)
      do {
        answers = try await both.answers(text)
      } catch let failure as TwoDatabases.Failure {
        refusals[failure.description, default: 0] += 1
        #expect(!failure.description.contains("SQLite refuses"), "seed \(seed): \(text)\n\(failure)")
        continue
      }
      compared += 1
      let expected = answers.postgres.rows.map { $0.joined(separator: " | ") }.sorted()
      let got = answers.sqlite.rows.map { $0.joined(separator: " | ") }.sorted()
      let first = zip(expected, got).first { $0 != $1 }.map { "\n\($0.0)\n\($0.1)" } ?? "\n\(expected)\n\(got)"
      let isSame = expected == got && answers.postgres.state == answers.sqlite.state
      let states = "\(answers.postgres.state) \(answers.sqlite.state)"
      #expect(isSame, "seed \(seed): \(text)\n→ \(answers.text)\n\(states)\(first)")
    }
    if ProcessInfo.processInfo.environment["KATANA_SWEEP"] != nil {
      for (why, count) in refusals.sorted(by: { $0.value > $1.value }).prefix(40) { print("\(count) × \(why)") }
      print("\(compared) compared")
    }
    // A sweep that compares nothing proves nothing.
    #expect(compared > Self.count / 10)
  }
}
