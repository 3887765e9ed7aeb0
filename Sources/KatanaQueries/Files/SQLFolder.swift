import Glibc
import KatanaContract

/// What a folder of SQL files holds, as its files say it.
struct SQLFolder {
  var migrations: [MigrationDraft] = []
  var files: [QueryFileDraft] = []
  private(set) var diagnostics: [Diagnostic] = []

  /// More would be another folder than was meant.
  static let filesMax = 10_000
  static let fileBytesMax = 16 << 20
  static let depthMax = 16

  init(reading path: String) {
    let root = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    var status = stat()
    guard stat(root, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      let reason = status.st_mode != 0 ? "it is not a folder" : String(cString: strerror(errno))
      refuse(SourceFile(name: root, bytes: []), "the folder cannot be read: \(reason)")
      return
    }
    var schema: [SourceFile] = []
    var migrations: [SourceFile] = []
    var queries: [SourceFile] = []
    var rest: [SourceFile] = []
    for name in paths(in: root) {
      guard let source = read("\(root)/\(name)") else { continue }
      let parts = name.split(separator: "/")
      if parts.count > 1, parts[0] == "migrations" {
        migrations.append(source)
      } else if name == "schema.sql" || parts.count > 1 && parts[0] == "schema" {
        schema.append(source)
      } else if QueryFileReader.hasNames(source) {
        queries.append(source)
      } else {
        rest.append(source)
      }
    }
    // Tools write a dump of the schema beside the migrations; these say the same.
    var tables = migrations.isEmpty ? schema : migrations
    if tables.isEmpty { tables = rest } else { rest.forEach { warnOfNothing($0) } }
    readMigrations(tables, root)
    for source in queries { readQueries(source) }
  }

  private mutating func refuse(_ source: SourceFile, _ message: String) {
    diagnostics.append(Diagnostic(.error, QueryRule.fileUnreadable, at: source.location(atByte: 0), message))
  }

  private mutating func warnOfNothing(_ source: SourceFile) {
    diagnostics.append(
      Diagnostic(
        .warning,
        QueryRule.noQueries,
        at: source.location(atByte: 0),
        "the file holds no query",
        remedy: "put '-- name: … :kind' above its statements, or move it into 'migrations'"
      )
    )
  }

  private mutating func readMigrations(_ sources: [SourceFile], _ root: String) {
    if sources.isEmpty {
      let source = SourceFile(name: root, bytes: [])
      diagnostics.append(
        Diagnostic(
          .warning,
          QueryRule.noSchema,
          at: source.location(atByte: 0),
          "the folder has no migrations and no schema",
          remedy: "put the statements that make tables into 'migrations/0001_name.sql'"
        )
      )
    }
    var reader = MigrationReader()
    for source in sources { reader.add(source) }
    reader.finish()
    migrations = reader.migrations
    diagnostics += reader.diagnostics
  }

  private mutating func readQueries(_ source: SourceFile) {
    let file = source.name.split(separator: "/").last ?? ""
    let name = String(file.dropLast(".sql".count))
    let (draft, found) = QueryFileReader.read(source, name: name)
    diagnostics += found
    guard let draft else { return }
    if let other = files.first(where: { $0.name == name }) {
      diagnostics.append(
        Diagnostic(
          .error,
          QueryRule.fileNameDuplicate,
          at: source.location(atByte: 0),
          "'\(other.path)' has the name '\(name)', too",
          remedy: "rename one of them"
        )
      )
    }
    files.append(draft)
  }

  /// The SQL files below a folder, in the order of their paths.
  private mutating func paths(in root: String) -> [String] {
    var found: [String] = []
    var pending: [(path: String, depth: Int)] = [("", 0)]
    while let (folder, depth) = pending.popLast() {
      for name in FolderListing.names(in: root + "/" + folder) {
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        var status = stat()
        guard stat("\(root)/\(path)", &status) == 0 else { continue }
        if status.st_mode & S_IFMT == S_IFDIR {
          if depth < Self.depthMax { pending.append((path, depth + 1)) }
        } else if name.hasSuffix(".sql") {
          found.append(path)
        }
      }
      if found.count > Self.filesMax {
        refuse(SourceFile(name: root, bytes: []), "the folder holds more than \(Self.filesMax) SQL files")
        return []
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private mutating func read(_ path: String) -> SourceFile? {
    switch LocalFiles().read(path, limit: Self.fileBytesMax) {
    case .failure(let failure):
      refuse(SourceFile(name: path, bytes: []), "the file cannot be read: \(failure.reason)")
    case .success(let bytes):
      if bytes.count > Self.fileBytesMax {
        refuse(SourceFile(name: path, bytes: []), "the file has more than \(Self.fileBytesMax) bytes")
        return nil
      }
      let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? [0x20, 0x20, 0x20] + bytes[3...] : bytes
      let source = SourceFile(name: path, bytes: bytes)
      if let end = Self.firstFault(bytes) {
        let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
        let message =
          isUTF16
          ? "the file is UTF-16; write it as UTF-8"
          : bytes[end] == 0 ? "a NUL byte cannot stand in SQL" : "the bytes here are not valid UTF-8"
        diagnostics.append(
          Diagnostic(.error, QueryRule.fileUnreadable, at: source.location(atByte: end), message)
        )
        return nil
      }
      return source
    }
    return nil
  }

  private static func firstFault(_ bytes: [UInt8]) -> Int? {
    if let zero = bytes.firstIndex(of: 0) { return zero }
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes.span)
      return nil
    } catch {
      return error.byteOffsets.lowerBound
    }
  }
}
