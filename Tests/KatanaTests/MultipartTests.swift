import Glibc
@testable import Katana
import Synchronization
import TestSupport
import Testing

/// Remembers a reader without keeping it.
private final class Witness: @unchecked Sendable {
  private let lock = Mutex(())
  private weak var reader: MultipartReader?
  private var saw = false

  func watch(_ multipart: borrowing Multipart) {
    let reader = multipart.reader
    lock.withLock { _ in (self.reader, saw) = (reader, true) }
  }
  /// Blocks until there was one and it is gone.
  func seeItsEnd() throws { try blockUntil { lock.withLock { _ in saw && reader == nil } } }
}

@Suite(.serialized) struct MultipartTests {
  /// curl -F 'note=see file' -F 'picture=@x.bin;type=image/png' -F 'j={"a":1};headers="X-Part: one"' -F 'none=@n.txt'
  private static let curl = (
    type: "multipart/form-data; boundary=------------------------5711b4151853d327",
    body: """
      --------------------------5711b4151853d327\r
      Content-Disposition: form-data; name="note"\r
      \r
      see file\r
      --------------------------5711b4151853d327\r
      Content-Disposition: form-data; name="picture"; filename="grün %22x%22.bin"\r
      Content-Type: image/png\r
      \r
      a\0b\r
      --\r
      ------------------------5711b4151853d32\r\r
      \r
      --------------------------5711b4151853d327\r
      Content-Disposition: form-data; name="j"\r
      X-Part: one\r
      \r
      {"a":1}\r
      --------------------------5711b4151853d327\r
      Content-Disposition: form-data; name="none"; filename="n.txt"\r
      Content-Type: text/plain\r
      \r
      \r
      --------------------------5711b4151853d327--\r

      """
  )

  private static let told = """
    note nil nil [] see file
    picture grün %22x%22.bin image/png [Content-Type: image/png] a\\0b/--/------------------------5711b4151853d32//
    j nil nil [X-Part: one] {"a":1}
    none n.txt text/plain [Content-Type: text/plain]\u{20}

    """

  private static func tell(_ context: Context) async throws {
    let multipart = try context.multipart()
    var lines = ""
    while let part = try await multipart.nextPart() {
      var content: [UInt8] = []
      while let chunk = try await part.nextChunk() { chunk.withUnsafeBytes { content.append(contentsOf: $0) } }
      content += try await part.bytes(sizeMax: 0)  // nothing is left
      let text = String(decoding: content, as: UTF8.self).replacing("\r\n", with: "/").replacing("\r", with: "/")
      let fields = part.fields.map { "\($0.name): \($0.value)" }
      lines += "\(part.name) \(part.fileName ?? "nil") \(part.contentType ?? "nil") [\(fields.joined(separator: ", "))]"
      lines += " \(text.replacing("\0", with: "\\0"))\n"
    }
    context.respond(lines)
  }

  /// Sends a head and nothing else.
  private static func begin(_ client: borrowing Client, _ target: String, _ type: String, _ framing: String) {
    client.send("POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\n\(framing)\r\n\r\n")
  }

  private static func pieces(_ bytes: [UInt8], _ size: Int) -> [ArraySlice<UInt8>] {
    stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
  }

