import ArgumentParser
import Katana
import Logging
import ServiceLifecycle

/// The low level: routes and handlers, no contract.
@main
struct Raw: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "raw", abstract: "A server at the low level: routes and handlers, no contract.")

  @Option(help: "Numeric address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "Port to listen on; 0 lets the system choose.")
  var port: UInt16 = 8080

  @Option(help: "Reactors to run; 0 is one per processor.")
  var reactors: UInt16 = 0

  @Option(help: "I/O driver: auto or epoll.")
  var io = "auto"

  @Flag(name: .customLong("no-pin"), help: "Let reactors move between processors.")
  var isUnpinned = false

  func run() async throws {
    var configuration = ServerConfiguration()
    configuration.host = host
    configuration.port = port
    configuration.reactors = reactors
    configuration.io = io
    configuration.pinsReactors = !isUnpinned
    let logger = Logger(label: "raw")
    let server = try Server(router: routes(), configuration: configuration, logger: logger)
    let group = ServiceGroup(
      configuration: .init(services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    try await group.run()
  }

  /// The service group says what it does at info level; one line from the server is enough.
  private var quiet: Logger {
    var logger = Logger(label: "lifecycle")
    logger.logLevel = .warning
    return logger
  }

  /// A mistake on the command line is exit code 1, as every other failure is.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
    } catch {
      let code = exitCode(for: error)
      if code == .success { exit(withError: error) }
      exitWithFailure(fullMessage(for: error))
    }
  }
}
