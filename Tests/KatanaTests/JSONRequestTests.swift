import Katana
import TestSupport
import Testing

/// Parameters and content of requests over a real socket, read as generated code reads them.
@Suite struct JSONRequestTests {
  struct Point: JSONDecodable, JSONEncodable {
    var x: Int64

    static func decode(_ json: inout JSONReader) -> Point? {
      guard let object = json.object() else { return nil }
      var seen: UInt64 = 0
      var x: Int64 = 0
      while let key = json.key() {
        switch (key.count, key.head) {
        case (1, 0x78): if json.isFirst(1, &seen) { x = json.int64(maximum: 5) }
        default: json.skip()
        }
      }
      if seen & 1 == 0 { json.missing("x", in: object) }
      return Point(x: x)
    }

    func encode(to json: inout JSONWriter) {
      json.literal("{\"x\":")
      json.int64(x)
      json.literal("}")
    }
  }

  static func router() -> Router {
    var router = Router()
    router.add(Route(.get, "/items/{id}")) { context in
      let (id, limit, tags, flag) = try context.read {
        (request: inout RequestReader) -> (Int64, Int64, [String]?, Bool?)? in
        let id = request.required(.path(0, "id"), 0) { $0.int64(minimum: 1) }
        let limit = request.optional(.query("limit")) { $0.int64(minimum: 1, maximum: 100) } ?? 10
        let tags = request.array(.query("tag"), isRequired: false, isExploded: true, maxItems: 2) {
          $0.string(maxLength: 3)
        }
        let flag: Bool? = request.optional(.header("X-Flag")) { $0.boolean() }
        return (id, limit, tags, flag)
      }
      context.respond("\(id) \(limit) \(tags ?? []) \(flag.map(String.init) ?? "-")")
    }
    router.add(Route(.get, "/list")) { context in
      let list = try context.read { (request: inout RequestReader) -> [Int64]? in
        request.array(.query("n"), isRequired: true, isExploded: false, minItems: 2) { $0.int64() } ?? []
      }
      context.respond("\(list)")
    }
    router.add(Route(.post, "/points/{id}", mediaTypes: ["application/json"], requiresContent: true)) { context in
      let (_, point) = try context.read { (request: inout RequestReader) -> (Int64, Point)? in
        let id = request.required(.path(0, "id"), 0) { $0.int64() }
        guard let point = request.content(Point.decode) else { return nil }
        return (id, point)
      }
      try context.respond(201, json: point)
    }
    return router
  }

  func answers(_ requests: [String]) async throws -> [String] {
    try await serving(Self.router()) { port in
      try await blocking {
        let client = try Client(port: port)
        return try requests.map { request in
          let answer =
            try request.contains(" ")
            ? client.post(
              String(request.split(separator: " ")[0]),
              Array(request.split(separator: " ", maxSplits: 1)[1].utf8)
            )
            : client.get(request)
          return "\(answer.status) \(answer.text)"
        }
      }
    }
  }

  @Test("parameters are decoded, defaulted and bound")
  func good() async throws {
    let answers = try await answers([
      "/items/7", "/items/7?limit=100&tag=a%20b&tag=c+d&other=1", "/items/%37?li%6Dit=1", "/list?n=1,-2,3",
      "/points/1 {\"x\":5}",
    ])
    #expect(
      answers == [
        "200 7 10 [] -", "200 7 100 [\"a b\", \"c d\"] -", "200 7 1 [] -", "200 [1, -2, 3]", "201 {\"x\":5}",
      ]
    )
  }

  @Test("a value that is not what it must be is named")
  func bad() async throws {
    let cases = [
      ("/items/0", "path/id", "minimum"), ("/items/12abc", "path/id", "type"), ("/items/+5", "path/id", "type"),
      ("/items/1.0", "path/id", "type"), ("/items/01", "path/id", "type"),
      ("/items/99999999999999999999", "path/id", "range"),
      ("/items/1?limit=0", "query/limit", "minimum"), ("/items/1?limit=101", "query/limit", "maximum"),
      ("/items/1?limit=", "query/limit", "type"), ("/items/1?limit=+5", "query/limit", "type"),
      ("/items/1?limit=5&limit=6", "query/limit", "repeated"), ("/items/1?limit=%zz", "query/limit", "encoding"),
      ("/items/1?limit=%FF", "query/limit", "encoding"), ("/items/1?tag=abcd", "query/tag", "max_length"),
      ("/items/1?tag=a&tag=b&tag=c", "query/tag", "max_items"), ("/list", "query/n", "required"),
      ("/list?n=1", "query/n", "min_items"), ("/list?n=1,", "query/n", "type"),
    ]
    let answers = try await answers(cases.map(\.0))
    for (answer, expected) in zip(answers, cases) {
      #expect(answer.hasPrefix("400 "), "\(expected.0): \(answer)")
      #expect(answer.contains("\"parameter\":\"\(expected.1)\",\"code\":\"\(expected.2)\""), "\(expected.0): \(answer)")
    }
  }

  @Test("violations of parameters and content come back together")
  func together() async throws {
    let answers = try await answers(["/points/x {\"x\":6,\"x\":1}"])
    #expect(
      answers == [
        """
        400 {"type":"about:blank","title":"Bad Request","status":400,"detail":"the request does not meet its contract",\
        "errors":[{"parameter":"path/id","code":"type","detail":"must be of type integer","params":{"expected":"integer"}},\
        {"pointer":"/x","code":"maximum","detail":"must be at most 5","params":{"max":5}},\
        {"pointer":"/x","code":"duplicate_key","detail":"is present more than once"}]}
        """
      ]
    )
  }
}
