import KatanaContract
import Testing

private func load(_ text: String, _ name: String = "api.yaml") throws -> OpenAPIDocument {
  let (document, diagnostics) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: name)
  return try #require(document, "\(diagnostics.map { $0.rendered() })")
}

private func schema(_ yaml: String, version: String = "3.1.0") throws -> Schema {
  let lines = yaml.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n")
  let text = """
    openapi: \(version)
    info: {title: T, version: "1"}
    paths: {}
    components:
      schemas:
        A:
    \(lines)
    """
  return try #require(try load(text).schema(named: "A"))
}

private func inline(_ reference: SchemaRef) -> Schema? {
  if case .inline(let schema) = reference { schema } else { nil }
}

private func boolean(_ reference: SchemaRef) -> Bool? { inline(reference)?.boolean }

@Suite struct ScalarTests {
  @Test(
    "a plain scalar means what the YAML 1.2 core schema says",
    arguments: [
      ("no", Scalar.Tag.string), ("on", .string), ("yes", .string), ("y", .string), ("true", .bool), ("True", .bool),
      ("tRUE", .string), ("null", .null), ("~", .null), ("nil", .string), ("012", .int), ("0o17", .int), ("0x1F", .int),
      ("0xZZ", .string), ("+12", .int), ("-12", .int), ("1_000", .string), ("1e3", .float), (".5", .float),
      ("1.", .float), (".", .string), ("1e", .string), ("-.inf", .float), (".nan", .float), ("-.nan", .string),
      ("+.inf", .float), (".Inf", .float), ("inf", .string), ("0o18", .string), ("-0o17", .string), ("0X1F", .string),
      ("0b1", .string), ("NO", .string), ("Off", .string), ("n", .string), ("1E+3", .float), ("-1.5e-3", .float),
      ("2024-01-01T00:00:00Z", .string), ("=", .string), ("NULL", .null), ("nULL", .string), ("~x", .string),
      ("12:30:45", .string), ("2024-01-01", .string), ("'5'", .string), ("\"true\"", .string), ("!!str 5", .string),
    ]
  )
  func plainScalars(_ text: String, _ tag: Scalar.Tag) throws {
    let document = try load("openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\nx-value: \(text)\n")
    let value = try #require(document.extensions["x-value"]?.node.scalar)
    #expect(value.tag == tag)
    #expect((value.number != nil) == (tag == .int || tag == .float))
  }

  @Test func `a plain key is its text, whatever it would mean as a value`() throws {
    let document = try load(
      """
      openapi: 3.1.0
      info: {title: T, version: "1"}
      paths: {}
      x-keys: {on: 1, no: 2, 200: 3, 0o17: 4, 1e3: 5, ~: 6, null: 7, true: 8, 2024-01-01: 9, "<<": 10}
      """
    )
    let keys = document.extensions["x-keys"]?.node.mapping?.keys
    #expect(keys == ["on", "no", "200", "0o17", "1e3", "~", "null", "true", "2024-01-01", "<<"])
  }

  @Test func `numbers keep their digits beside their value`() throws {
    let big = try #require(NumberLiteral("9223372036854775808"))
    #expect(big.text == "9223372036854775808")
    #expect(big.integer == nil)
    #expect(big.double == 9_223_372_036_854_775_808)
    #expect(NumberLiteral("9223372036854775807")?.integer == .max)
    #expect(NumberLiteral("1e3")?.integer == 1000)
    #expect(NumberLiteral("0.10")?.text == "0.10")
    #expect(NumberLiteral("0x1F")?.integer == 31)
    #expect(NumberLiteral("1.")?.double == 1)
    #expect(NumberLiteral("1e999")?.double == .infinity)
    #expect(NumberLiteral("nan") == nil)
    #expect(NumberLiteral("") == nil)
  }

  @Test func `YAML and JSON give the same tree with the same columns`() throws {
    let text = "{\"openapi\": \"3.1.0\", \"info\": {\"title\": \"\u{e9}\u{1F600}\", \"version\": \"1\"}, \"paths\": {}}"
    let json = try load(text, "api.json")
    let yaml = try load(text, "api.yaml")
    #expect(json.info.title.value == yaml.info.title.value)
    #expect(json.info.version.location.column == yaml.info.version.location.column)
    #expect(json.info.version.location.line == 1)
  }

  @Test func `JSON escapes and surrogate pairs are undone`() throws {
    let text = #"{"openapi":"3.1.0","info":{"title":"a\u00e9\ud83d\ude00\n\/","version":"1"},"paths":{}}"#
    #expect(try load(text, "api.json").info.title.value == "a\u{e9}\u{1F600}\n/")
  }

  @Test func `an alias is the anchored node`() throws {
    let document = try load(
      """
      openapi: 3.1.0
      info: {title: &name T, version: "1"}
      x-copy: *name
      paths: {}
      """
    )
    let copy = try #require(document.extensions["x-copy"])
    #expect(copy.node.string == "T")
    #expect(copy.node.location.line == 2)
  }
}

