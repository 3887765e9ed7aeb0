import CKatana
import Synchronization

/// What a route's WebSockets may do (RFC 6455).
public struct WebSocketConfiguration: Sendable {
  /// Subprotocols that the route speaks; the client's order decides among them.
  public var subprotocols: [String] = []
  /// Compresses messages where the client offers it (RFC 7692).
  public var compresses = true
  /// Bytes of a message, decompressed: the connection is closed with 1009 beyond.
  public var messageSizeMax: UInt32 = 1 << 20
  /// Messages per second: closed with 1008 beyond. Zero: any.
  public var messagesPerSecond: UInt32 = 0
  /// Silence after which the client is pinged. Zero: never.
  public var pingIntervalMilliseconds: UInt32 = 30_000
  /// Silence after a ping after which the client counts as gone.
  public var pongTimeoutMilliseconds: UInt32 = 10_000

  public init() {}
}

public enum WebSocketMessage: Sendable, Equatable {
  case text(String)
  case binary([UInt8])
}

/// Nothing can be sent any more: one side has closed, or the connection is gone.
public struct WebSocketClosed: Error {
  public let code: UInt16
  public let reason: String
}

/// An open WebSocket. Any task may use it; work from elsewhere goes to the reactor of its connection.
///
/// ```swift
/// router.webSocket("/echo") { socket in
///   for await message in socket {
///     try await socket.send(message)
///   }
/// }
/// ```
///
/// The sequence of messages ends when the WebSocket does; ``ending()`` tells why. One task at a time may iterate.
public final class WebSocket: AsyncSequence, @unchecked Sendable {
  public typealias Element = WebSocketMessage

  /// Touched on the reactor's thread only, nil once it has ended.
  private var native: OpaquePointer?
  private let reactor: OpaquePointer
  /// From now on nothing changes, and the reactor may be gone.
  private let hasEnded = Atomic(false)
  private var closed: (code: UInt16, reason: String) = (1006, "")
  private var isEnding = false
  private var isWaiting = false  // the core will call `arrived`
  private var reader: CheckedContinuation<Void, Never>?
  private var senders: [CheckedContinuation<Void, Never>] = []
  /// The subprotocol that was agreed on.
  public let subprotocol: String?

  init(_ native: OpaquePointer, on reactor: OpaquePointer) {
    self.native = native
    self.reactor = reactor
    let name = kt_websocket_subprotocol(native)
    subprotocol = name.n == 0 ? nil : text(name)
  }

  /// Receives one message after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let socket: WebSocket

