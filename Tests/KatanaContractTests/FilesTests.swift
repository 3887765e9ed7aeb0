import Foundation
import KatanaContract
import Testing

private func load(_ files: [String: String], _ root: String = "openapi.yaml") -> (OpenAPIDocument?, [Diagnostic]) {
  OpenAPILoader.load(path: root, from: MemoryFolder(files))
}

private let head = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"

/// A contract in five files in three folders, with cycles between them.
enum SplitContract {
  static let files = [
    "api/openapi.yaml": """
    openapi: 3.1.0
    info: {title: T, version: "1"}
    paths:
      /users/{id}: {$ref: "paths/user.yaml"}
      /self:
        get:
          security: [{key: []}]
          responses:
            "200":
              description: OK
              content: {application/json: {schema: {$ref: "#/paths/~1self/get/responses/201/content/a~1b/schema"}}}
            "201":
              description: OK
              content:
                a/b: {schema: {properties: {next: {$ref: "#/paths/~1self/get/responses/201/content/a~1b/schema"}}}}
    components:
      schemas:
        User: {$ref: "./schemas/User.json"}
        Person: {$ref: "schemas/User.json"}
        Problem: {type: object, properties: {detail: {type: string}}}
      securitySchemes: {key: {$ref: "../common/parts.yaml#/keys/a%20b"}}
    """,
    "api/paths/user.yaml": """
    parameters: [{$ref: "../../common/parts.yaml#/parameters/0"}]
    get:
      parameters: [{$ref: "../../common/parts.yaml#/components/parameters/Limit"}]
      responses:
        "200":
          description: OK
          headers: {ETag: {$ref: "../../common/parts.yaml#/header"}}
          content:
            application/json:
              schema: {$ref: "../schemas/User.json"}
              examples: {one: {$ref: "../../common/parts.yaml#/example"}}
        "404": {$ref: "../../common/parts.yaml#/responses/missing"}
    put:
      requestBody: {$ref: "../../common/parts.yaml#/body"}
      responses: {"204": {description: OK}}
    """,
    "api/schemas/User.json": """
    {"type": "object", "properties": {
      "friend": {"$ref": "#"}, "boss": {"$ref": "../openapi.yaml#/components/schemas/User"},
      "address": {"$ref": "address%20book.yaml#/Address"}, "tag": {"$ref": "address%20book.yaml#tag"}}}
    """,
    "api/schemas/address book.yaml": """
    Address: {type: object, properties: {owner: {$ref: User.json}, country: {$ref: "#/Country"}}}
    Country: {type: string, $anchor: country}
    Tag: {$anchor: tag, type: array, items: {$ref: "#tag"}}
    """,
    "common/parts.yaml": """
    parameters: [{name: id, in: path, required: true, schema: {$ref: "../api/schemas/address book.yaml#/Country"}}]
    components: {parameters: {Limit: {name: limit, in: query, schema: {type: integer}}}}
    header: {schema: {type: string}}
    example: {value: {friend: {}}}
    responses:
      missing:
        description: Missing
        content: {application/problem+json: {schema: {$ref: "../api/openapi.yaml#/components/schemas/Problem"}}}
    body: {content: {application/json: {schema: {$ref: "#/draft"}}}}
    draft: {type: object, properties: {address: {$ref: "../api/schemas/address book.yaml#/Address"}}}
    keys: {a b: {type: apiKey, in: header, name: X-Key}}
    """,
  ]
}

