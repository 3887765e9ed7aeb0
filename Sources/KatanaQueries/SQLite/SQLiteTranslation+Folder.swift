import KatanaContract

extension SQLiteTranslation {
  /// Fills in the texts for SQLite of a folder's migrations and queries.
  ///
  /// - Returns: what has no equivalent, and where.
  static func translate(_ contract: inout QueryContract, _ folder: SQLFolder) -> [Diagnostic] {
    var translation = SQLiteTranslation()
    contract.migrations = translation.migrations(folder.migrations)
    // Without the whole schema, each query would be told to miss something.
    guard !translation.hasErrors else { return translation.diagnostics }
    for (file, draft) in folder.files.enumerated() where contract.files.indices.contains(file) {
      for index in contract.files[file].queries.indices {
        let query = contract.files[file].queries[index]
        let text = draft.queries.first { $0.name == query.name }?.variant(filters: true)
        // Where the user's types were told to the server, the text is not quite the file's.
        let map = text.flatMap { $0.text == query.text ? $0.map(draft.queries[0].source) : nil }
        contract.files[file].queries[index].sqlite = translation.pieces(of: query, map: map)
      }
    }
    return translation.diagnostics
  }

  private var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  fileprivate mutating func migrations(_ drafts: [MigrationDraft]) -> [Migration] {
    var migrations: [Migration] = []
    for draft in drafts {
      var migration = draft.migration
      migration.sqliteUp = migrationUp(migration.up, map: TextMap(source: draft.source, origin: draft.upOrigin))
      if migration.sqliteUp != nil, let down = migration.down {
        migration.sqliteDown = migrationDown(down, map: Self.map(of: down, in: draft.source))
      }
      migrations.append(migration)
    }
    return migrations
  }

  /// The way back stands at the end of the same file, or is a file of its own, of which the text is all.
  private static func map(of text: String, in source: SourceFile) -> TextMap {
    let mark = MigrationMark.outsideTransaction
    let text = text.hasSuffix(mark) ? text.dropLast(mark.count) : text[...]
    let bytes = Array(text.utf8)
    let start = source.bytes.count - bytes.count
    if start > 0, source.bytes[start...].elementsEqual(bytes) { return TextMap(source: source, origin: start) }
    let name = source.name.replacing("up.sql", with: "down.sql")
    return TextMap(source: SourceFile(name: name, bytes: bytes))
  }
}

/// The migrations of a folder of SQL files, for commands that apply them.
public struct MigrationFolder: Sendable {
  /// In their order, with the texts for SQLite where these were asked for.
  public let migrations: [Migration]
  /// Of the migrations alone.
  public let diagnostics: [Diagnostic]

  public init(reading path: String, translatesToSQLite translates: Bool) {
    let folder = SQLFolder(reading: path)
    let paths = Set(folder.migrations.map(\.source.name)).union([path])
    var diagnostics = folder.diagnostics.filter { found in
      paths.contains(found.location.file) || found.id == QueryRule.migrationVersion.rawValue
        || found.id == QueryRule.migrationMarks.rawValue
    }
    if translates {
      var translation = SQLiteTranslation()
      migrations = translation.migrations(folder.migrations)
      diagnostics += translation.diagnostics
    } else {
      migrations = folder.migrations.map(\.migration)
    }
    self.diagnostics = diagnostics.sorted(by: Diagnostic.isOrderedBefore)
  }
}
