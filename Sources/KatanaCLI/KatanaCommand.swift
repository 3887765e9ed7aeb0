import ArgumentParser
import Glibc

/// The command `katana`.
@main
struct KatanaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "katana",
    abstract: "Contract-first services.",
    subcommands: [Gen.self, Explain.self])

  /// Every failure ends with 1, usage errors included, where ArgumentParser would give 64.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      let code = exitCode(for: error)
      if code.isSuccess { exit(withError: error) }
      let message = fullMessage(for: error)
      if !message.isEmpty { printError(message) }
      Glibc.exit(1)
    }
  }
}

struct Gen: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Generate code from a contract.",
    subcommands: [GenOpenAPI.self])
}

/// A failure that is one line for the user.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

func printError(_ text: String) {
  let bytes = Array((text + "\n").utf8)
  var written = 0
  while written < bytes.count {
    let count = bytes[written...].withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    if count < 0, errno != EINTR { return }
    written += max(count, 0)
  }
}
