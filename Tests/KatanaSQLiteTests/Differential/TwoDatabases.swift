import CPQ
import Foundation
import Katana
import KatanaContract
import KatanaQueries
import KatanaSQL
import KatanaSQLite
import KatanaTesting
import TestSupport

/// The same schema and rows in a real PostgreSQL and, translated, in SQLite.
final class TwoDatabases: @unchecked Sendable {
  struct Failure: Error, CustomStringConvertible { let description: String }

  private let postgres: OpaquePointer
  private var sqlite: SQLiteDatabase
  private var translation = SQLiteTranslation()
  private let schema: String

  /// - Parameter migrations: statements of PostgreSQL.
  init(_ migrations: [String]) async throws {
    postgres = PQconnectdb(try SharedPostgres.server().url)
    PQsetNoticeReceiver(postgres, { _, _ in }, nil)
    schema = "s\(UInt64.random(in: 0..<(.max)))"
    sqlite = try SQLiteDatabase(.memory(schema))
    try execute("CREATE SCHEMA \(schema); SET search_path = \(schema); SET timezone = 'UTC'; SET bytea_output = 'hex'")
    for migration in migrations { try await apply(migration) }
  }

  deinit { PQfinish(postgres) }

  func apply(_ migration: String) async throws {
    try execute(migration)
    let map = TextMap(source: SourceFile(name: "m.sql", bytes: Array(migration.utf8)))
    guard let text = translation.migrationUp(migration, map: map) else {
      throw Failure(
        description: translation.diagnostics.map { "\($0.location): \($0.message)" }.joined(separator: "\n")
      )
    }
    let raw = try Database(sharedMemory: schema.utf8.map { String($0, radix: 16) }.joined(separator: "-"))
    try raw.install()
    do { try raw.execute(text) } catch { throw Failure(description: "\(error)\n\(text)") }
  }

  private func execute(_ text: String) throws {
    let result = PQexec(postgres, text)
    defer { PQclear(result) }
    let status = PQresultStatus(result)
    if status != PGRES_COMMAND_OK, status != PGRES_TUPLES_OK {
      throw Failure(description: "PostgreSQL: \(String(cString: PQresultErrorMessage(result)))\(text)")
    }
  }

  struct Answer: Equatable {
    var rows: [[String]] = []
    var state = ""
    var affected = 0
  }

  /// Runs the statement on both.
  func answers(_ text: String, _ values: [String?] = []) async throws -> (
    postgres: Answer, sqlite: Answer, text: String
  ) {
    let prepared = PQprepare(postgres, "", text, 0, nil)
    defer { PQclear(prepared) }
    if PQresultStatus(prepared) != PGRES_COMMAND_OK {
      throw Failure(description: "PostgreSQL: \(String(cString: PQresultErrorMessage(prepared)))\(text)")
    }
    let described = PQdescribePrepared(postgres, "")
    defer { PQclear(described) }
    let parameterTypes = (0..<PQnparams(described)).map { PQparamtype(described, $0) }
    let columnTypes = (0..<PQnfields(described)).map { PQftype(described, $0) }
    var binary: [[UInt8]?] = []
    for (value, type) in zip(values, parameterTypes) { binary.append(try self.binary(value, type)) }

    let query = Query(
      name: "q",
      kind: .many,
      location: SourceFile(name: "q.sql", bytes: []).location(atByte: 0),
      pieces: [Piece(text: text)],
      parameters: parameterTypes.enumerated().map {
        Parameter(name: "p\($0.offset)", type: modelType($0.element), index: $0.offset + 1)
      },
      columns: columnTypes.map { Column(name: "c", type: modelType($0), isNullable: true, proof: "") }
    )
    let before = translation.diagnostics.count
    guard let pieces = translation.pieces(of: query) else {
      throw Failure(
        description: translation.diagnostics[before...].map { "\($0.message); \($0.remedy ?? "")" }.joined()
      )
    }
    let translated = pieces.map(\.text).joined()
    let one = try postgresAnswer(text, values, columnTypes)
    let other = try await sqliteAnswer(translated, binary, parameterTypes.map(runType), columnTypes.map(runType))
    return (one, other, translated)
  }

  private func modelType(_ oid: UInt32) -> KatanaQueries.SQLType {
    if let builtin = BuiltinType(oid: oid) { return .builtin(builtin) }
    if let element = BuiltinType.allCases.first(where: { $0.arrayOID == oid }) { return .array(.builtin(element)) }
    return .enumeration("mood")
  }

  private func runType(_ oid: UInt32) -> KatanaSQL.SQLType {
    oid < 16384 ? KatanaSQL.SQLType(rawValue: oid) : .text
  }

