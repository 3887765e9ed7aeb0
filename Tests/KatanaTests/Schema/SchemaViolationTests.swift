import Testing

@testable import Katana

/// What is said about a document, and where.
@Suite struct SchemaViolationTests {
  /// `pointer code bound`, one for each violation.
  func violations(_ schema: String, _ document: String) throws -> [String] {
    try JSONSchema(parsing: schema).violations(of: document).map { violation in
      "\(violation.pointer ?? "-") \(violation.code.rawValue)" + (violation.bound.map { " \($0)" } ?? "")
    }
  }

  @Test(
    "every rule has its code, its place and its bound",
    arguments: [
      (#"{"properties":{"a":{"type":"integer"}}}"#, #"{"a":"x"}"#, "/a type integer"),
      (#"{"type":["string","null"]}"#, "1", " type string or null"),
      (#"{"items":{"enum":[1]}}"#, "[1,2]", "/1 enum"),
      (#"{"properties":{"a~/b":{"const":1}}}"#, #"{"a~/b":2}"#, "/a~0~1b const"),
      (#"{"items":{"minimum":1.5}}"#, "[ 2, 1 ]", "/1 minimum 1.5"),
      (#"{"maximum":3}"#, "4", " maximum 3"),
      (#"{"exclusiveMinimum":0}"#, "0", " exclusive_minimum 0"),
      (#"{"exclusiveMaximum":1e400}"#, "1e400", " exclusive_maximum 1e400"),
      (#"{"multipleOf":0.01}"#, "0.001", " multiple_of 0.01"),
      (#"{"minLength":2}"#, #""a""#, " min_length 2"),
      (#"{"maxLength":1}"#, #""ab""#, " max_length 1"),
      (#"{"pattern":"^(a)\\1$"}"#, #""ab""#, #" pattern ^(a)\1$"#),
      (#"{"format":"uuid"}"#, #""a""#, " format uuid"),
      (#"{"properties":{"a":{"minItems":2}}}"#, #"{"b":[],"a":[1]}"#, "/a min_items 2"),
      (#"{"maxItems":0}"#, "[1]", " max_items 0"),
      (#"{"uniqueItems":true}"#, "[1,1.0]", " unique_items"),
      (#"{"contains":{"const":1}}"#, "[2]", " contains"),
      (#"{"contains":{"const":1},"minContains":2}"#, "[1]", " min_contains 2"),
      (#"{"contains":{"const":1},"maxContains":1}"#, "[1,1]", " max_contains 1"),
      (#"{"items":{"required":["a","b"]}}"#, #"[{"a":1}]"#, "/0/b required"),
      (#"{"additionalProperties":false}"#, #"{"x":{}}"#, "/x additional_property"),
      (#"{"propertyNames":{"maxLength":1}}"#, #"{"a":1,"bc":2}"#, "/bc property_names"),
      (#"{"minProperties":1}"#, "{}", " min_properties 1"),
      (#"{"maxProperties":0}"#, #"{"a":1}"#, " max_properties 0"),
      (#"{"dependentRequired":{"a":["b"]}}"#, #"{"a":1}"#, "/b dependent_required a"),
      (#"{"dependentSchemas":{"a":{"properties":{"b":{"type":"null"}}}}}"#, #"{"a":1,"b":1}"#, "/b type null"),
      (#"{"not":{}}"#, "1", " not"),
      (#"{"properties":{"a":false}}"#, #"{"a":1}"#, "/a false_schema"),
      (#"{"if":{"minimum":5},"then":{"multipleOf":5}}"#, "6", " multiple_of 5"),
      (#"{"unevaluatedProperties":false}"#, #"{"a":[1]}"#, "/a unevaluated_property"),
      (#"{"prefixItems":[{}],"unevaluatedItems":false}"#, "[1,2]", "/1 unevaluated_item"),
      (#"{"unevaluatedItems":{"type":"null"}}"#, "[null,2]", "/1 type null"),
      ("true", #"{"a":{"b":1,"b":2}}"#, "/a/b duplicate_key"),
      ("true", "[1,]", "/1 syntax 3"),
      ("true", "1 2", " syntax 2"),
      ("true", "", " syntax 0"),
      (
        ##"{"$ref":"#/$defs/A","$defs":{"A":{"items":{"$ref":"#"},"type":"array"}}}"##, "[[],[[1]]]",
        "/1/0/0 type array"
      ),
    ]
  )
  func oneViolation(_ schema: String, _ document: String, _ expected: String) throws {
    #expect(try violations(schema, document) == [expected])
  }

  @Test("a failed union is one violation, and its only possible branch explains itself")
  func unions() throws {
    let shapes = """
      {"oneOf": [
        {"type": "object", "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}},
         "required": ["kind", "radius"]},
        {"$ref": "#/$defs/Square"}],
       "$defs": {"Square": {"type": "object", "properties": {"kind": {"enum": ["square"]}, "side": {"type": "number"}},
         "required": ["kind", "side"]}}}
      """
    #expect(try violations(shapes, #"{"kind":"circle","radius":1}"#) == [])
    #expect(
      try violations(shapes, #"{"kind":"circle","radius":"1"}"#) == [" one_of 0", "/radius type number"]
    )
    #expect(try violations(shapes, #"{"kind":"square"}"#) == [" one_of 0", "/side required"])
    #expect(try violations(shapes, #"{"kind":"line"}"#) == [" one_of 0"])
    #expect(try violations(shapes, #"{}"#) == [" one_of 0"])
    #expect(try violations(#"{"oneOf":[true,true,true]}"#, "1") == [" one_of 2"])
    let anything = #"{"anyOf":[{"type":"string","minLength":3},{"type":"integer","minimum":3}]}"#
    #expect(try violations(anything, "1") == [" any_of", " minimum 3"])
    #expect(try violations(anything, #""ab""#) == [" any_of", " min_length 3"])
    #expect(try violations(anything, "null") == [" any_of"])
  }

  @Test("several violations come in document order, at most thirty-two")
  func many() throws {
    let schema = #"{"properties":{"b":{"type":"null"},"a":{"minimum":5,"multipleOf":2}},"required":["c"]}"#
    #expect(
      try violations(schema, #"{"a":1,"b":2}"#) == ["/c required", "/a minimum 5", "/a multiple_of 2", "/b type null"]
    )
    let items = "[" + Array(repeating: "1", count: 40).joined(separator: ",") + "]"
    let all = try violations(#"{"items":{"type":"string"}}"#, items)
    #expect(all.count == 33)
    #expect(all.last == "- omitted 8")
  }

  @Test("what is unevaluated is only judged where everything else holds")
  func unevaluated() throws {
    let schema = #"{"anyOf":[{"properties":{"a":{"const":1}}}],"unevaluatedProperties":false}"#
    #expect(try violations(schema, #"{"a":2}"#) == [" any_of"])
    #expect(try violations(schema, #"{"a":1,"b":1}"#) == ["/b unevaluated_property"])
  }

  @Test("bodies that are not JSON or not UTF-8 are refused")
  func malformed() throws {
    let schema = JSONSchema("true")
    let bytes: [UInt8] = [0x22, 0xFF, 0x22]
    #expect(schema.violations(of: bytes.span.bytes).map(\.code) == [.encoding])
    let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
    #expect(schema.violations(of: deep).map(\.code) == [.depth])
    #expect(schema.violations(of: String(deep.dropFirst().dropLast())).isEmpty)
  }

  @Test("every violation can be written as problem details")
  func written() throws {
    let violation = try #require(try JSONSchema(parsing: #"{"pattern":"^(?!a)"}"#).violations(of: #""a""#).first)
    var json = JSONWriter()
    violation.encode(to: &json)
    #expect(
      json.text()
        == #"{"pointer":"","code":"pattern","detail":"must match ^(?!a)","params":{"pattern":"^(?!a)"}}"#
    )
  }

  @Test(
    "a fault of a schema is located",
    arguments: [
      ("{", "is not JSON (byte 1)"),
      ("5", "must be a schema"),
      (#"{"type":"int"}"#, "/type is not the name of a type (byte 8)"),
      (#"{"type":[]}"#, "/type must name a type"),
      (#"{"type":["string",7]}"#, "/type/1 is not"),
      (#"{"enum":5}"#, "/enum must be an array"),
      (#"{"minimum":"5"}"#, "/minimum must be a number"),
      (#"{"exclusiveMinimum":true}"#, "/exclusiveMinimum must be a number"),
      (#"{"multipleOf":0}"#, "/multipleOf must be a number above 0"),
      (#"{"multipleOf":-1}"#, "/multipleOf must be a number above 0"),
      (#"{"multipleOf":1.0000000000000000001}"#, "of at most 18 digits"),
      (#"{"minLength":-1}"#, "/minLength must be an integer, 0 or more"),
      (#"{"maxItems":1.5}"#, "/maxItems must be an integer"),
      (#"{"uniqueItems":1}"#, "/uniqueItems must be a boolean"),
      (#"{"pattern":"a("}"#, "/pattern has an unmatched '(' at character 1"),
      (#"{"patternProperties":{"a++":{}}}"#, "/patternProperties/a++ has a possessive quantifier"),
      (#"{"properties":{"a":{"items":[]}}}"#, "/properties/a/items must be a schema"),
      (#"{"required":"a"}"#, "/required must be an array"),
      (#"{"required":["a",1]}"#, "/required/1 must be a string"),
      (#"{"required":["a","a"]}"#, "/required/1 is present more than once"),
      (#"{"allOf":[]}"#, "/allOf must be an array of at least one schema"),
      (#"{"prefixItems":[]}"#, "/prefixItems must be an array of at least one schema"),
      (#"{"not":1}"#, "/not must be a schema"),
      (#"{"$ref":5}"#, "/$ref must be a string"),
      (#"{"$ref":"other.json"}"#, "/$ref must begin with #"),
      (##"{"$ref":"#name"}"##, "/$ref must be # or a JSON pointer"),
      (##"{"$ref":"#/$defs/A"}"##, "/$ref leads to nothing"),
      (##"{"$ref":"#/a%2"}"##, "/$ref must begin with #"),
      (##"{"$ref":"#/type","type":"string"}"##, "/type must be a schema"),
      (##"{"$dynamicRef":"#a"}"##, "/$dynamicRef is not supported"),
      (##"{"$ref":"#"}"##, "the schema applies itself to the same value without end"),
      (
        ##"{"$defs":{"A":{"anyOf":[{"$ref":"#/$defs/B"}]},"B":{"not":{"$ref":"#/$defs/A"}}}}"##,
        "/$defs/A applies itself"
      ),
      (#"{"type":"string","type":"null"}"#, "/type is present more than once (byte 24)"),
    ]
  )
  func fault(_ schema: String, _ expected: String) throws {
    let fault = try #require(throws: JSONSchema.Fault.self) { try JSONSchema(parsing: schema) }
    #expect(fault.description.contains(expected), "\(fault)")
  }
}
