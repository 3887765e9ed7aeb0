import Foundation
import Testing

@testable import Katana

/// Random schemas and documents, judged here and by Python's jsonschema.
@Suite struct SchemaDifferentialTests {
  static let python = "/usr/bin/python3"
  static let hasPeer =
    (try? answer(of: python, ["-c", "from jsonschema import Draft202012Validator"], "")) != nil

  struct Case {
    var schema: JSONValue
    var documents: [JSONValue]
  }

  @Test("an independent implementation says the same", .enabled(if: hasPeer), arguments: [1, 2, 3] as [UInt64])
  func same(_ seed: UInt64) throws {
    var random = RandomSchemas(seed: seed)
    let cases = (0..<700).map { _ in
      Case(schema: random.schema(4), documents: (0..<12).map { _ in random.document(4) })
    }
    let script = SchemaCaseTests.folder.appendingPathComponent("differential.py").path
    let answers = try answer(of: Self.python, [script], written(cases)).split(separator: "\n")
    try #require(answers.count == cases.count)
    var verdicts: [Character: Int] = [:]
    var wrong: [String] = []
    for (item, expected) in zip(cases, answers) {
      let schema = try JSONSchema(parsing: text(item.schema))
      for (document, verdict) in zip(item.documents, expected) {
        verdicts[verdict, default: 0] += 1
        let isValid = schema.violations(of: text(document)).isEmpty
        if isValid != (verdict == "1") || matches(text(document), schema) != isValid {
          wrong.append("\(text(item.schema)) and \(text(document)): \(isValid), the other \(verdict)")
        }
      }
    }
    #expect(wrong.isEmpty, "\(wrong.count): \(wrong.sorted { $0.count < $1.count }.prefix(5))")
    // Both answers are common, so that neither side passes by saying one thing.
    #expect(verdicts["0"]! > 1_000)
    #expect(verdicts["1"]! > 1_000)
  }

  func text(_ value: JSONValue) -> String {
    var json = JSONWriter()
    value.encode(to: &json)
    return json.text()
  }

  func written(_ cases: [Case]) -> String {
    text(.array(cases.map { ["schema": $0.schema, "documents": .array($0.documents)] }))
  }
}

/// Schemas over few names and values, so that documents meet them often. A seed gives the same ones every time.
struct RandomSchemas {
  private var state: UInt64
  private let names = ["a", "b", "c", "ab"]

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  private mutating func next(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return Int((word ^ word >> 31) % UInt64(bound))
  }

  private mutating func one<Value>(_ values: [Value]) -> Value { values[next(values.count)] }

  mutating func document(_ depth: Int) -> JSONValue {
    switch next(depth > 0 ? 12 : 7) {
    case 0: return nil
    case 1: return .boolean(next(2) == 0)
    case 2, 3: return .number(JSONNumber(Int64(next(6) - 1)))
    case 4: return .number(JSONNumber(one([0.5, 1.5, 2.0, -0.25])))
    case 5, 6: return .string(one(["", "a", "b", "ab", "éa", "\u{1F600}", "abc"]))
    case 7, 8: return .array((0..<next(5)).map { _ in document(depth - 1) })
    default:
      var object = JSONObject()
      for _ in 0..<next(4) { object.insert(one(names), document(depth - 1)) }
      return .object(object)
    }
  }

  mutating func schema(_ depth: Int) -> JSONValue {
    var object = JSONObject()
    object["$defs"] = ["D": subschema(depth - 1), "E": subschema(depth - 1)]
    for _ in 0...next(3) { keyword(&object, depth) }
    return .object(object)
  }

  private mutating func subschema(_ depth: Int) -> JSONValue {
    if next(12) == 0 { return .boolean(next(2) == 0) }
    var object = JSONObject()
    for _ in 0..<(depth <= 0 ? 1 : 1 + next(3)) { keyword(&object, depth) }
    return .object(object)
  }

  private mutating func list(_ depth: Int) -> JSONValue {
    .array((0..<(1 + next(3))).map { _ in subschema(depth) })
  }

  private mutating func map(_ names: [String], _ depth: Int) -> JSONValue {
    var object = JSONObject()
    for _ in 0...next(3) { object[one(names)] = subschema(depth) }
    return .object(object)
  }

  private mutating func count() -> JSONValue { .number(JSONNumber(Int64(next(4)))) }

  private mutating func keyword(_ object: inout JSONObject, _ depth: Int) {
    let types: [JSONValue] = ["null", "boolean", "integer", "number", "string", "array", "object"]
    if depth <= 0 || next(3) == 0 {
      switch next(13) {
      case 0, 1: object["type"] = next(2) == 0 ? one(types) : .array([one(types), one(types)].uniqued())
      case 2: object["enum"] = .array((0...next(3)).map { _ in document(1) })
      case 3: object["const"] = document(1)
      case 4: object[one(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])] = count()
      case 5: object["multipleOf"] = one([1, 2, 0.5, 0.25])
      case 6: object[one(["minLength", "maxLength"])] = count()
      case 7: object["pattern"] = one(["a", "^a", "b$", "^[ab]*$", "^.$", "c|é"])
      case 8: object[one(["minItems", "maxItems"])] = count()
      case 9: object["uniqueItems"] = true
      case 10: object[one(["minProperties", "maxProperties"])] = count()
      case 11: object["required"] = .array([.string(one(names))])
      default: object["dependentRequired"] = [one(names): .array([.string(one(names))])]
      }
      return
    }
    let inner = depth - 1
    switch next(23) {
    case 0, 1, 2: object["properties"] = map(names, inner)
    case 3: object["patternProperties"] = map(["^a", "b$", "c"], inner)
    case 4: object["additionalProperties"] = subschema(inner)
    case 5: object["propertyNames"] = subschema(inner)
    case 6: object["dependentSchemas"] = map(names, inner)
    case 7: object["items"] = subschema(inner)
    case 8: object["prefixItems"] = list(inner)
    case 9:
      object["contains"] = subschema(inner)
      if next(2) == 0 { object["minContains"] = count() }
      if next(2) == 0 { object["maxContains"] = count() }
    case 10: object["allOf"] = list(inner)
    case 11: object["anyOf"] = list(inner)
    case 12: object["oneOf"] = list(inner)
    case 13: object["not"] = subschema(inner)
    case 14:
      object["if"] = subschema(inner)
      if next(3) > 0 { object["then"] = subschema(inner) }
      if next(3) > 0 { object["else"] = subschema(inner) }
    case 15, 17, 18: object["unevaluatedProperties"] = subschema(0)
    case 16, 19, 20: object["unevaluatedItems"] = subschema(0)
    default:
      // Below the definitions only where it goes into the value, so that no schema applies itself for ever.
      object["properties"] = [one(names): ["$ref": .string(one(["#", "#/$defs/D", "#/$defs/E"]))]]
    }
  }
}

extension Array where Element: Hashable {
  /// The elements, each once.
  func uniqued() -> [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
