import ArgumentParser
import KatanaCodegen
import KatanaCommand
import KatanaContract

/// `katana gen tests`
struct GenTests: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tests",
    abstract: "Generate tests that a service answers as its contract says.",
    discussion: """
      The files are for a test target that imports KatanaTesting and declares what they test: \
      'let contractService = ContractService { makeRouter() }'. 'katana gen high' makes a service with both.
      """)

  @Option(name: .shortAndLong, help: "The OpenAPI document (YAML or JSON).")
  var input: String

  @Option(name: .shortAndLong, help: "The folder for the generated Swift files, created when missing.")
  var output: String

  @Flag(help: "Write nothing; fail when a file in the folder is not what would be generated.")
  var check = false

  @Flag(help: "Treat warnings as errors.")
  var strict = false

  func run() throws {
    let (document, findings) = OpenAPILoader.load(path: input)
    var diagnostics = findings
    var files: [GeneratedFile] = []
    if let document {
      let result = ContractTests.generate(document)
      files = result.files
      diagnostics = (diagnostics + result.diagnostics).sorted(by: Diagnostic.isOrderedBefore)
    }
    let report = DiagnosticReport(diagnostics, isStrict: strict)
    if !diagnostics.isEmpty { printError(report.rendered(.text)) }
    if document == nil || report.hasErrors { throw ExitCode(1) }
    let folder = OutputFolder(path: output)
    if check {
      try folder.check(files, command: "katana gen tests -i \(input) -o \(output)")
    } else {
      try folder.write(files)
    }
  }
}
