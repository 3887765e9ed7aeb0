import Foundation
import GoldenSchemas
import Katana
import KatanaContract
import Testing

@testable import KatanaCodegen

/// Generated decoders (Golden/schemas) against the evaluator, which knows nothing of them: both must accept the same
/// documents.
@Suite struct DifferentialTests {
  @Test("a generated decoder accepts exactly what the evaluator of its schema accepts", arguments: 1...4 as ClosedRange<UInt64>)
  func agreement(seed: UInt64) throws {
    let schema = try Self.schema("Shapes")
    var random = Documents(seed: seed)
    var accepted = 0
    for _ in 0..<4000 {
      let text = random.object(of: schema.names, depth: 0, atMost: 2)
      let isValid = schema.evaluator.violations(of: Array(text.utf8).span.bytes).isEmpty
      let decoded = JSONReader.decode(Shapes.self, from: Array(text.utf8).span.bytes)
      if isValid { accepted += 1 }
      switch decoded {
      case .success: #expect(isValid, "decoded, though it is not valid: \(text)")
      case .failure(let list): #expect(!isValid, "refused, though it is valid: \(text) \(list)")
      }
    }
    // Neither half may be empty, or nothing was compared.
    #expect(accepted > 200 && accepted < 3800, "\(accepted)")
  }

  @Test("what a generated encoder writes is read back as the same value", arguments: 5...6 as ClosedRange<UInt64>)
  func roundTrip(seed: UInt64) throws {
    let schema = try Self.schema("Shapes")
    var random = Documents(seed: seed)
    for _ in 0..<4000 {
      let text = random.object(of: schema.names, depth: 0, atMost: 2)
      guard case .success(let value) = JSONReader.decode(Shapes.self, from: Array(text.utf8).span.bytes) else { continue }
      var json = JSONWriter()
      value.encode(to: &json)
      let written = json.text()
      let again = JSONReader.decode(Shapes.self, from: Array(written.utf8).span.bytes)
      #expect(try again.get() == value, "\(text) was written as \(written)")
    }
  }

  private static func schema(_ name: String) throws -> (evaluator: JSONSchema, names: [String]) {
    let path = GoldenCase.root.appending(path: "schemas/openapi.yaml").path
    let document = try #require(OpenAPILoader.load(path: path).0)
    let schema = try #require(document.schema(named: name))
    let evaluator = try JSONSchema(parsing: SchemaText.text(.inline(schema), in: document, nil))
    return (evaluator, schema.object.properties.map(\.name.value))
  }
}

/// Random documents of the words and numbers that the contract's rules turn on.
private struct Documents {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  private mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  private static let scalars = [
    "null", "true", "false", "0", "1", "2", "5", "5.0", "-1", "0.3", "0.25", "9", "11", "1e1", "\"\"", "\"a\"", "\"ab\"",
    "\"abc\"", "\"no\"", "\"two\"", "\"big\"", "\"b\"", "\"c\"", "\"cat\"", "\"kitten\"", "\"Dog\"", "\"x\"",
    "\"https://example.com/\"", "\"3fa85f64-5717-4562-b3fc-2c963f66afa6\"",
  ]
  private static let names = [
    "radius", "side", "petType", "lives", "bark", "type", "value", "address", "text", "number", "from", "to", "id", "url",
    "a", "b", "kind", "size", "left", "right", "x-a", "y", "colour", "undeclared", "additionalProperties",
  ]

  mutating func value(depth: Int) -> String {
    switch next(depth > 3 ? 5 : 12) {
    case 0...4: return Self.scalars[next(Self.scalars.count)]
    case 5, 6: return "[" + (0..<next(4)).map { _ in value(depth: depth + 1) }.joined(separator: ",") + "]"
    default: return object(of: Self.names, depth: depth + 1, atMost: 3)
    }
  }

  mutating func object(of names: [String], depth: Int, atMost count: Int) -> String {
    var members: [String: String] = [:]
    for _ in 0...next(count) { members[names[next(names.count)]] = value(depth: depth) }
    return "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
  }
}
