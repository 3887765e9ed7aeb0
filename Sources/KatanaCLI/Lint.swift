import ArgumentParser
import KatanaContract

/// `katana lint`
struct Lint: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check an OpenAPI document against the standard.",
    discussion: """
      Findings go to standard output; the exit code is 1 when one of them is an error.

      The format 'json' is one object with the counts 'errors', 'warnings' and 'notes' and the list 'diagnostics'. \
      Each of those has 'file', 'line', 'column' (from 1), 'id', 'severity', 'message', 'remedy' where there is one, \
      and 'chain', the references that led there. The format 'sarif' is SARIF 2.1.0.
      """)

  @Argument(help: "The OpenAPI document (YAML or JSON).")
  var spec: String

  @Flag(help: "Treat warnings as errors.")
  var strict = false

  @Option(help: "How findings are written: text, json or sarif.")
  var format = DiagnosticReport.Format.text

  func run() throws {
    let report = DiagnosticReport(OpenAPILoader.load(path: spec).1, isStrict: strict)
    if format != .text || !report.diagnostics.isEmpty { try printOutput(report.rendered(format)) }
    if format == .text { try printOutput("\(spec): \(report.summary)") }
    if report.hasErrors { throw ExitCode(1) }
  }
}

extension DiagnosticReport.Format: ExpressibleByArgument {}
