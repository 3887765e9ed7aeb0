import Foundation
import KatanaQueries
import KatanaSQLite
import Testing

/// What SQLite answers to a translated statement, beside what PostgreSQL answers to the statement itself.
@Suite(.serialized) struct DifferentialTests {
  static let schema = [
    """
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
    CREATE TABLE shops (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name text NOT NULL UNIQUE,
      opened date
    );
    CREATE TABLE products (
      id bigserial PRIMARY KEY,
      shop_id bigint REFERENCES shops ON DELETE CASCADE,
      sku varchar(12) NOT NULL,
      name text NOT NULL DEFAULT 'nameless',
      price numeric(10,2) NOT NULL CHECK (price >= 0),
      weight double precision,
      stock int NOT NULL DEFAULT 0,
      active boolean NOT NULL DEFAULT true,
      feeling mood DEFAULT 'ok',
      tags text[] NOT NULL DEFAULT '{}',
      data jsonb,
      code uuid,
      photo bytea,
      size positive,
      created timestamptz NOT NULL DEFAULT now(),
      updated timestamp,
      UNIQUE (shop_id, sku),
      CONSTRAINT stock_bounds CHECK (stock BETWEEN 0 AND 1000)
    );
    CREATE INDEX products_name ON products (lower(name));
    CREATE INDEX ON products (price DESC) WHERE active;
    CREATE VIEW cheap AS SELECT id, name, price FROM products WHERE price < 10;
    """,
    """
    INSERT INTO shops (name, opened) VALUES ('north', '2020-02-29'), ('south', NULL), ('West', '1999-12-31');
    INSERT INTO products
      (shop_id, sku, name, price, weight, stock, active, feeling, tags, data, code, photo, size, created, updated)
    VALUES
      (1, 'A-1', 'Chair', 19.99, 4.5, 10, true, 'happy', '{red,"dark blue"}', '{"a": 1, "b": {"c": "x"}, "t": true}',
       '11111111-2222-3333-4444-555555555555', '\\xdeadbeef', 3, '2024-01-31 10:00:00+00', '2024-01-31 10:00:00.5'),
      (1, 'A-2', 'table', 100, NULL, 0, false, 'sad', '{}', '[1, 2.5, null]', NULL, NULL, NULL,
       '2024-02-29 23:59:59.999999+00', NULL),
      (2, 'A-1', 'Lamp_%', 9.5, 0.25, 1000, true, NULL, '{red}', NULL,
       'AAAAAAAA-0000-0000-0000-000000000000', '\\x', 1, '2023-12-31 00:00:00+00', NULL),
      (NULL, 'B', 'Ärmel', 0, -1.5e10, 7, true, 'ok', '{NULL,a}', '{"b": 2}', NULL, NULL, NULL,
       '2024-03-01 00:00:00+00', '2024-03-01'),
      (3, 'C', 'chair', 10.00, 2, 7, false, 'happy', '{green}', NULL, NULL, NULL, 7, '2024-03-01 00:00:00+00', NULL);
    """,
  ]

  /// The statements of `queries.sql`, and the values of their parameters as PostgreSQL reads them.
  private static func queries() throws -> [(String, [String?])] {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "queries.sql")
    return try String(contentsOf: path, encoding: .utf8).split(separator: ";\n").compactMap { part in
      let lines = part.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }
      let text = lines.filter { !$0.hasPrefix("-- ") }.joined(separator: " ")
      let values = lines.first { $0.hasPrefix("-- parameters: ") }?.dropFirst(15).split(separator: " | ") ?? []
      return text.isEmpty ? nil : (text, values.map { $0 == "NULL" ? nil : String($0) })
    }
  }

  @Test func `SQLite gives the rows and errors that PostgreSQL gives`() async throws {
    let both = try await TwoDatabases(Self.schema)
    for (text, values) in try Self.queries() {
      do {
        let (postgres, sqlite, translated) = try await both.answers(text, values)
        let isOrdered = text.contains("ORDER BY")
        let expected = isOrdered ? postgres.rows : postgres.rows.sorted { $0.joined() < $1.joined() }
        let got = isOrdered ? sqlite.rows : sqlite.rows.sorted { $0.joined() < $1.joined() }
        let difference = zip(expected, got).first { $0 != $1 }.map { "\n\($0)\n\($1)" } ?? "\n\(expected)\n\(got)"
        let isSame = expected == got && postgres.state == sqlite.state
        #expect(isSame, "\(text)\n→ \(translated)\n\(postgres.state) \(sqlite.state)\(difference)")
        #expect(postgres.affected == sqlite.affected || !postgres.state.isEmpty, "\(text)\n→ \(translated)")
      } catch {
        Issue.record("\(text): \(error)")
      }
    }
  }
}
