import ArgumentParser
import Glibc
import KatanaCommand
import KatanaContract
import KatanaPostgres
import KatanaQueries
import KatanaSQL
import KatanaSQLite

/// `katana db`
struct Database: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "db",
    abstract: "Create a database and bring it to the schema of a folder of SQL files.",
    discussion: """
      Migrations are the folder's 'migrations/NNNN_name.sql': statements of PostgreSQL, with '-- migrate:up' and \
      '-- migrate:down' above the two ways where there is a way back, or a file '.up.sql' and one '.down.sql'. Each is \
      a transaction of its own, unless a line '-- migrate: no transaction' says otherwise. What was applied is kept in \
      the table 'katana_migrations'. For SQLite the statements are translated.
      """,
    subcommands: [DatabaseCreate.self, DatabaseMigrate.self, DatabaseStatus.self, DatabaseRepair.self, DatabaseRun.self]
  )

  func run() throws { throw CommandMissing(help: Command.helpMessage(for: Self.self)) }
}

/// Which database, and by which files.
struct DatabaseOptions: ParsableArguments {
  @Option(help: "The database: postgresql://user@host/name, or sqlite:PATH.")
  var dbUrl: String

  @Option(name: .shortAndLong, help: "The folder of SQL files.")
  var input = "db"

  var isSQLite: Bool { dbUrl.hasPrefix("sqlite:") }

  func validate() throws {
    if isSQLite, dbUrl.hasSuffix(":memory:") { throw ValidationError("a database in memory is gone with this command") }
    if isSQLite, path.isEmpty { throw ValidationError("'\(dbUrl)' names no file: write sqlite:PATH") }
    guard isSQLite || dbUrl.hasPrefix("postgres://") || dbUrl.hasPrefix("postgresql://") else {
      throw ValidationError("'\(dbUrl)' is no address of a database: write postgresql://user@host/name or sqlite:PATH")
    }
  }

  /// The path of SQLite's file.
  var path: String {
    let path = dbUrl.dropFirst("sqlite:".count)
    return String(path.hasPrefix("//") ? path.dropFirst(2) : path)
  }

  /// The folder's migrations in the words of the database.
  ///
  /// - Throws: ``ExitCode`` after findings were written.
  func steps() throws -> [MigrationStep] { try Self.steps(of: input, isSQLite: isSQLite) }

  static func steps(of input: String, isSQLite: Bool) throws -> [MigrationStep] {
    let folder = MigrationFolder(reading: input, translatesToSQLite: isSQLite)
    let report = DiagnosticReport(folder.diagnostics, isStrict: false)
    if !folder.diagnostics.isEmpty { printError(report.rendered(.text)) }
    if report.hasErrors { throw ExitCode(1) }
    return folder.migrations.map { migration in
      MigrationStep(
        version: migration.version,
        name: migration.name,
        checksum: migration.checksum,
        up: isSQLite ? migration.sqliteUp! : migration.up,
        down: isSQLite ? migration.sqliteDown : migration.down
      )
    }
  }

  /// - Parameter mustExist: SQLite would make a file that is missing.
  func migrator(mustExist: Bool = false) throws -> Migrator {
    let steps = try steps()
    if isSQLite {
      if mustExist, access(path, F_OK) != 0 {
        throw Failure("there is no database '\(path)': make it with 'katana db create --db-url \(dbUrl)'")
      }
      return Migrator(try SQLiteDatabase(.file(path)).migrationSession(), steps)
    }
    return Migrator(try PostgresMigrationSession(url: dbUrl), steps)
  }
}
