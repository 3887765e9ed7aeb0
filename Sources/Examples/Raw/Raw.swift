import ArgumentParser
import Katana
import KatanaCommand
import Logging

/// The low level: routes and handlers, no contract.
@main
struct Raw: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "raw", abstract: "A server at the low level: routes and handlers, no contract.")

  @OptionGroup var options: ServerOptions

  func run() async throws {
    let server = try Server(router: routes(), configuration: options.configuration, logger: Logger(label: "raw"))
    try await server.runUntilSignalled()
  }

  static func main() async { await runMain() }
}
