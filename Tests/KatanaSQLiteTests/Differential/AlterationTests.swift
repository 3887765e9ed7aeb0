import KatanaContract
import KatanaQueries
import Testing

/// Tables that change while they have rows.
@Suite(.serialized) struct AlterationTests {
  private static let steps = [
    """
    CREATE TYPE state AS ENUM ('new', 'done');
    CREATE TABLE owners (id serial PRIMARY KEY, name text UNIQUE NOT NULL);
    CREATE TABLE tasks (
      id bigserial PRIMARY KEY, title varchar(20) NOT NULL, owner int REFERENCES owners ON DELETE SET NULL,
      state state NOT NULL DEFAULT 'new', effort int, old text
    );
    CREATE INDEX tasks_owner ON tasks (owner);
    CREATE VIEW open_tasks AS SELECT id, title, state FROM tasks WHERE state = 'new';
    INSERT INTO owners (name) VALUES ('ann'), ('bob');
    INSERT INTO tasks (title, owner, effort, old)
    VALUES ('one', 1, 5, 'x'), ('two', 2, NULL, NULL), ('three', NULL, 7, 'z');
    """,
    "ALTER TABLE tasks ADD COLUMN note text, ADD COLUMN done boolean NOT NULL DEFAULT false",
    """
    ALTER TABLE tasks ADD COLUMN made timestamptz NOT NULL DEFAULT '2024-01-01',
      ADD CONSTRAINT effort_sane CHECK (effort > -5)
    """,
    "ALTER TABLE tasks ALTER COLUMN effort TYPE numeric(6,2), ALTER COLUMN effort SET DEFAULT -1.5",
    "ALTER TABLE tasks DROP COLUMN old",
    "DROP VIEW open_tasks",
    "ALTER TABLE tasks ALTER COLUMN title TYPE text",
    "CREATE VIEW open_tasks AS SELECT id, title, state FROM tasks WHERE state = 'new'",
    "ALTER TYPE state ADD VALUE 'stuck' BEFORE 'done'",
    "UPDATE tasks SET effort = 0 WHERE effort IS NULL",
    "ALTER TABLE tasks ALTER COLUMN effort SET NOT NULL",
    "ALTER TABLE tasks ADD CONSTRAINT one_title UNIQUE (owner, title)",
    "ALTER TABLE tasks RENAME COLUMN note TO remark",
    "ALTER TABLE owners RENAME TO people",
    "DROP INDEX tasks_owner",
    "CREATE UNIQUE INDEX tasks_title_lower ON tasks (lower(title)) WHERE NOT done",
    "DELETE FROM tasks WHERE title = 'three'",
    "ALTER TABLE tasks ADD COLUMN boss int REFERENCES people (id)",
  ]

  private static let queries = [
    "SELECT * FROM tasks ORDER BY title", "SELECT * FROM open_tasks ORDER BY title", "SELECT * FROM people ORDER BY id",
    "INSERT INTO tasks (title, state) VALUES ('four', 'stuck') RETURNING id, effort, made, done, remark, state",
    "INSERT INTO tasks (title) VALUES ('FOUR')", "INSERT INTO tasks (title, effort) VALUES ('x', -6)",
    "INSERT INTO tasks (title, effort) VALUES ('x', NULL)", "INSERT INTO tasks (title, owner) VALUES ('one', 1)",
    "INSERT INTO tasks (title, boss) VALUES ('y', 77)", "DELETE FROM people WHERE name = 'ann'",
    "SELECT title, owner FROM tasks ORDER BY title", "SELECT state FROM tasks ORDER BY state, title",
  ]

  @Test func `a table that is altered keeps its rows, its constraints and its numbers`() async throws {
    let both = try await TwoDatabases(Self.steps)
    for text in Self.queries {
      let (postgres, sqlite, translated) = try await both.answers(text)
      #expect(postgres == sqlite, "\(text)\n→ \(translated)")
    }
  }

  @Test(arguments: [
    ("CREATE TABLE t (a int); CREATE INDEX ON t USING gin (a)", "KT3503", 1, 25),
    ("CREATE TABLE t (\n  a tsvector\n)", "KT3501", 2, 5),
    ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1'", "KT3501", 1, 1),
    ("CREATE TABLE a.t (x int)", "KT3501", 1, 14),
    ("CREATE TABLE t (a int);\n\n-- the owner\nALTER TABLE u ADD COLUMN b int", "KT3501", 4, 1),
    ("CREATE TABLE t (a int, b int GENERATED ALWAYS AS IDENTITY)", "KT3501", 1, 1),
    ("CREATE EXTENSION citext", "KT3501", 1, 1),
  ])
  func `what has no equivalent is told at its place`(_ text: String, _ id: String, _ line: Int, _ column: Int) throws {
    var translation = SQLiteTranslation()
    _ = translation.migrationUp(text, map: TextMap(source: SourceFile(name: "m.sql", bytes: Array(text.utf8))))
    let found = try #require(translation.diagnostics.first)
    #expect(found.id == id && found.location.line == line, "\(found.location): \(found.message)")
    #expect(found.location.column == column, "\(found.location): \(found.message)")
  }

