import Glibc
@testable import Katana
import Synchronization
import TestSupport
import Testing

@Suite(.serialized) struct StreamingTests {
  @Test(arguments: [
    (ServerSentEvent(data: "one"), "data: one\n\n"),
    (ServerSentEvent(data: ""), "data: \n\n"),
    (ServerSentEvent(data: "a\nb\r\nc\rd\n"), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"),
    (ServerSentEvent(data: "\r\r\n\n"), "data: \ndata: \ndata: \ndata: \n\n"),
    (
      ServerSentEvent(data: "x", type: "t\ny\rpe", id: "4\0\n2", retryMilliseconds: 5000),
      "event: type\nid: 42\nretry: 5000\ndata: x\n\n"
    ),
  ])
  func `an event is written line by line`(_ event: ServerSentEvent, _ text: String) {
    #expect(String(decoding: event.encoded, as: UTF8.self) == text)
  }

  @Test func `events arrive one by one, heartbeats fill the silence`() async throws {
    let isOpen = Atomic(false)
    var router = Router()
    router.get("/events") { context in
      let events = context.startEvents(heartbeatMilliseconds: 20)
      try await events.send(ServerSentEvent(data: "first"))
      while !isOpen.load(ordering: .relaxed) { try await context.sleep(milliseconds: 1) }
      try await events.send(ServerSentEvent(data: "last"))
      events.finish()
    }
    try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        let head = try client.answer(hasContent: false)
        #expect(head.fields["content-type"] == "text/event-stream")
        #expect(head.fields["cache-control"] == "no-cache")
        var text = ""
        while !text.hasSuffix(":\n\n:\n\n") { text += try client.chunk() }
        isOpen.store(true, ordering: .relaxed)
        while case let chunk = try client.chunk(), !chunk.isEmpty { text += chunk }
        #expect(text.hasPrefix("data: first\n\n:\n\n:\n\n"))
        #expect(text.hasSuffix(":\n\ndata: last\n\n"))
      }
    }
  }

  @Test func `a sequence is a response`() async throws {
    var router = Router()
    router.get("/chunks") { context in
      let chunks = AsyncStream<[UInt8]> { continuation in
        for n in 0..<100 { continuation.yield([UInt8](repeating: UInt8(n), count: 1000)) }
        continuation.finish()
      }
      try await context.respond(chunks, as: .octetStream)
    }
    router.get("/events") { context in
      let events = AsyncStream<ServerSentEvent> { continuation in
        for n in 0..<3 { continuation.yield(ServerSentEvent(data: "\(n)")) }
        continuation.finish()
      }
      try await context.respond(events: events)
    }
    let answers = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        return [try client.get("/chunks"), try client.get("/events")]
      }
    }
    #expect(answers[0].body == (0..<100).flatMap { [UInt8](repeating: $0, count: 1000) })
    #expect(answers[1].text == "data: 0\n\ndata: 1\n\ndata: 2\n\n")
  }

  struct Failure: Error {}

  @Test func `a sequence that throws breaks the response off`() async throws {
    var router = Router()
    router.get("/chunks") { context in
      let chunks = AsyncThrowingStream<[UInt8], any Error> { continuation in
        continuation.yield([1, 2, 3])
        Task {
          try await Task.sleep(for: .milliseconds(50))
          continuation.finish(throwing: Failure())
        }
      }
      try await context.respond(chunks, as: .octetStream)
    }
    let text = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        client.send("GET /chunks HTTP/1.1\r\nHost: a\r\n\r\n")
        return String(decoding: client.rest(), as: UTF8.self)
      }
    }
    #expect(text.hasPrefix("HTTP/1.1 200"))
    #expect(!text.hasSuffix("0\r\n\r\n"))
  }

  @Test func `a client that leaves a silent stream is noticed by the heartbeat`() async throws {
    let ended = Threads()
    var router = Router()
    router.get("/events") { context in
      let events = context.startEvents(heartbeatMilliseconds: 10)
      do {
        try await events.send(ServerSentEvent(data: "hello"))
        try await context.sleep(milliseconds: 3_600_000)
      } catch {
        ended.note()
        throw error
      }
    }
    try await serving(router) { port in
      try await blocking {
        do {
          let client = try Client(port: port)
          client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
          _ = try client.answer(hasContent: false)
          _ = try client.chunk()
        }
        try blockUntil { !ended.seen.isEmpty }
      }
    }
    #expect(ended.seen.count == 1)
  }

  /// A feed with nothing to tell, and how many were told that nobody listens any more.
  final class SilentFeed: Sendable {
    private let kept = Mutex<[AsyncStream<ServerSentEvent>.Continuation]>([])
    private let count = Mutex(0)

    var watchedCount: Int { kept.withLock { $0.count } }
    var endedCount: Int { count.withLock { $0 } }

    func watch() -> AsyncStream<ServerSentEvent> {
      let (events, continuation) = AsyncStream.makeStream(of: ServerSentEvent.self)
      continuation.onTermination = { [weak self] _ in self?.count.withLock { $0 += 1 } }
      kept.withLock { $0.append(continuation) }
      return events
    }
  }

  @Test func `who leaves a sequence without elements leaves no handler behind`() async throws {
    let feed = SilentFeed()
    var router = Router()
    router.get("/events") { context in
      try await context.respond(events: feed.watch(), heartbeatMilliseconds: 10)
    }
    router.get("/json") { context in
      try await context.respond(jsonEvents: feed.watch(), heartbeatMilliseconds: 10) { event, json in json.string(event.data) }
    }
    router.get("/now") { context in
      try await context.sleep(milliseconds: 1)
      context.respond("\(Task.isCancelled)")
    }
    try await serving(router) { port in
      try await blocking {
        for path in ["/events", "/json", "/events", "/json"] {
          let client = try Client(port: port)
          client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
          _ = try client.answer(hasContent: false)
          _ = try client.chunk()  // a heartbeat
        }
        try blockUntil { feed.endedCount == 4 }
        // A task that was cancelled serves nobody else.
        let client = try Client(port: port)
        for _ in 0..<5 { #expect(try client.get("/now").text == "false") }
      }
    }
  }

  @Test func `a server that stops ends handlers that wait for elements`() async throws {
    let feed = SilentFeed()
    let log = LogLines()
    var router = Router()
    router.get("/events") { context in try await context.respond(events: feed.watch()) }
    try await serving(router, logger: log.logger, configure: { $0.drainTimeoutMilliseconds = 100 }) { port in
      try await blocking {
        let client = try Client(port: port)
        client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        try blockUntil { feed.watchedCount == 1 }
      }
    }
    #expect(feed.endedCount == 1)
    #expect(!log.all.contains { $0.contains("did not end") }, "\(log.all)")
  }
}
