import ArgumentParser
import Glibc

extension ParsableCommand {
  /// Parses the command line and runs. A failure of any kind, a usage error included, is its message on standard error
  /// and exit code 1, where ArgumentParser would give 64; an `ExitCode` is itself.
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
      if exitCode(for: error).isSuccess { exit(withError: error) }
      let message = fullMessage(for: error)
      if !message.isEmpty { printError(message) }
      Glibc.exit((error as? ExitCode)?.rawValue ?? 1)
    }
  }
}

/// Writes a line to standard error, whole, without buffering.
public func printError(_ text: String) {
  let bytes = Array((text + "\n").utf8)
  var written = 0
  while written < bytes.count {
    let count = bytes[written...].withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    if count < 0, errno != EINTR { return }
    written += max(count, 0)
  }
}
