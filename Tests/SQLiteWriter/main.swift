// Commits one number after another to the database that the argument names, and writes each to standard output after
// its commit, until somebody kills it.

import Glibc
import Katana
import KatanaSQL
import KatanaSQLite
import KatanaTesting

private let create = SQLStatement(
  "create",
  [],
  sqlite: [.init("CREATE TABLE IF NOT EXISTS numbers (n INTEGER PRIMARY KEY AUTOINCREMENT) STRICT")]
)
private let insert = SQLStatement(
  "insert",
  [],
  sqlite: [.init("INSERT INTO numbers DEFAULT VALUES RETURNING n")],
  columns: [.int8]
)

let database = try SQLiteDatabase(.file(CommandLine.arguments[1]))
var router = Router()
router.get("/") { context in
  let none = try SQLParameters(context, count: 0)
  _ = try await database.run(create, variant: 0, none, context)
  while true {
    let result = try await database.run(insert, variant: 0, none, context)
    let number: Int64 = try result.withRow(0) { row throws(SQLError) in try row.value(0) }
    let line = Array("\(number)\n".utf8)
    if write(STDOUT_FILENO, line, line.count) != line.count { exit(1) }
  }
}
var configuration = ServerConfiguration()
configuration.requestTimeoutMilliseconds = 3_600_000
let client = try await TestClient(router, configuration: configuration, timeoutSeconds: 3600)
let answer = try await client.get("/")
print(answer.text)
