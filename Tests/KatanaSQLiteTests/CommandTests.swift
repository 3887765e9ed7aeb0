import Foundation
import TestSupport
import Testing

/// `katana db`, as a user calls it.
@Suite(.serialized) struct CommandTests {
  private static func katana(_ arguments: [String]) throws -> (code: Int32, output: String, errors: String) {
    let process = Process()
    process.executableURL = program("katana")
    process.arguments = arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let more = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self), String(decoding: more, as: UTF8.self))
  }

  private final class Folder {
    let path: String

    init() throws {
      path = NSTemporaryDirectory() + "katana-db-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: path + "/migrations", withIntermediateDirectories: true)
      try write(
        "migrations/0001_shops.sql",
        """
        -- migrate:up
        CREATE TABLE shops (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
        -- migrate:down
        DROP TABLE shops;
        """
      )
      try write("migrations/0002_open.up.sql", "ALTER TABLE shops ADD COLUMN open boolean NOT NULL DEFAULT true;\n")
      try write("migrations/0002_open.down.sql", "ALTER TABLE shops DROP COLUMN open;\n")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
      try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
    }
  }

  private static func walk(_ url: String) throws {
    let folder = try Folder()
    func run(_ arguments: String...) throws -> (code: Int32, output: String, errors: String) {
      try katana(["db"] + arguments + ["--db-url", url, "-i", folder.path])
    }
    #expect(try katana(["db", "create", "--db-url", url]).output.hasSuffix("was created\n"))
    #expect(try katana(["db", "create", "--db-url", url]).output.hasSuffix("exists\n"))
    let dry = try run("migrate", "up", "--dry-run")
    #expect(dry.code == 0 && dry.output.contains("-- 0001_shops") && dry.output.contains("CREATE TABLE shops"))
    #expect(try run("migrate", "up", "--to", "0001").output == "0001_shops applied\n")
    let half = try run("status")
    #expect(
      half.code == 0 && half.output.contains("0001_shops  applied 20") && half.output.contains("0002_open  pending")
    )
    #expect(try run("migrate", "up").output == "0002_open applied\n")
    #expect(try run("migrate", "up").output == "the database is up to date\n")
    #expect(try run("migrate", "down", "--steps", "2").output == "0002_open taken back\n0001_shops taken back\n")
    #expect(try run("migrate", "up").code == 0)

    try folder.write("migrations/0002_open.up.sql", "SELECT 2;\n")
    let changed = try run("migrate", "up")
    #expect(
      changed.code == 1 && changed.errors.contains("0002_open") && changed.errors.contains("db repair"),
      "\(changed)"
    )
    #expect(try run("status").code == 1)
    #expect(try run("repair").output.contains("--applied 0002"))
    #expect(try run("repair", "--applied", "0002").code == 0)
    #expect(try run("status").code == 0)
  }

  @Test func `a command that runs with a server of its own says how it ended`() throws {
    let folder = try Folder()
    func run(_ script: String) throws -> (code: Int32, output: String, errors: String) {
      try Self.katana(["db", "run", "-i", folder.path, "--", "sh", "-c", script])
    }
    // The address is a word to a shell as it is.
    #expect(try run("psql -Atc 'SELECT count(*) FROM shops' {}").output == "0\n")
    #expect(try run("exit 7").code == 7)
    #expect(try run("kill -9 $$").code == 137)
    #expect(try Self.katana(["db", "run", "-i", folder.path, "--", "/nowhere"]).errors.contains("cannot run '/nowhere'"))
  }

  @Test func `a SQLite database is created, brought up, taken back and repaired`() throws {
    let scratch = Scratch()
    try Self.walk("sqlite:\(scratch.file)")
  }

  @Test func `a PostgreSQL database is created, brought up, taken back and repaired`() throws {
    try Self.walk(try SharedPostgres.server().url(database: "shop"))
  }
}
