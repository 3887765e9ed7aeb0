import Foundation
import KatanaCodegen
import KatanaContract
import KatanaQueries
import Testing

/// Folders of SQL files, and the Swift that is made of them under `expected`, which the package compiles and other tests
/// run. To accept new text: `katana gen sql -i Shop/db -o Shop/expected --sqlite`, and read the diff.
@Suite struct SQLGoldenTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    /// Whether it is translated to SQLite.
    let isTranslated: Bool

    var testDescription: String { name }
    var folder: URL { URL(filePath: #filePath).deletingLastPathComponent().appending(path: name) }
  }

  static let cases = [Case(name: "Shop", isTranslated: true), Case(name: "Every", isTranslated: false)]

  @Test("the lock file alone gives the Swift of the folder", arguments: cases)
  func lock(_ golden: Case) throws {
    let folder = golden.folder.appending(path: "db").path
    let result = QueryLoader.load(folder: folder, server: .none, translatesToSQLite: golden.isTranslated)
    #expect(result.diagnostics.isEmpty, "\(result.diagnostics.map { $0.rendered() })")
    try expect(golden, try #require(result.contract))
  }

  @Test("a server says what the lock file says", arguments: cases)
  func server(_ golden: Case) throws {
    let copy = FileManager.default.temporaryDirectory.appending(path: "sql-\(UUID())")
    try FileManager.default.copyItem(at: golden.folder.appending(path: "db"), to: copy)
    defer { try? FileManager.default.removeItem(at: copy) }
    let lock = copy.appending(path: "katana.lock")
    let before = try String(contentsOf: lock, encoding: .utf8)
    try FileManager.default.removeItem(at: lock)
    let result = QueryLoader.load(folder: copy.path, server: .ephemeral, translatesToSQLite: golden.isTranslated)
    #expect(result.diagnostics.isEmpty, "\(result.diagnostics.map { $0.rendered() })")
    #expect(result.lock == before)
    try expect(golden, try #require(result.contract))
  }

  @Test("a column called self has another name in Swift")
  func unspeakable() throws {
    let location = SourceFile(name: "t.sql", bytes: []).location(atByte: 0)
    let columns = ["self", "id"].map { Column(name: $0, type: .builtin(.int4), isNullable: false, proof: "") }
    let query = Query(name: "all", kind: .many, location: location, pieces: [Piece(text: "SELECT self, id FROM t")], columns: columns)
    let contract = QueryContract(types: [], files: [QueryFile(name: "t", path: "t.sql", queries: [query])], migrations: [])
    let (files, diagnostics) = SQLGenerator.generate(contract)
    #expect(diagnostics.map(\.severity) == [.warning])
    let text = try #require(files.first?.text)
    #expect(text.contains("public var self2: Int32") && !text.contains("`self`"))
  }

  private func expect(_ golden: Case, _ contract: QueryContract) throws {
    let (files, diagnostics) = SQLGenerator.generate(contract)
    #expect(diagnostics.isEmpty, "\(diagnostics.map { $0.rendered() })")
    let names = try FileManager.default.contentsOfDirectory(atPath: golden.folder.appending(path: "expected").path).sorted()
    #expect(files.map(\.name) == names)
    for file in files {
      let expected = try String(contentsOf: golden.folder.appending(path: "expected/\(file.name)"), encoding: .utf8)
      #expect(file.text == expected, "\(file.name)")
    }
  }
}
