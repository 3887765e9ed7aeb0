import Foundation
import Testing

@testable import Katana

/// Bodies and schemas that would take long or go deep.
@Suite struct SchemaLimitTests {
  func codes(_ schema: JSONSchema, _ document: String) -> [Violation.Code] {
    schema.violations(of: document).map(\.code)
  }

  func limited(_ schema: String, steps: Int = 50_000, nesting: Int = 512) throws -> JSONSchema {
    var limits = JSONSchema.Limits()
    limits.steps = steps
    limits.nesting = nesting
    return try JSONSchema(parsing: schema, limits: limits)
  }

  func array(_ item: String, _ count: Int) -> String {
    "[" + Array(repeating: item, count: count).joined(separator: ",") + "]"
  }

  @Test(
    "work beyond the budget is a violation, whatever the schema",
    arguments: [
      #"{"items":{"type":"integer"}}"#, #"{"items":{"anyOf":[{"type":"null"},{"const":1}]}}"#,
      #"{"contains":{"const":"x"}}"#, #"{"not":{"items":{"type":"integer"},"contains":{"type":"null"}}}"#,
      #"{"unevaluatedItems":{"type":"integer"}}"#, #"{"uniqueItems":true,"contains":{"type":"null"}}"#,
      #"{"not":{"uniqueItems":true,"items":{"type":"integer"}}}"#,
    ]
  )
  func work(_ text: String) throws {
    let numbers = "[" + (0..<60_000).map(String.init).joined(separator: ",") + "]"
    let found = codes(try limited(text), numbers)
    #expect(found == [.work] || found.last == .omitted)
    #expect(!matches(numbers, try limited(text)))
  }

  @Test("a budget that is enough says nothing about work")
  func enough() throws {
    let numbers = "[" + (0..<60_000).map(String.init).joined(separator: ",") + "]"
    #expect(codes(JSONSchema(#"{"items":{"type":"integer"},"uniqueItems":true}"#), numbers).isEmpty)
  }

