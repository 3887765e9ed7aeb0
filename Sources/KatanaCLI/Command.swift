import ArgumentParser
import KatanaCommand

/// The command `katana`.
@main
struct Command: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "katana",
    abstract: "Contract-first services.",
    subcommands: [Gen.self, Lint.self, Explain.self])

  static func main() async { await runMain() }
}

struct Gen: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Generate code from a contract.",
    subcommands: [GenOpenAPI.self, GenHigh.self, GenTests.self])
}

/// A failure that is one line for the user.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
