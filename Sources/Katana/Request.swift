import CKatana

/// A request as it stands in the connection's buffer: a view that cannot outlive its handler.
///
/// Every span borrows; nothing is copied until you make a `String` of it.
public struct Request: ~Escapable {
  @usableFromInline let exchange: OpaquePointer

  @_lifetime(immortal)
  @inlinable
  init(_ exchange: OpaquePointer) { self.exchange = exchange }

  @usableFromInline
  var raw: UnsafeMutablePointer<kt_request> {
    @inlinable get { kt_exchange_request(exchange) }
  }

  /// The method. Unknown methods never reach a handler.
  public var method: Method {
    @inlinable get { Method(rawValue: raw.pointee.method)! }
  }

  /// The path as it was routed: percent-decoded, without dot segments (RFC 3986 §6.2.2).
  public var path: RawSpan {
    @_lifetime(copy self)
    @inlinable
    get { span(raw.pointee.path) }
  }

  /// The raw query without its question mark, empty when there is none.
  public var query: RawSpan {
    @_lifetime(copy self)
    @inlinable
    get { span(raw.pointee.query) }
  }

  /// The whole content of a route that buffers it; empty for others.
  public var body: RawSpan {
    @_lifetime(copy self)
    @inlinable
    get { span(kt_exchange_body(exchange)) }
  }

  /// The content's size when the client declared it; nil when it comes in chunks, or in a coding that is taken off.
  public var contentLength: Int? {
    if kt_request_field(raw, KT_FIELD_CONTENT_ENCODING).p != nil { return nil }
    return switch raw.pointee.body_kind {
    case UInt8(KT_BODY_CHUNKED.rawValue): nil
    case UInt8(KT_BODY_LENGTH.rawValue): Int(raw.pointee.content_length)
    default: 0
    }
  }

  /// Number of parameters that the route's template has.
  public var parameterCount: Int { Int(raw.pointee.param_count) }

  /// The n-th parameter of the route's template, percent-decoded.
  ///
  /// - Precondition: `index` is below ``parameterCount``.
  @_lifetime(copy self)
  @inlinable
  public func parameter(_ index: Int) -> RawSpan {
    precondition(index >= 0 && index < Int(raw.pointee.param_count), "the route has no such parameter")
    return span(kt_request_param(raw, UInt8(truncatingIfNeeded: index)))
  }

  /// The first value of a field, or nil when the request has none. Names compare without case.
  @_lifetime(copy self)
  public func field(_ name: StaticString) -> RawSpan? {
    let value = kt_request_find(raw, kt_bytes(p: name.utf8Start, n: name.utf8CodeUnitCount))
    if value.p == nil { return nil }
    return span(value)
  }

  /// Number of field lines.
  public var fieldCount: Int { Int(raw.pointee.field_count) }

  /// Name of the n-th field line, in order of arrival and as sent.
  @_lifetime(copy self)
  public func fieldName(_ index: Int) -> RawSpan {
    precondition(index >= 0 && index < fieldCount, "the request has no such field line")
    let field = raw.pointee.fields[index]
    return span(kt_bytes(p: field.name, n: Int(field.name_n)))
  }

  /// Value of the n-th field line.
  @_lifetime(copy self)
  public func fieldValue(_ index: Int) -> RawSpan {
    precondition(index >= 0 && index < fieldCount, "the request has no such field line")
    let field = raw.pointee.fields[index]
    return span(kt_bytes(p: field.value, n: Int(field.value_n)))
  }

  @_lifetime(copy self)
  @usableFromInline
  func span(_ bytes: kt_bytes) -> RawSpan {
    // The exchange keeps these bytes until the handler returns, and self cannot live longer than that.
    let buffer = UnsafeRawBufferPointer(start: bytes.p, count: bytes.n)
    return unsafe _overrideLifetime(buffer.bytes, copying: self)
  }
}

extension RawSpan {
  /// The bytes as text; invalid UTF-8 is repaired.
  @inlinable
  public func text() -> String {
    withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }
}