  @Test("equal objects with their members in reverse cost their budget and end")
  func reversedMembers() throws {
    let members = (0..<1_500).map { #""name\#($0)":1"# }
    let document =
      "[{" + members.joined(separator: ",") + "},{" + members.reversed().joined(separator: ",") + "}]"
    #expect(codes(try limited(#"{"uniqueItems":true}"#, steps: 100_000), document) == [.work])
    #expect(codes(try limited(#"{"uniqueItems":true}"#, steps: 100_000_000), document) == [.uniqueItems])
  }

  @Test("unique items are found in time that grows with their number")
  func uniqueItems() throws {
    let items = "[" + (0..<100_000).map { #"{"id":\#($0),"a":[1,2]}"# }.joined(separator: ",") + "]"
    #expect(codes(JSONSchema(#"{"uniqueItems":true}"#), items).isEmpty)
  }

  @Test("a schema that doubles at each level of the body is stopped")
  func doubling() throws {
    let schema = ##"{"type":"array","items":{"anyOf":[{"allOf":[{"$ref":"#"},{"$ref":"#"}]},{"not":{"$ref":"#"}}]}}"##
    let document = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
    #expect(codes(JSONSchema(parsingKnown: schema), document) == [.work])
  }

  /// Definitions D0 to Dn, each of which names the next; the last is a constant.
  func chain(_ count: Int) -> String {
    (0..<count).map { ##""D\##($0)":{"$ref":"#/$defs/D\##($0 + 1)"},"## }.joined() + #""D\#(count)":{"const":1}"#
  }

  @Test("schemas inside each other are counted, and the last that may be is", arguments: [10, 100, 511])
  func nesting(_ depth: Int) throws {
    let schema = ##"{"$ref":"#/$defs/D0","$defs":{\##(chain(depth))}}"##
    // The root, the chain and what is at its end.
    #expect(codes(try limited(schema, nesting: depth + 2), "1") == [])
    #expect(codes(try limited(schema, nesting: depth + 1), "1") == [.depth])
    let inverted = #"{"not":\#(schema)}"#.replacing("#/", with: "#/not/")
    #expect(!matches("1", try limited(inverted, nesting: depth + 1)))
  }

  @Test("a chain of references is compiled without a stack")
  func longChain() throws {
    let schema = try JSONSchema(parsing: "{\"$defs\":{\(chain(20_000))}}")
    #expect(codes(schema, "1").isEmpty)
  }

  @Test(
    "a pattern that would backtrack for ever does not match, and many of them spend the budget of the document",
    arguments: [
      #"^(a+)+$"#, #"^(a|aa)+$"#, #"^(a|a?)+$"#, #"^(.*a){20}$"#, #"^(([a-z])+.)+[A-Z]([a-z])+$"#,
      #"^(?:a?){40}a{40}$"#, #"^(\w+\s?)*$"#,
    ]
  )
  func patterns(_ source: String) throws {
    let text = quoted(String(repeating: "a", count: 39) + "!")
    let schema = try JSONSchema(parsing: #"{"contains":{"pattern":\#(quoted(source))}}"#)
    #expect(codes(schema, "[\(text)]") == [.contains])
    #expect(codes(schema, array(text, 300)) == [.work])
  }

  @Test("a long text may backtrack as far as it is long")
  func longText() throws {
    let schema = try JSONSchema(parsing: #"{"pattern":"^(?:[a-z]|\\d)*$"}"#)
    #expect(codes(schema, quoted(String(repeating: "a1", count: 20_000))).isEmpty)
  }

  @Test("a text that is not UTF-8 has no match")
  func invalidText() throws {
    let pattern = try Pattern(parsing: ".*")
    #expect([0xFF, 0x41].withUnsafeBufferPointer { !pattern.matches($0) })
    #expect([0x41].withUnsafeBufferPointer { pattern.matches($0) })
    #expect(pattern.matches(UnsafeBufferPointer(start: nil, count: 0)))
  }

  @Test("bodies that are cut or changed anywhere never harm the checker")
  func mutations() throws {
    let schema = JSONSchema(
      """
      {"type":"object","properties":{"a":{"type":"array","uniqueItems":true,"contains":{"const":"é"},
       "unevaluatedItems":false},"b":{"pattern":"^(?=x)","multipleOf":0.1}},"unevaluatedProperties":false,
       "propertyNames":{"maxLength":2},"anyOf":[{"required":["a"]},{"required":["b"]}]}
      """
    )
    let document = Array(#"{"a":["é",{"x":1.50e3,"y":[null,true]},"\ud83d\ude00"],"b":"x\n"}"#.utf8)
    var verdicts: [Bool: Int] = [:]
    for end in 0...document.count {
      verdicts[schema.violations(of: Array(document[..<end]).span.bytes).isEmpty, default: 0] += 1
    }
    for at in document.indices {
      for byte: UInt8 in [0, 0x22, 0x2C, 0x30, 0x5B, 0x5D, 0x7B, 0x7D, 0xFF] {
        var changed = document
        changed[at] = byte
        verdicts[schema.violations(of: changed.span.bytes).isEmpty, default: 0] += 1
      }
    }
    #expect(verdicts[false]! > 100)
  }

  @Test("one schema serves many threads")
  func threads() async throws {
    let schema = JSONSchema(
      """
      {"type":"array","uniqueItems":true,"items":{"oneOf":[{"type":"string","pattern":"^(?=a)[a-z]{2,}$"},
       {"type":"object","properties":{"n":{"multipleOf":0.1}},"unevaluatedProperties":false}]}}
      """
    )
    let counts = await withTaskGroup(of: [Int].self) { group in
      for worker in 0..<8 {
        group.addTask {
          (0..<300).map { round in
            schema.violations(of: #"["ab\#(worker)","abc",{"n":0.3},{"n":\#(round).05}]"#).count
          }
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    #expect(counts.count == 2_400)
    #expect(Set(counts) == [4])
  }

  func quoted(_ text: String) -> String {
    var json = JSONWriter()
    json.string(text)
    return json.text()
  }
}

extension JSONSchema {
  /// A schema of a test, which has no fault.
  convenience init(parsingKnown text: String) { try! self.init(parsing: text) }
}