  private func binary(_ value: String?, _ type: UInt32) throws -> [UInt8]? {
    guard let value else { return nil }
    let result = value.withCString { pointer in
      var types = [type]
      var values: [UnsafePointer<CChar>?] = [pointer]
      return PQexecParams(postgres, "SELECT $1", 1, &types, &values, nil, nil, 1)
    }
    defer { PQclear(result) }
    guard PQresultStatus(result) == PGRES_TUPLES_OK else {
      throw Failure(description: String(cString: PQresultErrorMessage(result)))
    }
    return Array(UnsafeRawBufferPointer(start: PQgetvalue(result, 0, 0), count: Int(PQgetlength(result, 0, 0))))
  }

  private static func cell(_ bytes: UnsafeRawBufferPointer?, _ type: UInt32) -> String {
    guard let bytes else { return "NULL" }
    switch type {
    case 25, 1043, 1042, 19, 16384...: return String(decoding: bytes, as: UTF8.self)
    case 114, 3802:
      let text = Data(type == 3802 ? UnsafeRawBufferPointer(rebasing: bytes.dropFirst()) : bytes)
      let value = try? JSONSerialization.jsonObject(with: text, options: .fragmentsAllowed)
      let canonical = value.flatMap {
        try? JSONSerialization.data(withJSONObject: $0, options: [.sortedKeys, .fragmentsAllowed])
      }
      return canonical.map { String(decoding: $0, as: UTF8.self) } ?? "no JSON"
    default: return bytes.map { String($0, radix: 16) }.joined(separator: ".")
    }
  }

  private func postgresAnswer(_ text: String, _ values: [String?], _ types: [UInt32]) throws -> Answer {
    let copies = values.map { $0.map { strdup($0)! } }
    defer { for copy in copies { free(copy) } }
    let pointers = copies.map { $0.map { UnsafePointer($0) } }
    let result = PQexecParams(postgres, text, Int32(values.count), nil, pointers, nil, nil, 1)
    defer { PQclear(result) }
    var answer = Answer()
    let status = PQresultStatus(result)
    guard status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK else {
      answer.state = PQresultErrorField(result, 67).map { String(cString: $0) } ?? "?"
      return answer
    }
    for row in 0..<PQntuples(result) {
      answer.rows.append(
        (0..<PQnfields(result)).map { column in
          if PQgetisnull(result, row, column) == 1 { return "NULL" }
          let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, column),
            count: Int(PQgetlength(result, row, column))
          )
          return Self.cell(bytes, types[Int(column)])
        }
      )
    }
    answer.affected = Int(String(cString: PQcmdTuples(result))) ?? 0
    return answer
  }

  private func sqliteAnswer(
    _ text: String,
    _ parameters: [[UInt8]?],
    _ types: [KatanaSQL.SQLType],
    _ columns: [KatanaSQL.SQLType]
  ) async throws -> Answer {
    let statement = SQLStatement("q", [], sqlite: [.init(lasting(text))], parameters: types, columns: columns)
    let database = sqlite
    let box = Box()
    let message = try await inRequest { context in
      var values = try SQLParameters(context, count: types.count)
      for parameter in parameters {
        if let parameter { try values.append(Raw(bytes: parameter)) } else { values.appendNull() }
      }
      do {
        let result = try await database.run(statement, variant: 0, values, context)
        for row in 0..<result.rowCount {
          let cells = result.cells(ofRow: row)
          box.answer.rows.append(
            (0..<result.columnCount).map { column in
              Self.cell(cells[column].pointer == nil ? nil : cells[column].bytes, columns[column].rawValue)
            }
          )
        }
        box.answer.affected = result.affected
      } catch let error as SQLError {
        box.answer.state = error.state.isEmpty ? "\(error)" : error.state
      }
      return "ok"
    }
    if message != "ok" { throw Failure(description: message) }
    return box.answer
  }

  private final class Box: @unchecked Sendable { var answer = Answer() }

  /// A text that lives as long as the program, as statements want it. Only a test makes them of anything but literals.
  private func lasting(_ text: String) -> StaticString {
    let count = text.utf8.count
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: max(count, 1))
    _ = UnsafeMutableBufferPointer(start: memory, count: count).update(fromContentsOf: Array(text.utf8))
    struct Layout {
      var start: UInt
      var count: Int
      var flags: UInt8
    }
    return unsafeBitCast(Layout(start: UInt(bitPattern: memory), count: count, flags: 0), to: StaticString.self)
  }
}

/// Bytes that are in PostgreSQL's binary form already.
private struct Raw: SQLValue, CustomStringConvertible {
  static var sqlType: KatanaSQL.SQLType { .bytea }
  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }
  init?(sql bytes: UnsafeRawBufferPointer) { self.bytes = Array(bytes) }
  var sqlByteCount: Int { bytes.count }
  func write(to target: UnsafeMutableRawBufferPointer) { target.copyBytes(from: bytes) }
  var description: String { "\(bytes)" }
}
