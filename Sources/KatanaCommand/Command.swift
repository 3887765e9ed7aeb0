import ArgumentParser
import Foundation

extension AsyncParsableCommand {
  /// Parses the command line and runs. A failure of any kind, a usage error included, is one message on standard error
  /// and exit code 1.
  public static func runMain() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      // Asking for help or the version is no failure.
      if exitCode(for: error) == .success { exit(withError: error) }
      let message = fullMessage(for: error)
      if !message.isEmpty { FileHandle.standardError.write(Data((message + "\n").utf8)) }
      Foundation.exit(1)
    }
  }
}
