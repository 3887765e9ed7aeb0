import Glibc
import KatanaPostgres
import KatanaSQL
import KatanaSQLite
import TestSupport
import Testing

/// The same steps on a real PostgreSQL and on SQLite.
@Suite(.serialized) struct MigrationTests {
  /// An empty database of its own.
  private final class Target {
    let session: () throws -> any MigrationSession
    private let scratch: Scratch?

    init(_ dialect: SQLDialect) throws {
      if dialect == .sqlite {
        let scratch = Scratch()
        self.scratch = scratch
        session = { try SQLiteDatabase(.file(scratch.file)).migrationSession() }
        return
      }
      scratch = nil
      let url = try SharedPostgres.server().url(database: SharedPostgres.newDatabase())
      session = { try PostgresMigrationSession(url: url) }
    }

    func migrator(_ steps: [MigrationStep]) throws -> Migrator { Migrator(try session(), steps) }
    func count(_ text: String) throws -> Int {
      Int(try session().rows("SELECT count(*) FROM \(text)")[0][0] ?? "") ?? -1
    }
  }

  private static func step(_ version: String, _ up: String, _ down: String? = nil, checksum: String = "c")
    -> MigrationStep
  {
    MigrationStep(version: version, name: "step", checksum: checksum, up: up, down: down)
  }

  private static let steps = [
    step("0001", "CREATE TABLE a (id integer PRIMARY KEY); INSERT INTO a VALUES (1), (2);", "DROP TABLE a"),
    step("0002", "CREATE TABLE b (id integer PRIMARY KEY REFERENCES a (id))", "DROP TABLE b"),
    step("0010", "INSERT INTO b VALUES (1)", "DELETE FROM b"),
  ]

  @Test func `a version with points is ordered number by number`() throws {
    let target = try Target(.sqlite)
    let versions = ["10", "R__views", "1.10", "1", "2", "1.9", "01.9.1"]
    let migrator = try target.migrator(versions.map { Self.step($0, "SELECT 1") })
    #expect(try migrator.pending().map(\.version) == ["1", "1.9", "01.9.1", "1.10", "2", "10", "R__views"])
    #expect(try migrator.up(to: "1.9") == 2)
  }

  @Test(arguments: [SQLDialect.postgres, .sqlite])
  func `steps go up and down, each once and in order of their numbers`(_ dialect: SQLDialect) throws {
    let target = try Target(dialect)
    let migrator = try target.migrator(Self.steps.reversed())
    #expect(try migrator.pending().map(\.version) == ["0001", "0002", "0010"])
    #expect(try migrator.up(to: "0002") == 2)
    #expect(try target.count("a") == 2)
    #expect(try target.migrator(Self.steps).up() == 1)
    #expect(try migrator.up() == 0)
    #expect(try target.count("b") == 1)
    #expect(try migrator.down(2) == 2)
    #expect(throws: (any Error).self) { try target.count("b") }
    #expect(try migrator.status().map { $0.state == .pending } == [false, true, true])
    #expect(try migrator.down(5) == 1)
    #expect(try migrator.down(1) == 0)
  }

  @Test(arguments: [SQLDialect.postgres, .sqlite])
  func `a step that fails leaves nothing of itself, and what was before it stays`(_ dialect: SQLDialect) throws {
    let target = try Target(dialect)
    let bad = Self.steps + [Self.step("0011", "CREATE TABLE c (id integer);\nINSERT INTO b VALUES (1)")]
    let error = #expect(throws: SQLMigrationError.self) { try target.migrator(bad).up() }
    #expect(error?.cause?.isUniqueViolation == true && error?.message.contains("0011_step") == true)
    #expect(throws: (any Error).self) { try target.count("c") }
    #expect(try target.count("b") == 1)
    #expect(try target.migrator(bad).pending().map(\.version) == ["0011"])
  }

