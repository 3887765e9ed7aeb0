import ArgumentParser
import KatanaCodegen
import KatanaCommand
import KatanaContract

/// `katana gen openapi`
struct GenOpenAPI: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "openapi",
    abstract: "Generate Swift from an OpenAPI document.",
    discussion: """
      Writes a struct or enum for each schema, a protocol for each tag, and the routes that call it. A file that has not \
      changed is not written; one that an earlier call made and that is not made any more is removed; files without \
      the generator's first line are left alone. Nothing is written when a finding is an error; 'katana explain' tells \
      more about findings. The exit code is 0 or 1.
      """)

  @Option(name: .shortAndLong, help: "The OpenAPI document (YAML or JSON).")
  var input: String

  @Option(name: .shortAndLong, help: "The folder for the generated Swift files, created when missing.")
  var output: String

  @Flag(help: "Write nothing; fail when a file in the folder is not what would be generated.")
  var check = false

  @Flag(help: "Treat warnings as errors.")
  var strict = false

  @Flag(help: "Print what was generated and how long it took, one number to a line.")
  var stats = false

  @Option(help: "Who may use the generated Swift. What is internal to a service takes the compiler half as long.")
  var access = GeneratedAccess.public

  @OptionGroup var values: ValueArguments

  @Option(help: "How findings are written: text on standard error; json or sarif on standard output.")
  var format = DiagnosticReport.Format.text

  func validate() throws {
    if stats, format != .text { throw ValidationError("--stats and --format \(format) both write to standard output") }
  }

  func run() throws {
    let began = ContinuousClock.now
    let (document, findings) = OpenAPILoader.load(path: input)
    var diagnostics = findings
    var files: [GeneratedFile] = []
    if let document {
      let result = Generator.generate(document, access: access, options: values.options)
      files = result.files
      diagnostics = (diagnostics + result.diagnostics).sorted(by: Diagnostic.isOrderedBefore)
    }
    let report = DiagnosticReport(diagnostics, isStrict: strict)
    if format != .text {
      try printOutput(report.rendered(format, rules: Explain.entries))
    } else if !diagnostics.isEmpty {
      printError(report.rendered(.text))
    }
    if document == nil || report.hasErrors { throw ExitCode(1) }
    let folder = OutputFolder(path: output)
    if check {
      let more = (access == .public ? [] : ["--access", access.rawValue]) + values.words
      let command = ["katana gen openapi -i \(input) -o \(output)"] + more
      try folder.check(files, command: command.joined(separator: " "))
    } else {
      try folder.write(files)
    }
    if stats, let document {
      try printOutput(Statistics(document, files).lines(since: began), terminator: "")
    }
  }
}

extension GeneratedAccess: ExpressibleByArgument {}
