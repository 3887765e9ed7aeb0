import ArgumentParser
import Katana
import KatanaCommand
import KatanaPostgres
import Logging

/// The statements of bare.c behind the operations of openapi.yaml, as any service would have them: both generated.
@main
struct Service: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pg_service", abstract: "Statements of PostgreSQL over HTTP.")

  @OptionGroup var options: ServerOptions

  @Option(help: "The database's URL.")
  var database: String

  @Option(help: "Connections of each reactor.")
  var connections: UInt16 = 1

  func run() async throws {
    var limits = PostgresOptions()
    limits.connectionsMax = connections
    let database = try PostgresDatabase(database, options: limits)
    try database.check()
    try PostgresDatabase.migrate(Migrations.all, url: self.database)
    var router = Router()
    router.register(users: UserService(users: UsersRepository(database)))
    let server = try Server(router: router, configuration: options.configuration, logger: Logger(label: "pg_service"))
    try await server.runUntilSignalled()
  }

  static func main() async { await runMain() }
}

struct UserService: UsersAPI {
  let users: UsersRepository

  nonisolated(nonsending) func readUser(id: Int32, _ context: Context) async throws -> User {
    guard let row = try await users.readUser(id: id, context) else { throw ReadUser.Failure.notFound }
    return User(row)
  }

  nonisolated(nonsending) func listUsers(id: Int32, _ context: Context) async throws -> [User] {
    try await users.listUsers(id: id, context).map { User($0) }
  }

  nonisolated(nonsending) func insertEvent(id: Int32, _ context: Context) async throws -> Number {
    Number(value: try await users.insertEvent(userId: id, context))
  }

  nonisolated(nonsending) func creditUser(id: Int32, _ context: Context) async throws -> Number {
    guard let balance = try await users.creditUser(id: id, context) else { throw CreditUser.Failure.notFound }
    return Number(value: balance)
  }
}

extension User {
  init(_ row: BenchUsersRow) { self.init(id: row.id, name: row.name, balance: row.balance) }
}