@Suite struct SchemaModelTests {
  @Test func `exclusive bounds of 3_0 and 3_1 are held alike`() throws {
    let old = try schema("type: integer\nminimum: 1\nexclusiveMinimum: true\nmaximum: 9", version: "3.0.3")
    let new = try schema("type: integer\nexclusiveMinimum: 1\nmaximum: 9")
    for schema in [old, new] {
      #expect(schema.number.minimum == nil)
      #expect(schema.number.exclusiveMinimum?.value.integer == 1)
      #expect(schema.number.maximum?.value.integer == 9)
    }
  }

  @Test func `nullable of 3_0 and null in a type list are held alike`() throws {
    let old = try schema("type: string\nnullable: true", version: "3.0.3")
    let new = try schema("type: [string, \"null\"]")
    for schema in [old, new] {
      #expect(schema.isNullable)
      #expect(schema.type == .string)
    }
  }

  @Test func `a recursive schema refers to itself by name`() throws {
    let tree = try schema("type: object\nproperties:\n  left: {$ref: '#/components/schemas/A'}")
    #expect(tree.object.property("left")?.schema.name == "A")
  }

  @Test func `a 3_1 reference with constraints becomes a member of allOf`() throws {
    let tree = try schema(
      """
      type: object
      properties:
        a: {$ref: '#/components/schemas/A', description: kept}
        b: {$ref: '#/components/schemas/A', maxProperties: 1}
      """
    )
    guard case .named(let plain)? = tree.object.property("a")?.schema,
      case .inline(let constrained)? = tree.object.property("b")?.schema
    else {
      Issue.record("expected a named and an inline schema")
      return
    }
    #expect(plain.description == "kept")
    #expect(constrained.composition.allOf.map(\.name) == ["A"])
    #expect(constrained.object.maxProperties?.value == 1)
  }

  @Test func `every keyword that constrains is in the model`() throws {
    let ref = "{$ref: '#/components/schemas/A'}"
    let schema = try schema(
      """
      contains: \(ref)
      minContains: 2
      maxContains: 3
      unevaluatedItems: false
      patternProperties: {^a: \(ref), ^b: true}
      propertyNames: {maxLength: 3}
      dependentRequired: {a: [b, c]}
      dependentSchemas: {a: {required: [b]}}
      unevaluatedProperties: {type: string}
      if: {required: [a]}
      then: {required: [b]}
      else: false
      contentSchema: \(ref)
      contentMediaType: application/json
      $defs: {Part: {type: integer}}
      """
    )
    #expect(schema.array.contains?.name == "A")
    #expect(schema.array.minContains?.value == 2)
    #expect(schema.array.maxContains?.value == 3)
    #expect(schema.array.unevaluatedItems.flatMap(boolean) == false)
    #expect(schema.object.patternProperties.map(\.pattern.value) == ["^a", "^b"])
    #expect(schema.object.patternProperties[0].schema.name == "A")
    #expect(boolean(schema.object.patternProperties[1].schema) == true)
    #expect(schema.object.propertyNames.flatMap(inline)?.string.maxLength?.value == 3)
    #expect(schema.object.dependentRequired.map(\.name.value) == ["a"])
    #expect(schema.object.dependentRequired[0].required.map(\.value) == ["b", "c"])
    #expect(schema.object.dependentSchemas.map(\.name.value) == ["a"])
    guard case .schema(let unevaluated) = schema.object.unevaluatedProperties else {
      Issue.record("expected a schema")
      return
    }
    #expect(inline(unevaluated)?.type == .string)
    let conditional = try #require(schema.composition.ifThenElse)
    #expect(inline(conditional.condition)?.object.required.map(\.value) == ["a"])
    #expect(conditional.then.flatMap(inline)?.object.required.map(\.value) == ["b"])
    #expect(conditional.otherwise.flatMap(boolean) == false)
    #expect(schema.string.contentSchema?.name == "A")
    #expect(schema.definitions.map(\.name.value) == ["Part"])
    #expect(schema.otherKeywords.isEmpty)
  }

  @Test func `null as the only type, among types and among values are three things`() throws {
    let only = try schema("type: 'null'")
    #expect(only.isNullOnly && only.isNullable && only.types.isEmpty)
    let among = try schema("type: [string, 'null']")
    #expect(!among.isNullOnly && among.isNullable && among.type == .string)
    let value = try schema("enum: [a, null]")
    #expect(!value.isNullOnly && !value.isNullable && value.enumValues?.last?.isNull == true)
  }

  @Test func `keywords keep their places`() throws {
    let schema = try schema("oneOf: [{type: string}]\n$comment: kept\nminLength: 2")
    #expect(schema.location(of: "oneOf")?.line == 7)
    #expect(schema.otherKeywords.map(\.value) == ["$comment"])
    #expect(schema.string.minLength?.location.column == 18)
    #expect(schema.location(of: "anyOf") == nil)
  }

