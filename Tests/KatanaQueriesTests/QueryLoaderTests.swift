import Glibc
import KatanaContract
import Testing

@testable import KatanaQueries

/// A folder below /tmp, removed with its owner.
final class TemporaryFolder {
  let path: String

  init(_ files: [String: String]) throws {
    var template = Array("/tmp/katana-queries-XXXXXX".utf8CString)
    _ = try #require(mkdtemp(&template))
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    for (name, text) in files { try write(name, text) }
  }

  deinit {
    var pending = [path]
    var folders: [String] = []
    while let folder = pending.popLast() {
      folders.append(folder)
      for name in FolderListing.names(in: folder) where unlink("\(folder)/\(name)") != 0 {
        pending.append("\(folder)/\(name)")
      }
    }
    for folder in folders.reversed() { rmdir(folder) }
  }

  func write(_ name: String, _ text: String) throws {
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/\(part)"
      mkdir(folder, 0o777)
    }
    let file = try #require(fopen("\(path)/\(name)", "w"))
    fputs(text, file)
    fclose(file)
  }

  func remove(_ name: String) { unlink("\(path)/\(name)") }
}

struct QueryLoaderTests {
  private let files = [
    "migrations/0001_a.sql": "CREATE TABLE a (id int PRIMARY KEY, name text);",
    "migrations/0010_b.sql": "CREATE INDEX CONCURRENTLY a_name ON a (name); CREATE TYPE kind AS ENUM ('x');",
    "migrations/0002_c.sql": "SET search_path = ''; ALTER TABLE public.a ADD more int NOT NULL DEFAULT 0;",
    "a.sql": """
    -- name: one :one
    SELECT * FROM a WHERE id = @id;

    -- name: all :many
    SELECT id, 'x'::kind AS kind FROM a;
    """,
  ]

  private func load(_ folder: TemporaryFolder) throws -> QueryLoader.Result {
    let result = QueryLoader.load(folder: folder.path, server: .emptyDatabase(try emptyDatabase()))
    if let lock = result.lock { try folder.write(LockFile.name, lock) }
    return result
  }

  private func findings(_ result: QueryLoader.Result, _ folder: TemporaryFolder) -> [String] {
    result.diagnostics.map { "\($0.location.description.dropFirst(folder.path.count + 1)) \($0.id)" }
  }

  @Test func `a lock file stands for the server`() throws {
    let folder = try TemporaryFolder(files)
    let asked = try load(folder)
    #expect(asked.diagnostics.isEmpty)
    #expect(asked.lock != nil)
    let locked = QueryLoader.load(folder: folder.path, server: .none)
    #expect(locked.diagnostics.isEmpty)
    #expect(locked.lock == nil)
    #expect(locked.contract?.explanation == asked.contract?.explanation)
    #expect(asked.contract?.files.first?.queries.count == 2)
    // Nor is anybody asked who is not needed.
    let unneeded = QueryLoader.load(folder: folder.path, server: .url("postgresql://nobody@/none?host=/nonexistent"))
    #expect(unneeded.diagnostics.isEmpty)
  }

