import KatanaCodegen
import KatanaContract
import Testing

/// What the handlers of a new service answer before anybody has written them.
@Suite struct StubTests {
  private func handlers(_ schemas: String) throws -> String {
    let text = """
      openapi: 3.1.0
      info: {title: Shop, version: 1.0.0}
      paths:
        /pet:
          get:
            operationId: getPet
            responses:
              '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
      components:
        schemas:
          Pet:
            oneOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}]
            discriminator: {propertyName: kind, mapping: {first: A, second: B}}
      \(schemas.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
      """
    let (document, found) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "shop.yaml")
    let (service, _) = HighLayer.generate(
      try #require(document, "\(found.map { $0.rendered() })"), name: "shop", contract: "shop.yaml",
      katana: .init(path: "..", identity: "katana"), command: "katana")
    return try #require(service?.files.first { $0.path.hasSuffix("DefaultService.swift") }?.text)
  }

  @Test func `an alternative is answered with the tag that tells it apart, required or not`() throws {
    let optional = try handlers(
      """
      A: {type: object, required: [n], properties: {m: {type: integer}, kind: {type: string}, n: {type: integer}}}
      B: {type: object, properties: {kind: {type: string}}}
      """)
    #expect(optional.contains(#"A(n: 1, kind: "first")"#), "\(optional)")
    let words = try handlers(
      """
      A: {type: object, properties: {kind: {type: string, enum: [other, first]}}}
      B: {type: object, properties: {kind: {type: string, enum: [second]}}}
      """)
    #expect(words.contains("A(kind: AKind.first)"), "\(words)")
    let required = try handlers(
      """
      A: {type: object, required: [kind], properties: {kind: {type: string}}}
      B: {type: object, required: [kind], properties: {kind: {type: string}}}
      """)
    #expect(required.contains(#"A(kind: "first")"#), "\(required)")
  }
}
