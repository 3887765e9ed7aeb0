import ArgumentParser
import Katana
import KatanaCommand
import Logging

/// The catalogue of openapi.yaml on SQLite.
@main
struct Products: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "products", abstract: "A product catalogue: the contract openapi.yaml on SQLite.")

  @OptionGroup var options: ServerOptions

  @Option(name: .customLong("db"), help: "Database file, created when missing. In memory without it.")
  var databasePath: String?

  func run() async throws {
    let location = databasePath.map(DatabaseLocation.file) ?? .memory
    // Opened before the port, so that a database that cannot be used is an error at once; held, because a database in
    // memory lives as long as its last connection.
    let first = try ProductStore(location)
    let server = try Server(router: makeRouter(location), configuration: options.configuration, logger: Logger(label: "products"))
    try await server.runUntilSignalled()
    withExtendedLifetime(first) {}
  }

  static func main() async { await runMain() }
}

/// Every operation of the contract and who serves it.
func makeRouter(_ location: DatabaseLocation) -> Router {
  let stores = ReactorLocal { try ProductStore(location) }
  var router = Router()
  router.register(products: ProductService(stores: stores))
  router.register(health: HealthService(stores: stores))
  return router
}
