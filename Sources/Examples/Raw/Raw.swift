import ArgumentParser
import Katana
import KatanaCommand
import Logging

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

  @Option(help: "I/O driver: auto, epoll or uring.")
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
    let server = try Server(router: routes(), configuration: configuration, logger: Logger(label: "raw"))
    try await server.runUntilSignalled()
  }

  static func main() async { await runMain() }
}
