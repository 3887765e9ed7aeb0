import KatanaContract

/// A migration and where its text stands.
struct MigrationDraft: Sendable {
  var migration: Migration
  var source: SourceFile
  /// The byte that ``Migration/up`` begins with.
  var upOrigin: Int
}

/// Reads the files of the schema: pairs `.up.sql` with `.down.sql`, divides a file at its marks, and puts them in
/// order.
struct MigrationReader {
  private(set) var migrations: [MigrationDraft] = []
  private(set) var diagnostics: [Diagnostic] = []
  private var downs: [(version: String, source: SourceFile)] = []

  mutating func add(_ source: SourceFile) {
    let file = source.name.split(separator: "/").last.map(String.init) ?? source.name
    let (version, name) = Self.parts(of: file)
    let text = Self.withoutCommands(String(decoding: source.bytes, as: UTF8.self))
    if file.hasSuffix(".down.sql") {
      downs.append((version, source))
      return
    }
    let (up, down, origin) = divide(text, source)
    migrations.append(
      MigrationDraft(
        migration: Migration(
          version: version,
          name: name,
          path: source.name,
          up: up,
          down: down,
          checksum: Digest.sha256(source.bytes)
        ),
        source: source,
        upOrigin: origin
      )
    )
  }

  /// Joins the pairs and orders all by version.
  mutating func finish() {
    for (version, source) in downs {
      guard let index = migrations.firstIndex(where: { $0.migration.version == version }) else {
        error(
          .migrationVersion,
          source,
          0,
          "this way down has no way up",
          remedy: "add the file that ends with '.up.sql'"
        )
        continue
      }
      if migrations[index].migration.down != nil {
        error(.migrationVersion, source, 0, "the migration \(version) has two ways down", remedy: "remove one")
      }
      migrations[index].migration.down = String(decoding: source.bytes, as: UTF8.self)
    }
    migrations.sort { Self.isBefore($0.migration, $1.migration) }
    for (left, right) in zip(migrations, migrations.dropFirst())
    where Self.order(left.migration) == Self.order(right.migration) {
      error(
        .migrationVersion,
        right.source,
        0,
        "'\(left.source.name)' has the version \(right.migration.version), too",
        remedy: "give one of them another number"
      )
    }
  }

  private mutating func error(
    _ rule: QueryRule,
    _ source: SourceFile,
    _ offset: Int,
    _ message: String,
    remedy: String
  ) {
    diagnostics.append(Diagnostic(.error, rule, at: source.location(atByte: offset), message, remedy: remedy))
  }

  /// Of `0001_users.up.sql` the version `0001` and the name `users`; of `V2__more.sql` `2` and `more`.
  static func parts(of file: String) -> (version: String, name: String) {
    var stem = file[...]
    for suffix in [".sql", ".up", ".down"] where stem.hasSuffix(suffix) { stem = stem.dropLast(suffix.count) }
    var rest = stem
    if let first = rest.first, first == "V" || first == "v", rest.dropFirst().first?.isNumber == true {
      rest = rest.dropFirst()
    }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty else { return (String(stem), String(stem)) }
    let name = rest.dropFirst(digits.count).drop { "_-. ".contains($0) }
    return (String(digits), name.isEmpty ? String(stem) : String(name))
  }

  /// Numbers by value before names by text.
  private static func isBefore(_ left: Migration, _ right: Migration) -> Bool {
    let (leftOrder, rightOrder) = (order(left), order(right))
    return leftOrder == rightOrder ? left.path < right.path : leftOrder < rightOrder
  }

  private static func order(_ migration: Migration) -> (Int, Int, String) {
    guard migration.version.allSatisfy({ $0.isASCII && $0.isNumber }) else { return (1, 0, migration.version) }
    let digits = migration.version.drop { $0 == "0" }
    return (0, digits.count, String(digits))
  }

  /// Lines that pg_dump writes for psql become as many spaces.
  private static func withoutCommands(_ text: String) -> String {
    guard text.contains("\\") else { return text }
    return Lines.of(text).map { line -> Substring in
      let isCommand = ["\\restrict ", "\\unrestrict ", "\\connect "].contains { line.hasPrefix($0) }
      return isCommand ? Substring(String(repeating: " ", count: line.utf8.count)) : line
    }.joined(separator: "\n")
  }

  private enum Mark { case up, down }

  /// dbmate's, goose's, sql-migrate's and tern's.
  private static func mark(_ line: Substring) -> Mark? {
    let words = line.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return switch words {
    case "-- migrate:up", "-- +goose up", "-- +migrate up", "-- migrate:up transaction:false",
      "-- +migrate up notransaction":
      .up
    case "-- migrate:down", "-- +goose down", "-- +migrate down", "---- create above / drop below ----",
      "-- migrate:down transaction:false", "-- +migrate down notransaction":
      .down
    default: nil
    }
  }

  private mutating func divide(_ text: String, _ source: SourceFile) -> (up: String, down: String?, origin: Int) {
    var start = 0
    var end: Int?
    var down: Int?
    var hasUp = false
    var offset = 0
    for line in Lines.of(text) {
      let next = offset + line.utf8.count + 1
      switch Self.mark(line) {
      case .up:
        if hasUp || end != nil {
          error(
            .migrationMarks,
            source,
            offset,
            hasUp ? "a second way up begins here" : "the way up stands below the way down",
            remedy: "one file has one of each, up first"
          )
        }
        hasUp = true
        start = next
      case .down:
        if end != nil {
          error(.migrationMarks, source, offset, "a second way down begins here", remedy: "one file has one of each")
        }
        end = offset
        down = next
      case nil: break
      }
      offset = next
    }
    let bytes = Array(text.utf8)
    func part(_ range: Range<Int>) -> String {
      String(decoding: bytes[min(range.lowerBound, bytes.count)..<min(range.upperBound, bytes.count)], as: UTF8.self)
    }
    let stop = end ?? bytes.count
    return (
      part(min(start, stop)..<stop), down.map { part(min($0, bytes.count)..<bytes.count) }, min(start, bytes.count)
    )
  }
}
