/// One line of a route table: what is matched, and what the server checks before a byte of content is read.
public struct Route: Sendable {
  public var method: Method
  /// A path template: `/products/{id}`; `{rest*}` at its end takes what remains of the path.
  public var path: String
  /// Largest content in bytes, 413 beyond. Nil: the server's limit.
  public var contentSizeMax: Int?
  /// Milliseconds from routing to the start of the response, 504 beyond. Nil: the server's limit.
  public var deadlineMilliseconds: UInt32?
  /// Media types that the content may have, 415 otherwise. Empty: any.
  public var mediaTypes: [String]
  /// A request without content is 400.
  public var requiresContent: Bool
  /// The handler starts when the head is there and pulls the content with ``Context/nextChunk()``.
  public var streamsContent: Bool

  public init(
    _ method: Method, _ path: String, contentSizeMax: Int? = nil, deadlineMilliseconds: UInt32? = nil,
    mediaTypes: [String] = [], requiresContent: Bool = false, streamsContent: Bool = false
  ) {
    self.method = method
    self.path = path
    self.contentSizeMax = contentSizeMax
    self.deadlineMilliseconds = deadlineMilliseconds
    self.mediaTypes = mediaTypes
    self.requiresContent = requiresContent
    self.streamsContent = streamsContent
  }
}
