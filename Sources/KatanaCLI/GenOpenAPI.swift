import ArgumentParser
import KatanaCodegen
import KatanaCommand
import KatanaContract

/// `katana gen openapi`
struct GenOpenAPI: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "openapi",
    abstract: "Generate Swift from an OpenAPI document.")

  @Option(name: .shortAndLong, help: "The OpenAPI document (YAML or JSON).")
  var input: String

  @Option(name: .shortAndLong, help: "The folder for the generated Swift files.")
  var output: String

  @Flag(help: "Write nothing; fail when a file in the folder is not what would be generated.")
  var check = false

  @Flag(help: "Fail on warnings, too.")
  var strict = false

  func run() throws {
    let (document, findings) = OpenAPILoader.load(path: input)
    var diagnostics = findings
    var files: [GeneratedFile] = []
    if let document {
      let result = Generator.generate(document)
      files = result.files
      diagnostics = (diagnostics + result.diagnostics).sorted(by: Diagnostic.isOrderedBefore)
    }
    for diagnostic in diagnostics { printError(diagnostic.rendered()) }
    let isRefused = diagnostics.contains { $0.severity == .error || strict && $0.severity == .warning }
    if document == nil || isRefused { throw ExitCode(1) }
    let folder = OutputFolder(path: output)
    if check {
      let stale = folder.stale(files)
      if stale.isEmpty { return }
      for file in stale { printError("stale: \(output)/\(file)") }
      throw Failure("run 'katana gen openapi -i \(input) -o \(output)'")
    }
    try folder.write(files)
  }
}
