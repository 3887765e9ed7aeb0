import CKatana

/// One event of a stream of server-sent events (HTML Living Standard §9.2).
public struct ServerSentEvent: Sendable, Equatable {
  /// The text; its lines arrive as they are, whatever ends them.
  public var data: String
  /// The event's type; `message` for clients when nil. Line breaks are dropped.
  public var type: String?
  /// What a client that reconnects sends as `Last-Event-ID`. Line breaks and NUL are dropped.
  public var id: String?
  /// How long a client waits before it reconnects.
  public var retryMilliseconds: UInt32?

  /// An event; fields that are nil are not sent.
  public init(data: String, type: String? = nil, id: String? = nil, retryMilliseconds: UInt32? = nil) {
    self.data = data
    self.type = type
    self.id = id
    self.retryMilliseconds = retryMilliseconds
  }

  /// The event as it goes over the wire, its empty line included.
  var encoded: [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(data.utf8.count + 64)
    func put(_ field: StaticString, _ value: some Sequence<UInt8>) {
      field.withUTF8Buffer { out.append(contentsOf: $0) }
      out.append(contentsOf: value)
      out.append(UInt8(ascii: "\n"))
    }
    func isBreak(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
    if let type { put("event: ", type.utf8.filter { !isBreak($0) }) }
    if let id { put("id: ", id.utf8.filter { !isBreak($0) && $0 != 0 }) }
    if let retryMilliseconds { put("retry: ", String(retryMilliseconds).utf8) }
    var line: [UInt8] = []
    var previous: UInt8 = 0
    for byte in data.utf8 {
      let isSecond = byte == UInt8(ascii: "\n") && previous == UInt8(ascii: "\r")  // one break of two bytes
      previous = byte
      if isSecond { continue }
      guard isBreak(byte) else {
        line.append(byte)
        continue
      }
      put("data: ", line)
      line.removeAll(keepingCapacity: true)
    }
    put("data: ", line)
    out.append(UInt8(ascii: "\n"))
    return out
  }
}

/// A response of server-sent events. Each event leaves at once; while there is none, comments keep the connection alive.
public struct EventWriter: ~Escapable {
  let writer: ResponseWriter

  @_lifetime(copy writer)
  init(_ writer: ResponseWriter) { self.writer = writer }

  /// Sends an event and returns when the connection has room for more.
  ///
  /// - Throws: ``RequestCancelled`` when the client left.
  public nonisolated(nonsending) func send(_ event: ServerSentEvent) async throws(RequestCancelled) {
    let bytes = event.encoded
    try await writer.write(bytes.span.bytes)
  }

  /// Ends the stream; clients reconnect unless they were told not to.
  public func finish() { writer.finish() }
}

extension Context {
  /// Starts a response of server-sent events.
  ///
  /// - Parameter heartbeatMilliseconds: after so long without an event a comment goes out, which intermediaries and
  ///   the server take as a sign of life.
  @_lifetime(copy self)
  public func startEvents(heartbeatMilliseconds: UInt32 = 15_000) -> EventWriter {
    setField("Cache-Control", "no-cache")
    let writer = startResponse(as: MediaType("text/event-stream"))
    let beat: StaticString = ":\n\n"
    kt_response_beat(exchange, heartbeatMilliseconds, kt_bytes(p: beat.utf8Start, n: beat.utf8CodeUnitCount))
    return EventWriter(writer)
  }

  /// What a client that reconnects to a stream of events has seen last.
  public var lastEventID: String? { request.field("Last-Event-ID")?.text() }

  /// Sends the elements of a sequence as events, each when it comes. When the client leaves, the task is cancelled,
  /// which ends the wait for the next one.
  ///
  /// - Important: The `onTermination` of an `AsyncStream` runs while its task is held, and a `yield` waits for the task: a
  ///   lock that one of them takes must not be held around the other.
  ///
  /// - Throws: What the sequence throws, after which the response is broken off; ``RequestCancelled`` when the client
  ///   left.
  public nonisolated(nonsending) func respond<Events: AsyncSequence>(
    events: Events, heartbeatMilliseconds: UInt32 = 15_000
  ) async throws where Events.Element == ServerSentEvent {
    try await respond(heartbeatMilliseconds, events) { $0 }
  }

  /// Sends what `event` makes of each element.
  @inlinable
  nonisolated(nonsending) func respond<Elements: AsyncSequence>(
    _ heartbeatMilliseconds: UInt32, _ elements: Elements, event: (Elements.Element) throws -> ServerSentEvent
  ) async throws {
    let writer = startEvents(heartbeatMilliseconds: heartbeatMilliseconds)
    cancelWithClient()
    for try await element in elements { try await writer.send(try event(element)) }
    try endOfElements()
    writer.finish()
  }

  /// Sends the elements of a sequence as the response's content, each when it comes. When the client leaves, the
  /// task is cancelled, which ends the wait for the next one.
  ///
  /// - Parameter length: the size of all of them, when it is known.
  /// - Throws: What the sequence throws, after which the response is broken off; ``RequestCancelled`` when the client
  ///   left.
  public nonisolated(nonsending) func respond<Chunks: AsyncSequence>(
    _ chunks: Chunks, as type: MediaType, length: Int? = nil, status: Status = .ok
  ) async throws where Chunks.Element == [UInt8] {
    let writer = startResponse(as: type, length: length, status: status)
    cancelWithClient()
    for try await chunk in chunks { try await writer.write(chunk.span.bytes) }
    try endOfElements()
    writer.finish()
  }
}
