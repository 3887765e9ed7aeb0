/// What a server listens on and the limits it holds clients to. Sizes are bytes; every limit names its answer. A server
/// does not start with a timeout of zero, except where that says what it is.
///
/// Errors and log lines call a limit what the C core calls it: `head_timeout_ms` is ``headTimeoutMilliseconds``,
/// `body_size_max` ``contentSizeMax``, `body_timeout_ms` ``contentTimeoutMilliseconds``.
public struct ServerConfiguration: Sendable {
  /// A numeric IPv4 or IPv6 address.
  public var host = "127.0.0.1"
  /// Zero lets the system choose; see ``Server/port``.
  public var port: UInt16 = 8080
  /// False: no address is bound, and connections come by ``Server/take(socket:)`` only.
  package var listens = true
  /// Reactors to run. Zero: one per processor that the process may use.
  public var reactors: UInt16 = 0
  /// Each reactor stays on its own processor.
  public var pinsReactors = true
  /// Connections move, between two requests, from a reactor that cannot keep up to one that can.
  public var rebalancesConnections = true
  /// `auto`, `epoll` or `uring`. A driver that was asked for and cannot be had is an error.
  public var io = "auto"
  /// Nil: connections are not encrypted.
  public var tls: TLSConfiguration?
  /// HTTP/2 without TLS, for clients that begin with its preface (RFC 9113 §3.3). Under TLS clients choose it by ALPN.
  public var acceptsHTTP2WithoutTLS = false
  /// Requests at a time on an HTTP/2 connection.
  public var http2StreamsMax: UInt16 = 100
  /// Content of an HTTP/2 stream that may be under way unread; four times as much of a connection.
  public var http2WindowSize: UInt32 = 256 * 1024
  /// Responses are compressed by zstd, br or gzip where the client accepts it and it is worth it; a route may say
  /// otherwise, see ``Route/compression``. What is written to a stream without a length arrives at once all the same.
  public var compressesResponses = true
  /// Content of a whole response that is compressed at once, so that the client is told its length. Larger content is
  /// compressed in slices while the client takes what comes out, with other requests served between them.
  public var compressedAtOnceMax: UInt32 = 32 * 1024
  /// Content that is compressed in one go: 16 KB take 0.2 ms (gzip), 0.1 ms (br) or less (zstd). At least 1 KB.
  public var compressionSliceSize: UInt32 = 16 * 1024
  /// Content that a client compressed (gzip, deflate, br, zstd) reaches handlers decompressed, within the same limits:
  /// 413 where it expands beyond them, 400 where it is malformed or incomplete, 415 for another coding. Off: 415 for
  /// any.
  public var decodesRequests = true
  /// Compressed and decompressed content of requests that is worked on in one go before others are served. At least
  /// 1 KB.
  public var decompressionSliceSize: UInt32 = 64 * 1024
  /// Connections that wait to be accepted.
  public var backlog: UInt32 = 1024
  /// Request line and fields together: 431.
  public var headSizeMax: UInt32 = 16 * 1024
  /// Request target: 414.
  public var targetSizeMax: UInt32 = 8 * 1024
  /// Field lines in a request: 431.
  public var fieldCountMax: UInt16 = 100
  /// Content, unless the route says otherwise: 413.
  public var contentSizeMax: UInt64 = 10 * 1024 * 1024
  /// Connections per reactor: 503.
  public var connectionsMax: UInt32 = 65536
  /// Of TLS: the connection is closed.
  public var handshakeTimeoutMilliseconds: UInt32 = 10_000
  /// From the first byte of a head to its end: 408.
  public var headTimeoutMilliseconds: UInt32 = 10_000
  /// Between requests: the connection is closed. Zero: never.
  public var idleTimeoutMilliseconds: UInt32 = 75_000
  /// Without a byte of content: 408.
  public var contentTimeoutMilliseconds: UInt32 = 20_000
  /// Bytes of content per second, counted after a first ``contentTimeoutMilliseconds`` of waiting: 408. Zero: any.
  public var contentRateMin: UInt32 = 500
  /// Without the client taking a byte of the response: the connection is closed.
  public var writeTimeoutMilliseconds: UInt32 = 30_000
  /// From routing, or from the last content, to the start of the response: 504.
  public var requestTimeoutMilliseconds: UInt32 = 30_000
  /// Threads for ``Context/offload(_:)``, started when needed. Zero: such work is refused.
  public var workers: UInt16 = 16
  /// Work that waits for one of them: 503.
  public var workQueueMax: UInt32 = 256
  /// What running requests get when the server is told to stop.
  public var drainTimeoutMilliseconds: UInt32 = 10_000

  /// The defaults.
  public init() {}
}

/// The server cannot be set up. The description is one line that names the cause and a remedy.
public struct ServerError: Error, CustomStringConvertible {
  /// The line.
  public let description: String
}
