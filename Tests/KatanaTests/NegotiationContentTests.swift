import Katana
import TestSupport
import Testing

/// Content that is no JSON, as generated code reads it, over a real socket.
@Suite struct NegotiationContentTests {
  static func router() -> Router {
    var router = Router()
    router.add(
      Route(.post, "/form", mediaTypes: ["application/x-www-form-urlencoded"], requiresContent: true)
    ) { context in
      let text = try context.read { (request: inout RequestReader) -> String? in
        request.form(limits: limits) { form in
          let name = form.required("name", "") { $0.string(minLength: 2) }
          let age: Int32? = form.optional("age", allowsEmptyValue: true) { $0.int32(minimum: 0) }
          let tags = form.array("tag", isRequired: false, maxItems: 3) { $0.string() } ?? []
          let sizes =
            form.array("sizes", style: .pipeDelimited, isRequired: false, isExploded: false) { $0.int64() } ?? []
          let city = form.object("at", isRequired: false) { $0.required("city", "") { $0.string() } } ?? "-"
          let flat = form.object("flat", style: .form, isRequired: false, isExploded: false) {
            $0.required("x", 0) { $0.int64() }
          }
          let point = form.json("p", JSONRequestTests.Point.self, isRequired: false)
          let more = form.additional { $0.int64() }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
          return "\(name) \(age ?? -1) \(tags) \(sizes) \(city) \(flat ?? -1) \(point?.x ?? -1) \(more)"
        }
      }
      context.respond(text)
    }
    router.add(Route(.post, "/parts", mediaTypes: ["multipart/form-data"], requiresContent: true)) { context in
      let text = try context.read { (request: inout RequestReader) -> String? in
        request.multipart { form in
          let title = form.required("title", "") { $0.string(maxLength: 8) }
          let meta = form.json("meta", JSONRequestTests.Point.self, isRequired: true)
          let photo = form.file("photo", isRequired: true, types: "image/png,text/*", minSize: 2, maxSize: 9)
          let more = form.files("more", isRequired: false, maxItems: 2) ?? []
          form.closed()
          guard let meta, let photo else { return nil }
          return "\(title) \(meta.x) \(photo.name ?? "-") \(photo.contentType ?? "-") \(photo.bytes) "
            + "\(more.map { "\($0.name ?? "-"):\(String(decoding: $0.bytes, as: UTF8.self))" })"
        }
      }
      context.respond(text)
    }
    router.add(Route(.post, "/text", mediaTypes: ["text/plain"])) { context in
      let text = try context.read { (request: inout RequestReader) -> String? in
        request.hasContent ? request.text(maxLength: 5) : "none"
      }
      context.respond(text)
    }
    router.add(Route(.post, "/bytes")) { context in
      context.respond(try context.read { (request: inout RequestReader) -> [UInt8]? in request.bytes() })
    }
    router.add(Route(.post, "/sized")) { context in
      context.respond(
        try context.read { (request: inout RequestReader) -> [UInt8]? in request.bytes(minSize: 2, maxSize: 3) })
    }
    for streams in [true, false] {
      router.add(
        Route(.post, streams ? "/stream" : "/whole", streamsContent: streams),
        async: { context in
          var sum = 0
          var count = 0
          let body = context.body
          while let chunk = try await body.nextChunk() {
            chunk.withUnsafeBytes { for byte in $0 { sum += Int(byte) } }
            count += chunk.byteCount
          }
          context.respond("\(count) \(sum) \(body.length.map(String.init) ?? "-")")
        }
      )
    }
    router.add(
      Route(.post, "/few", streamsContent: true),
      async: { context in
        context.respond(try await context.body.bytes(sizeMax: 4))
      }
    )
    return router
  }

  static let limits: FormLimits = {
    var limits = FormLimits()
    limits.pairCountMax = 20
    limits.valueSizeMax = 200
    return limits
  }()

  static func multipart(_ parts: [(head: String, body: String)], end: String = "--x--\r\n") -> [UInt8] {
    Array((parts.map { "--x\r\nContent-Disposition: form-data; \($0.head)\r\n\r\n\($0.body)\r\n" }.joined() + end).utf8)
  }