  @Test func `what has changed is stale, and nothing else is`() throws {
    let folder = try TemporaryFolder(files)
    _ = try load(folder)
    let text = files["a.sql"]!
    try folder.write("a.sql", "-- Another comment.\n" + text.replacing("SELECT *", with: "SELECT  * /* all */"))
    #expect(QueryLoader.load(folder: folder.path, server: .none).diagnostics.isEmpty)
    try folder.write("a.sql", text.replacing("SELECT *", with: "SELECT id"))
    #expect(findings(QueryLoader.load(folder: folder.path, server: .none), folder) == ["a.sql:1:1 KT3006"])
    try folder.write("a.sql", text.components(before: "\n\n"))
    #expect(findings(QueryLoader.load(folder: folder.path, server: .none), folder) == ["katana.lock:1:1 KT3006"])
    try folder.write("a.sql", text)
    try folder.write("migrations/0011_d.sql", "DROP INDEX a_name;")
    #expect(
      findings(QueryLoader.load(folder: folder.path, server: .none), folder) == ["katana.lock:1:1 KT3006"]
    )
    #expect(try load(folder).diagnostics.isEmpty)
    #expect(QueryLoader.load(folder: folder.path, server: .none).diagnostics.isEmpty)
  }

  @Test func `a lock file that cannot be read is made anew, and is an error where nobody may be asked`() throws {
    let folder = try TemporaryFolder(files)
    let lock = try #require(try load(folder).lock)
    for text in ["", "{}", lock.replacing("\"readOnly\"", with: "\"x\""), "<<<<<<< HEAD\n" + lock, "[1, 2"] {
      try folder.write(LockFile.name, text)
      let locked = QueryLoader.load(folder: folder.path, server: .none)
      #expect(locked.contract == nil)
      #expect(findings(locked, folder).contains { $0.hasSuffix("KT3007") })
    }
    let asked = try load(folder)
    #expect(asked.lock == lock)
    #expect(asked.diagnostics.map(\.severity) == [.warning])
  }

  @Test func `a migration that lacks its end is refused where it stands, also where no query asks for it`() throws {
    for queries: [String: String] in [[:], ["a.sql": "-- name: one :one\nSELECT id FROM a;"]] {
      let folder = try TemporaryFolder(queries)
      try folder.write("migrations/0001_a.sql", "CREATE TABLE a (id int);")
      #expect(try load(folder).contract != nil)
      try folder.write("migrations/0001_a.sql", "CREATE TABLE b (id int); -- one\n\nCREATE TABLE a (id int")
      let result = try load(folder)
      #expect(result.contract == nil)
      #expect(findings(result, folder) == ["migrations/0001_a.sql:3:23 KT3302"])
    }
  }

  @Test func `a lock file of another analysis is stale, and is renewed by one that knows more`() throws {
    let folder = try TemporaryFolder(files)
    let lock = try #require(try load(folder).lock)
    let current = "\"analysis\": \(LockFile.analysis),"
    #expect(lock.contains(current))
    // A release that did not write the member is older than all that do.
    let older = lock.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.contains("\"analysis\"") }
    try folder.write(LockFile.name, older.joined(separator: "\n"))
    let checked = QueryLoader.load(folder: folder.path, server: .none)
    #expect(checked.contract == nil)
    #expect(findings(checked, folder) == ["katana.lock:1:1 KT3006"])
    #expect(checked.diagnostics.first?.message.contains("of analysis 1") == true)
    let unanswered = QueryLoader.load(folder: folder.path, server: .url("postgresql://nobody@/none?host=/nonexistent"))
    #expect(unanswered.diagnostics.map(\.id) == ["KT3008"])
    #expect(unanswered.diagnostics.first?.message.contains("older analysis") == true)
    #expect(try load(folder).lock == lock)
    // One that knows less leaves it alone, whoever may be asked.
    try folder.write(LockFile.name, lock.replacing(current, with: "\"analysis\": \(LockFile.analysis + 1),"))
    let newer = try load(folder)
    #expect(findings(newer, folder) == ["katana.lock:1:1 KT3006"])
    #expect(newer.contract == nil && newer.lock == nil)
  }

  @Test func `a server that is not there is an error with a remedy`() throws {
    let folder = try TemporaryFolder(files)
    for url in ["postgresql://nobody@/none?host=/nonexistent", "host=/nonexistent", "sqlite:a.db", "mysql://a/b", ""] {
      let result = QueryLoader.load(folder: folder.path, server: .url(url))
      #expect(result.contract == nil)
      let found = try #require(result.diagnostics.first)
      #expect(result.diagnostics.count == 1 && found.id == "KT3008" && found.location.file == folder.path)
      #expect(found.message.contains("--db-url") && !found.message.contains("\n"))
      #expect(found.message.contains("does not answer") == url.contains("host="))
      #expect(found.remedy?.contains("postgresql://user@host/name") == true)
    }
  }

  @Test func `what the named database lacks is looked for there`() throws {
    let folder = try TemporaryFolder(files)
    let result = QueryLoader.load(folder: folder.path, server: .url(try emptyDatabase()))
    #expect(result.diagnostics.first?.message == "relation \"a\" does not exist")
    #expect(result.diagnostics.first?.remedy?.contains("--db-url") == true)
  }

  @Test func `a lock file of another schema, and none, is one finding`() throws {
    let folder = try TemporaryFolder(files)
    var result = QueryLoader.load(folder: folder.path, server: .none)
    #expect(findings(result, folder) == ["katana.lock:1:1 KT3006"])
    #expect(result.diagnostics.first?.message == "there is no such file")
    _ = try load(folder)
    try folder.write("a.sql", "-- name: one :one\nSELECT id FROM a WHERE id = @id;")
    result = QueryLoader.load(folder: folder.path, server: .none)
    #expect(findings(result, folder) == ["a.sql:1:1 KT3006"])
    try folder.write("migrations/0003_d.sql", "CREATE TABLE d (id int);")
    result = QueryLoader.load(folder: folder.path, server: .none)
    #expect(findings(result, folder) == ["katana.lock:1:1 KT3006"])
    #expect(result.diagnostics.first?.message == "the file was made of another schema")
  }

  @Test(arguments: [
    ("CREATE TABLE a (id int);\nCOPY public.a (id, h) FROM stdin;\n1\t52f6\n\\.\n", 2, "--schema-only"),
    ("CREATE TABLE `a` (id int);", 1, "double quotes"),
    ("CREATE TABLE a (id integer PRIMARY KEY AUTOINCREMENT);", 1, "IDENTITY"),
    ("CREATE TABLE {{.prefix}}a (id int);", 1, "templates"),
    ("\\i other.sql\n", 1, "psql"),
    ("DROP DATABASE shop;", 1, "--create"),
    ("CREATE ROLE postgres;", 1, "pg_dumpall"),
    ("CREATE TABLE a (at datetime);", 1, "timestamptz"),
  ])
  func `what other tools write into a schema is refused with a remedy`(text: String, line: Int, remedy: String) throws {
    let folder = try TemporaryFolder(["schema.sql": text, "a.sql": "-- name: a :one\nSELECT 1;"])
    let result = try load(folder)
    #expect(result.contract == nil)
    #expect(result.diagnostics.first?.location.line == line)
    #expect(result.diagnostics.first?.remedy?.contains(remedy) == true)
  }

  @Test func `commands of psql that say nothing of the schema are passed over`() throws {
    let folder = try TemporaryFolder([
      "schema.sql": "\\restrict abc\n\\c shop\n\\set ON_ERROR_STOP on\nCREATE TABLE a (id int);\n\\unrestrict abc\n",
      "a.sql": "-- name: a :many\nSELECT * FROM a;",
    ])
    #expect(try load(folder).diagnostics.isEmpty)
  }

  @Test(arguments: [
    ("SELECT * FROM a WHERE id IN @ids", "\"@ids\"", "ANY(@list)"), ("SELECT * FROM @name", "\"@name\"", "-- sort"),
    ("SELECT * FROM a WHERE id = {id}", "\"{\"", "@name"), ("SELECT * FROM a WHERE id = %s", "\"%\"", "@name"),
  ])
  func `what is no parameter is refused with a remedy`(text: String, message: String, remedy: String) throws {
    let folder = try TemporaryFolder(["schema.sql": "CREATE TABLE a (id int);", "a.sql": "-- name: a :many\n\(text);"])
    let result = try load(folder)
    #expect(result.diagnostics.first?.message.contains(message) == true)
    #expect(result.diagnostics.first?.remedy?.contains(remedy) == true)
  }

  @Test(arguments: [
    ("SELECT id FROM a ORDER BY @column", "ORDER BY"), ("SELECT id FROM a ORDER BY id, id LIMIT @n", nil),
    ("SELECT id FROM a ORDER BY @column::text DESC LIMIT 1", "ORDER BY"), ("SELECT id FROM a GROUP BY $1, id", "GROUP BY"),
    ("SELECT id FROM a ORDER BY CASE WHEN @up::bool THEN id END", nil), ("SELECT id FROM a ORDER BY @x + id", nil),
    ("SELECT id FROM a ORDER BY id <-> @x", nil), ("SELECT id FROM a WHERE name LIKE '%:q%'", "':q'"),
    ("SELECT id FROM a WHERE name LIKE '%@q%'", "'@q'"), ("SELECT id FROM a WHERE name LIKE '%@q.org'", nil),
    ("SELECT now() - interval '$1 days'", "'$1'"), ("SELECT '12:30', 'a:b', ':', '@', '$', 'x@y', ':a:'", nil),
  ])
  func `a parameter that says nothing where it stands is pointed out`(text: String, word: String?) throws {
    let folder = try TemporaryFolder([
      "schema.sql": "CREATE TABLE a (id int, name text);", "a.sql": "-- name: a :many\n\(text);",
    ])
    let found = try load(folder).diagnostics.filter { $0.severity == .warning }
    #expect(found.map(\.id) == (word == nil ? [] : ["KT3207"]))
    if let word { #expect(found.first?.message.contains(word) == true && found.first?.location.line == 2) }
  }

  @Test(arguments: [
    ("SELECT * FROM a WHERE name = @name", true), ("SELECT * FROM a", true), ("SELECT * FROM a WHERE id > @id", true),
    ("SELECT * FROM a WHERE id = b", true), ("SELECT * FROM a WHERE id = @id OR b = 1", true),
    ("SELECT * FROM a WHERE b = @b AND c IS NOT NULL", true), ("SELECT * FROM a WHERE id = @id", false),
    ("SELECT * FROM a WHERE @c = c AND a.b = @b::int AND name <> ''", false), ("SELECT * FROM a LIMIT 1", false),
    ("SELECT count(*) FROM a", false), ("SELECT 1", false), ("SELECT * FROM a, e", false),
    ("SELECT * FROM e WHERE name = @name", false), ("SELECT * FROM a WHERE (b, c) = (@b, @c)", false),
    ("SELECT * FROM a WHERE EXISTS (SELECT 1)", false), ("SELECT EXISTS (SELECT 1 FROM a)", false),
    ("INSERT INTO e (name) VALUES (@name) RETURNING id", false), ("SELECT * FROM v", false),
    ("SELECT max(id) FROM a WHERE name = @name", false), ("SELECT DISTINCT name FROM a", false),
  ])
  func `a ':one' that may be many is pointed out`(text: String, isPointedOut: Bool) throws {
    let folder = try TemporaryFolder([
      "schema.sql": """
        CREATE TABLE a (id int PRIMARY KEY, name text, b int, c int, UNIQUE (b, c));
        CREATE TABLE e (id int, name text); CREATE UNIQUE INDEX ON e (lower(name)); CREATE VIEW v AS SELECT * FROM a;
        """,
      "a.sql": "-- name: one :one\n\(text);\n-- name: all :many\n\(text);",
    ])
    #expect(findings(try load(folder), folder) == (isPointedOut ? ["a.sql:1:1 KT3118"] : []))
  }

  @Test func `a schema without queries, and a file of another encoding, are pointed out`() throws {
    let folder = try TemporaryFolder(["schema.sql": "CREATE TABLE a (id int);"])
    #expect(try load(folder).diagnostics.map(\.message) == ["the folder holds no query"])
    try folder.write("a.sql", "\u{FEFF}x")
    let file = try #require(fopen("\(folder.path)/a.sql", "w"))
    fwrite([0xFF, 0xFE, 0x2D, 0x00] as [UInt8], 1, 4, file)
    fclose(file)
    #expect(try load(folder).diagnostics.contains { $0.message.contains("UTF-16") })
  }

  @Test func `a database that is named is asked as it is, and stays so`() throws {
    let url = try emptyDatabase()
    try Connection(url: url).rows(
      "CREATE TABLE a (id int PRIMARY KEY, name text NOT NULL); CREATE TYPE kind AS ENUM ('x')"
    )
    let before = try Connection(url: url).rows("SELECT count(*) FROM pg_class UNION ALL SELECT count(*) FROM pg_proc")
    let folder = try TemporaryFolder(files)
    let result = QueryLoader.load(folder: folder.path, server: .url(url))
    #expect(result.contract?.files.first?.queries.first?.columns.map(\.isNullable) == [false, false])
    #expect(
      try Connection(url: url).rows("SELECT count(*) FROM pg_class UNION ALL SELECT count(*) FROM pg_proc") == before
    )
  }

  @Test func `an empty folder, a missing one and a file are told apart`() throws {
    let empty = try TemporaryFolder([:])
    #expect(findings(QueryLoader.load(folder: empty.path, server: .none), empty).map { $0.suffix(6) } == ["KT3003"])
    #expect(QueryLoader.load(folder: "/nonexistent", server: .none).diagnostics.map(\.id) == ["KT3001"])
    let folder = try TemporaryFolder(["schema.sql": "", "bad.sql": "-- name: a :one\nSELECT 'open"])
    #expect(findings(try load(folder), folder) == ["bad.sql:2:8 KT3301"])
  }

  @Test func `files may have carriage returns`() throws {
    let text = """
      -- migrate:up
      CREATE TABLE a (id int PRIMARY KEY, name text);
      /* A comment
         of two lines */ CREATE TYPE kind AS ENUM ('x');
      -- migrate:down
      DROP TABLE a;
      """
    let queries = """
      -- The first.
      -- name: some :many
      SELECT id, 'x'::kind AS kind FROM a WHERE true
        AND name = @name -- filter
      ORDER BY id -- sort: name
      ;
      """
    let folder = try TemporaryFolder([
      "migrations/1_a.sql": text.replacing("\n", with: "\r\n"), "a.sql": queries.replacing("\n", with: "\r\n"),
    ])
    let contract = try #require(try load(folder).contract)
    #expect(contract.migrations.first?.down?.contains("DROP TABLE") == true)
    let query = try #require(contract.files.first?.queries.first)
    #expect(query.documentation == ["The first."])
    #expect(query.filters == [Filter(parameters: ["name"])])
    #expect(query.sorts.map(\.name) == ["id", "name"])
    #expect(query.text.unicodeScalars.allSatisfy { $0 != "\r" })
    #expect(contract.types.first?.location?.line == 4)
  }

  @Test func `a migration that leaves a transaction open is an error`() throws {
    let folder = try TemporaryFolder(["migrations/1_a.sql": "BEGIN;\nCREATE TABLE a (id int);\n"])
    #expect(findings(try load(folder), folder) == ["migrations/1_a.sql:3:1 KT3005"])
  }

  @Test func `where nothing can be proved every column is optional, and the reason is told`() throws {
    let many = (1...101).map { "$\($0)::int" }.joined(separator: ", ")
    let folder = try TemporaryFolder(["schema.sql": "", "a.sql": "-- name: a :one\nSELECT 1 AS x WHERE 1 IN (\(many))"])
    let result = try load(folder)
    #expect(findings(result, folder) == ["a.sql:1:1 KT3401"])
    #expect(result.contract?.files.first?.queries.first?.columns.map(\.isNullable) == [true])
  }

  @Test(arguments: GoldenTests.cases) func `a lock file keeps all that was said`(name: String) throws {
    let path = "\(GoldenTests.folder)/\(name)"
    let server = QueryLoader.Server.emptyDatabase(try emptyDatabase())
    let result = QueryLoader.load(folder: path, server: server, usesLock: false)
    guard let lock = result.lock else { return }
    let source = SourceFile(name: "katana.lock", bytes: Array(lock.utf8))
    #expect(try #require(LockFile(reading: source)).text == lock)
  }
}

extension String {
  fileprivate func components(before separator: String) -> String {
    firstRange(of: separator).map { String(self[..<$0.lowerBound]) } ?? self
  }
}
