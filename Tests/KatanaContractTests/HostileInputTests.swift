import Foundation
import KatanaContract
import Testing

@Suite struct HostileInputTests {
  private func check(_ bytes: [UInt8], _ name: String) {
    let (document, diagnostics) = OpenAPILoader.load(bytes: bytes, fileName: name)
    let hasErrors = diagnostics.contains { $0.severity == .error }
    #expect((document == nil) == hasErrors, "\(name), \(bytes.count) bytes")
    for diagnostic in diagnostics { _ = diagnostic.rendered() }
  }

  @Test("a contract cut at any byte loads or has an error", arguments: GoldenCase.all)
  func truncated(_ golden: GoldenCase) throws {
    let bytes = try golden.bytes()
    for end in bytes.indices { check(Array(bytes[..<end]), golden.contract.lastPathComponent) }
  }

  @Test("a contract with one byte changed loads or has an error", arguments: GoldenCase.all)
  func mutated(_ golden: GoldenCase) throws {
    let bytes = try golden.bytes()
    let replacements: [UInt8] = Array("{}[]:,\"'#&*!|>-\n\t 0".utf8) + [0x00, 0x80, 0xFF]
    for index in bytes.indices {
      var copy = bytes
      copy[index] = replacements[index % replacements.count]
      check(copy, golden.contract.lastPathComponent)
    }
  }

  @Test func `references through unnamed schemas do not nest the loader`() throws {
    // Each schema refers into the next one: read one inside the other they would exhaust the stack.
    let count = 20_000
    let schemas = (0..<count).map { "\"S\($0)\": {\"items\": {\"items\": {\"$ref\": \"#/x-s/S\($0 + 1)/items\"}}}" }
    let text = """
      {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {},
      "components": {"schemas": {"A": {"$ref": "#/x-s/S0"}}},
      "x-s": {\(schemas.joined(separator: ",\n")), "S\(count)": {"items": {}}}}
      """
    let (document, diagnostics) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "deep.json")
    #expect(try #require(document).components.schemas.count == count + 1)
    #expect(diagnostics.allSatisfy { $0.id == "KT0309" || $0.id == "KT0005" })
  }

  @Test func `a long chain of composed components is an error, not a crash`() {
    let count = 5_000
    let schemas = (0..<count).map { "\"S\($0)\": {\"allOf\": [{\"$ref\": \"#/components/schemas/S\($0 + 1)\"}]}" }
    let text = """
      {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {},
      "components": {"schemas": {\(schemas.joined(separator: ",\n")), "S\(count)": {}}}}
      """
    let (_, diagnostics) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "chain.json")
    #expect(diagnostics.map(\.id) == ["KT0306"])
  }

  @Test func `a long chain of aliases is an error, not a crash`() {
    let schemas = (0..<100).map { "\"S\($0)\": {\"$ref\": \"#/components/schemas/S\($0 + 1)\"}" }
    let text = """
      {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {},
      "components": {"schemas": {\(schemas.joined(separator: ",\n")), "S100": {}}}}
      """
    let (_, diagnostics) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "aliases.json")
    #expect(Set(diagnostics.map(\.id)) == ["KT0306"])
  }

  @Test func `shared unnamed schemas are read once`() {
    // Two references to the next level at each level: 2^60 schemas if they were copied.
    let schemas = (0..<60).map {
      "\"S\($0)\": {\"allOf\": [{\"$ref\": \"#/x-s/S\($0 + 1)\"}, {\"$ref\": \"#/x-s/S\($0 + 1)\"}]}"
    }
    let text = """
      {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {},
      "components": {"schemas": {"A": {"$ref": "#/x-s/S0"}}},
      "x-s": {\(schemas.joined(separator: ",\n")), "S60": {}}}
      """
    let (document, diagnostics) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "shared.json")
    #expect(document != nil)
    #expect(diagnostics.isEmpty)
  }

  @Test func `members of alternatives are looked at once`() {
    // Four members at each of twenty levels: 4^20 ways to the last one.
    let schemas = (0..<20).map { level in
      let member = "{\"$ref\": \"#/components/schemas/S\(level + 1)\"}"
      return "\"S\(level)\": {\"allOf\": [\(member), \(member), \(member), \(member)]}"
    }
    let text = """
      {"openapi": "3.1.0", "info": {"title": "T", "version": "1"},
      "components": {"schemas": {\(schemas.joined(separator: ",\n")), "S20": {},
      "A": {"oneOf": [{"$ref": "#/components/schemas/S0"}], "discriminator": {"propertyName": "kind"}}}}}
      """
    let (document, diagnostics) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "members.json")
    #expect(document != nil)
    #expect(diagnostics.map(\.id) == ["KT0618"])
  }

  @Test func `a large path item behind many references is read a limited number of times`() {
    let responses = (100..<600).map { "\"\($0)\": {\"description\": \"\"}" }.joined(separator: ",")
    let item = "{\"get\": {\"responses\": {\(responses)}}}"
    let paths = (0..<100_000).map { "\"/\($0)\": {\"$ref\": \"#/x-item\"}" }.joined(separator: ",\n")
    let text = """
      {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {\(paths)}, "x-item": \(item)}
      """
    let (document, diagnostics) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "wide.json")
    #expect(document == nil)
    #expect(diagnostics.map(\.id) == ["KT0008"])
  }

  @Test func `findings stop at their limit with a note`() {
    let tags = String(repeating: "  - 1\n", count: 5_000)
    let text = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\ntags:\n" + tags
    let (document, diagnostics) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "many.yaml")
    #expect(document == nil)
    #expect(diagnostics.count == DocumentLimits.diagnosticsMax + 1)
    #expect(diagnostics.contains { $0.id == "KT0005" && $0.severity == .note })
  }

  @Test func `a document over the byte limit is not parsed`() {
    let bytes = [UInt8](repeating: 0x20, count: DocumentLimits.bytesMax + 1)
    let (_, diagnostics) = OpenAPILoader.load(bytes: bytes, fileName: "big.yaml")
    #expect(diagnostics.map(\.id) == ["KT0002"])
  }

  @Test func `a file that is missing or a folder is a finding`() {
    for path in ["/nonexistent/openapi.yaml", "/tmp"] {
      let (document, diagnostics) = OpenAPILoader.load(path: path)
      #expect(document == nil)
      #expect(diagnostics.map(\.id) == ["KT0001"])
      #expect(diagnostics[0].location.file == path)
    }
  }
}
