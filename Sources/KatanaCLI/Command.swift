import ArgumentParser
import Glibc
import KatanaCommand

/// The command `katana`.
@main
struct Command: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "katana",
    abstract: "Makes Swift services and their tests from OpenAPI documents and SQL files.",
    version: "katana 0.1.0",
    subcommands: [Gen.self, Database.self, Lint.self, Check.self, Explain.self])

  static func main() async { await runMain() }

  func run() async throws { throw CommandMissing(help: Self.helpMessage()) }
}

struct Gen: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Generate code from a contract.",
    subcommands: [GenOpenAPI.self, GenHigh.self, GenTests.self, GenSQL.self])

  func run() throws { throw CommandMissing(help: Command.helpMessage(for: Self.self)) }
}

/// A command that does nothing by itself: which ones there are is what the user needs to know, and a script that this
/// is an error.
struct CommandMissing: Error, CustomStringConvertible {
  let help: String

  var description: String { "a subcommand is missing\n\n\(help)" }
}

/// Writes to standard output, and fails when that takes no more: a report that is cut off must not pass for whole.
func printOutput(_ text: String, terminator: String = "\n") throws {
  var bytes = Array((text + terminator).utf8)[...]
  while !bytes.isEmpty {
    let count = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    if count < 0, errno != EINTR {
      throw Failure("cannot write to standard output: \(String(cString: strerror(errno)))")
    }
    bytes = bytes.dropFirst(max(count, 0))
  }
}

/// A failure that is one line for the user.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
