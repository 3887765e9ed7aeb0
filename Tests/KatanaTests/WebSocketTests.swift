import Glibc
import Katana
import Synchronization
import TestSupport
import Testing

/// Sockets that outlive the closure they were opened in.
final class Room: Sendable {
  private let sockets = Mutex<[WebSocket]>([])
  func join(_ socket: WebSocket) { sockets.withLock { $0.append(socket) } }
  var members: [WebSocket] { sockets.withLock { $0 } }
}

extension Client {
  /// Opens a WebSocket; gives the response's head.
  func upgrade(_ path: String, _ fields: String = "") throws -> String {
    send(
      "GET \(path) HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\(fields)"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
    var head: [UInt8] = []
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head += try take(1) }
    return String(decoding: head, as: UTF8.self)
  }

  /// A short frame, masked with zeros.
  func frame(_ opcode: UInt8, _ payload: [UInt8]) { send([0x80 | opcode, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload) }

  /// Opcode and payload of a short frame.
  func frame() throws -> (UInt8, [UInt8]) {
    let head = try take(2)
    return (head[0] & 0xf, try take(Int(head[1])))
  }
}

@Suite(.serialized) struct WebSocketTests {
  /// The dumb client answers no ping, however long it has to wait.
  private static let silent: WebSocketConfiguration = {
    var configuration = WebSocketConfiguration()
    configuration.pingIntervalMilliseconds = 0
    return configuration
  }()

  @Test func `any task may send, from the handler's reactor or from elsewhere`() async throws {
    let room = Room()
    var router = Router()
    router.webSocket("/room", configuration: Self.silent) { socket in
      room.join(socket)
      for await message in socket {
        for member in room.members { try await member.send(message) }
      }
    }
    let seen = try await serving(router, reactors: 2) { port in
      let seen = try await blocking {
        var seen: [String] = []
        let first = try Client(port: port), second = try Client(port: port)
        _ = try first.upgrade("/room")
        _ = try second.upgrade("/room")
        try blockUntil { room.members.count == 2 }
        first.frame(1, Array("hello".utf8))
        seen.append(String(decoding: try first.frame().1, as: UTF8.self))
        seen.append(String(decoding: try second.frame().1, as: UTF8.self))
        Task.detached { for member in room.members { try await member.send("from outside") } }
        seen.append(String(decoding: try first.frame().1, as: UTF8.self))
        seen.append(String(decoding: try second.frame().1, as: UTF8.self))
        return seen
      }
      return seen
    }
    for member in room.members { await #expect(throws: WebSocketClosed.self) { try await member.send("nobody there") } }
    #expect(seen == ["hello", "hello", "from outside", "from outside"])
  }

  @Test func `what the handler does decides how it ends`() async throws {
    struct Failure: Error {}
    var router = Router()
    router.webSocket("/returns") { _ in }
    router.webSocket("/throws") { _ in throw Failure() }
    router.webSocket("/closes") { await $0.close(code: 4000, reason: "done") }
    let codes = try await serving(router) { port in
      try await blocking {
        try ["/returns", "/throws", "/closes"].map { path in
          let client = try Client(port: port)
          _ = try client.upgrade(path)
          let (opcode, payload) = try client.frame()
          client.frame(8, payload)
          #expect(opcode == 8)
          return UInt16(payload[0]) << 8 | UInt16(payload[1])
        }
      }
    }
    #expect(codes == [1000, 1011, 4000])
  }

  @Test func `a socket that has ended refuses messages and tells why`() async throws {
    let room = Room()
    var router = Router()
    router.webSocket("/") { socket in
      room.join(socket)
      for await _ in socket {}
    }
    let ending = try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        _ = try client.upgrade("/")
        try blockUntil { !room.members.isEmpty }
        client.frame(8, [0x0f, 0xa1] + Array("bye".utf8))
        _ = client.rest()
      }
      do throws(WebSocketClosed) {
        try await room.members[0].send("too late")
        return WebSocketClosed?.none
      } catch {
        return .some(error)
      }
    }
    #expect(ending?.code == 4001)
    #expect(ending?.reason == "bye")
  }

  @Test func `subprotocols are agreed on`() async throws {
    var configuration = WebSocketConfiguration()
    configuration.subprotocols = ["chat.v2", "chat.v1"]
    let room = Room()
    var router = Router()
    router.webSocket("/", configuration: configuration) { room.join($0) }
    let head = try await serving(router) { port in
      try await blocking {
        let head = try Client(port: port).upgrade("/", "Sec-WebSocket-Protocol: other, chat.v1\r\n")
        try blockUntil { !room.members.isEmpty }
        return head
      }
    }
    #expect(head.hasPrefix("HTTP/1.1 101"))
    #expect(head.contains("Sec-WebSocket-Protocol: chat.v1\r\n"))
    #expect(room.members[0].subprotocol == "chat.v1")
  }
}
