import ArgumentParser
import Katana
import KatanaCommand
import Logging

/// Registrations, as openapi.yaml says.
@main
struct Validation: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validation", abstract: "Checks registrations: an email, a password and an age.")

  @OptionGroup var options: ServerOptions

  func run() async throws {
    var router = Router()
    router.register(user: ValidationService())
    let server = try Server(router: router, configuration: options.configuration, logger: Logger(label: "validation"))
    try await server.runUntilSignalled()
  }

  static func main() async { await runMain() }
}
