import Foundation
import KatanaCodegen
import KatanaQueries
import Testing

/// The folder Shop: SQL files, and the Swift that is made of them under `expected`, which the package compiles and other
/// tests run. To accept new text: `katana gen sql -i Shop/db -o Shop/expected`, and read the diff.
@Suite struct ShopTests {
  private let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Shop")

  @Test func theLockFileAloneGivesTheSwiftOfTheFolder() throws {
    let result = QueryLoader.load(folder: folder.appending(path: "db").path, server: .none)
    #expect(result.diagnostics.isEmpty, "\(result.diagnostics.map { $0.rendered() })")
    try expectTheFolder(try #require(result.contract))
  }

  @Test func aServerSaysWhatTheLockFileSays() throws {
    let copy = FileManager.default.temporaryDirectory.appending(path: "shop-\(UUID())")
    try FileManager.default.copyItem(at: folder.appending(path: "db"), to: copy)
    defer { try? FileManager.default.removeItem(at: copy) }
    let lock = copy.appending(path: "katana.lock")
    let before = try String(contentsOf: lock, encoding: .utf8)
    try FileManager.default.removeItem(at: lock)
    let result = QueryLoader.load(folder: copy.path, server: .ephemeral)
    #expect(result.diagnostics.isEmpty, "\(result.diagnostics.map { $0.rendered() })")
    #expect(result.lock == before)
    try expectTheFolder(try #require(result.contract))
  }

  private func expectTheFolder(_ contract: QueryContract) throws {
    let (files, diagnostics) = SQLGenerator.generate(contract)
    #expect(diagnostics.isEmpty, "\(diagnostics.map { $0.rendered() })")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "expected").path).sorted()
    #expect(files.map(\.name) == names)
    for file in files {
      let expected = try String(contentsOf: folder.appending(path: "expected/\(file.name)"), encoding: .utf8)
      #expect(file.text == expected, "\(file.name)")
    }
  }
}
