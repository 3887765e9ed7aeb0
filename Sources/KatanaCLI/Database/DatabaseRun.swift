import ArgumentParser
import Glibc
import KatanaCommand
import KatanaPostgres
import KatanaQueries
import KatanaSQL

/// `katana db run`
struct DatabaseRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a command with a PostgreSQL server of its own that has the schema.",
    discussion: """
      The server is Debian's, in a private folder, on a Unix socket; it and all that it holds are gone with the command: \
      for trying a service out, and for tests. '{}' in the command's words becomes the address of the database, and \
      DATABASE_URL is set to it. The exit code is the command's.
      """)

  @Option(name: .shortAndLong, help: "The folder of SQL files.")
  var input = "db"

  @Argument(parsing: .postTerminator, help: "The command and its words, behind '--'.")
  var command: [String]

  func validate() throws {
    if command.isEmpty { throw ValidationError("give the command behind '--': katana db run -- .build/release/shop --db {}") }
  }

  func run() throws {
    let steps = try DatabaseOptions.steps(of: input, isSQLite: false)
    let server = try EphemeralPostgres.start()
    defer { server.stop() }
    try Migrator(try PostgresMigrationSession(url: server.url), steps).up()
    setenv("DATABASE_URL", server.url, 1)
    let code = try Self.wait(for: command.map { $0.replacing("{}", with: server.url) })
    if code != 0 { throw ExitCode(code) }
  }

  /// Runs a program to its end. Signals that end this one end that one, which ends the server in order.
  private static func wait(for words: [String]) throws -> Int32 {
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    // The terminal sends its signals to both.
    signal(SIGINT, SIG_IGN)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGINT)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    let status = posix_spawnp(&child, words[0], nil, &attributes, &arguments, environ)
    if status != 0 { throw Failure("cannot run '\(words[0])': \(String(cString: strerror(status)))") }
    signal(SIGTERM) { _ in kill(child, SIGTERM) }
    var result: Int32 = 0
    while waitpid(child, &result, 0) < 0 {
      if errno != EINTR { throw Failure("cannot wait for '\(words[0])': \(String(cString: strerror(errno)))") }
    }
    return result & 0x7F == 0 ? result >> 8 & 0xFF : 128 + result & 0x7F
  }
}

/// The program that runs, for the handler of a signal.
nonisolated(unsafe) private var child: pid_t = 0
