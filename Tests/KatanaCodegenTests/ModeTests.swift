import Foundation
import KatanaCodegen
import KatanaContract
import Testing

/// What `--json` and `--alloc` say holds where the contract says nothing; what a schema says goes before it.
@Suite struct ModeTests {
  private static let contract = """
    openapi: 3.1.0
    info: { title: Modes, version: "1" }
    paths:
      /plain:
        post:
          operationId: sendPlain
          requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Plain' } } } }
          responses:
            '200': { description: ok, content: { application/json: { schema: { $ref: '#/components/schemas/Plain' } } } }
      /own:
        post:
          operationId: sendOwn
          requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Own' } } } }
          responses: { '204': { description: done } }
    components:
      schemas:
        Plain: { type: object, properties: { a: { type: string }, next: { $ref: '#/components/schemas/Next' } } }
        Next: { type: object, properties: { b: { type: integer, format: int32 } } }
        Own: { type: object, x-katana-json: ondemand, properties: { a: { type: string } } }
    """

  private func generate(_ options: ValueOptions) throws -> (files: [GeneratedFile], findings: [String]) {
    let (document, diagnostics) = OpenAPILoader.load(bytes: Array(Self.contract.utf8), fileName: "openapi.yaml")
    #expect(diagnostics.isEmpty)
    let (files, findings) = Generator.generate(try #require(document), options: options)
    return (files, findings.map { $0.rendered() })
  }

  private func text(_ files: [GeneratedFile]) -> String { files.map(\.text).joined() }

  @Test func `views are of what has no mode of its own`() throws {
    let (files, findings) = try generate(ValueOptions(json: .zeroCopy, allocation: .arena))
    #expect(findings.isEmpty)
    #expect(text(files).contains("func sendPlain(body: JSONView<Plain>, _ context: Context)"))
    #expect(text(files).contains("func sendOwn(body: Own, _ context: Context)"))
    #expect(text(files).contains("extension Next: JSONViewed"))
    try compile(files)
  }

  @Test func `any JSON is checked by the schema that it has`() throws {
    let (files, findings) = try generate(ValueOptions(json: .dom, allocation: .heap))
    #expect(findings.isEmpty)
    #expect(text(files).contains("func sendPlain(body: JSONValue, _ context: Context) async throws -> JSONValue"))
    #expect(text(files).contains("func sendOwn(body: Own, _ context: Context)"))
    #expect(!text(files).contains("struct Next"))
    try compile(files)
  }

  @Test func `a place for values that they do not have is warned of`() throws {
    #expect(try generate(ValueOptions()).findings.isEmpty)
    let arena = try generate(ValueOptions(allocation: .arena)).findings
    #expect(arena.count == 1 && arena[0].contains("warning[KT1020]: 'arena' has no effect"))
    let heap = try generate(ValueOptions(json: .zeroCopy, allocation: .heap)).findings
    #expect(heap.count == 1 && heap[0].contains("warning[KT1020]: 'heap' has no effect on a view"))
    let pmr = try generate(ValueOptions(json: .zeroCopy, allocation: .pmr)).findings
    #expect(pmr.count == 1 && pmr[0].contains("warning[KT1020]: 'pmr' is taken for 'arena'"))
  }

  private func compile(_ files: [GeneratedFile]) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "katana-modes-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for file in files {
      try file.text.write(to: folder.appending(path: file.name), atomically: true, encoding: .utf8)
    }
    let (status, output) = try typecheck(files.map { folder.appending(path: $0.name).path })
    #expect(status == 0 && !output.contains("warning:"), "\(output)")
  }
}