@Suite struct FilesTests {
  @Test func `a contract in several files is one document`() throws {
    let source = CountingSource(MemoryFolder(SplitContract.files))
    let (loaded, diagnostics) = OpenAPILoader.load(path: "api/openapi.yaml", from: source)
    let document = try #require(loaded, "\(diagnostics.map { $0.rendered() })")
    #expect(diagnostics.isEmpty)
    #expect(source.reads.keys.sorted() == SplitContract.files.keys.sorted())
    #expect(source.reads.values.allSatisfy { $0 == 1 })
    #expect(
      document.components.schemas.map(\.name.value) == [
        "User", "Person", "Problem", "Country", "draft", "schema", "Address", "Tag",
      ]
    )
    let get = document.operations[0]
    #expect(get.parameters.map(\.name.value) == ["id", "limit"])
    #expect(get.parameters[0].value.schema?.name == "Country")
    #expect(get.parameters[0].location.file == "common/parts.yaml")
    #expect(get.responses[0].headers.map(\.name.value) == ["ETag"])
    #expect(get.responses[0].content[0].schema?.name == "User")
    #expect(get.responses[0].content[0].examples[0].node.location.file == "common/parts.yaml")
    #expect(get.responses[1].content[0].schema?.name == "Problem")
    #expect(document.operations[1].requestBody?.content[0].schema?.name == "draft")
    #expect(document.components.securityScheme(named: "key")?.node.location.file == "common/parts.yaml")
  }

  @Test func `recursion through files and unnamed places is recursion through names`() throws {
    let (loaded, _) = OpenAPILoader.load(path: "api/openapi.yaml", from: MemoryFolder(SplitContract.files))
    let document = try #require(loaded)
    let user = try #require(document.schema(named: "User"))
    #expect(user.object.properties.map(\.schema.name) == ["User", "User", "Address", "Tag"])
    #expect(user.location.file == "api/schemas/User.json")
    #expect(document.components.schemas[1].aliasOf == "User")
    #expect(document.components.schemas[0].aliasOf == nil)
    let address = try #require(document.schema(named: "Address"))
    #expect(address.object.properties.map(\.schema.name) == ["User", "Country"])
    #expect(document.schema(named: "Tag")?.array.items?.name == "Tag")
    let itself = try #require(document.schema(named: "schema"))
    #expect(itself.object.property("next")?.schema.name == "schema")
  }

  @Test func `places of one name are numbered in the order of their use`() throws {
    let (loaded, diagnostics) = load([
      "openapi.yaml": head + """
      components:
        schemas:
          Pet: {type: string}
          All: {prefixItems: [{$ref: "b/Pet.yaml"}, {$ref: "a/Pet.yaml"}, {$ref: "b/Pet.yaml"}]}
      """,
      "a/Pet.yaml": "type: integer", "b/Pet.yaml": "type: boolean",
    ])
    let document = try #require(loaded)
    #expect(document.schema(named: "All")?.array.prefixItems.map(\.name) == ["Pet2", "Pet3", "Pet2"])
    #expect(document.schema(named: "Pet2")?.type == .boolean)
    #expect(document.schema(named: "Pet3")?.type == .integer)
    #expect(diagnostics.map(\.id) == ["KT0309", "KT0309"])
    #expect(diagnostics.map(\.location.file) == ["a/Pet.yaml", "b/Pet.yaml"])
  }

  @Test(
    "paths are resolved as RFC 3986 says",
    arguments: [
      ("x/openapi.yaml", "a.yaml", "x/a.yaml"), ("openapi.yaml", "./a/../b.yaml", "b.yaml"),
      ("x/y/openapi.yaml", "../a.yaml", "x/a.yaml"), ("./openapi.yaml", "../a.yaml", "../a.yaml"),
      ("/x/openapi.yaml", "../../a.yaml", "/a.yaml"), ("../openapi.yaml", "../a.yaml", "../../a.yaml"),
      ("openapi.yaml", "caf%C3%A9.yaml", "caf\u{e9}.yaml"), ("openapi.yaml", "a%23b.yaml", "a#b.yaml"),
    ]
  )
  func paths(_ root: String, _ reference: String, _ path: String) {
    let (_, diagnostics) = load(
      [
        root: head + "components: {schemas: {A: {items: {$ref: \"\(reference)\"}}}}",
        path: "type: 5",
      ],
      root
    )
    #expect(diagnostics.map(\.location.description) == ["\(path):1:7"])
    #expect(diagnostics.first?.refChain.map(\.location.file) == [root])
  }

  @Test func `a document may be referred to by its own name`() throws {
    let (loaded, _) = load(
      ["./openapi.yaml": head + "components: {schemas: {A: {items: {$ref: \"openapi.yaml#/components/schemas/A\"}}}}"],
      "./openapi.yaml"
    )
    #expect(try #require(loaded).components.schemas.map(\.name.value) == ["A"])
  }

  @Test func `files are limited in number and bytes`() {
    let count = DocumentLimits.filesMax + 1
    var files = ["openapi.yaml": head + "components: {schemas: {A: {$ref: 0.yaml}}}"]
    for file in 0..<count { files["\(file).yaml"] = "items: {$ref: \(file + 1).yaml}" }
    let (document, diagnostics) = load(files)
    #expect(document == nil)
    #expect(diagnostics.map(\.id) == ["KT0007"])
    #expect(diagnostics.first?.location.file == "\(count - 3).yaml")

    let big = "#" + String(repeating: "x", count: DocumentLimits.bytesMax - 100)
    var large = ["openapi.yaml": head + "components: {schemas: {A: {prefixItems: ["]
    for file in 0..<5 {
      large["openapi.yaml"]! += "{$ref: \(file).yaml},"
      large["\(file).yaml"] = "type: string\n" + big
    }
    large["openapi.yaml"]! += "]}}}"
    #expect(load(large).1.map(\.id) == ["KT0007"])
  }

  @Test func `nodes are counted over all files`() {
    let half = "[" + String(repeating: "0,", count: DocumentLimits.nodesMax / 2) + "0]"
    let (document, diagnostics) = load([
      "openapi.yaml": head + "components: {schemas: {A: {items: {$ref: a.json#/a}}, B: {items: {$ref: b.json#/a}}}}",
      "a.json": "{\"a\": {}, \"x\": \(half)}", "b.json": "{\"a\": {}, \"x\": \(half)}",
    ])
    #expect(document == nil)
    #expect(diagnostics.map(\.id) == ["KT0004"])
    #expect(diagnostics.first?.location.file == "b.json")
  }

  @Test func `bytes without a file have no other files`() {
    let text = head + "components: {schemas: {A: {$ref: a.yaml}}}"
    let (document, diagnostics) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "openapi.yaml")
    #expect(document == nil)
    #expect(diagnostics.map(\.id) == ["KT0308"])
  }

  @Test func `files on disk are found beside the document`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "katana-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = head + "components: {schemas: {A: {$ref: a.yaml}, B: {$ref: ./}, C: {$ref: pipe}}}"
    try text.write(to: folder.appending(path: "openapi.yaml"), atomically: true, encoding: .utf8)
    try "type: string".write(to: folder.appending(path: "a.yaml"), atomically: true, encoding: .utf8)
    #expect(mkfifo(folder.appending(path: "pipe").path, 0o600) == 0)
    let (_, diagnostics) = OpenAPILoader.load(path: folder.appending(path: "openapi.yaml").path)
    #expect(diagnostics.map(\.id) == ["KT0308", "KT0308"])
    #expect(diagnostics.first?.message.contains("directory") == true)
    #expect(diagnostics.last?.message.contains("not a regular file") == true)
  }
}
