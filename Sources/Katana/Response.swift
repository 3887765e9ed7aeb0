import CKatana

// What a handler writes. Methods do not throw when the client has left: a response that nobody reads is not an error
// of the handler. Writing a stream tells, because the handler may want to stop.

extension Context {
  /// Answers with a whole response.
  ///
  /// - Precondition: nothing was answered yet.
  @inlinable
  public func respond(_ bytes: RawSpan, as type: MediaType, status: Status = .ok) {
    bytes.withUnsafeBytes { send($0, as: type, status) }
  }

  /// Answers with text.
  @inlinable
  public func respond(_ text: String, as type: MediaType = .plainText, status: Status = .ok) {
    text.utf8Span.span.withUnsafeBytes { send($0, as: type, status) }
  }

  /// Answers without content.
  public func respond(_ status: Status) {
    check(kt_response_send(exchange, status.rawValue, kt_bytes(), nil, 0))
  }

  @usableFromInline
  func send(_ bytes: UnsafeRawBufferPointer, as type: MediaType, _ status: Status) {
    let result = type.text.utf8Span.span.withUnsafeBufferPointer {
      kt_response_send(
        exchange, status.rawValue, kt_bytes(p: $0.baseAddress, n: $0.count), bytes.baseAddress, bytes.count)
    }
    check(result)
  }

  /// Adds a response field. Call it before the response.
  ///
  /// - Precondition: the name is a token, the value has no control characters, and the server does not set the field
  ///   itself (Content-Length, Transfer-Encoding, Connection, Trailer, Date).
  public func setField(_ name: String, _ value: String) {
    let result = name.utf8Span.span.withUnsafeBufferPointer { name in
      value.utf8Span.span.withUnsafeBufferPointer { value in
        kt_response_field(
          exchange, kt_bytes(p: name.baseAddress, n: name.count), kt_bytes(p: value.baseAddress, n: value.count))
      }
    }
    precondition(result != KT_EINVAL, "'\(name)' is not a field that a handler may set, or its value is malformed")
  }

  /// Starts a streamed response. `length` is the content's size when known.
  @_lifetime(copy self)
  public func startResponse(as type: MediaType, length: Int? = nil, status: Status = .ok) -> ResponseWriter {
    var type = type.text
    let result = type.withUTF8 {
      kt_response_start(
        exchange, status.rawValue, kt_bytes(p: $0.baseAddress, n: $0.count), length.map(Int64.init) ?? -1)
    }
    check(result)
    return ResponseWriter(exchange)
  }

  @usableFromInline
  func check(_ result: kt_status) {
    precondition(result != KT_EINVAL, "the response has begun already")
  }
}

/// The content of a streamed response. It ends when the handler calls ``finish()``; a handler that returns without
/// it breaks the message off, so that the client never takes a part for the whole (RFC 9112 §8).
public struct ResponseWriter: ~Escapable {
  let exchange: OpaquePointer

  @_lifetime(immortal)
  init(_ exchange: OpaquePointer) { self.exchange = exchange }

  /// Takes the bytes and returns when the connection has room for more.
  ///
  /// - Throws: ``RequestCancelled`` when the client left.
  /// - Precondition: not more than the declared length in all.
  public nonisolated(nonsending) func write(_ bytes: RawSpan) async throws(RequestCancelled) {
    let exchange = exchange
    let taken = bytes.withUnsafeBytes { buffer in
      // The waiter is only known inside the continuation; bytes are taken before, and waiting is for room.
      kt_response_write(exchange, buffer.baseAddress, buffer.count)
    }
    switch taken {
    case KT_OK: return
    case KT_AGAIN: break
    case KT_EINVAL: preconditionFailure("more content than the response declared, or none was started")
    default: throw RequestCancelled()
    }
    await withUnsafeContinuation { (waiter: Waiter) in
      if kt_response_wait(exchange, resumeWaiter, pointer(to: waiter)) != KT_AGAIN { waiter.resume() }
    }
    if kt_exchange_cancelled(exchange) { throw RequestCancelled() }
  }

  /// Ends the response.
  ///
  /// - Precondition: exactly the declared length was written.
  public func finish() {
    precondition(kt_response_end(exchange) != KT_EINVAL, "the content is shorter than the response declared")
  }
}

extension Context {
  /// The next piece of a streamed request's content, or nil at its end. The bytes are those of the
  /// connection's buffer: the next call overwrites them.
  ///
  /// - Throws: ``RequestCancelled`` when the content cannot be completed; the client was answered already if it can be.
  @_lifetime(copy self)
  public nonisolated(nonsending) func nextChunk() async throws(RequestCancelled) -> RawSpan? {
    guard let bytes = try await nextBytes(of: exchange) else { return nil }
    return unsafe _overrideLifetime(bytes.bytes, copying: self)
  }
}
