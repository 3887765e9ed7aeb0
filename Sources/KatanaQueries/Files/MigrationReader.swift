import KatanaContract

/// A migration and where its text stands.
struct MigrationDraft: Sendable {
  var migration: Migration
  var source: SourceFile
  /// The byte that ``Migration/up`` begins with.
  var upOrigin: Int

  fileprivate var order: String { MigrationName.order(of: migration.version) }
}

/// Reads the files of the schema: pairs `.up.sql` with `.down.sql`, divides a file at its marks, and puts them in
/// order.
struct MigrationReader {
  private(set) var migrations: [MigrationDraft] = []
  private(set) var diagnostics: [Diagnostic] = []
  private var downs: [(version: String, source: SourceFile, text: String)] = []

  mutating func add(_ source: SourceFile) {
    let name = MigrationName(path: source.name)
    let text = Self.withoutCommands(String(decoding: source.bytes, as: UTF8.self))
    var division = divide(text, source)
    if MigrationMark.isOutsideTransaction(text) { division.outside = [.up, .down] }
    if name.isDown {
      if division.outside.contains(.up) { division.up = MigrationMark.outsideTransaction(division.up) }
      downs.append((name.version, source, division.up))
      return
    }
    if name.isRepeatable {
      diagnostics.append(
        Diagnostic(
          .warning,
          QueryRule.migrationVersion,
          at: source.location(atByte: 0),
          "Flyway's repeatable migrations are steps like others here, which come last and are applied once",
          remedy: "give it a number, 'V7__views.sql', where katana migrates the database"
        )
      )
    }
    if division.outside.contains(.up) { division.up = MigrationMark.outsideTransaction(division.up) }
    if division.outside.contains(.down) { division.down = division.down.map(MigrationMark.outsideTransaction) }
    migrations.append(
      MigrationDraft(
        migration: Migration(
          version: name.version,
          name: name.name,
          path: source.name,
          up: division.up,
          down: division.down,
          checksum: Digest.sha256(source.bytes)
        ),
        source: source,
        upOrigin: division.origin
      )
    )
  }

  /// Joins the pairs and orders all by version.
  mutating func finish() {
    for (version, source, text) in downs {
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
      migrations[index].migration.down = text
    }
    migrations.sort { ($0.order, $0.migration.path) < ($1.order, $1.migration.path) }
    for (left, right) in zip(migrations, migrations.dropFirst()) where left.order == right.order {
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

  /// Lines that pg_dump writes for psql, and others that say nothing of the schema, become as many spaces.
  private static func withoutCommands(_ text: String) -> String {
    guard text.contains("\\") else { return text }
    let commands = ["restrict", "unrestrict", "connect", "c", "echo", "encoding", "set", "timing"]
    return Lines.of(text).map { line -> Substring in
      let word = line.dropFirst().split(separator: " ").first
      let isCommand = line.hasPrefix("\\") && commands.contains { word == $0[...] }
      return isCommand ? Substring(String(repeating: " ", count: line.utf8.count)) : line
    }.joined(separator: "\n")
  }

  private struct Division {
    var up: String
    var down: String?
    /// The byte that the way up begins with.
    var origin: Int
    /// The ways whose marks say that their statements stand in no transaction.
    var outside: Set<MigrationMark.Way> = []
  }

  private mutating func divide(_ text: String, _ source: SourceFile) -> Division {
    var start = 0
    var end: Int?
    var down: Int?
    var up: Int?
    var outside: Set<MigrationMark.Way> = []
    var offset = 0
    for line in Lines.of(text) {
      let next = offset + line.utf8.count + 1
      if let mark = MigrationMark(line) {
        if mark.isOutsideTransaction { outside.insert(mark.way) }
        switch mark.way {
        case .up:
          if up != nil || end != nil {
            error(
              .migrationMarks,
              source,
              offset,
              up != nil ? "a second way up begins here" : "the way up stands below the way down",
              remedy: "one file has one of each, up first"
            )
          }
          up = offset
          start = next
        case .down:
          if end != nil {
            error(.migrationMarks, source, offset, "a second way down begins here", remedy: "one file has one of each")
          }
          end = offset
          down = next
        }
      }
      offset = next
    }
    let bytes = Array(text.utf8)
    func part(_ range: Range<Int>) -> String {
      String(decoding: bytes[min(range.lowerBound, bytes.count)..<min(range.upperBound, bytes.count)], as: UTF8.self)
    }
    if let up, up < end ?? .max, let tokens = try? Tokens(scanning: Array(bytes[..<min(up, bytes.count)])),
      let stray = tokens.all.first(where: { !$0.isComment })
    {
      error(
        .migrationMarks,
        source,
        stray.range.lowerBound,
        "a statement stands above the way up, and would never be applied",
        remedy: "move it below the mark"
      )
    }
    let stop = end ?? bytes.count
    return Division(
      up: part(min(start, stop)..<stop),
      down: down.map { part(min($0, bytes.count)..<bytes.count) },
      origin: min(start, bytes.count),
      outside: outside
    )
  }
}