  @Test func `pointers with escapes reach one schema, which gets a name`() throws {
    let document = try load(
      """
      openapi: 3.1.0
      info: {title: T, version: "1"}
      paths:
        /a/b:
          get:
            parameters: [{name: p, in: query, schema: {$ref: "#/x-shared/a~1b%20c"}}]
            responses:
              "200":
                description: OK
                content:
                  application/json: {schema: {$ref: "#/x-shared/a~1b c"}}
      x-shared:
        a/b c: {type: integer}
      """
    )
    let operation = document.operations[0]
    #expect(operation.parameters[0].value.schema?.name == "a_b_c")
    #expect(operation.responses[0].content[0].schema?.name == "a_b_c")
    let shared = try #require(document.schema(named: "a_b_c"))
    #expect(document.components.schemas.count == 1)
    #expect(shared.type == .integer)
  }

  @Test func `an alias of a component has its schema`() throws {
    let document = try load(
      """
      openapi: 3.1.0
      info: {title: T, version: "1"}
      components:
        schemas:
          A: {$ref: "#/components/schemas/B"}
          B: {type: string}
      """
    )
    #expect(document.components.schemas[0].aliasOf == "B")
    #expect(document.schema(named: "A") === document.schema(named: "B"))
  }
}

@Suite struct OperationModelTests {
  private static let text = """
    openapi: 3.1.0
    info: {title: T, version: "1"}
    security: [{key: []}]
    paths:
      /users/{id}.json:
        parameters:
          - {name: id, in: path, required: true, schema: {type: integer}}
          - {name: limit, in: query, schema: {type: integer}}
        get:
          operationId: getUser
          x-katana-deadline: 250ms
          x-katana-cache: {ttl: 5m, keys: [id, principal], invalidate_on: [putUser]}
          parameters:
            - {name: limit, in: query, required: true, style: pipeDelimited, schema: {type: array, items: {}}}
          responses:
            4XX: {description: Failed}
            "200": {description: OK, headers: {ETag: {$ref: "#/components/headers/Tag"}}}
            default: {description: Other}
        put:
          operationId: putUser
          security: []
          responses: {"204": {description: Done}}
    components:
      headers: {Tag: {schema: {type: string}}}
      securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
    """

  @Test func `a path is split into its parts`() throws {
    let path = try load(Self.text).paths[0].path
    #expect(path.parts == [.literal("/users/"), .parameter("id"), .literal(".json")])
    #expect(path.shape == "/users/{}.json")
  }

  @Test func `operations replace parameters of their path item`() throws {
    let get = try load(Self.text).operations[0]
    #expect(get.parameters.map(\.name.value) == ["id", "limit"])
    #expect(get.parameters[1].isRequired)
    #expect(get.parameters[1].style.value == .pipeDelimited)
    #expect(!get.parameters[1].explode)
    #expect(get.parameters[0].style.value == .simple)
  }

  @Test func `a parameter with content has no style but that of its place`() throws {
    let document = try load(
      """
      openapi: 3.1.0
      info: {title: T, version: "1"}
      paths:
        /things/{b}:
          get:
            parameters:
              - {name: a, in: query, style: pipeDelimited, explode: false, allowReserved: true,
                 content: {application/json: {}}}
              - {name: b, in: path, style: matrix, explode: true, required: true, content: {text/plain: {}}}
            responses: {"204": {description: ok}}
      """)
    let parameters = try #require(document.operations.first).parameters
    #expect(parameters.map(\.style.value) == [.form, .simple])
    #expect(parameters.map(\.explode) == [true, false])
    #expect(parameters.map(\.allowsReserved) == [false, false])
  }

  @Test func `responses keep their order and their kind of status`() throws {
    let get = try load(Self.text).operations[0]
    #expect(get.responses.map(\.status.value) == [.range(4), .code(200), .default])
    #expect(get.responses[1].headers[0].name.value == "ETag")
    #expect(get.responses[1].headers[0].componentName == "Tag")
  }

  @Test func `an empty security list opens an operation`() throws {
    let document = try load(Self.text)
    #expect(document.operations[0].security[0].schemes[0].name.value == "key")
    #expect(!document.operations[0].hasOwnSecurity)
    #expect(document.operations[1].security.isEmpty)
    #expect(document.operations[1].hasOwnSecurity)
  }

  @Test func `extensions of Katana are typed`() throws {
    let katana = try load(Self.text).operations[0].extensions.katana
    #expect(katana.deadline?.value == .milliseconds(250))
    #expect(katana.cache?.value.ttl.value == .seconds(300))
    #expect(katana.cache?.value.invalidateOn.map(\.value) == ["putUser"])
    #expect(katana.execution == nil)
  }
}
