import ArgumentParser
import Katana
import KatanaCommand
import Logging

/// The store of openapi.yaml, in memory.
@main
struct PetStore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "petstore", abstract: "A pet store whose contract has one of everything, in memory.")

  @OptionGroup var options: ServerOptions

  @Option(help: "What clients show to be let in; nobody is without it.")
  var secret: String?

  func run() async throws {
    var router = Router()
    router.register(pets: PetService(store: MemoryStore()))
    router.register(styles: StyleService())
    router.authenticate("apiKey", with: KeyAuthenticator(secret: secret))
    router.authenticate("bearer", with: TokenAuthenticator(secret: secret))
    let server = try Server(router: router, configuration: options.configuration, logger: Logger(label: "petstore"))
    try await server.runUntilSignalled()
  }

  static func main() async { await runMain() }
}