    public mutating func next() async -> WebSocketMessage? { await socket.receive() }
    public mutating func next(isolation: isolated (any Actor)?) async -> WebSocketMessage? { await socket.receive() }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(socket: self) }

  /// Sends a message and returns when the connection has room for more.
  ///
  /// - Throws: ``WebSocketClosed``.
  public nonisolated(nonsending) func send(_ message: WebSocketMessage) async throws(WebSocketClosed) {
    let state = await onReactor { [self] in
      guard let native else { return KT_ECANCELED }
      switch message {
      case .text(var text):
        return text.withUTF8 { kt_websocket_send(native, true, kt_bytes(p: $0.baseAddress, n: $0.count)) }
      case .binary(let bytes):
        return bytes.withUnsafeBufferPointer {
          kt_websocket_send(native, false, kt_bytes(p: $0.baseAddress, n: $0.count))
        }
      }
    }
    switch state {
    case KT_OK: return
    case KT_AGAIN: await room()
    default: throw await ending()
    }
  }

  /// Sends a text.
  public nonisolated(nonsending) func send(_ text: String) async throws(WebSocketClosed) {
    try await send(.text(text))
  }

  /// Begins the closing handshake; the sequence of messages ends when the client has answered.
  public nonisolated(nonsending) func close(code: UInt16 = 1000, reason: String = "") async {
    await onReactor { [self] in
      guard let native else { return }
      var reason = reason
      reason.withUTF8 { kt_websocket_close(native, code, kt_bytes(p: $0.baseAddress, n: $0.count)) }
    }
  }

  /// Why it ended, after the sequence of messages did: the client's code, 1005 without one, 1006 when the connection
  /// went away.
  public nonisolated(nonsending) func ending() async -> WebSocketClosed {
    await onReactor { [self] in
      if let native, kt_websocket_closed(native) { note(native) }
      return WebSocketClosed(code: closed.code, reason: closed.reason)
    }
  }

  private func note(_ native: OpaquePointer) {
    closed = (kt_websocket_close_code(native), text(kt_websocket_close_reason(native)))
  }

  // MARK: on the reactor

  fileprivate nonisolated(nonsending) func receive() async -> WebSocketMessage? {
    while true {
      let (state, message) = await onReactor { [self] in isEnding ? (KT_END, nil) : take() }
      if let message { return message }
      if state != KT_AGAIN { return nil }
      await arrival()
    }
  }

  private nonisolated(nonsending) func arrival() async {
    await withCheckedContinuation { continuation in
      post { [self] in
        precondition(reader == nil, "one task at a time may take a WebSocket's messages")
        reader = continuation
        if isWaiting { return }
        isWaiting = true
        let socket = Unmanaged.passRetained(self).toOpaque()
        if let native { kt_websocket_wait(native, WebSocket.arrived, socket) } else { WebSocket.arrived(socket) }
      }
    }
  }

  private static let arrived: kt_ready_fn = { context in
    let socket = Unmanaged<WebSocket>.fromOpaque(context!).takeRetainedValue()
    let reader = socket.reader
    socket.reader = nil
    socket.isWaiting = false
    reader?.resume()
  }

  private func take() -> (kt_status, WebSocketMessage?) {
    guard let native else { return (KT_END, nil) }
    var message = kt_websocket_message()
    let state = kt_websocket_next(native, &message)
    guard state == KT_OK else { return (state, nil) }
    let bytes = UnsafeBufferPointer(start: message.payload.p, count: message.payload.n)
    return (state, message.text ? .text(String(decoding: bytes, as: UTF8.self)) : .binary(Array(bytes)))
  }

  /// Several tasks may wait; the core knows one of them.
  private nonisolated(nonsending) func room() async {
    await withCheckedContinuation { continuation in
      post { [self] in
        senders.append(continuation)
        if senders.count > 1 { return }
        let socket = Unmanaged.passRetained(self).toOpaque()
        if native.map({ kt_websocket_wait_room($0, WebSocket.drained, socket) }) != KT_AGAIN { WebSocket.drained(socket) }
      }
    }
  }

  private static let drained: kt_ready_fn = { context in
    let socket = Unmanaged<WebSocket>.fromOpaque(context!).takeRetainedValue()
    let senders = socket.senders
    socket.senders = []
    for sender in senders { sender.resume() }
  }

  /// Closes it if nobody has, waits until the client has answered or is gone, and gives the connection back.
  nonisolated(nonsending) func end(code: UInt16) async {
    await close(code: code)
    await onReactor { [self] in
      isEnding = true
      let other = reader  // a task that the handler left behind
      reader = nil
      other?.resume()
    }
    while await onReactor({ [self] in take().0 }) != KT_END { await arrival() }
    await onReactor { [self] in
      guard let native else { return }
      note(native)
      self.native = nil
      kt_websocket_end(native)
      hasEnded.store(true, ordering: .releasing)
    }
  }

  // MARK: getting to the reactor

  private var isHere: Bool { kt_reactor_current() == reactor || hasEnded.load(ordering: .acquiring) }

  private func post(_ work: @escaping () -> Void) {
    if isHere {
      work()
      return
    }
    let box = Unmanaged.passRetained(Work(work)).toOpaque()
    kt_reactor_post(reactor, { Unmanaged<Work>.fromOpaque($0!).takeRetainedValue().run(); _ = $1 }, box, nil)
  }

  private nonisolated(nonsending) func onReactor<Result>(_ work: @escaping () -> Result) async -> Result {
    if isHere { return work() }
    return await withCheckedContinuation { (continuation: CheckedContinuation<Carried<Result>, Never>) in
      post { continuation.resume(returning: Carried(value: work())) }
    }.value
  }
}

/// Results that a reactor hands to the task that waits for them, and keeps no part of.
private struct Carried<Value>: @unchecked Sendable { let value: Value }

private final class Work {
  let run: () -> Void
  init(_ run: @escaping () -> Void) { self.run = run }
}

private func text(_ bytes: kt_bytes) -> String {
  String(decoding: UnsafeBufferPointer(start: bytes.p, count: bytes.n), as: UTF8.self)
}

extension Router {
  /// A WebSocket route. The WebSocket is closed when the handler returns (1000) or throws (1011).
  public mutating func webSocket(
    _ path: String, configuration: WebSocketConfiguration = WebSocketConfiguration(),
    handler: @escaping @Sendable (WebSocket) async throws -> Void
  ) {
    add(Route(.get, path)) { context async throws in
      guard let socket = context.acceptWebSocket(configuration) else { return }
      var code: UInt16 = 1000
      do {
        try await handler(socket)
      } catch is WebSocketClosed {
        // The client was faster.
      } catch {
        code = 1011
      }
      await socket.end(code: code)
    }
  }
}

extension Context {
  /// Nil when the request was answered instead.
  fileprivate func acceptWebSocket(_ configuration: WebSocketConfiguration) -> WebSocket? {
    var native = kt_websocket_options_default()
    native.compress = configuration.compresses
    native.message_size_max = configuration.messageSizeMax
    native.messages_per_second = configuration.messagesPerSecond
    native.ping_interval_ms = configuration.pingIntervalMilliseconds
    native.pong_timeout_ms = configuration.pongTimeoutMilliseconds
    let names = configuration.subprotocols.map { Array($0.utf8) }
    let all = names.flatMap { $0 }
    let socket: OpaquePointer? = all.withUnsafeBufferPointer { block in
      var at = 0
      let slices = names.map { name in
        defer { at += name.count }
        return kt_bytes(p: block.baseAddress.map { $0 + at }, n: name.count)
      }
      return slices.withUnsafeBufferPointer {
        native.subprotocols = $0.baseAddress
        native.subprotocol_count = UInt16($0.count)
        return kt_websocket_accept(exchange, &native)
      }
    }
    return socket.map { WebSocket($0, on: kt_exchange_reactor(exchange)) }
  }
}
