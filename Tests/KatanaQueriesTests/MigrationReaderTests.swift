import Testing

@testable import KatanaContract
@testable import KatanaQueries

struct MigrationReaderTests {
  private func read(_ files: [String: String]) -> MigrationReader {
    var reader = MigrationReader()
    for (name, text) in files.sorted(by: { $0.key < $1.key }) {
      reader.add(SourceFile(name: "db/migrations/" + name, bytes: Array(text.utf8)))
    }
    reader.finish()
    return reader
  }

  @Test(arguments: [
    ("0001_users.up.sql", "0001", "users"), ("20240101120000_users.sql", "20240101120000", "users"),
    ("V2__more.sql", "2", "more"), ("V1.10__more_things.sql", "1.10", "more_things"), ("V1_2__more.sql", "1.2", "more"),
    ("2024-01-02-030405_users/up.sql", "20240102030405", "users"), ("2024_01_02_users.sql", "20240102", "users"),
    ("20240101120000_users/migration.sql", "20240101120000", "users"), ("1.2_more.sql", "1.2", "more"),
    ("0001-2fa.sql", "0001", "2fa"), ("2024_01_02_2fa.sql", "20240102", "2fa"), ("20240101.sql", "20240101", "20240101"),
    ("structure.sql", "structure", "structure"), ("up.sql", "up", "up"), ("0001_2_factors.sql", "0001", "2_factors"),
  ])
  func `names are those of other tools`(file: String, version: String, name: String) {
    let read = MigrationName(path: "db/migrations/" + file)
    #expect(read.version == version)
    #expect(read.name == name)
    #expect(!read.isDown)
  }

  @Test func `versions are numbers with points`() {
    let reader = read([
      "V1__a.sql": "a", "V1.9__b.sql": "b", "V1.10__c.sql": "c", "V2__d.sql": "d", "V10__e.sql": "e", "R__f.sql": "f",
    ])
    #expect(reader.migrations.map(\.migration.up) == ["a", "b", "c", "d", "e", "f"])
    #expect(reader.diagnostics.map(\.severity) == [.warning])
    #expect(reader.diagnostics.first?.location.file == "db/migrations/R__f.sql")
  }

  @Test func `the way down of Diesel and of Flyway is found`() {
    let reader = read([
      "2024-01-01-000000_a/up.sql": "a", "2024-01-01-000000_a/down.sql": "no a", "V9__b.sql": "b", "U9__b.sql": "no b",
    ])
    #expect(reader.diagnostics.isEmpty)
    #expect(reader.migrations.map(\.migration.down) == ["no b", "no a"])
  }

  @Test(arguments: [
    "-- +goose NO TRANSACTION\n-- +goose Up\nA;\n-- +goose Down\nB;\n",
    "-- migrate:up transaction:false\nA;\n-- migrate:down transaction:false\nB;\n",
    "-- +migrate Up notransaction\nA;\n-- +migrate Down notransaction\nB;\n",
    "-- migrate: no transaction\n-- Up Migration\nA;\n-- Down Migration\nB;\n",
    "-- no-transaction\n-- migrate:up\nA;\n-- migrate:down\nB;\n",
    "---- tern: disable-tx ----\nA;\n---- create above / drop below ----\nB;\n",
    "-- +goose Up\n-- +goose NO TRANSACTION\nA;\n-- +goose Down\nB;\n",
  ])
  func `what stands in no transaction for other tools stands in none here`(text: String) throws {
    let reader = read(["1_a.sql": text])
    #expect(reader.diagnostics.isEmpty)
    let migration = try #require(reader.migrations.first?.migration)
    #expect(migration.up.contains("A;") && !migration.up.contains("B;"))
    #expect(migration.down?.contains("B;") == true)
    for way in [migration.up, migration.down ?? ""] {
      #expect(way.contains("-- migrate: no transaction") || way.contains("-- +goose NO TRANSACTION"))
    }
  }

  @Test func `a text that stands in a transaction has no mark`() {
    let reader = read(["1_a.sql": "-- +goose Up\nA;\n-- +goose Down\nB;\n"])
    #expect(reader.migrations.first?.migration.up == "A;\n")
    #expect(reader.migrations.first?.migration.down == "B;\n")
  }

  @Test func `a statement above the mark is not lost in silence`() {
    let reader = read(["1_a.sql": "-- The first.\nCREATE TABLE a (id int);\n-- migrate:up\nCREATE TABLE b (id int);\n"])
    #expect(reader.diagnostics.map(\.severity) == [.error])
    #expect(reader.diagnostics.first?.location.line == 2)
  }
}
