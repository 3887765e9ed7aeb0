import ArgumentParser
import KatanaSQL

/// `katana db repair`
struct DatabaseRepair: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Settle the record of a migration that is dirty or whose file has changed.",
    discussion: """
      Only the record changes: complete or undo by hand what the migration did, then say which of the two it was. \
      Without an option, what needs to be settled is listed.
      """
  )

  @OptionGroup var database: DatabaseOptions

  @Option(help: "The version that is applied, as its file is now.")
  var applied: String?

  @Option(help: "The version that is not applied.")
  var notApplied: String?

  func validate() throws {
    if applied != nil, notApplied != nil { throw ValidationError("say one of --applied and --not-applied") }
  }

  func run() throws {
    let migrator = try database.migrator(mustExist: true)
    if let version = applied ?? notApplied {
      try migrator.repair(version, isApplied: applied != nil)
      return try printOutput("\(version) is recorded as \(applied != nil ? "applied" : "not applied")")
    }
    let open = try migrator.status().filter { status in
      switch status.state {
      case .dirty, .changed, .missing: true
      default: false
      }
    }
    if open.isEmpty { return try printOutput("there is nothing to repair") }
    for status in open {
      switch status.state {
      case .missing: try printOutput("\(status.version)_\(status.name) has no file: --not-applied \(status.version)")
      default:
        try printOutput(
          "\(status.version)_\(status.name): --applied \(status.version), or --not-applied \(status.version)"
        )
      }
    }
    throw ExitCode(1)
  }
}
