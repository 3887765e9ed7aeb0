import ArgumentParser
import KatanaSQL

/// `katana db migrate up`
struct DatabaseMigrateUp: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Apply the migrations that have not been applied."
  )

  @OptionGroup var database: DatabaseOptions

  @Option(help: "The last version to apply; all without it.")
  var to: String?

  @Flag(help: "Print the statements in place of sending them.")
  var dryRun = false

  func run() throws {
    let migrator = try database.migrator()
    if dryRun {
      for step in try migrator.pending(to: to) {
        try printOutput(
          "-- \(step.label)\n\(step.up.drop { $0.isWhitespace })",
          terminator: step.up.hasSuffix("\n") ? "" : "\n"
        )
      }
      return
    }
    var failure: (any Error)?
    let count = try migrator.up(to: to) { step in
      do { try printOutput("\(step.label) applied") } catch { failure = error }
    }
    if let failure { throw failure }
    if count == 0 { try printOutput("the database is up to date") }
  }
}
