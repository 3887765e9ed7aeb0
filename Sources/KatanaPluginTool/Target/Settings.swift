import Foundation

/// What `katana.yaml` in the target's folder says, which may be missing. A line is a setting, `name: value`, or a
/// comment.
struct Settings {
  struct Setting {
    let name: String
    let value: String
    /// From 1.
    let line: Int
  }

  static let fileName = "katana.yaml"

  /// The OpenAPI document, from the target's folder; nil looks for one of ``TargetContract/documentNames``.
  private(set) var document: Setting?
  /// The folder of SQL files, from the target's folder; nil looks for ``TargetContract/sqlName``.
  private(set) var sql: Setting?
  /// How many files the code is spread over. More are compiled side by side on more cores.
  private(set) var shards = 8
  /// All others, which the plan of a build does not depend on.
  private(set) var options: [Setting] = []

  private static let shardsMax = 64
  private let path: String

  init(folder: String) throws {
    path = "\(folder)/\(Self.fileName)"
    guard FileManager.default.fileExists(atPath: path) else { return }
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var seen: Set<String> = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      guard let setting = try setting(line, index + 1) else { continue }
      if !seen.insert(setting.name).inserted { throw problem(setting.line, "'\(setting.name)' is set twice") }
      switch setting.name {
      case "document": document = setting
      case "sql": sql = setting
      case "shards":
        guard let count = Int(setting.value), (1...Self.shardsMax).contains(count) else {
          throw problem(setting.line, "'shards' is a number from 1 to \(Self.shardsMax)")
        }
        shards = count
      default: options.append(setting)
      }
    }
  }

  /// What is wrong with a line, in the compiler's words.
  func problem(_ line: Int, _ message: String) -> Problem { Problem(path, line: line, message) }

  /// A line's setting; nil for a line that has none.
  private func setting(_ line: Substring, _ number: Int) throws -> Setting? {
    // As in YAML, a comment begins the line or follows a space.
    let bare = line.firstRange(of: /(^|\s)#/).map { line[..<$0.lowerBound] } ?? line
    let text = bare.trimmingCharacters(in: .whitespaces)
    if text.isEmpty || text == "---" { return nil }
    guard let match = text.wholeMatch(of: /([a-z]+):\s+(.+)/) else { throw problem(number, "a line is 'name: value'") }
    let quoted = match.2.wholeMatch(of: /"([^"]*)"|'([^']*)'/)
    return Setting(name: String(match.1), value: String(quoted.flatMap { $0.1 ?? $0.2 } ?? match.2), line: number)
  }
}

/// What keeps code from being generated, at its place in a file.
struct Problem: Error, CustomStringConvertible {
  let file: String
  let line: Int
  let message: String

  init(_ file: String, line: Int = 1, _ message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  var description: String { "\(file):\(line):1: error: \(message)" }
}
