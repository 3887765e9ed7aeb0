import Katana
import KatanaTesting
import Testing

/// Documents that are made of a schema, judged by the evaluator.
@Suite struct DocumentSamplerTests {
  private static let schemas: [(String, validMin: Int)] = [
    (#"{"type":"integer","minimum":3,"maximum":40,"multipleOf":7}"#, 95),
    (#"{"type":"number","exclusiveMinimum":0,"maximum":1}"#, 95),
    (#"{"type":"string","minLength":2,"maxLength":5}"#, 95),
    (#"{"type":"string","pattern":"^[A-Z0-9-]{3,20}$"}"#, 95),
    (#"{"type":"string","pattern":"^(a|bc)+\\d{2}[^x-z]?(?:-end)?$","maxLength":20}"#, 95),
    (#"{"type":"string","format":"date-time"}"#, 95),
    (#"{"enum":["a",1,null]}"#, 95),
    (#"{"type":"array","items":{"type":"boolean"},"minItems":2,"maxItems":4}"#, 95),
    (#"{"type":"array","items":{"type":"integer"},"uniqueItems":true,"minItems":1}"#, 80),
    (
      ##"{"$defs":{"N/~":{"type":"object","required":["v"],"properties":{"v":{"type":"integer"},"n":{"$ref":"#/$defs/N~1~0"}},"additionalProperties":false}},"$ref":"#/$defs/N~1~0"}"##,
      40
    ),
    (#"{"allOf":[{"required":["a"]},{"properties":{"a":{"type":"string"}}}],"required":["b"]}"#, 60),
    (#"{"oneOf":[{"type":"string"},{"type":"integer"}]}"#, 95),
    (#"{"type":"object","additionalProperties":{"type":"number"},"minProperties":1}"#, 60),
  ]

  @Test("most documents meet the schema when nothing odd is wanted, some do not when it is", arguments: schemas.indices)
  func mix(_ index: Int) throws {
    let (text, validMin) = Self.schemas[index]
    let schema = try JSONSchema(parsing: text)
    var sampler = try DocumentSampler(schema: text, seed: UInt64(index))
    sampler.oddity = 0
    let valid = (0..<100).count { _ in schema.violations(of: sampler.next()).isEmpty }
    #expect(valid >= validMin)
    sampler.oddity = 4
    let odd = (0..<100).count { _ in !schema.violations(of: sampler.next()).isEmpty }
    #expect(odd >= 5)
  }

  @Test("a seed repeats its documents")
  func seeds() throws {
    func documents(_ seed: UInt64) throws -> [String] {
      var sampler = try DocumentSampler(schema: #"{"type":"object"}"#, seed: seed)
      return (0..<20).map { _ in sampler.next() }
    }
    #expect(try documents(3) == documents(3))
    #expect(try documents(3) != documents(4))
  }

  @Test("a document that has no end is not begun")
  func endless() throws {
    let text = ##"{"$defs":{"L":{"type":"object","required":["next"],"properties":{"next":{"$ref":"#/$defs/L"}}}},"$ref":"#/$defs/L"}"##
    var sampler = try DocumentSampler(schema: text, seed: 1)
    for _ in 0..<20 { #expect(sampler.next().utf8.count < 100_000) }
    var loop = try DocumentSampler(schema: ##"{"$defs":{"L":{"$ref":"#/$defs/L"}},"$ref":"#/$defs/L"}"##, seed: 1)
    _ = loop.next()
  }
}
