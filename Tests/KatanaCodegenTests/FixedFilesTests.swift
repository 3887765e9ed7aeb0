import Foundation
import KatanaCodegen
import KatanaContract
import KatanaQueries
import Testing

/// Code for a build, which has to know the names of its files before it knows what is in them.
@Suite struct FixedFilesTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    .standardizedFileURL

  private func contract(_ text: String) throws -> OpenAPIDocument {
    let (document, diagnostics) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "openapi.yaml")
    return try #require(document, "\(diagnostics.map { $0.rendered() })")
  }

  private func names(_ count: Int) -> [String] { (1...count).map { "Part\($0).swift" } }

  /// A contract of so many schemas, each of which an operation reads.
  private func schemas(_ names: [String]) throws -> OpenAPIDocument {
    let paths = names.map { name in
      """
        /\(name):
          put:
            operationId: put\(name)
            tags: [\(name)]
            requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/\(name)" } } } }
            responses: { "204": { description: Done. } }
      """
    }
    let schemas = names.map { "    \($0): { type: object, properties: { name: { type: string } } }" }
    return try contract(
      """
      openapi: 3.1.0
      info: { title: Parts, version: "1" }
      paths:
      \(paths.joined(separator: "\n"))
      components:
        schemas:
      \(schemas.joined(separator: "\n"))
      """)
  }

  @Test("there are as many files as names, however little there is to say", arguments: [1, 3, 64])
  func count(_ count: Int) throws {
    let (files, diagnostics) = FixedFiles.generate(try schemas(["Lamp"]), sql: nil, names: names(count))
    #expect(diagnostics.isEmpty)
    #expect(files.map(\.name) == names(count))
    #expect(files.filter { $0.text.contains("struct Lamp") }.count == 1)
    #expect(files.filter { $0.text.contains("protocol LampAPI") }.count == 1)
  }

  @Test("a schema that is added changes the files that it is in and no other")
  func stable() throws {
    let before = FixedFiles.generate(try schemas(["Lamp", "Chair", "Table", "Shelf"]), sql: nil, names: names(32)).files
    let after = FixedFiles.generate(
      try schemas(["Lamp", "Desk", "Chair", "Table", "Shelf"]), sql: nil, names: names(32)).files
    let changed = zip(before, after).filter { $0 != $1 }.map { $1 }
    #expect(!changed.isEmpty && changed.allSatisfy { $0.text.contains("Desk") }, "\(changed.map(\.name))")
  }

  @Test("the same code as in files of their own compiles in files of a build", arguments: [1, 4])
  func compiles(_ count: Int) throws {
    let path = Self.root.appending(path: "Tests/KatanaCodegenTests/Golden/everything/openapi.yaml").path
    let document = try #require(OpenAPILoader.load(path: path).0)
    let folder = FileManager.default.temporaryDirectory.appending(path: "katana-fixed-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (files, _) = FixedFiles.generate(document, sql: nil, names: names(count))
    for file in files {
      try file.text.write(to: folder.appending(path: file.name), atomically: true, encoding: .utf8)
    }
    let result = try typecheck(files.map { folder.appending(path: $0.name).path })
    #expect(result.status == 0 && result.output.isEmpty, "\(result.output)")
    let whole = Generator.generate(document, access: .internal).files
    #expect(lines(files) == lines(whole))
  }

  /// All that is declared, whatever file it is in.
  private func lines(_ files: [GeneratedFile]) -> [Substring] {
    files.flatMap { $0.text.split(separator: "\n") }.filter { !$0.hasPrefix("//") && !$0.hasPrefix("import ") }.sorted()
  }

  @Test("repositories stand beside the contract, which has the names first")
  func repositories() throws {
    let folder = Self.root.appending(path: "Sources/Examples/Products/db").path
    let sql = try #require(QueryLoader.load(folder: folder, server: .none).contract)
    let document = try schemas(["ProductsRow"])
    let (files, diagnostics) = FixedFiles.generate(document, sql: sql, names: names(1))
    let text = try #require(files.first).text
    #expect(!diagnostics.contains { $0.severity == .error })
    #expect(text.contains("import Katana\nimport KatanaSQL\n"))
    #expect(text.contains("struct ProductsRepository") && text.contains("enum Migrations"))
    #expect(text.components(separatedBy: "struct ProductsRow:").count == 2, "two types have one name")
    let alone = FixedFiles.generate(nil, sql: sql, names: names(2))
    #expect(alone.files.contains { $0.text.contains("struct ProductsRepository") })
  }

  @Test("a contract with an error gives no file")
  func refused() throws {
    let document = try contract(
      """
      openapi: 3.1.0
      info: { title: Cached, version: "1" }
      paths:
        /a:
          get:
            operationId: a
            x-katana-cache: { ttl: 5s }
            responses: { "204": { description: Done. } }
      """)
    let (files, diagnostics) = FixedFiles.generate(document, sql: nil, names: names(2))
    #expect(files.isEmpty && diagnostics.contains { $0.severity == .error })
  }

  @Test("a finding is written as the compiler writes its own, for editors")
  func compilerStyle() throws {
    let text = "openapi: 3.1.0\ninfo: 5\n"
    let (_, diagnostics) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "a/openapi.yaml")
    let finding = try #require(diagnostics.first { $0.severity == .error })
    let line = try #require(finding.rendered(as: .compiler).split(separator: "\n").first)
    #expect(line.wholeMatch(of: /a\/openapi\.yaml:\d+:\d+: error: .+ \[KT\d{4}\]/) != nil, "\(line)")
  }
}
