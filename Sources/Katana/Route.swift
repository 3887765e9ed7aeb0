/// One line of a route table: what is matched, and what the server checks before a byte of content is read.
public struct Route: Sendable {
  public var method: Method
  /// A path template: `/products/{id}`; `{rest*}` at its end takes what remains of the path.
  ///
  /// A segment may mix literals and parameters: `/files/{id}/thumbnail.{extension}`, `/report.{year}-{month}`,
  /// `/items/{id}:publish`. Each parameter then has at least one character. All but the last end where the next literal
  /// first stands behind their first character; the last one takes what is left up to the literal that ends the
  /// segment: of `a-b-c`, `{x}-{y}` makes `a` and `b-c`. Between two parameters there must be a literal.
  ///
  /// What is matched is the decoded path: a client reaches `/files/{id}#shared` with `%23`. Of several templates that
  /// match, segment by segment from the left, a literal wins over a mixed segment, that over a whole parameter, and
  /// that over `{rest*}`; of two mixed ones that with more bytes in its literals, and of equals the one added first.
  public var path: String
  /// Largest content in bytes after its codings were taken off, 413 beyond. Nil: the server's limit.
  public var contentSizeMax: Int?
  /// Milliseconds from routing to the start of the response, 504 beyond. Nil: the server's limit.
  public var deadlineMilliseconds: UInt32?
  /// Media types that the content may have, 415 otherwise. Empty: any.
  public var mediaTypes: [String]
  /// A request without content is 400.
  public var requiresContent: Bool
  /// The handler starts when the head is there and pulls the content with ``Context/nextChunk()``.
  public var streamsContent: Bool
  /// Whether responses are compressed, where ``ServerConfiguration/compressesResponses`` allows it.
  public var compression: Compression
  /// The operation's name, for middleware and messages: generated routes have the contract's `operationId`, or the name
  /// of the service's method where there is none.
  public var operation: String?
  /// What requests must show, see ``SecurityRequirement``; checked before content is read. Empty: nothing.
  public var security: [[SecurityRequirement]]

  /// When a route's responses are compressed.
  ///
  /// In every case a response goes plain when the client accepts no coding of ours, when it is smaller than 860 bytes
  /// or of a type that does not shrink, when the handler set `Content-Encoding` or `Cache-Control: no-transform`, and
  /// when it has no content or a range of it.
  public enum Compression: UInt8, Sendable {
    /// Unless the length could tell a secret: requests with cookies or credentials that a browser sends by itself, when
    /// another site may have made it do so, and responses that set a cookie, go plain.
    case automatic = 0
    /// For content with a secret beside text that a client chooses, and for resources that are updated by `If-Match`:
    /// a compressed response has a weak entity tag, which never matches there.
    case never = 1
    /// Whatever credentials there are: the content has no secret, or reflects nothing that the client sent.
    case always = 2
  }

  public init(
    _ method: Method, _ path: String, contentSizeMax: Int? = nil, deadlineMilliseconds: UInt32? = nil,
    mediaTypes: [String] = [], requiresContent: Bool = false, streamsContent: Bool = false,
    compression: Compression = .automatic, operation: String? = nil, security: [[SecurityRequirement]] = []
  ) {
    self.method = method
    self.path = path
    self.contentSizeMax = contentSizeMax
    self.deadlineMilliseconds = deadlineMilliseconds
    self.mediaTypes = mediaTypes
    self.requiresContent = requiresContent
    self.streamsContent = streamsContent
    self.compression = compression
    self.operation = operation
    self.security = security
  }
}
