import ArgumentParser
import Glibc
import KatanaCodegen
import KatanaCommand
import KatanaContract
import KatanaQueries

/// `katana gen sql`
struct GenSQL: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql",
    abstract: "Generate typed repositories from SQL files.",
    discussion: """
      The folder holds the schema ('migrations/*.sql', or 'schema.sql') and files of queries, whose statements have a \
      line like '-- name: get_user :one' above them. PostgreSQL says what each statement takes and gives: a server \
      that is started for that (Debian's package postgresql), or a database named with --db-url, in which nothing is \
      changed. What it said is kept in the folder's 'katana.lock', which is to be committed: as long as schema and \
      statement are what they were, no server is needed. 'katana explain' tells more about findings.
      """)

  @Option(name: .shortAndLong, help: "The folder of SQL files.")
  var input: String

  @Option(name: .shortAndLong, help: "The folder for the generated Swift files, created when missing.")
  var output: String

  @Option(help: "A database that has the schema, to ask in place of a server of one's own: postgresql://…")
  var dbUrl: String?

  @Flag(help: "Write nothing and ask nobody; fail when 'katana.lock' or a generated file is not what it should be.")
  var check = false

  @Flag(help: "Treat warnings as errors.")
  var strict = false

  @Flag(help: "Write every statement for SQLite, too; fail where it has no equivalent.")
  var sqlite = false

  @Flag(help: "Print each query with its parameters and columns, and why a column may be NULL or never is.")
  var explain = false

  @Option(help: "Who may use the generated Swift. What is internal to a service takes the compiler half as long.")
  var access = GeneratedAccess.public

  @Option(help: "How findings are written: text on standard error; json or sarif on standard output.")
  var format = DiagnosticReport.Format.text

  func validate() throws {
    if check, dbUrl != nil { throw ValidationError("--check asks no server: leave out --db-url") }
    if explain, format != .text {
      throw ValidationError("--explain and --format \(format) both write to standard output")
    }
  }

  func run() throws {
    let server: QueryLoader.Server = check ? .none : dbUrl.map { .url($0) } ?? .ephemeral
    let result = QueryLoader.load(folder: input, server: server, translatesToSQLite: sqlite)
    let generated = result.contract.map { SQLGenerator.generate($0, access: access) }
    let diagnostics = (result.diagnostics + (generated?.diagnostics ?? [])).sorted(by: Diagnostic.isOrderedBefore)
    let report = DiagnosticReport(diagnostics, isStrict: strict)
    if format != .text {
      try printOutput(report.rendered(format, rules: Explain.entries))
    } else if !diagnostics.isEmpty {
      printError(report.rendered(.text))
    }
    guard let contract = result.contract, let generated, !report.hasErrors else { throw ExitCode(1) }
    if let lock = result.lock, !check { try LockText(lock, path: result.lockPath).write() }
    let folder = OutputFolder(path: output, mark: SQLGenerator.mark)
    if check {
      let more = (access == .public ? "" : " --access \(access.rawValue)") + (sqlite ? " --sqlite" : "")
      try folder.check(generated.files, command: "katana gen sql -i \(input) -o \(output)\(more)")
    } else {
      try folder.write(generated.files)
    }
    if explain { try printOutput(contract.explanation, terminator: "") }
  }
}
