import Glibc
import KatanaContract

/// Reads a folder of SQL files and what PostgreSQL says of them.
public struct QueryLoader: Sendable {
  /// Whom to ask about what the lock file does not know.
  public enum Server: Sendable {
    /// One that is started for this, and to which the migrations are applied.
    case ephemeral
    /// A database that has the schema. Nothing in it is changed.
    case url(String)
    /// A database that is empty, and to which the migrations are applied.
    case emptyDatabase(String)
    /// Nobody: what the lock file does not know is an error.
    case none
  }

  public struct Result: Sendable {
    /// Nil after an error.
    public let contract: QueryContract?
    /// In document order.
    public let diagnostics: [Diagnostic]
    /// What the lock file has to hold, if that is something else than it does.
    public let lock: String?
    /// Where the lock file lies.
    public let lockPath: String
  }

  private let root: String
  private let server: Server
  private let translates: Bool
  private var diagnostics: [Diagnostic] = []
  /// The lock file has answers of an older analysis.
  private var isOutdated = false

  /// - Parameters:
  ///   - usesLock: without it, all statements are asked about anew.
  ///   - translates: writes migrations and queries in SQLite's dialect, too; what has no equivalent there is an error.
  public static func load(
    folder: String, server: Server, usesLock: Bool = true, translatesToSQLite translates: Bool = false
  ) -> Result {
    let root = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    var loader = QueryLoader(root: root, server, translates: translates)
    return loader.load(usesLock: usesLock)
  }

  private init(root: String, _ server: Server, translates: Bool) {
    self.root = root
    self.server = server
    self.translates = translates
  }

  mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  private var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  private mutating func load(usesLock: Bool) -> Result {
    let path = "\(root)/\(LockFile.name)"
    let folder = SQLFolder(reading: root)
    diagnostics = folder.diagnostics
    var (old, text) = usesLock || isLockOnly ? readLock(path) : (nil, nil)
    if let found = old?.analysis, found != LockFile.analysis {
      guard mayRenew(found, path) else { return result(nil, nil, path) }
      old = nil
    }
    let signature = LockFile.schemaSignature(folder.migrations)
    var lock = LockFile(schema: signature)
    var unknown: [(file: Int, query: Int)] = []
    for (file, draft) in folder.files.enumerated() {
      for (index, query) in draft.queries.enumerated() {
        if let old, old.schema == signature, let answer = old.answer(query, file: draft.name) {
          lock.files[draft.name, default: [:]][query.name] = .init(signature: query.signature, answer: answer)
        } else {
          unknown.append((file, index))
        }
      }
    }
    // A file with errors may lack queries; what is known of them is kept until it can be read again.
    let mayAsk = !folder.diagnostics.contains { $0.severity == .error && $0.id == QueryRule.migrationVersion.rawValue }
    if !unknown.isEmpty || old?.schema != signature && !folder.migrations.isEmpty && !isLockOnly {
      lock.types = old?.schema == signature ? old?.types ?? [] : []
      if mayAsk { ask(unknown, folder, &lock, old: old) }
    } else {
      lock.types = old?.types ?? []
    }
    guard !hasErrors else { return result(nil, nil, path) }
    if folder.files.isEmpty, !folder.migrations.isEmpty {
      diagnostics.append(
        Diagnostic(
          .warning,
          QueryRule.noQueries,
          at: SourceFile(name: root, bytes: []).location(atByte: 0),
          "the folder holds no query",
          remedy: "put '-- name: get_user :one' above a statement, in 'queries/users.sql' for example"
        )
      )
    }
    lock.dropUnusedTypes()
    var contract = contract(folder, lock)
    checkPrefetches(folder, contract)
    if translates { diagnostics += SQLiteTranslation.translate(&contract, folder) }
    let isNothing = text == nil && folder.migrations.isEmpty && folder.files.isEmpty
    let isStale = !isNothing && lock.text != text
    if isStale, isLockOnly {
      diagnostics.append(
        Diagnostic(
          .error,
          QueryRule.lockStale,
          at: SourceFile(name: path, bytes: []).location(atByte: 0),
          "the file is not what the folder makes",
          remedy: "run 'katana gen sql' and commit it"
        )
      )
    }
    return result(hasErrors ? nil : contract, isStale ? lock.text : nil, path)
  }

  private var isLockOnly: Bool { if case .none = server { true } else { false } }

  private func result(_ contract: QueryContract?, _ lock: String?, _ path: String) -> Result {
    Result(
      contract: contract,
      diagnostics: diagnostics.sorted(by: Diagnostic.isOrderedBefore),
      lock: lock,
      lockPath: path
    )
  }

  private mutating func readLock(_ path: String) -> (LockFile?, String?) {
    guard access(path, F_OK) == 0 else { return (nil, nil) }
    guard case .success(let bytes) = LocalFiles().read(path, limit: SQLFolder.fileBytesMax) else { return (nil, nil) }
    let source = SourceFile(name: path, bytes: bytes)
    let lock = LockFile(reading: source)
    if lock == nil {
      diagnostics.append(
        Diagnostic(
          isLockOnly ? .error : .warning,
          QueryRule.lockUnreadable,
          at: source.location(atByte: 0),
          "the file is not what this release of 'katana gen sql' wrote",
          remedy: "it is written anew"
        )
      )
    }
    return (lock, String(decoding: bytes, as: UTF8.self))
  }

