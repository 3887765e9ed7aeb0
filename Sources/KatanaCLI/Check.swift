import ArgumentParser
import KatanaCodegen
import KatanaCommand
import KatanaContract
import KatanaQueries

/// `katana check`
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Hold an OpenAPI document against the SQL files behind it.",
    discussion: """
      An operation belongs to the query that is called like it (getProduct, get_product) or that its 'x-katana-query' \
      names. The report says of each field of a response which column feeds it, and why that may be NULL or never is; of \
      each parameter of a query, where in the request it comes from. A column that may be NULL behind a required field, \
      and a type that loses values, are errors. What PostgreSQL says is taken from the folder's 'katana.lock' while that \
      is true, as in 'katana gen sql'.
      """)

  @Option(name: .shortAndLong, help: "The OpenAPI document (YAML or JSON).")
  var input: String

  @Option(name: .shortAndLong, help: "The folder of SQL files.")
  var sql: String

  @Option(help: "A database that has the schema, to ask in place of a server of one's own: postgresql://…")
  var dbUrl: String?

  @Flag(help: "Treat warnings as errors.")
  var strict = false

  @Option(help: "How findings are written: text on standard error; json or sarif on standard output.")
  var format = DiagnosticReport.Format.text

  func run() throws {
    let (document, findings) = OpenAPILoader.load(path: input)
    let loaded = QueryLoader.load(folder: sql, server: dbUrl.map { .url($0) } ?? .ephemeral)
    var diagnostics = findings + loaded.diagnostics
    var text = ""
    if let document, let contract = loaded.contract {
      let report = LinkReport.make(document, contract)
      diagnostics += report.diagnostics
      text = report.text
    }
    let report = DiagnosticReport(diagnostics.sorted(by: Diagnostic.isOrderedBefore), isStrict: strict)
    if format != .text {
      try printOutput(report.rendered(format, rules: Explain.entries))
    } else {
      if !diagnostics.isEmpty { printError(report.rendered(.text)) }
      try printOutput(text, terminator: "")
    }
    if document == nil || loaded.contract == nil || report.hasErrors { throw ExitCode(1) }
  }
}
