/// A comment line that divides a migration: dbmate's, goose's, sql-migrate's, node-pg-migrate's and tern's.
struct MigrationMark {
  enum Way: Sendable { case up, down }

  let way: Way
  /// `-- migrate:up transaction:false`, `-- +migrate Up notransaction`
  let isOutsideTransaction: Bool

  init?(_ line: Substring) {
    guard line.hasPrefix("--") else { return nil }
    let words = Self.words(line)
    isOutsideTransaction = words.contains("transaction:false") || words.contains("notransaction")
    switch words.prefix(2).joined(separator: " ") {
    case _ where words.first == "migrate:up": way = .up
    case _ where words.first == "migrate:down": way = .down
    case "+goose up", "+migrate up", "up migration": way = .up
    case "+goose down", "+migrate down", "down migration": way = .down
    case _ where words.joined(separator: " ") == "create above / drop below": way = .down
    default: return nil
    }
  }

  /// What KatanaSQL looks for in a step whose statements cannot stand in a transaction.
  static let outsideTransaction = "\n-- migrate: no transaction\n"

  /// Lines that say so of the whole file, wherever they stand: KatanaSQL knows the first two.
  private static let outside = [
    "migrate: no transaction", "+goose no transaction", "no-transaction", "tern: disable-tx",
  ]

  /// Whether a line says so of the whole file.
  static func isOutsideTransaction(_ text: String) -> Bool { has(text, outside) }

  /// The text of a way, in a form that tells KatanaSQL so.
  static func outsideTransaction(_ text: String) -> String {
    has(text, outside.prefix(2)) ? text : text + outsideTransaction
  }

  private static func has(_ text: String, _ marks: some Sequence<String>) -> Bool {
    Lines.of(text).contains { line in
      line.hasPrefix("--") && marks.contains(words(line).joined(separator: " "))
    }
  }

  private static func words(_ line: Substring) -> [String] {
    line.lowercased().split(whereSeparator: \.isWhitespace).map { word in
      String(String(word.drop { $0 == "-" }.reversed()).drop { $0 == "-" }.reversed())
    }.filter { !$0.isEmpty }
  }
}