  /// What another analysis has answered is asked about anew, if somebody may be asked.
  private mutating func mayRenew(_ found: Int, _ path: String) -> Bool {
    let isNewer = found > LockFile.analysis
    guard isNewer || isLockOnly else {
      isOutdated = true
      return true
    }
    diagnostics.append(
      Diagnostic(
        .error,
        QueryRule.lockStale,
        at: SourceFile(name: path, bytes: []).location(atByte: 0),
        "the answers are of analysis \(found), and this katana has \(isNewer ? "only " : "")\(LockFile.analysis)",
        remedy: isNewer
          ? "use the katana that wrote the file, or a later one"
          : "run 'katana gen sql' where PostgreSQL is installed, and commit the file"
      )
    )
    return false
  }

  // MARK: Asking

  /// - Parameter old: what the lock file holds.
  private mutating func ask(
    _ unknown: [(file: Int, query: Int)],
    _ folder: SQLFolder,
    _ lock: inout LockFile,
    old: LockFile?
  ) {
    let hasLock = old != nil
    let isSameSchema = old?.schema == lock.schema
    let connection: Connection
    var ephemeral: EphemeralPostgres?
    defer { ephemeral?.stop() }
    let place =
      unknown.first.map { folder.files[$0.file].queries[$0.query].location }
      ?? SourceFile(name: root, bytes: []).location(atByte: 0)
    do {
      switch server {
      case .none where !isSameSchema:
        // One finding for all queries, each of which would say the same.
        diagnostics.append(
          Diagnostic(
            .error,
            QueryRule.lockStale,
            at: SourceFile(name: "\(root)/\(LockFile.name)", bytes: []).location(atByte: 0),
            hasLock ? "the file was made of another schema" : "there is no such file",
            remedy: "run 'katana gen sql' and commit the file"
          )
        )
        return
      case .none:
        for (file, query) in unknown {
          let draft = folder.files[file].queries[query]
          diagnostics.append(
            Diagnostic(
              .error,
              QueryRule.lockStale,
              at: draft.location,
              "'\(LockFile.name)' does not know '\(draft.name)' as it is",
              remedy: "run 'katana gen sql' and commit the file"
            )
          )
        }
        return
      case .url(let url):
        guard let found = connect(to: url) else { return }
        connection = found
      case .emptyDatabase(let url):
        connection = try Connection(url: url)
        guard apply(folder.migrations, connection) else { return }
      case .ephemeral:
        let server = try EphemeralPostgres.start()
        ephemeral = server
        connection = try Connection(url: server.url)
        guard apply(folder.migrations, connection) else { return }
      }
      let describer = try Describer(connection)
      for (file, query) in unknown {
        let draft = folder.files[file].queries[query]
        guard let answer = describer.answer(draft) else { continue }
        lock.files[folder.files[file].name, default: [:]][draft.name] = .init(
          signature: draft.signature,
          answer: answer
        )
      }
      diagnostics += describer.diagnostics.map(place(missing:))
      var types: [String: UserType] = [:]
      for type in lock.types + describer.types.values { types[type.name] = type }
      lock.types = types.values.sorted { $0.name < $1.name }
    } catch let failure as EphemeralPostgres.Failure {
      diagnostics.append(
        Diagnostic(
          .error,
          QueryRule.serverUnavailable,
          at: place,
          failure.description + outdated,
          remedy: "or name a database that has the schema with '--db-url'"
        )
      )
    } catch let failure as Connection.Failure {
      diagnostics.append(Diagnostic(.error, QueryRule.serverUnavailable, at: place, failure.message + outdated))
    } catch {
      fatalError("an error of another type: \(error)")
    }
  }

  /// Nil, with the error, where nobody answers.
  private mutating func connect(to url: String) -> Connection? {
    let place = SourceFile(name: root, bytes: []).location(atByte: 0)
    let remedy = "look at the address: postgresql://user@host/name"
    let message: String
    if url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") || url.contains("=") && !url.contains("://") {
      do throws(Connection.Failure) {
        return try Connection(url: url)
      } catch {
        message = "the database that '--db-url' names does not answer: \(error.message.onOneLine)\(outdated)"
      }
    } else {
      message = "'\(url)', which '--db-url' gives, is no address of a PostgreSQL database"
    }
    diagnostics.append(Diagnostic(.error, QueryRule.serverUnavailable, at: place, message, remedy: remedy))
    return nil
  }

  /// A database that the user names has what was applied to it, whatever the migrations say.
  private func place(missing found: Diagnostic) -> Diagnostic {
    guard case .url = server, found.remedy == ServerError.missingName else { return found }
    return found.with(
      remedy: "look for the name in the database that '--db-url' names: 'katana db migrate up' brings it to the schema"
    )
  }

  private var outdated: String { isOutdated ? "; the answers in '\(LockFile.name)' are of an older analysis" : "" }

  private mutating func apply(_ migrations: [MigrationDraft], _ connection: Connection) -> Bool {
    var applier = SchemaApplier(connection)
    let isApplied = applier.apply(migrations)
    diagnostics += applier.diagnostics
    return isApplied
  }

  // MARK: The contract

  private func contract(_ folder: SQLFolder, _ lock: LockFile) -> QueryContract {
    let files = folder.files.map { file in
      QueryFile(
        name: file.name,
        path: file.path,
        queries: file.queries.compactMap { draft in
          (lock.files[file.name]?[draft.name]?.answer).map { draft.query($0) }
        }
      )
    }
    let places = TypePlaces.find(in: folder.migrations)
    let types = lock.types.map { type in
      UserType(schema: type.schema, name: type.name, kind: type.kind, location: places[type.name])
    }
    return QueryContract(types: types, files: files, migrations: folder.migrations.map(\.migration))
  }
}
