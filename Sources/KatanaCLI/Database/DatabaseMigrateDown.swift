import ArgumentParser
import KatanaSQL

/// `katana db migrate down`
struct DatabaseMigrateDown: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down",
    abstract: "Take the last migrations back.",
    discussion: "What a migration removed does not come back with it: rows of a table that it dropped are lost."
  )

  @OptionGroup var database: DatabaseOptions

  @Option(help: "How many to take back.")
  var steps = 1

  @Flag(help: "Print the statements of the last migration's way back in place of sending them.")
  var dryRun = false

  func validate() throws {
    if steps < 1 { throw ValidationError("--steps is a number from 1") }
    if dryRun, steps > 1 { throw ValidationError("--dry-run shows one step") }
  }

  func run() throws {
    let migrator = try database.migrator(mustExist: true)
    if dryRun {
      guard let step = try migrator.lastApplied() else { return try printOutput("nothing is applied") }
      guard let down = step.down else { throw Failure("the migration \(step.label) has no way back") }
      return try printOutput("-- \(step.label)\n\(down)", terminator: down.hasSuffix("\n") ? "" : "\n")
    }
    var failure: (any Error)?
    let count = try migrator.down(steps) { step in
      do { try printOutput("\(step.label) taken back") } catch { failure = error }
    }
    if let failure { throw failure }
    if count == 0 { try printOutput("nothing is applied") }
  }
}
