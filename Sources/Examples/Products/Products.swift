import ArgumentParser
import Katana
import KatanaCommand
import KatanaPostgres
import KatanaSQL
import KatanaSQLite
import Logging

/// The catalogue of openapi.yaml, on the queries of db.
@main
struct Products: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "products", abstract: "A product catalogue: the contract openapi.yaml on PostgreSQL or SQLite.")

  @OptionGroup var options: ServerOptions

  @Option(
    name: .customLong("db"),
    help: """
      A SQLite file, created when missing, or the address of a PostgreSQL database (postgres://user@host/name). In \
      memory without it.
      """)
  var databaseAddress: String?

  @Flag(help: "Answer 428 to PUT without If-Match, so that no client overwrites what it has not seen.")
  var requireIfMatch = false

  func run() async throws {
    // Opened before the port, so that a database that cannot be used is an error at once.
    let router = makeRouter(try openDatabase(databaseAddress), requiresIfMatch: requireIfMatch)
    let server = try Server(router: router, configuration: options.configuration, logger: Logger(label: "products"))
    try await server.runUntilSignalled()
  }

  static func main() async { await runMain() }
}

/// Opens a database and brings it to the schema of this program.
///
/// - Parameter name: of a database in memory, which all of the process share that use it.
func openDatabase(_ address: String?, named name: String = "products") throws -> any SQLExecutor {
  if let address, address.hasPrefix("postgres") {
    let database = try PostgresDatabase(address)
    try database.check()
    try PostgresDatabase.migrate(Migrations.all, url: address)
    return database
  }
  var options = SQLiteOptions()
  // In memory a statement takes microseconds, less than to hand it to another thread.
  if address == nil { options.execution = .reactor }
  let location = address.map { SQLiteLocation.file(String($0.trimmingPrefix("sqlite:"))) } ?? .memory(name)
  let database = try SQLiteDatabase(location, options: options)
  try database.migrate(Migrations.all)
  return database
}

/// Every operation of the contract and who serves it.
func makeRouter(_ database: any SQLExecutor, requiresIfMatch: Bool = false) -> Router {
  let products = ProductsRepository(database)
  var router = Router()
  router.register(
    products: ProductService(
      products: products, reviews: ReviewsRepository(database), feed: StockFeed(), requiresIfMatch: requiresIfMatch))
  router.register(health: HealthService(products: products))
  return router
}
