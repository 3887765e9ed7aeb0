import Glibc
import Katana
import KatanaSQL
import KatanaSQLite
import KatanaTesting
import TestSupport

/// A folder that is gone with the test.
final class Scratch: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/katana-sqlite-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit {
    for name in ["data", "data-wal", "data-shm", "data-journal"] { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  var file: String { "\(path)/data" }
}

/// Runs `body` in the handler of a request.
///
/// - Returns: what it returned, or the error's description.
@discardableResult
func inRequest(
  deadlineMilliseconds: UInt32? = nil,
  workers: UInt16 = 16,
  _ body: @escaping @Sendable (Context) async throws -> String
) async throws -> String {
  var router = Router()
  router.add(Route(.get, "/", deadlineMilliseconds: deadlineMilliseconds)) { context in
    let text: String
    do { text = try await body(context) } catch { text = "\(error)" }
    if context.responseStatus == nil { context.respond(text) }
  }
  var configuration = ServerConfiguration.patient
  configuration.workers = workers
  let client = try await TestClient(router, configuration: configuration, timeoutSeconds: patienceSeconds)
  let response = try await client.get("/")
  await client.close()
  return response.text
}

extension SQLExecutor {
  /// A statement without parameters and rows.
  nonisolated(nonsending) func execute(_ statement: SQLStatement, _ context: borrowing Context) async throws {
    let parameters = try SQLParameters(context, count: 0)
    _ = try await run(statement, variant: 0, parameters, context)
  }

  nonisolated(nonsending) func integer(_ statement: SQLStatement, _ context: borrowing Context) async throws -> Int64 {
    let parameters = try SQLParameters(context, count: 0)
    let result = try await run(statement, variant: 0, parameters, context)
    return try result.withRow(0) { row throws(SQLError) in try row.value(0) }
  }

  nonisolated(nonsending) func insert(_ value: Int64, _ context: borrowing Context) async throws {
    var parameters = try SQLParameters(context, count: 1)
    try parameters.append(value)
    _ = try await run(Numbers.insert, variant: 0, parameters, context)
  }
}

/// A table of numbers, each once.
enum Numbers {
  static let create = SQLStatement(
    "create",
    [],
    sqlite: [.init("CREATE TABLE IF NOT EXISTS numbers (n INTEGER PRIMARY KEY, c INTEGER) STRICT")]
  )
  static let insert = SQLStatement(
    "insert",
    [],
    sqlite: [.init("INSERT INTO numbers (n) VALUES (?1)")],
    parameters: [.int8]
  )
  static let count = SQLStatement(
    "count",
    [],
    sqlite: [.init("SELECT count(*) FROM numbers")],
    columns: [.int8],
    isReadOnly: true
  )
  static let all = SQLStatement(
    "all",
    [],
    sqlite: [.init("SELECT n FROM numbers ORDER BY n")],
    columns: [.int8],
    isReadOnly: true
  )
  /// Without an end.
  static let endless = SQLStatement(
    "endless",
    [],
    sqlite: [.init("WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c")],
    columns: [.int8],
    isReadOnly: true
  )
}

func executions() -> [SQLiteOptions] {
  var onReactor = SQLiteOptions()
  onReactor.execution = .reactor
  return [SQLiteOptions(), onReactor]
}
