import ArgumentParser
import KatanaSQL

/// `katana db migrate`
struct DatabaseMigrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Apply migrations, or take them back.",
    subcommands: [DatabaseMigrateUp.self, DatabaseMigrateDown.self]
  )

  func run() throws { throw CommandMissing(help: Command.helpMessage(for: Self.self)) }
}
