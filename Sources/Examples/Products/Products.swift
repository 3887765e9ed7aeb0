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

  @Flag(help: "Answer 428 to PUT without If-Match, so that no client overwrites what it has not seen.")
  var requireIfMatch = false

  func run() async throws {
    let location = databasePath.map(DatabaseLocation.file) ?? .memory
    // Opened before the port, so that a database that cannot be used is an error at once; held, because a database in
    // memory lives as long as its last connection.
    let first = try ProductStore(location)
    let router = makeRouter(location, requiresIfMatch: requireIfMatch)
    let server = try Server(router: router, configuration: options.configuration, logger: Logger(label: "products"))
    try await server.runUntilSignalled()
    withExtendedLifetime(first) {}
  }

  static func main() async { await runMain() }
}

/// Every operation of the contract and who serves it.
func makeRouter(_ location: DatabaseLocation, requiresIfMatch: Bool = false) -> Router {
  let stores = ReactorLocal { try ProductStore(location) }
  var router = Router()
  router.register(
    products: ProductService(stores: stores, feed: StockFeed(), requiresIfMatch: requiresIfMatch))
  router.register(health: HealthService(stores: stores))
  return router
}
