import Foundation

/// The contract in a target's folder, and the files that it may be made of.
///
/// The plugin asks for it when the package manager plans a build; the generator asks again when it runs, because plans
/// are kept longer than what they were made of.
struct TargetContract {
  static let documentNames = ["openapi.yaml", "openapi.yml", "openapi.json"]
  static let sqlName = "db"

  let settings: Settings
  let document: String?
  let sql: String?
  /// Edits of these files, and of no other, make the code anew.
  let inputs: [String]

  init(folder root: String) throws {
    settings = try Settings(folder: root)
    document = try Self.document(settings, in: root)
    sql = try Self.sql(settings, in: root)
    guard document != nil || sql != nil else {
      throw Problem(
        root,
        "there is no contract: no '\(Self.documentNames[0])' and no folder '\(Self.sqlName)', "
          + "and no '\(Settings.fileName)' that tells of others")
    }
    var inputs: Set<String> = []
    // References lead where they like. What they may lead to is decided without reading the document, and the
    // generator refuses what is not here.
    if let document {
      let folder = Self.path(URL(filePath: document).deletingLastPathComponent())
      inputs.formUnion(WatchedFolder.files(in: folder, endingIn: ["yaml", "yml", "json"]))
      inputs.insert(document)
    }
    if let sql { inputs.formUnion(WatchedFolder.files(in: sql, endingIn: ["sql", "lock"])) }
    let file = "\(root)/\(Settings.fileName)"
    if FileManager.default.fileExists(atPath: file) { inputs.insert(file) }
    self.inputs = inputs.sorted()
  }

  /// The names of the files to make: no source of the target may be called like them.
  var outputs: [String] { (1...settings.shards).map { "KatanaGenerated\($0).swift" } }

  /// `openapi.yaml and db`.
  var name: String {
    [document, sql].compactMap { $0?.split(separator: "/").last.map(String.init) }.joined(separator: " and ")
  }

  /// Absolute, without `.`, `..` and a slash at the end: one file has one path.
  static func path(_ url: URL) -> String {
    let path = url.absoluteURL.standardizedFileURL.path(percentEncoded: false)
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  private static func document(_ settings: Settings, in root: String) throws -> String? {
    guard let setting = settings.document else {
      return documentNames.map { "\(root)/\($0)" }.first { FileManager.default.fileExists(atPath: $0) }
    }
    let path = path(setting.value, from: root)
    guard FileManager.default.fileExists(atPath: path) else {
      throw settings.problem(setting.line, "there is no document '\(path)'")
    }
    return path
  }

  private static func sql(_ settings: Settings, in root: String) throws -> String? {
    let path = path(settings.sql?.value ?? sqlName, from: root)
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue { return path }
    guard let setting = settings.sql else { return nil }
    throw settings.problem(setting.line, "there is no folder '\(path)'")
  }

  private static func path(_ relative: String, from root: String) -> String {
    path(URL(filePath: relative, relativeTo: URL(filePath: root, directoryHint: .isDirectory)))
  }
}
