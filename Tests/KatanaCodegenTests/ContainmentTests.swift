import KatanaCodegen
import KatanaContract
import Testing

/// Schemas that lead into each other: Swift wants a reference in each cycle of values, and no end of them is too many.
@Suite struct ContainmentTests {
  @Test("thousands of schemas that lead into each other become as many types with one reference")
  func longCycle() throws {
    let count = 3000
    let schemas = (0..<count).map { index in
      let next = "#/components/schemas/Link\((index + 1) % count)"
      return "    Link\(index): {type: object, required: [next], properties: {next: {$ref: '\(next)'}}}"
    }
    let document = try load(root: "Link0", schemas.joined(separator: "\n"))
    let text = try types(document)
    #expect(text.occurrences(of: "public struct Link") == count)
    #expect(text.occurrences(of: "@Boxed") == 1)
    let (tests, diagnostics) = ContractTests.generate(document)
    #expect(!diagnostics.contains { $0.severity == .error })
    #expect(tests.map(\.name) == ["ContractDefinitions.swift", "LinksAPITests.swift"])
  }

  @Test("a cycle of values is found also where an array led into it first")
  func behindArray() throws {
    let document = try load(
      root: "A",
      """
          A: {type: object, properties: {x: {type: array, items: {$ref: '#/components/schemas/B'}}, c: {$ref: '#/components/schemas/C'}}}
          B: {type: object, properties: {y: {$ref: '#/components/schemas/C'}}}
          C: {type: object, properties: {a: {$ref: '#/components/schemas/A'}}}
      """)
    let text = try types(document)
    #expect(text.occurrences(of: "@Boxed") == 1)
    #expect(text.contains("@BoxedOptional public var a: A?"))
  }

  @Test("values that hold values without end are cut before they are too many for the compiler", arguments: [80, 1000])
  func heavy(_ count: Int) throws {
    let schemas = (0..<count).map { index in
      let next = index + 1 < count ? "{$ref: '#/components/schemas/Link\(index + 1)'}" : "{type: string}"
      return "    Link\(index): {type: object, properties: {name: {type: string}, next: \(next)}}"
    }
    let text = try types(load(root: "Link0", schemas.joined(separator: "\n")))
    let boxed = text.occurrences(of: "@BoxedOptional public var next: Link")
    // Members of members are 501,500 in the long chain and 3,320 in the short one.
    #expect(count == 80 ? boxed == 0 : boxed > 10 && boxed < 100, "\(boxed)")
  }

  @Test("a member of a deep schema is read and written where the schema is, whichever came first")
  func deepInBothDirections() throws {
    let count = 1000
    let schemas = (0..<count).map { index in
      let next = index + 1 < count ? "{$ref: '#/components/schemas/Link\(index + 1)'}" : "{type: string}"
      return "    Link\(index): {type: object, required: [next], properties: {next: \(next)}}"
    }
    let document = try load(root: "Link0", body: "Link\(count / 2)", schemas.joined(separator: "\n"))
    let text = try types(document)
    #expect(text.occurrences(of: "JSONEncodable") == count)
    #expect(text.occurrences(of: "JSONDecodable") == count / 2)
  }

  @Test("a struct of more members than Swift's initializers take has its last ones set behind it")
  func wide() throws {
    let members = (0..<1030).map { "m\($0): {type: string, default: x}" }.joined(separator: ", ")
    let document = try load(root: "Wide", "    Wide: {type: object, required: [m1029], properties: {\(members)}}")
    let text = try types(document)
    #expect(text.contains("    m998: String = \"x\"\n  ) {") && text.contains("    self.m999 = \"x\"\n"))
    #expect(text.contains("    _whole.m1028 = m1028\n    return _whole\n"))
    #expect(text.contains("  public init(\n    m1029: String,\n    m0: String = \"x\",\n"))
  }

  private func load(root: String, body: String? = nil, _ schemas: String) throws -> OpenAPIDocument {
    let content = "{application/json: {schema: {$ref: '#/components/schemas/"
    let text = """
      openapi: 3.1.0
      info: {title: Links, version: '1'}
      paths:
        /links:
          post:
            operationId: link
            tags: [links]
            requestBody: {content: \(content)\(body ?? root)'}}}}
            responses:
              '200': {description: ok, content: \(content)\(root)'}}}}
      components:
        schemas:
      \(schemas)
      """
    let (document, findings) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "openapi.yaml")
    #expect(!findings.contains { $0.severity == .error })
    return try #require(document)
  }

  private func types(_ document: OpenAPIDocument) throws -> String {
    let (files, diagnostics) = Generator.generate(document)
    #expect(!diagnostics.contains { $0.severity == .error })
    return files.filter { $0.name.hasPrefix("Types") }.map(\.text).joined()
  }
}

extension String {
  /// How often another text stands in it.
  fileprivate func occurrences(of text: String) -> Int { ranges(of: text).count }
}
