import ArgumentParser
import Katana
import KatanaCommand
import KatanaPostgres
import KatanaSQL
import Logging

/// The statements of bare.c as routes: /read/{id}, /list/{id}, /insert/{id}, /update/{id}.
@main
struct Service: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pg_service",
    abstract: "Statements of PostgreSQL over HTTP."
  )

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
    var router = Router()
    router.get("/read/{id}") { context in
      let result = try await database.run(.read, context)
      try result.withRow(0) { row throws(SQLError) in context.respond(try Self.json(row), as: .json) }
    }
    router.get("/list/{id}") { context in
      let result = try await database.run(.list, context)
      var text = "["
      for index in 0..<result.rowCount {
        if index > 0 { text += "," }
        text += try result.withRow(index) { row throws(SQLError) in try Self.json(row) }
      }
      context.respond(text + "]", as: .json)
    }
    for statement in [SQLStatement.insert, .update] {
      router.post("/\(statement.name)/{id}") { context in
        let result = try await database.run(statement, context)
        let value = try result.withRow(0) { row throws(SQLError) in try row.value(0, as: Integer.self) }
        context.respond("{\"value\":\(value.value)}", as: .json)
      }
    }
    let server = try Server(router: router, configuration: options.configuration, logger: Logger(label: "pg_service"))
    try await server.runUntilSignalled()
  }

  private static func json(_ row: borrowing SQLRow) throws(SQLError) -> String {
    let id = try row.value(0, as: Integer.self).value
    let name = try row.value(1, as: Word.self).value
    return "{\"id\":\(id),\"name\":\"\(name)\",\"balance\":\(try row.value(2, as: Integer.self).value)}"
  }

  static func main() async { await runMain() }
}

extension PostgresDatabase {
  fileprivate nonisolated(nonsending) func run(_ statement: SQLStatement, _ context: borrowing Context) async throws
    -> SQLResult
  {
    let id = context.request.parameter(0).withUnsafeBytes { bytes in bytes.reduce(0) { $0 &* 10 &+ Int32($1 &- 48) } }
    var parameters = try SQLParameters(context, count: 1)
    try parameters.append(Integer(value: id))
    return try await run(statement, variant: 0, parameters, context)
  }
}

extension SQLStatement {
  fileprivate static let read = SQLStatement(
    "read",
    [.init("SELECT id, name, balance FROM bench_users WHERE id = $1")],
    parameters: [.int4],
    columns: [.int4, .text, .int4],
    isReadOnly: true
  )
  fileprivate static let list = SQLStatement(
    "list",
    [.init("SELECT id, name, balance FROM bench_users WHERE id >= $1 ORDER BY id LIMIT 20")],
    parameters: [.int4],
    columns: [.int4, .text, .int4],
    isReadOnly: true
  )
  fileprivate static let insert = SQLStatement(
    "insert",
    [.init("INSERT INTO bench_events (user_id, note) VALUES ($1, 'from the bench') RETURNING id")],
    parameters: [.int4],
    columns: [.int4]
  )
  fileprivate static let update = SQLStatement(
    "update",
    [.init("UPDATE bench_users SET balance = balance + 1 WHERE id = $1 RETURNING balance")],
    parameters: [.int4],
    columns: [.int4]
  )
}

// The bench depends on nothing but the driver, not on the codecs of values either.

private struct Integer: SQLValue {
  static var sqlType: SQLType { .int4 }
  let value: Int32
  init(value: Int32) { self.value = value }
  init?(sql bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 4 else { return nil }
    value = Int32(bigEndian: bytes.loadUnaligned(as: Int32.self))
  }
  var sqlByteCount: Int { 4 }
  func write(to bytes: UnsafeMutableRawBufferPointer) { bytes.storeBytes(of: value.bigEndian, as: Int32.self) }
}

private struct Word: SQLValue {
  static var sqlType: SQLType { .text }
  let value: String
  init?(sql bytes: UnsafeRawBufferPointer) { value = String(decoding: bytes, as: UTF8.self) }
  var sqlByteCount: Int { value.utf8.count }
  func write(to bytes: UnsafeMutableRawBufferPointer) { bytes.copyBytes(from: value.utf8) }
}
