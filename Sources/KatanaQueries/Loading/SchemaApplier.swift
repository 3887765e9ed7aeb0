import KatanaContract

/// Applies the migrations to an empty database, statement by statement, so that what the server refuses has a place.
struct SchemaApplier {
  let connection: Connection
  private(set) var diagnostics: [Diagnostic] = []

  init(_ connection: Connection) { self.connection = connection }

  /// Stops at the first statement that is refused: what follows would fail for want of it.
  mutating func apply(_ migrations: [MigrationDraft]) -> Bool {
    for migration in migrations {
      let map = TextMap(source: migration.source, origin: migration.upOrigin)
      let text = migration.migration.up
      guard let ranges = statements(of: text, map) else { return false }
      let bytes = Array(text.utf8)
      for range in ranges {
        do throws(Connection.Failure) {
          try execute(String(decoding: bytes[range], as: UTF8.self))
        } catch {
          diagnostics.append(
            ServerError(error).diagnostic(
              .migrationRefused,
              text: String(decoding: bytes[range], as: UTF8.self),
              map: TextMap(source: migration.source, origin: migration.upOrigin + range.lowerBound)
            )
          )
          _ = try? connection.rows("ROLLBACK")
          return false
        }
      }
      guard connection.isIdle else {
        diagnostics.append(
          Diagnostic(
            .error,
            QueryRule.migrationMarks,
            at: map.location(of: text.utf8.count),
            "the migration ends inside a transaction",
            remedy: "write COMMIT, or leave BEGIN out"
          )
        )
        return false
      }
      // What a migration sets (search_path, a role) is for itself.
      _ = try? connection.rows("RESET ALL")
    }
    return true
  }

  /// A dump of a schema names owners whom a new server does not have; they are made.
  private func execute(_ statement: String) throws(Connection.Failure) {
    var made: Set<String> = []
    while true {
      do throws(Connection.Failure) {
        try connection.rows(statement)
        return
      } catch {
        guard error.sqlState == "42704", let role = error.missingRole, made.insert(role).inserted else { throw error }
        try connection.rows("CREATE ROLE \"\(role.replacing("\"", with: "\"\""))\"")
      }
    }
  }

  /// The bytes of each statement. The server knows syntax that the parser here does not, so that this splits by tokens
  /// where it cannot parse.
  private mutating func statements(of text: String, _ map: TextMap) -> [Range<Int>]? {
    if let tree = try? SyntaxTree(parsing: text, map: map) { return tree.statements.map { trimmed($0.range, text) } }
    do throws(Tokens.Failure) {
      return try SyntaxTree.split(text).map { trimmed($0, text) }
    } catch {
      // The rows behind a COPY are no SQL, and are what could not be scanned.
      let copy = Self.copyFromInput(in: text)
      diagnostics.append(
        Diagnostic(
          .error,
          copy == nil ? QueryRule.sqlSyntax : .migrationRefused,
          at: map.location(of: copy ?? error.offset),
          copy == nil ? error.message.onOneLine : "COPY from the client cannot stand here",
          remedy: copy == nil ? nil : ServerError.noData
        )
      )
      return nil
    }
  }

  /// The byte that a line `COPY … FROM stdin;` begins with.
  private static func copyFromInput(in text: String) -> Int? {
    var offset = 0
    for line in Lines.of(text) {
      let words = line.lowercased().split { $0.isWhitespace || $0 == ";" }
      if words.first == "copy", words.contains("stdin") { return offset }
      offset += line.utf8.count + 1
    }
    return nil
  }

  /// Without leading space, so that an error without a position points at the statement.
  private func trimmed(_ range: Range<Int>, _ text: String) -> Range<Int> {
    guard let tokens = try? Tokens(scanning: Array(text.utf8)[range].map { $0 }),
      let first = tokens.all.first(where: { !$0.isComment })
    else { return range }
    return (range.lowerBound + first.range.lowerBound)..<range.upperBound
  }
}

extension Connection.Failure {
  fileprivate var missingRole: String? {
    guard message.hasPrefix("role \""), message.hasSuffix("\" does not exist") else { return nil }
    return String(message.dropFirst("role \"".count).dropLast("\" does not exist".count))
  }
}

/// An error of the server as a finding.
struct ServerError {
  let failure: Connection.Failure

  init(_ failure: Connection.Failure) { self.failure = failure }

  /// - Parameters:
  ///   - text: what was sent.
  ///   - map: where it comes from.
  func diagnostic(_ rule: QueryRule, text: String, map: TextMap) -> Diagnostic {
    let offset = failure.position.map { SyntaxTree.byteOffset(ofCharacter: $0, in: text) } ?? 0
    let detail = failure.detail.map { " (\($0))" } ?? ""
    return Diagnostic(
      .error,
      rule,
      at: map.location(of: offset),
      (failure.message + detail).onOneLine,
      remedy: failure.hint ?? remedy(text)
    )
  }

  static let noData = "a schema has no data: leave it out (pg_dump --schema-only), or write INSERT"
  static let missingName = "look for the name in the migrations: they are applied in the order of their versions"

  private func remedy(_ text: String) -> String? {
    switch failure.sqlState {
    case "42601": ForeignSyntax.remedy(failure.message)
    case "42704" where failure.message.hasPrefix("type \"datetime\""):
      "write timestamptz (a point in time) or timestamp (a date and a time of some zone)"
    case "42710" where failure.message.hasPrefix("role "):
      "roles are the server's and no part of a schema: leave them out (pg_dump in place of pg_dumpall)"
    case _ where text.uppercased().hasPrefix("DROP DATABASE") || text.uppercased().hasPrefix("CREATE DATABASE"):
      "a schema is that of one database: leave the statement out (pg_dump without --create and --clean)"
    // undefined_file, feature_not_supported
    case "58P01", "0A000":
      failure.message.contains("extension")
        ? "install the extension's package where this command runs (apt-cache search postgresql), or use --db-url" : nil
    case "42804" where failure.message.contains("polymorphic"):
      "a parameter's type is open: write it ('@name::text')"
    case nil where failure.message.hasPrefix("COPY "):
      Self.noData
    case "42P01", "42703": Self.missingName
    default: nil
    }
  }
}

/// What to write in place of syntax that other tools and databases have.
enum ForeignSyntax {
  /// - Parameter message: `syntax error at or near "{"`.
  static func remedy(_ message: String) -> String? {
    guard let start = message.firstRange(of: " at or near \"")?.upperBound, message.last == "\"" else { return nil }
    let near = message[start...].dropLast()
    return switch near.uppercased() {
    case "\\": "a line that begins with a backslash is a command of psql: leave it out"
    case "`": "names stand in double quotes or in none; the schema and the queries are PostgreSQL's SQL"
    case "AUTOINCREMENT", "AUTO_INCREMENT":
      "write 'bigint GENERATED ALWAYS AS IDENTITY': the schema is PostgreSQL's SQL, which '--sqlite' translates"
    case "{", "%", "$", "#": "templates are not filled in; a parameter is '@name', ':name' or '$1'"
    case _ where near.first == "$" || near.first == "@":
      "a parameter stands for a value: a list is 'x = ANY(@list)', an order '-- sort', a table or a column a name"
    default: nil
    }
  }
}

extension String {
  /// What the server quotes of a statement may have newlines.
  var onOneLine: String { split(whereSeparator: \.isNewline).joined(separator: " ") }
}
