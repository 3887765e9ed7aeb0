import CKatana

/// Trailer fields of a request (RFC 9110 §6.5): what the client knew only when it had sent the content.
///
/// They are kept apart from the fields of the head, and those that come too late behind the content (RFC 9110 §6.5.1:
/// framing, routing, authentication, conditions, `Content-*` but `Content-Digest`) were dropped when they came. A
/// request with more than 100 of them or 8 KiB is answered 431.
public struct Trailers: ~Escapable {
  private let raw: kt_trailers

  @_lifetime(immortal)
  init(_ raw: kt_trailers) { self.raw = raw }

  public var isEmpty: Bool { raw.count == 0 }

  /// Number of field lines.
  public var count: Int { Int(raw.count) }

  /// Name of the n-th field line, in order of arrival and as sent: HTTP/2 has lower case only.
  @_lifetime(copy self)
  public func name(_ index: Int) -> RawSpan {
    let field = field(at: index)
    return span(kt_bytes(p: field.name, n: Int(field.name_n)))
  }

  /// Value of the n-th field line.
  @_lifetime(copy self)
  public func value(_ index: Int) -> RawSpan {
    let field = field(at: index)
    return span(kt_bytes(p: field.value, n: Int(field.value_n)))
  }

  /// The first value of a field, or nil when there is none. Names compare without case.
  @_lifetime(copy self)
  public func field(_ name: StaticString) -> RawSpan? {
    let value = withUnsafePointer(to: raw) {
      kt_trailers_find($0, kt_bytes(p: name.utf8Start, n: name.utf8CodeUnitCount))
    }
    if value.p == nil { return nil }
    return span(value)
  }

  /// All field lines as text; invalid UTF-8 is repaired.
  public var all: [(name: String, value: String)] {
    (0..<count).map { (name($0).text(), value($0).text()) }
  }

  private func field(at index: Int) -> kt_field {
    precondition(index >= 0 && index < count, "the request has no such trailer field")
    return raw.fields[index]
  }

  @_lifetime(copy self)
  private func span(_ bytes: kt_bytes) -> RawSpan {
    // They lie in the request's arena, and self cannot live longer than the request.
    let buffer = UnsafeRawBufferPointer(start: bytes.p, count: bytes.n)
    return unsafe _overrideLifetime(buffer.bytes, copying: self)
  }
}

extension Request {
  /// The fields behind the content, whether the client announced them or not. Empty until the content was read to its
  /// end: on a route that streams it, until ``Context/nextChunk()`` or ``Multipart/nextPart()`` gave nil.
  public var trailers: Trailers {
    @_lifetime(copy self)
    get { unsafe _overrideLifetime(Trailers(kt_exchange_trailers(exchange)), copying: self) }
  }
}

/// Why a field cannot follow a response.
public enum TrailerError: Error, Hashable, Sendable {
  /// It frames, routes, authenticates or describes the message, and comes too late behind it (RFC 9110 §6.5.1).
  case forbidden(name: String)
  /// The name is no token, or the value has control characters.
  case malformed(name: String)
  /// More than 100 fields, or 8 KiB of them.
  case tooLarge
}

extension Context {
  /// Declares that the response will end with trailer fields. Call it before ``startResponse(as:length:status:)``.
  ///
  /// Clients of HTTP/1.1 get them when they ask (`TE: trailers`), and others when `mayBeLost`: whoever passes the
  /// message on may drop them then. Without this call, clients that ask get them unannounced. HTTP/2 always carries
  /// them.
  ///
  /// - Parameters:
  ///   - names: what the field `Trailer` announces; empty when the names are not known yet.
  ///   - mayBeLost: the response is complete without them.
  /// - Precondition: the response has not begun; each name is a token and not one that
  ///   ``TrailerError/forbidden(name:)`` speaks of.
  public func announceTrailers(_ names: [String], mayBeLost: Bool = false) {
    var list = names.joined(separator: ", ")
    let result = list.withUTF8 {
      kt_response_announce(exchange, kt_bytes(p: $0.baseAddress, n: $0.count), mayBeLost)
    }
    precondition(
      result != KT_EINVAL && result != KT_EFORBIDDEN && result != KT_EFULL,
      "'\(list)' are not names of trailer fields, or the response has begun")
  }
}

extension ResponseWriter {
  /// Whether ``finish(trailers:)`` sends what it is given: not to a client of HTTP/1.1 that did not ask for it (see
  /// ``Context/announceTrailers(_:mayBeLost:)``), nor behind content of a declared length there, nor without content.
  public var sendsTrailers: Bool { kt_response_sends_trailers(exchange) }

  /// Ends the response with trailer fields (RFC 9110 §6.5). Where they are not sent they are checked and dropped.
  ///
  /// - Throws: ``TrailerError``. The response has not ended then; a handler that passes the error on breaks it off.
  /// - Precondition: exactly the declared length was written.
  public func finish(trailers: [(name: String, value: String)]) throws(TrailerError) {
    for (name, value) in trailers {
      switch add(name, value) {
      case KT_EFORBIDDEN: throw .forbidden(name: name)
      case KT_EINVAL: throw .malformed(name: name)
      case KT_EFULL: throw .tooLarge
      default: break  // nobody reads the response any more when it was cancelled
      }
    }
    finish()
  }

  private func add(_ name: String, _ value: String) -> kt_status {
    var name = name
    var value = value
    return name.withUTF8 { name in
      value.withUTF8 { value in
        kt_response_trailer(
          exchange, kt_bytes(p: name.baseAddress, n: name.count), kt_bytes(p: value.baseAddress, n: value.count))
      }
    }
  }
}
