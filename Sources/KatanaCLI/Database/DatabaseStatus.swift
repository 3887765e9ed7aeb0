import ArgumentParser
import KatanaSQL

/// `katana db status`
struct DatabaseStatus: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "List the migrations and what the database has of them.",
    discussion: """
      A line for each: applied and when (UTC), pending, changed (its file was another when it was applied), dirty (it \
      stands in no transaction and was interrupted) or missing (applied, and of it there is no file). The exit code is \
      1 when one is changed, dirty or missing.
      """
  )

  @OptionGroup var database: DatabaseOptions

  func run() throws {
    var isSound = true
    for status in try database.migrator(mustExist: true).status() {
      let label = status.version == status.name ? status.name : "\(status.version)_\(status.name)"
      let state: String
      switch status.state {
      case .pending: state = "pending"
      case .applied(let time): state = "applied \(time)"
      case .changed(let time): state = "changed since \(time)"
      case .dirty(let time): state = "dirty since \(time)"
      case .missing(let time): state = "missing, applied \(time)"
      }
      switch status.state {
      case .pending, .applied: break
      default: isSound = false
      }
      try printOutput("\(label)  \(state)")
    }
    if !isSound { throw ExitCode(1) }
  }
}
