import Glibc
import Katana
import Synchronization
import TestSupport
import Testing

/// Threads that a request ran on, in order.
final class Threads: Sendable {
  private let ids = Mutex<[pthread_t]>([])
  func note() { ids.withLock { $0.append(pthread_self()) } }
  var seen: [pthread_t] { ids.withLock { $0 } }
}

actor Counter {
  var value = 0
  func increment() -> Int {
    value += 1
    return value
  }
}

@Suite(.serialized) struct AsyncHandlerTests {
  @Test func `an async handler runs and resumes on its reactor's thread, whoever resumes it`() async throws {
    let threads = Threads()
    let counter = Counter()
    var router = Router()
    router.get("/thread") { context in
      threads.note()
      context.respond("")
    }
    router.get("/async") { context in
      threads.note()
      try await context.sleep(milliseconds: 1)
      threads.note()
      try await Task.sleep(for: .milliseconds(1))
      threads.note()
      _ = await counter.increment()
      threads.note()
      // A continuation that a foreign thread resumes.
      await withCheckedContinuation { continuation in
        Thread.detach { continuation.resume() }
      }
      threads.note()
      async let child = counter.increment()
      _ = await child
      threads.note()
      context.respond("done")
    }
    let text = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        _ = try client.get("/thread")
        #expect(threads.seen[0] != pthread_self())
        var text = ""
        for _ in 0..<20 { text = try client.get("/async").text }
        return text
      }
    }
    #expect(text == "done")
    #expect(threads.seen.count == 121)
    #expect(Set(threads.seen).count == 1)
  }

  @Test func `handlers of many connections interleave and each gets its own answer`() async throws {
    var router = Router()
    router.get("/wait/{n}") { context in
      let n = context.request.parameter(0).text()
      try await context.sleep(milliseconds: UInt64(n)! % 7)
      context.respond(n + ":" + context.request.parameter(0).text())
    }
    let wrong = try await serving(router, reactors: 2) { port in
      try await withThrowingTaskGroup(of: Int.self) { group in
        for connection in 0..<16 {
          group.addTask {
            try await blocking {
              let client = try Client(port: port)
              return try (0..<40).filter {
                try client.get("/wait/\(connection * 100 + $0)").text != "\(connection * 100 + $0):\(connection * 100 + $0)"
              }.count
            }
          }
        }
        return try await group.reduce(0, +)
      }
    }
    #expect(wrong == 0)
  }

  @Test func `nothing is enqueued on the global pool`() async throws {
    var router = Router()
    router.get("/async") { context in
      GlobalPool.watchThisReactor()
      try await context.sleep(milliseconds: 0)
      context.respond("done")
    }
    router.stream(.post, "/echo") { context in
      let response = context.startResponse(as: .octetStream)
      while let chunk = try await context.nextChunk() { try await response.write(chunk) }
      response.finish()
    }
    let before = GlobalPool.watch()
    let enqueued = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        _ = try client.get("/async")
        let start = GlobalPool.enqueuedByWatched
        for _ in 0..<200 { _ = try client.get("/async") }
        let big = [UInt8](repeating: 7, count: 1_000_000)
        #expect(try client.post("/echo", big).body == big)
        return GlobalPool.enqueuedByWatched - start
      }
    }
    #expect(enqueued == 0)
    #expect(GlobalPool.enqueued > before, "the hook sees nothing at all, so it proves nothing")
  }

  @Test func `a deadline answers 504 and cancels the handler`() async throws {
    let cancelled = Mutex(false)
    var router = Router()
    router.add(Route(.get, "/slow", deadlineMilliseconds: 50)) { context in
      do {
        try await context.sleep(milliseconds: 3_600_000)
      } catch {
        cancelled.withLock { $0 = context.isCancelled }
        throw error
      }
      context.respond("late")
    }
    let answer = try await serving(router) { port in
      try await blocking { try Client(port: port).get("/slow") }
    }
    #expect(answer.status == 504)
    #expect(answer.fields["content-type"] == "application/problem+json")
    #expect(answer.fields["connection"] == "close")
    #expect(cancelled.withLock { $0 })
  }

  @Test func `a client that leaves cancels its handler`() async throws {
    let cancelled = Mutex(false)
    var router = Router()
    router.get("/stream") { context in
      let response = context.startResponse(as: .plainText)
      do {
        while true {
          try await response.write([UInt8](repeating: 1, count: 65536).span.bytes)
          try await context.sleep(milliseconds: 1)
        }
      } catch {
        cancelled.withLock { $0 = true }
        throw error
      }
    }
    try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        client.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try client.answer(hasContent: false)
      }
      try await eventually { cancelled.withLock { $0 } }
    }
  }
}