  @Test(arguments: [SQLDialect.postgres, .sqlite])
  func `files that tell another story than the database are refused with what to do`(_ dialect: SQLDialect) throws {
    let target = try Target(dialect)
    try target.migrator(Self.steps).up()
    let changed = [Self.step("0001", "SELECT 1", checksum: "other")] + Self.steps.dropFirst()
    let refused = #expect(throws: SQLMigrationError.self) { try target.migrator(changed).up() }
    #expect(refused?.remedy?.contains("repair --applied 0001") == true)
    try target.migrator(changed).repair("0001", isApplied: true)
    #expect(try target.migrator(changed).up() == 0)

    let gap = changed + [Self.step("0003", "SELECT 1")]
    let behind = #expect(throws: SQLMigrationError.self) { try target.migrator(gap).up() }
    #expect(behind?.remedy?.contains("above 0010") == true)

    let fewer = Array(changed.prefix(2))
    let missing = #expect(throws: SQLMigrationError.self) { try target.migrator(fewer).up() }
    #expect(missing?.message.contains("0010_step") == true)
    #expect(
      try target.migrator(fewer).status().last.map { if case .missing = $0.state { true } else { false } } == true
    )
    #expect(throws: SQLMigrationError.self) { try target.migrator([Self.step("0001", "SELECT 1")]).up(to: "0007") }
  }

  @Test(arguments: [SQLDialect.postgres, .sqlite])
  func `processes that migrate at once wait for each other`(_ dialect: SQLDialect) async throws {
    let target = try Target(dialect)
    let make = target.session
    nonisolated(unsafe) let session = make
    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 { group.addTask { try Migrator(session(), Self.steps).up() } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(counts.reduce(0, +) == 3)
  }

  @Test func `a step outside of a transaction is dirty while it is not at its end`() throws {
    let target = try Target(.postgres)
    let concurrent = """
      -- migrate: no transaction
      CREATE INDEX CONCURRENTLY a_index ON a (id);
      COMMENT ON INDEX a_index IS 'with ; in it';
      """
    let good =
      Self.steps + [Self.step("0020", concurrent, "-- migrate: no transaction\nDROP INDEX CONCURRENTLY a_index")]
    #expect(try target.migrator(good).up() == 4)
    #expect(try target.migrator(good).down(1) == 1)
    try target.migrator(good).up()

    let bad = good + [Self.step("0030", concurrent)]
    let failed = #expect(throws: SQLMigrationError.self) { try target.migrator(bad).up() }
    #expect(failed?.remedy?.contains("--not-applied 0030") == true)
    let dirty = #expect(throws: SQLMigrationError.self) { try target.migrator(bad).up() }
    #expect(dirty?.message.contains("has not ended") == true)
    try target.migrator(bad).repair("0030", isApplied: false)
    #expect(try target.migrator(bad).pending().map(\.version) == ["0030"])
  }

  @Test func `a step that ends its transaction is told so`() throws {
    let target = try Target(.postgres)
    let error = #expect(throws: SQLMigrationError.self) {
      try target.migrator([Self.step("1", "CREATE TABLE x (i int); COMMIT;")]).up()
    }
    #expect(error?.cause?.hint?.contains("leave out BEGIN") == true)
  }

  @Test func `a foreign key that a step leaves without its row is found before the commit`() throws {
    let target = try Target(.sqlite)
    try target.migrator(Self.steps).up()
    let error = #expect(throws: SQLMigrationError.self) {
      try target.migrator(Self.steps + [Self.step("0011", "DELETE FROM a WHERE id = 1")]).up()
    }
    #expect(error?.cause?.isForeignKeyViolation == true)
    #expect(try target.count("a") == 2)
  }

  @Test func `generated steps bring a database up at the start of a program`() throws {
    let scratch = Scratch()
    let database = try SQLiteDatabase(.file(scratch.file))
    let migrations = [
      SQLMigration(version: "1", name: "a", postgres: "", sqlite: "CREATE TABLE a (x INT) STRICT;\n", checksum: "1")
    ]
    #expect(try database.migrate(migrations) == 1)
    #expect(try database.migrate(migrations) == 0)
    let untranslated = migrations + [SQLMigration(version: "2", name: "b", postgres: "SELECT 1", checksum: "2")]
    let error = #expect(throws: SQLMigrationError.self) { try database.migrate(untranslated) }
    #expect(error?.remedy?.contains("--sqlite") == true)
  }
}