  private static func query(
    _ pieces: [Piece],
    _ parameters: [KatanaQueries.Parameter] = [],
    filters: [Filter] = [],
    sorts: [Sort] = [],
    columns: Int = 0
  ) -> Query {
    let source = SourceFile(name: "q.sql", bytes: [])
    let columns = (0..<columns).map { Column(name: "c\($0)", type: .builtin(.int8), isNullable: true, proof: "") }
    return Query(
      name: "q",
      kind: .many,
      location: source.location(atByte: 0),
      pieces: pieces,
      parameters: parameters,
      columns: columns,
      filters: filters,
      sorts: sorts
    )
  }

  private static func translation() -> SQLiteTranslation {
    var translation = SQLiteTranslation()
    let schema = "CREATE TABLE t (id bigint PRIMARY KEY, name text, price numeric(10,2) NOT NULL, feeling text[])"
    _ = translation.migrationUp(schema, map: TextMap(source: SourceFile(name: "m.sql", bytes: Array(schema.utf8))))
    return translation
  }

  @Test func `filters and orders stay pieces of one statement`() throws {
    var translation = Self.translation()
    let query = Self.query(
      [
        Piece(text: "SELECT id FROM t\nWHERE true"), Piece(text: " AND name = $1", condition: .filter(0)),
        Piece(text: "\nAND id > 0 "), Piece(text: "AND price >= $2::numeric", condition: .filter(1)),
        Piece(text: "\nORDER BY "), Piece(text: "id", condition: .sort(0)),
        Piece(text: " price DESC, id", condition: .sort(1)),
        Piece(text: "\nLIMIT 10"),
      ],
      [
        KatanaQueries.Parameter(name: "a", type: .builtin(.text), index: 1),
        KatanaQueries.Parameter(name: "b", type: .builtin(.numeric), index: 2),
      ],
      filters: [Filter(parameters: ["a"]), Filter(parameters: ["b"])],
      sorts: [Sort(name: "id", text: "id"), Sort(name: "price_desc", text: "price DESC, id")],
      columns: 1
    )
    let translated = translation.pieces(of: query)
    let pieces = try #require(translated, "\(translation.diagnostics.map(\.message))")
    #expect(
      pieces == [
        Piece(text: "SELECT id FROM t WHERE TRUE AND (id > 0)"),
        Piece(text: " AND (name = ?1)", condition: .filter(0)),
        Piece(text: " AND (price >= ?2)", condition: .filter(1)), Piece(text: " ORDER BY "),
        Piece(text: "id", condition: .sort(0)), Piece(text: "price DESC, id", condition: .sort(1)),
        Piece(text: " LIMIT 10"),
      ]
    )
  }

  @Test(arguments: [
    ("SELECT DISTINCT ON (name) id FROM t ORDER BY name", "row_number()", 20),
    ("SELECT id FROM t WHERE name ~ 'a'", "use LIKE", 23),
    ("SELECT id FROM t GROUP BY ROLLUP (id)", "UNION ALL", 26),
    ("SELECT to_char(price, 'x') FROM t", "in the program", 7),
    ("SELECT missing FROM t", "migrations", 7),
    ("SELECT t FROM t", "name the columns", 7),
    ("WITH d AS (DELETE FROM t RETURNING id) SELECT * FROM d", "transaction", 23),
    ("SELECT string_agg(name, ',' ORDER BY name) FROM t", "subselect", 7),
    ("SELECT price < 'abc' FROM t", "standard form", 7),
  ])
  func `a query without an equivalent is told with what to do`(_ text: String, _ remedy: String, _ offset: Int) throws {
    var translation = Self.translation()
    let source = SourceFile(name: "q.sql", bytes: Array(text.utf8))
    let translated = translation.pieces(of: Self.query([Piece(text: text)]), map: TextMap(source: source))
    #expect(translated == nil)
    let found = try #require(translation.diagnostics.last)
    #expect(found.id == "KT3501" && found.remedy?.contains(remedy) == true, "\(found.message) \(found.remedy ?? "")")
    #expect(abs(found.location.column - 1 - offset) <= 8, "\(found.location) \(found.message)")
  }
}
