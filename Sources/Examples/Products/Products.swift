import ArgumentParser
import Katana
import KatanaCommand
import Logging

/// The catalogue of openapi.yaml on SQLite.
@main
struct Products: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "products", abstract: "A product catalogue: the contract openapi.yaml on SQLite.")

  @Option(help: "Numeric address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "Port to listen on; 0 lets the system choose.")
  var port: UInt16 = 8080

  @Option(help: "Reactors to run; 0 is one per processor.")
  var reactors: UInt16 = 0

  @Option(help: "I/O driver: auto, epoll or uring.")
  var io = "auto"

  @Option(name: .customLong("db"), help: "Database file, created when missing. In memory without it.")
  var databasePath: String?

  @Flag(name: .customLong("no-pin"), help: "Let reactors move between processors.")
  var isUnpinned = false

  func run() async throws {
    let location = databasePath.map(DatabaseLocation.file) ?? .memory
    // Opened before the port, so that a database that cannot be used is an error at once; held, because a database in
    // memory lives as long as its last connection.
    let first = try ProductStore(location)
    let stores = ReactorLocal { try ProductStore(location) }
    var router = Router()
    router.register(products: ProductService(stores: stores))
    router.register(health: HealthService(stores: stores))

    var configuration = ServerConfiguration()
    configuration.host = host
    configuration.port = port
    configuration.reactors = reactors
    configuration.io = io
    configuration.pinsReactors = !isUnpinned
    let server = try Server(router: router, configuration: configuration, logger: Logger(label: "products"))
    try await server.runUntilSignalled()
    withExtendedLifetime(first) {}
  }

  static func main() async { await runMain() }
}
