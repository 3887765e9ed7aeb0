import GoldenSQL
import Katana
import KatanaPostgres
import KatanaSQL
import KatanaSQLite
import KatanaTesting
import TestSupport

/// A database of the kind, with the tables of the folder Shop and nothing in them.
enum Kind: CaseIterable, Sendable {
  case postgres, sqlite

  /// Calls `body` in the handler of a request.
  func withShop(_ body: @escaping @Sendable (any SQLExecutor, Context) async throws -> Void) async throws {
    switch self {
    case .postgres:
      let database = try PostgresDatabase(try newDatabase(GoldenSQL.Migrations.all).address, options: .patient)
      try await inRequest { try await body(database, $0) }
    case .sqlite:
      let database = try SQLiteDatabase(.memory("shop-\(UInt64.random(in: 0 ... .max))"))
      try database.migrate(GoldenSQL.Migrations.all)
      try await inRequest { try await body(database, $0) }
    }
  }
}

/// A database of its own with these tables.
func newDatabase(_ migrations: [SQLMigration]) throws -> (name: String, address: String) {
  let server = try SharedPostgres.server(), name = try SharedPostgres.newDatabase()
  for migration in migrations { try server.psql(migration.postgres, in: name) }
  return (name, server.url(database: name))
}

/// Runs `body` in the handler of a request and throws what it threw.
func inRequest(_ body: @escaping @Sendable (Context) async throws -> Void) async throws {
  var router = Router()
  router.add(Route(.get, "/")) { context in
    do {
      try await body(context)
      context.respond("done")
    } catch {
      context.respond("\(error)")
    }
  }
  let client = try await TestClient(router, configuration: .patient, timeoutSeconds: patienceSeconds)
  let response = try await client.get("/")
  await client.close()
  if response.text != "done" { throw Failed(description: response.text) }
}

struct Failed: Error, CustomStringConvertible {
  let description: String
}
