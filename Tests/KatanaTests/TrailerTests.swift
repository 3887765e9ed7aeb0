import Katana
import TestSupport
import Testing

@Suite(.serialized) struct TrailerTests {
  static let fields = "X-Sum: 7\r\nAuthorization: Basic eDp5\r\nx-note: a b \r\n\r\n"

  /// Sends content in one chunk with trailer fields behind it.
  static func post(_ client: borrowing Client, _ path: String, head: String = "") throws -> Answer {
    client.send(
      "POST \(path) HTTP/1.1\r\nHost: a\r\n\(head)Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\(fields)")
    return try client.answer()
  }

  @Test func `trailer fields of a request are there when its content was read`() async throws {
    var router = Router()
    router.post("/whole") { context in
      let trailers = context.request.trailers
      let sum = trailers.field("X-SUM")?.text() ?? "none"
      let lines = (0..<trailers.count).map { "\(trailers.name($0).text())=\(trailers.value($0).text());" }.joined()
      context.respond("\(context.request.body.text()) \(sum) \(lines) \(trailers.field("X-Other") == nil)")
    }
    router.stream(.post, "/streamed") { context in
      let before = context.request.trailers.isEmpty
      while let chunk = try await context.nextChunk() {
        precondition(chunk.text() == "hello" && context.request.trailers.isEmpty)
      }
      context.respond("\(before) \(context.request.trailers.all)")
    }
    let answers = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        let answers = [try Self.post(client, "/whole"), try Self.post(client, "/streamed")]
        return answers + [try client.post("/whole", Array("x".utf8))]
      }
    }
    #expect(answers[0].text == "hello 7 X-Sum=7;x-note=a b; true")
    #expect(answers[1].text == #"true [(name: "X-Sum", value: "7"), (name: "x-note", value: "a b")]"#)
    #expect(answers[2].text == "x none  true")
  }

  @Test func `trailer fields of a multipart form are there behind its last part`() async throws {
    var router = Router()
    router.stream(.post, "/form") { context in
      let form = try context.multipart()
      while let part = try await form.nextPart() { _ = try await part.text() }
      context.respond(context.request.trailers.field("x-sum")?.text() ?? "none")
    }
    let body = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nvalue\r\n--b--\r\n"
    let answer = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        client.send("POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n")
        let size = String(body.utf8.count, radix: 16)
        client.send("Transfer-Encoding: chunked\r\n\r\n\(size)\r\n\(body)\r\n0\r\nX-Sum: 9\r\n\r\n")
        return try client.answer()
      }
    }
    #expect(answer.text == "9")
  }

  @Test func `a streamed response ends with trailer fields where the client asked, or where they may be lost`()
    async throws
  {
    var router = Router()
    for (path, mayBeLost) in [("/needed", false), ("/optional", true)] {
      router.get(path) { context in
        context.announceTrailers(["X-Sum"], mayBeLost: mayBeLost)
        let response = context.startResponse(as: .plainText)
        try await response.write("hello".utf8.span.bytes)
        let sends = response.sendsTrailers
        try response.finish(trailers: [("X-Sum", "\(sends)"), ("X-More", "")])
      }
    }
    router.get("/length") { context in
      context.announceTrailers([], mayBeLost: true)
      let response = context.startResponse(as: .plainText, length: 5)
      try await response.write("hello".utf8.span.bytes)
      precondition(!response.sendsTrailers)
      try response.finish(trailers: [("X-Sum", "1")])
    }
    let answers = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        client.send("GET /needed HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nTE: trailers\r\n\r\n")
        return [try client.answer(), try client.get("/needed"), try client.get("/optional"), try client.get("/length")]
      }
    }
    #expect(answers.map(\.text) == ["hello", "hello", "hello", "hello"])
    #expect(answers.map(\.trailers) == [["X-Sum: true", "X-More: "], [], ["X-Sum: true", "X-More: "], []])
    #expect(answers.map { $0.fields["trailer"] } == ["X-Sum", nil, "X-Sum", nil])
    #expect(answers[3].fields["content-length"] == "5")
  }

  static let refused: [(name: String, value: String, error: TrailerError)] = [
    ("Content-Type", "a/b", .forbidden(name: "Content-Type")),
    ("set-cookie", "a=b", .forbidden(name: "set-cookie")),
    ("X-Sum", "7\r\nX-Evil: 1", .malformed(name: "X-Sum")),
    ("X Sum", "7", .malformed(name: "X Sum")),
    ("X-Sum", String(repeating: "x", count: 9000), .tooLarge),
  ]

  @Test(arguments: refused.indices)
  func `a field that cannot follow a response is an error with its name, and the response is broken off`(
    _ index: Int
  ) async throws {
    let (name, value, expected) = Self.refused[index]
    let seen = Seen()
    var router = Router()
    router.get("/") { context in
      context.announceTrailers([], mayBeLost: true)
      let response = context.startResponse(as: .plainText)
      try await context.sleep(milliseconds: 10)  // the head leaves
      do {
        try response.finish(trailers: [("X-Fine", "1"), (name, value)])
      } catch let error as TrailerError {
        seen.error = error
        throw error
      }
    }
    let text = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        return String(decoding: client.rest(), as: UTF8.self)
      }
    }
    #expect(seen.error == expected)
    #expect(text.hasPrefix("HTTP/1.1 200"))
    #expect(!text.contains("\r\n0\r\n"))
    #expect(!text.contains("Evil"))
  }

  /// Written by the one reactor before the answer ends, read after it.
  final class Seen: @unchecked Sendable { var error: TrailerError? }
}