  @Test(arguments: ["/stream", "/buffer"], [1, 2, 7, 61, 4096])
  func `parts arrive as curl sent them however the body is cut into chunks`(
    _ target: String, _ size: Int
  ) async throws {
    var router = Router()
    router.stream(.post, "/stream") { try await Self.tell($0) }
    router.post("/buffer") { try await Self.tell($0) }
    let answer = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        Self.begin(client, target, Self.curl.type, "Transfer-Encoding: chunked")
        for piece in Self.pieces(Array(Self.curl.body.utf8), size) {
          client.send(Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8))
        }
        client.send("0\r\n\r\n")
        return try client.answer()
      }
    }
    #expect(answer.text == Self.told)
  }

  @Test func `parts arrive whole when each byte comes alone`() async throws {
    var router = Router()
    router.stream(.post, "/stream") { try await Self.tell($0) }
    let answer = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        let body = Array(Self.curl.body.utf8)
        Self.begin(client, "/stream", Self.curl.type, "Content-Length: \(body.count)")
        for byte in body {
          client.send([byte])
          usleep(200)
        }
        return try client.answer()
      }
    }
    #expect(answer.text == Self.told)
  }

  @Test func `parts that are not read, or not to their end, are skipped`() async throws {
    let witness = Witness()
    var router = Router()
    router.stream(.post, "/names") { context in
      let multipart = try context.multipart()
      witness.watch(multipart)
      var names = ""
      while let part = try await multipart.nextPart() {
        names += part.name + " "
        if part.name == "picture" { _ = try await part.nextChunk() }
        if part.name == "j" { names += try await part.text() }
      }
      names += try await multipart.nextPart()?.name ?? "end"
      context.respond(names)
    }
    let answers = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        let answers = try (0..<2).map { _ in
          try client.post("/names", Array(Self.curl.body.utf8), type: Self.curl.type)
        }
        try witness.seeItsEnd()
        return answers
      }
    }
    #expect(answers.map(\.text) == Array(repeating: #"note picture j {"a":1}none end"#, count: 2))
  }

  private static let head = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n"

  @Test(arguments: [
    ("text/plain", "", 415, "multipart/form-data"),
    ("multipart/form-data", "", 400, "boundary"),
    ("multipart/form-data; boundary=b", "", 400, "the body ends before its last boundary"),
    ("multipart/form-data; boundary=b", head + "\r\nhalf", 400, "the body ends before its last boundary"),
    ("multipart/form-data; boundary=b", "--b\r\nX: y\r\n\r\n1\r\n--b--\r\n", 400, "Content-Disposition"),
    ("multipart/form-data; boundary=b", head + "\r\n1\r\n--bx", 400, "a boundary does not end with CRLF"),
    (
      "multipart/form-data; boundary=b", head + "Content-Transfer-Encoding: base64\r\n\r\nMQ==\r\n--b--\r\n", 415,
      "Content-Transfer-Encoding"
    ),
  ])
  func `a malformed body is the problem that says why`(
    _ type: String, _ body: String, _ status: Int, _ reason: String
  ) async throws {
    let witness = Witness()
    var router = Router()
    router.stream(.post, "/") { context in
      let multipart = try context.multipart()
      witness.watch(multipart)
      while let part = try await multipart.nextPart() { _ = try await part.text() }
      context.respond(.noContent)
    }
    router.get("/") { $0.respond("next") }
    let answers = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        let answers = [try client.post("/", Array(body.utf8), type: type), try client.get("/")]
        if reason != "multipart/form-data" && reason != "boundary" { try witness.seeItsEnd() }
        return answers
      }
    }
    #expect(answers.map(\.status) == [status, 200])
    #expect(answers[0].text.contains(reason), "\(answers[0].text)")
  }

  private static let limits: [(name: String, set: @Sendable (inout MultipartLimits) -> Void, reason: String)] = [
    ("body", { $0.bodySizeMax = 400 }, "the body is too long"),
    ("part", { $0.partSizeMax = 16 }, "a part is too long"),
    ("parts", { $0.partCountMax = 3 }, "the body has too many parts"),
    ("head", { $0.headSizeMax = 60 }, "head"),
    ("fields", { $0.fieldCountMax = 1 }, "field"),
  ]

  @Test func `a body beyond a limit is 413 and says which`() async throws {
    var router = Router()
    for limit in Self.limits {
      router.stream(.post, "/\(limit.name)") { context in
        var limits = MultipartLimits()
        limit.set(&limits)
        let multipart = try context.multipart(limits: limits)
        while let part = try await multipart.nextPart() {
          while try await part.nextChunk() != nil {}
        }
        context.respond(.noContent)
      }
    }
    let answers = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        return try Self.limits.map { limit in
          try client.post("/\(limit.name)", Array(Self.curl.body.utf8), type: Self.curl.type)
        }
      }
    }
    for (answer, limit) in zip(answers, Self.limits) {
      #expect(answer.status == 413 && answer.text.contains(limit.reason), "\(limit.name): \(answer.text)")
    }
  }

  @Test func `a part longer than its reader wants is 413, one that is not UTF-8 400`() async throws {
    var router = Router()
    router.stream(.post, "/text/{max}") { context in
      let max = Int(context.request.parameter(0).text())!
      let multipart = try context.multipart()
      let part = try await multipart.nextPart()
      context.respond(try await part?.text(sizeMax: max) ?? "none")
    }
    let body = Array((Self.head + "\r\n12345\r\n--b--\r\n").utf8)
    let broken = body.map { $0 == UInt8(ascii: "3") ? 0xff : $0 }
    let answers = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        let type = "multipart/form-data; boundary=b"
        return [
          try client.post("/text/5", body, type: type), try client.post("/text/4", body, type: type),
          try client.post("/text/5", broken, type: type),
        ]
      }
    }
    #expect(answers.map(\.status) == [200, 413, 400])
    #expect(answers[0].text == "12345")
    #expect(answers[1].text.contains("part 'a' has more than 4 bytes"))
    #expect(answers[2].text.contains("part 'a' is not UTF-8"))
  }

  @Test func `a client that leaves in the middle of a part ends its handler and frees the machine`() async throws {
    let witness = Witness()
    let begun = Threads(), ended = Threads()
    var router = Router()
    router.stream(.post, "/") { context in
      let multipart = try context.multipart()
      witness.watch(multipart)
      while let part = try await multipart.nextPart() {
        do {
          while try await part.nextChunk() != nil { begun.note() }
        } catch is RequestCancelled {
          ended.note()
          throw RequestCancelled()
        }
      }
    }
    try await serving(router) { port in
      try await blocking {
        do {
          let client = try Client(port: port)
          Self.begin(client, "/", "multipart/form-data; boundary=b", "Content-Length: 1000000")
          client.send(Self.head + "\r\nthe beginning of")
          try blockUntil { !begun.seen.isEmpty }
        }
        try witness.seeItsEnd()
      }
    }
    #expect(ended.seen.count == 1)
  }

  @Test func `50 MB pass in pieces of the connection's buffer`() async throws {
    let size = 50 << 20
    var router = Router()
    router.add(Route(.post, "/", contentSizeMax: 64 << 20, streamsContent: true)) { context in
      var limits = MultipartLimits()
      limits.bodySizeMax = 64 << 20
      limits.partSizeMax = 64 << 20
      let multipart = try context.multipart(limits: limits)
      var count = 0
      var largest = 0
      while let part = try await multipart.nextPart() {
        while let chunk = try await part.nextChunk() {
          count += chunk.byteCount
          largest = max(largest, chunk.byteCount)
        }
      }
      context.respond("\(count) \(largest <= 256 << 10)")
    }
    let answer = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        let head = Array((Self.head + "\r\n").utf8)
        let tail = Array("\r\n--b--\r\n".utf8)
        Self.begin(client, "/", "multipart/form-data; boundary=b", "Content-Length: \(head.count + size + tail.count)")
        client.send(head)
        let block = (0..<1 << 16).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for _ in 0..<size / block.count { client.send(block) }
        client.send(tail)
        return try client.answer()
      }
    }
    #expect(answer.text == "\(size) true")
  }
}
