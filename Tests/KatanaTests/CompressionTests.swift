@testable import Katana
import TestSupport
import Testing

@Suite(.serialized) struct CompressionTests {
  static let text = String(repeating: "a text that shrinks, ", count: 200)
  /// "hello, hello" by gzip.
  static let packed: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 215, 81, 200, 0, 81, 0, 255, 197, 204, 243, 12, 0, 0, 0,
  ]

  static func get(_ port: Int, _ target: String, more: String = "") throws -> Answer {
    let client = try Client(port: port)
    client.send("GET \(target) HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\(more)\r\n")
    return try client.answer()
  }

  static func post(_ port: Int, _ target: String, coding: String = "gzip") throws -> Answer {
    let client = try Client(port: port)
    let head = "POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Encoding: \(coding)\r\nContent-Length: \(packed.count)\r\n\r\n"
    client.send(Array(head.utf8) + packed)
    return try client.answer()
  }

  static func router() -> Router {
    var router = Router()
    for (path, compression) in [("/automatic", Route.Compression.automatic), ("/never", .never), ("/always", .always)] {
      router.add(Route(.get, path, compression: compression)) { $0.respond(text) }
    }
    router.post("/whole") { $0.respond($0.request.body, as: .plainText) }
    router.stream(.post, "/echo") { context in
      let response = context.startResponse(as: .plainText, length: context.request.contentLength)
      while let chunk = try await context.nextChunk() { try await response.write(chunk) }
      response.finish()
    }
    return router
  }

  @Test func `a route says whether its responses are compressed`() async throws {
    try await serving(Self.router()) { port in
      try await blocking {
        let cookie = "Cookie: a=b\r\n"
        for (target, more, coded) in [
          ("/automatic", "", true), ("/automatic", cookie, false), ("/never", "", false), ("/always", cookie, true),
        ] {
          let answer = try Self.get(port, target, more: more)
          #expect((answer.fields["content-encoding"] == "gzip") == coded, "\(target) \(more)")
          #expect(coded ? answer.body.count < 200 : answer.text == Self.text)
        }
      }
    }
  }

  @Test func `the configuration turns compression off`() async throws {
    let answers = try await serving(
      Self.router(), configure: { $0.compressesResponses = false; $0.decodesRequests = false }
    ) { port in
      try await blocking { [try Self.get(port, "/always"), try Self.post(port, "/whole")] }
    }
    #expect(answers[0].fields["content-encoding"] == nil)
    #expect(answers[0].text == Self.text)
    #expect(answers[1].status == 415)
    #expect(answers[1].fields["accept-encoding"] == "identity")
  }

  @Test func `handlers see content without its coding`() async throws {
    try await serving(Self.router()) { port in
      try await blocking {
        #expect(try Self.post(port, "/whole").text == "hello, hello")
        let answer = try Self.post(port, "/echo")
        #expect(answer.text == "hello, hello")
        #expect(answer.fields["content-length"] == nil)
        #expect(try Self.post(port, "/whole", coding: "br").status == 400)
      }
    }
  }
}
