import ArgumentParser
import Katana
import KatanaCommand
import Logging

/// Arithmetic on arrays of numbers, as openapi.yaml says.
@main
struct Compute: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compute", abstract: "Sums, means and bounds of arrays of numbers.")

  @OptionGroup var options: ServerOptions

  func run() async throws {
    var router = Router()
    router.register(compute: ComputeService())
    let server = try Server(router: router, configuration: options.configuration, logger: Logger(label: "compute"))
    try await server.runUntilSignalled()
  }

  static func main() async { await runMain() }
}
