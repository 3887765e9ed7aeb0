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

  @Option(name: .customLong("static"), help: "Folder whose files are served under /static/.")
  var staticFolder: String?

  func run() async throws {
    var router = routes()
    if let staticFolder { try router.files("/static", directory: staticFolder) }
    let server = try Server(router: router, configuration: options.configuration, logger: Logger(label: "raw"))
    try await server.runUntilSignalled()
  }

  static func main() async { await runMain() }
}
