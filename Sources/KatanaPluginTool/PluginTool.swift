import Glibc
import KatanaCodegen
import KatanaContract
import KatanaQueries

/// What KatanaPlugin runs in a build. It reads the files that the plugin named and writes the files that it named, and
/// talks to no server. It knows no runtime, so that a build that uses the plugin does not make one for it.
@main
struct PluginTool {
  static func main() {
    do {
      if try !generate(Arguments(CommandLine.arguments.dropFirst())) { exit(1) }
    } catch {
      printError(error is Problem ? "\(error)" : "error: \(error)")
      exit(1)
    }
  }

  /// False when a finding is an error; all of them have been said then.
  private static func generate(_ arguments: Arguments) throws -> Bool {
    let contract = try TargetContract(folder: arguments.target)
    try check(arguments, contract)
    let options = try Options(contract.settings)
    var diagnostics: [Diagnostic] = []
    var document: OpenAPIDocument?
    if let path = contract.document {
      let (loaded, findings) = OpenAPILoader.load(path: path, from: WatchedFiles(paths: arguments.inputs))
      document = loaded
      diagnostics += findings
    }
    var queries: QueryContract?
    if let folder = contract.sql {
      let loaded = QueryLoader.load(folder: folder, server: .none, translatesToSQLite: options.isForSQLite)
      queries = loaded.contract
      diagnostics += loaded.diagnostics
    }
    let isLoaded = (document == nil) == (contract.document == nil) && (queries == nil) == (contract.sql == nil)
    var files: [GeneratedFile] = []
    if isLoaded {
      let result = FixedFiles.generate(
        document, sql: queries, names: arguments.outputs, access: options.access, options: options.values)
      files = result.files
      diagnostics += result.diagnostics
    }
    let report = DiagnosticReport(diagnostics.sorted(by: Diagnostic.isOrderedBefore), isStrict: options.isStrict)
    for finding in report.diagnostics { printError(finding.rendered(as: .compiler)) }
    guard isLoaded, !report.hasErrors else { return false }
    for file in files { try Output(path: file.name).write(file.text) }
    return true
  }

  /// The package manager keeps the plan of a build until a folder of a target or the manifest changes. An edit that
  /// needs another plan is an error: code of some old state would be worse.
  private static func check(_ arguments: Arguments, _ contract: TargetContract) throws {
    let planned = arguments.outputs.count
    if planned != contract.settings.shards {
      throw Problem(
        "\(arguments.target)/\(Settings.fileName)",
        "the build was planned with \(planned) shards, and these are \(contract.settings.shards): \(remedy)")
    }
    if let file = contract.inputs.first(where: { !arguments.inputs.contains($0) }) {
      throw Problem(file, "the build was planned without this file: \(remedy)")
    }
  }

  static let remedy = "run 'touch Package.swift', so that it is planned anew"
}

/// A failure that is one line for the user.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

private func printError(_ text: String) {
  var bytes = Array((text + "\n").utf8)[...]
  while !bytes.isEmpty {
    let count = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    if count < 0, errno != EINTR { return }
    bytes = bytes.dropFirst(max(count, 0))
  }
}
