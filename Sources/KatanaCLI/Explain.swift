import ArgumentParser
import KatanaCodegen
import KatanaContract

/// `katana explain KT0203`
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Explain a diagnostic.")

  @Argument(help: "The id of the diagnostic, as in KT0203.")
  var id: String

  /// Every id of every room.
  static let entries = DiagnosticRegistry.entries + CodegenRegistry.entries

  func run() throws {
    guard let entry = Self.entries.first(where: { $0.id == id.uppercased() }) else {
      throw Failure("there is no diagnostic '\(id)'")
    }
    print("\(entry.id): \(entry.explanation)")
  }
}
