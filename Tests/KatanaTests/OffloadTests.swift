import Glibc
import Katana
import Synchronization
import TestSupport
import Testing

/// A door that blocks threads until it is opened.
private final class Gate: Sendable {
  private let isOpen = Atomic<Bool>(false)
  private let waiting = Atomic<Int>(0)

  func open() { isOpen.store(true, ordering: .releasing) }
  func pass() {
    waiting.add(1, ordering: .relaxed)
    while !isOpen.load(ordering: .acquiring) { usleep(500) }
  }
  /// Blocks until so many threads are at the door.
  func expect(_ count: Int) {
    while waiting.load(ordering: .relaxed) < count { usleep(500) }
  }
}

private struct WorkFailed: Error {}

@Suite struct OffloadTests {
  private static func router(_ gate: Gate) -> Router {
    var router = Router()
    router.get("/block") { context in
      let before = context.reactorIndex, thread = pthread_self()
      let elsewhere = try await context.offload {
        gate.pass()
        return pthread_self() != thread
      }
      let back = context.reactorIndex == before && pthread_self() == thread
      context.respond(elsewhere && back ? "elsewhere and back" : "wrong thread")
    }
    router.get("/fail") { context in
      try await context.offload { throw Problem(.conflict, detail: "from the worker") }
    }
    router.get("/crash") { context in try await context.offload { throw WorkFailed() } }
    router.get("/") { context in context.respond("here") }
    router.add(Route(.get, "/deadline", deadlineMilliseconds: 50)) { context in
      try await context.offload { gate.pass() }
      context.respond("late")
    }
    return router
  }

  @Test func `offloaded work runs elsewhere, other requests go on, and the handler resumes on its reactor`() async throws {
    let gate = Gate()
    try await serving(Self.router(gate)) { port in
      try await blocking {
        let slow = try Client(port: port)
        slow.send("GET /block HTTP/1.1\r\nHost: a\r\n\r\n")
        gate.expect(1)
        let other = try Client(port: port).get("/")
        #expect(other.text == "here")
        gate.open()
        let answer = try slow.answer()
        #expect(answer.text == "elsewhere and back")
      }
    }
  }

  @Test func `what the work throws is the handler's to answer`() async throws {
    try await serving(Self.router(Gate())) { port in
      try await blocking {
        let client = try Client(port: port)
        let conflict = try client.get("/fail")
        #expect(conflict.status == 409 && conflict.text.contains("from the worker"))
        let crash = try client.get("/crash")
        #expect(crash.status == 500 && !crash.text.contains("WorkFailed"))
      }
    }
  }

  @Test func `work without a thread or room in the queue is 503 with Retry-After`() async throws {
    let gate = Gate()
    try await serving(Self.router(gate), configure: { $0.workers = 1; $0.workQueueMax = 0 }) { port in
      try await blocking {
        let slow = try Client(port: port)
        slow.send("GET /block HTTP/1.1\r\nHost: a\r\n\r\n")
        gate.expect(1)
        let refused = try Client(port: port).get("/block")
        #expect(refused.status == 503 && refused.fields["retry-after"] == "1")
        gate.open()
        let answer = try slow.answer()
        #expect(answer.status == 200)
      }
    }
  }

  @Test func `a deadline ends the wait for work, which then ends by itself`() async throws {
    let gate = Gate()
    try await serving(Self.router(gate)) { port in
      try await blocking {
        let late = try Client(port: port).get("/deadline")
        #expect(late.status == 504)
        gate.open()
        let next = try Client(port: port).get("/block")
        #expect(next.text == "elsewhere and back")
      }
    }
  }
}
