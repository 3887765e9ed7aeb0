import ArgumentParser
import Glibc
import KatanaPostgres
import KatanaSQL
import KatanaSQLite

/// `katana db create`
struct DatabaseCreate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Create the database unless it exists.",
    discussion: "On PostgreSQL the user must be allowed to, and the server's database 'postgres' is connected to."
  )

  @Option(help: "The database: postgresql://user@host/name, or sqlite:PATH.")
  var dbUrl: String

  func run() throws {
    let options = try DatabaseOptions.parse(["--db-url", dbUrl])
    if options.isSQLite {
      let exists = access(options.path, F_OK) == 0
      _ = try SQLiteDatabase(.file(options.path))
      return try printOutput("\(options.path) \(exists ? "exists" : "was created")")
    }
    guard let (name, url) = Self.maintenance(dbUrl) else {
      throw Failure("'\(dbUrl)' names no database: write postgresql://user@host/name")
    }
    let session = try PostgresMigrationSession(url: url)
    let literal = name.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    if try !session.rows("SELECT 1 FROM pg_database WHERE datname = '\(literal)'").isEmpty {
      return try printOutput("\(name) exists")
    }
    let quoted = name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
    try session.execute("CREATE DATABASE \"\(quoted)\"")
    try printOutput("\(name) was created")
  }

  /// The name of the database, and the address with `postgres` in its place.
  static func maintenance(_ url: String) -> (name: String, url: String)? {
    guard let scheme = url.firstRange(of: "://") else { return nil }
    let query = url.firstIndex(of: "?") ?? url.endIndex
    guard let slash = url[scheme.upperBound..<query].firstIndex(of: "/") else { return nil }
    let name = decoded(url[url.index(after: slash)..<query])
    if name.isEmpty { return nil }
    return (name, "\(url[...slash])postgres\(url[query...])")
  }

  private static func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
