import ArgumentParser
import KatanaCodegen
import KatanaContract

/// `katana explain KT0203`
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Explain a diagnostic.")

  @Argument(help: "The id of the diagnostic, as in KT0203.")
  var id: String

  func run() throws {
    let entries = DiagnosticRegistry.entries + CodegenRegistry.entries
    guard let entry = entries.first(where: { $0.id == id.uppercased() }) else {
      throw Failure("there is no diagnostic '\(id)'")
    }
    print("\(entry.id): \(entry.explanation)")
  }
}
