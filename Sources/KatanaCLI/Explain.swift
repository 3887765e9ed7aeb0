import ArgumentParser
import KatanaCodegen
import KatanaContract
import KatanaQueries

/// `katana explain KT0203`
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explain a finding about a contract by its id, or list all that there are.")

  @Argument(help: "What stands in brackets in a finding: KT0203 of 'error[KT0203]'. A list of all without it.")
  var id: String?

  /// Every id of every room.
  static let entries = DiagnosticRegistry.entries + CodegenRegistry.entries + QueryRegistry.entries
    + SQLiteRegistry.entries

  func run() throws {
    guard let id else {
      let lines = Self.entries.map { "\($0.id): \(Self.firstSentence(of: $0.explanation))" }
      return try printOutput(lines.joined(separator: "\n"))
    }
    guard let entry = Self.entries.first(where: { $0.id == id.uppercased() }) else {
      throw Failure("there is no finding '\(id)'; 'katana explain' lists all")
    }
    try printOutput("\(entry.id): \(entry.explanation)")
  }

  private static func firstSentence(of text: String) -> Substring {
    text.firstRange(of: ". ").map { text[..<$0.upperBound].dropLast() } ?? text[...]
  }
}