  static func answers(_ requests: [(path: String, type: String, body: [UInt8])]) async throws -> [String] {
    try await serving(router()) { port in
      try await blocking {
        let client = try Client(port: port)
        return try requests.map {
          let answer = try client.post($0.path, $0.body, type: $0.type)
          return "\(answer.status) \(answer.text)"
        }
      }
    }
  }

  @Test func `a form's fields are typed, listed, nested and located`() async throws {
    let cases: [(body: String, answer: String)] = [
      ("name=ann", "200 ann -1 [] [] - -1 -1 []"),
      (
        "name=a%26b+c&age=&tag=x%2Cy&tag=&sizes=1%7C2|3&at%5Bcity%5D=Rome&flat=x,7&p=%7B%22x%22:3%7D&u=5&t=6",
        #"200 a&b c -1 ["x,y", ""] [1, 2, 3] Rome 7 3 ["t=6", "u=5"]"#
      ),
      ("age=1", #""pointer":"/name","code":"required""#), ("name=a", #""pointer":"/name","code":"min_length""#),
      ("name=ann&age=-1", #""pointer":"/age","code":"minimum""#),
      ("name=ann&name=bob", #""pointer":"/name","code":"repeated""#),
      ("name=ann&tag=1&tag=2&tag=3&tag=4", #""pointer":"/tag","code":"max_items""#),
      ("name=ann&at[town]=x", #""pointer":"/at/city","code":"required""#),
      ("name=ann&flat=x", #""pointer":"/flat","code":"format""#),
      ("name=ann&flat=x,y", #""pointer":"/flat/x","code":"type""#),
      ("name=ann&p=%7B%22x%22:9%7D", #""pointer":"/p/x","code":"maximum""#),
      ("name=ann&a~/b=x", #""pointer":"/a~0~1b","code":"type""#),
      ("name=%C3%28n", #""pointer":"/name","code":"encoding""#),
      ("name=ann&%zz=1", #""pointer":"","code":"encoding""#),
    ]
    let answers = try await Self.answers(
      cases.map { ("/form", "application/x-www-form-urlencoded", Array($0.body.utf8)) }
    )
    for (answer, item) in zip(answers, cases) {
      if item.answer.hasPrefix("200") {
        #expect(answer == item.answer)
      } else {
        #expect(answer.hasPrefix("400 ") && answer.contains(item.answer), "\(item.body): \(answer)")
      }
    }
  }

  @Test func `a form beyond its limits is 413`() async throws {
    let long = "name=" + String(repeating: "a", count: 201)
    let many = (0..<21).map { "k\($0)=1" }.joined(separator: "&")
    let answers = try await Self.answers(
      [long, many, "name=" + String(repeating: "a", count: 200)].map {
        ("/form", "application/x-www-form-urlencoded", Array($0.utf8))
      }
    )
    #expect(answers.map { $0.prefix(3) } == ["413", "413", "200"], "\(answers)")
    #expect(answers[0].contains("the form has more fields or longer ones than are read here"))
  }

  @Test func `parts of a form are texts, documents and files`() async throws {
    let good: [(head: String, body: String)] = [
      ("name=\"title\"", "hello"), ("name=\"more\"; filename=\"a\"", " --x"), ("name=\"meta\"", "{\"x\":4}"),
      ("name=\"more\"", "\r\n--\r\n--y"),
      ("name=\"photo\"; filename=\"../p.png\"\r\nContent-Type: image/png", "\u{0}\r\n-"),
    ]
    func without(_ index: Int, _ other: (String, String)? = nil) -> [UInt8] {
      var parts = good
      parts.remove(at: index)
      if let other { parts.append((head: other.0, body: other.1)) }
      return Self.multipart(parts)
    }
    let png = "name=\"photo\"; filename=\"p\"\r\nContent-Type: image/png"
    let rest = #"4 ../p.png image/png [0, 13, 10, 45] ["a: --x", "-:\r\n--\r\n--y"]"#
    let cases: [(body: [UInt8], answer: String)] = [
      (Self.multipart(good), "200 hello \(rest)"),
      // What begins like a boundary.
      (without(0, ("name=\"title\"", "-5")), "200 -5 \(rest)"),
      (without(0, ("name=\"title\"", "--y")), "200 --y \(rest)"),
      (without(0), #""pointer":"/title","code":"required""#), (without(4), #""pointer":"/photo","code":"required""#),
      (without(0, ("name=\"title\"", "far too long")), #""pointer":"/title","code":"max_length""#),
      (without(2, ("name=\"meta\"", "{\"x\":6}")), #""pointer":"/meta/x","code":"maximum""#),
      (
        without(4, (png, "0123456789")),
        #""pointer":"/photo","code":"max_length","detail":"must have at most 9 bytes","params":{"max":9}"#
      ),
      (without(4, (png, "0")), #""pointer":"/photo","code":"min_length","detail":"must have at least 2 bytes""#),
      (
        without(4, ("name=\"photo\"; filename=\"p\"\r\nContent-Type: image/gif", "a")),
        #""pointer":"/photo","code":"type""#
      ),
      (without(4, ("name=\"photo\"; filename=\"p\"", "a")), #""pointer":"/photo","code":"type""#),
      (Self.multipart(good + [(png, "a")]), #""pointer":"/photo","code":"repeated""#),
      (Self.multipart(good + [("name=\"more\"", "a")]), #""pointer":"/more","code":"max_items""#),
      (Self.multipart(good + [("name=\"else\"", "a")]), #""pointer":"/else","code":"additional_property""#),
      (Self.multipart(good, end: ""), #""pointer":"","code":"syntax""#),
      (Array("--x\r\nnonsense\r\n\r\n--x--".utf8), #""pointer":"","code":"syntax""#),
    ]
    let answers = try await Self.answers(cases.map { ("/parts", "multipart/form-data; boundary=x", $0.body) })
    for (answer, item) in zip(answers, cases) {
      if item.answer.hasPrefix("200") {
        #expect(answer == item.answer)
      } else {
        #expect(
          answer.hasPrefix("400 ") && answer.contains(item.answer),
          "\(String(decoding: item.body, as: UTF8.self)): \(answer)"
        )
      }
    }
    let many = Self.multipart((0...1000).map { ("name=\"k\($0)\"", "") })
    let limited = try await Self.answers([
      ("/parts", "multipart/form-data; boundary=x", many), ("/parts", "multipart/form-data", many),
    ])
    #expect(limited[0].hasPrefix("413 ") && limited[1].hasPrefix("400 "), "\(limited)")
  }

  @Test func `text is UTF-8 and measured, bytes are bytes`() async throws {
    let answers = try await Self.answers([
      ("/text", "text/plain", Array("grüße".utf8)), ("/text", "text/plain; charset=utf-8", Array("grüßen".utf8)),
      ("/text", "text/plain", [0x61, 0xFF]), ("/text", "text/plain", []), ("/bytes", "a/b", [1, 0x30]),
      ("/bytes", "a/b", []), ("/sized", "a/b", [48, 49]), ("/sized", "a/b", [48]), ("/sized", "a/b", [48, 48, 48, 48]),
    ])
    #expect(answers[0] == "200 grüße" && answers[3] == "200 none" && answers[4] == "200 \u{1}0" && answers[5] == "200 ")
    #expect(answers[1].contains(#""pointer":"","code":"max_length""#))
    #expect(answers[6] == "200 01")
    #expect(answers[7].contains(#""pointer":"","code":"min_length","detail":"must have at least 2 bytes""#))
    #expect(answers[8].contains(#""pointer":"","code":"max_length","detail":"must have at most 3 bytes""#))
    #expect(answers[2].contains(#""pointer":"","code":"encoding","detail":"is not valid UTF-8 (byte 1)""#))
  }

  @Test func `a body is read in pieces while it comes, or whole`() async throws {
    try await serving(Self.router()) { port in
      try await blocking {
        let long = [UInt8](repeating: 3, count: 300_000)
        for path in ["/stream", "/whole"] {
          let client = try Client(port: port)
          #expect(try client.post(path, long).text == "300000 900000 300000")
          client.send(
            "POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "3\r\n\u{1}\u{2}\u{3}\r\n1\r\n\u{4}\r\n0\r\n\r\n"
          )
          #expect(try client.answer().text == "4 10 -")
          client.send("POST \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
          #expect(try client.answer().text == "0 0 0")
        }
        let few = try Client(port: port).post("/few", [65, 66, 67, 68])
        #expect(few.text == "ABCD")
        let many = try Client(port: port).post("/few", [65, 66, 67, 68, 69])
        #expect(many.status == 413)
      }
    }
  }
}
