import CKatana
import KatanaScalars

/// What a request shows of a scheme.
enum ShownCredential {
  case none
  case malformed
  case shown(user: Text, secret: Text)
}

extension SecurityScheme {
  func credential(in exchange: OpaquePointer) -> ShownCredential {
    switch kind {
    case .apiKey(let source): return Self.key(source, exchange)
    case .basic: return Self.basic(exchange)
    case .bearer, .oauth2, .openIDConnect:
      guard let token = Self.authorization("Bearer", exchange) else { return .none }
      guard let token, Self.isToken68(token) else { return .malformed }
      return .shown(user: Self.empty, secret: token)
    case .http(let name):
      guard let rest = Self.authorization(name, exchange) else { return .none }
      return rest.map { .shown(user: Self.empty, secret: $0) } ?? .malformed
    case .mutualTLS:
      guard let info = kt_exchange_tls(exchange), info.pointee.peer_fingerprint.n > 0 else { return .none }
      let subject = info.pointee.peer_subject
      let fingerprint = info.pointee.peer_fingerprint
      return .shown(
        user: Text(start: subject.p, count: subject.n),
        secret: Text(start: fingerprint.p, count: fingerprint.n)
      )
    }
  }

  private static var empty: Text { Text(start: nil, count: 0) }

  /// A key that is given twice is malformed: what is in front of us may have looked at the other one.
  private static func key(_ source: ParameterSource, _ exchange: OpaquePointer) -> ShownCredential {
    var pairs = SourcePairs(kt_exchange_request(exchange), source)
    guard let found = pairs.nextMatch(), !found.text.isEmpty else { return .none }
    if pairs.nextMatch() != nil { return .malformed }
    // Cookies are opaque to whoever set them; a query is decoded by everybody.
    if case .query = source {
      guard let text = found.decoded(exchange) else { return .malformed }
      return .shown(user: empty, secret: text)
    }
    return .shown(user: empty, secret: found.text)
  }

  /// What follows the name of an authentication scheme (RFC 9110 §11.4). Nil: another scheme or none; `.some(nil)`: the
  /// field is there more than once, or nothing follows.
  private static func authorization(_ scheme: StaticString, _ exchange: OpaquePointer) -> Text?? {
    var lines = SourcePairs(kt_exchange_request(exchange), .header("Authorization"))
    var found: Text??
    while let line = lines.nextMatch() {
      let text = line.text
      let count = scheme.utf8CodeUnitCount
      guard text.count >= count, text.count == count || text[count] == UInt8(ascii: " "),
        MediaRange.isEqual(
          Text(rebasing: text[..<count]),
          Text(start: scheme.utf8Start, count: scheme.utf8CodeUnitCount)
        )
      else { continue }
      if found != nil { return .some(nil) }
      let rest = text[count...].drop { $0 == UInt8(ascii: " ") }
      found = .some(rest.isEmpty ? nil : Text(rebasing: rest))
    }
    return found
  }

  /// RFC 6750 §2.1 and RFC 9110 §11.2.
  private static func isToken68(_ text: Text) -> Bool {
    let body = text.prefix { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"):
        true
      default: "-._~+/".utf8.contains(byte)
      }
    }
    return !body.isEmpty && text[body.endIndex...].allSatisfy { $0 == UInt8(ascii: "=") }
  }

  /// RFC 7617 §2, as UTF-8.
  private static func basic(_ exchange: OpaquePointer) -> ShownCredential {
    guard let encoded = authorization("Basic", exchange) else { return .none }
    guard let encoded, let bytes = base64Decoded(encoded), let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
      bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), kt_utf8_prefix(bytes, bytes.count) == bytes.count,
      let memory = kt_exchange_alloc(exchange, bytes.count)
    else { return .malformed }
    bytes.withUnsafeBytes { _ = memcpy(memory, $0.baseAddress!, $0.count) }
    let text = Text(start: memory.assumingMemoryBound(to: UInt8.self), count: bytes.count)
    return .shown(user: Text(rebasing: text[..<colon]), secret: Text(rebasing: text[(colon + 1)...]))
  }
}
