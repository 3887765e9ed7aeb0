import CKatana

/// Content that is read while it arrives, as an operation with a streamed body gets it.
///
/// ```swift
/// func putBlob(id: Int64, body: RequestBody, _ context: Context) async throws {
///   let file = try Blob.create(id)
///   while let chunk = try await body.nextChunk() { try file.append(chunk) }
/// }
/// ```
///
/// It cannot be stored or captured by a task: the compiler keeps it inside the handler.
public struct RequestBody: ~Escapable {
  private let exchange: OpaquePointer

  @_lifetime(immortal)
  init(_ exchange: OpaquePointer) { self.exchange = exchange }

  /// The size when the client declared it.
  public var length: Int? { Request(exchange).contentLength }

  /// The next piece, or nil at the end. The bytes are those of the connection's buffer: the next call overwrites them.
  ///
  /// - Throws: ``RequestCancelled`` when the content cannot be completed; the client was answered already if it can be.
  @_lifetime(copy self)
  public nonisolated(nonsending) func nextChunk() async throws(RequestCancelled) -> RawSpan? {
    guard let bytes = try await nextBytes(of: exchange) else { return nil }
    return unsafe _overrideLifetime(bytes.bytes, copying: self)
  }

  /// All that is left.
  ///
  /// - Throws: A 413 ``Problem`` when it is more than `sizeMax` bytes; ``RequestCancelled`` as above.
  public nonisolated(nonsending) func bytes(sizeMax: Int) async throws -> [UInt8] {
    var whole: [UInt8] = []
    while let bytes = try await nextBytes(of: exchange) {
      if bytes.count > sizeMax - whole.count {
        throw Problem(.contentTooLarge, detail: "the content has more than \(sizeMax) bytes")
      }
      whole.append(contentsOf: bytes)
    }
    return whole
  }
}

extension Context {
  /// The content of a route that streams it; on one that buffers it, all of it is one piece.
  public var body: RequestBody {
    @_lifetime(copy self)
    get { unsafe _overrideLifetime(RequestBody(exchange), copying: self) }
  }
}
