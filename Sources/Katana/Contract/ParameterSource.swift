import CKatana

/// Where a parameter stands in a request.
public enum ParameterSource: Sendable {
  /// The n-th parameter of the route's template.
  case path(Int, StaticString)
  case query(StaticString)
  case header(StaticString)
  case cookie(StaticString)
}

extension ParameterSource: CustomStringConvertible {
  /// The place and the name: `query/limit`.
  public var description: String {
    switch self {
    case .path(_, let name): "path/\(name)"
    case .query(let name): "query/\(name)"
    case .header(let name): "header/\(name)"
    case .cookie(let name): "cookie/\(name)"
    }
  }
}

extension RequestReader {
  typealias Text = UnsafeBufferPointer<UInt8>

  /// The decoded values of a parameter in order; nil when one of them is malformed.
  func values(_ source: ParameterSource) -> [Text]? {
    var found: [Text] = []
    return forEachValue(of: source) { found.append($0) } ? found : nil
  }

  /// Visits the decoded values of a parameter in order; false when one of them is malformed.
  func forEachValue(of source: ParameterSource, _ visit: (Text) -> Void) -> Bool {
    switch source {
    case .path(let index, _):
      visit(text(kt_request_param(kt_exchange_request(exchange), UInt8(index))))
      return true
    case .query(let name):
      return pairs(kt_exchange_request(exchange).pointee.query, name, kt_query_next, plus: true, visit)
    case .cookie(let name):
      let cookie = kt_request_field(kt_exchange_request(exchange), KT_FIELD_COOKIE)
      return pairs(cookie, name, kt_cookie_next, plus: false, visit)
    case .header(let name):
      return fields(name, visit)
    }
  }

  private func text(_ bytes: kt_bytes) -> Text { Text(start: bytes.p, count: bytes.n) }

  private func pairs(
    _ list: kt_bytes, _ name: StaticString,
    _ next: (UnsafeMutablePointer<kt_bytes>, UnsafeMutablePointer<kt_bytes>, UnsafeMutablePointer<kt_bytes>) -> Bool,
    plus: Bool, _ visit: (Text) -> Void
  ) -> Bool {
    var rest = list
    var key = kt_bytes()
    var value = kt_bytes()
    while next(&rest, &key, &value) {
      guard let decoded = plus ? decoded(key) : text(key) else { continue }
      guard decoded.count == name.utf8CodeUnitCount,
        decoded.count == 0 || memcmp(decoded.baseAddress!, name.utf8Start, decoded.count) == 0
      else { continue }
      guard let content = plus ? self.decoded(value) : valid(text(value)) else { return false }
      visit(content)
    }
    return true
  }

  private func fields(_ name: StaticString, _ visit: (Text) -> Void) -> Bool {
    let request = kt_exchange_request(exchange)
    for index in 0..<Int(request.pointee.field_count) {
      let field = request.pointee.fields[index]
      guard Int(field.name_n) == name.utf8CodeUnitCount,
        strncasecmp(
          UnsafeRawPointer(field.name!).assumingMemoryBound(to: CChar.self),
          UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), Int(field.name_n)) == 0
      else { continue }
      guard let value = valid(Text(start: field.value, count: Int(field.value_n))) else { return false }
      visit(value)
    }
    return true
  }

  private func valid(_ text: Text) -> Text? {
    kt_utf8_prefix(text.baseAddress, text.count) == text.count ? text : nil
  }

  /// Undoes percent-encoding and the '+' of forms, in the request's arena when there is any.
  private func decoded(_ raw: kt_bytes) -> Text? {
    let bytes = text(raw)
    if !bytes.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) { return valid(bytes) }
    guard let memory = kt_exchange_alloc(exchange, raw.n) else { return nil }
    let out = memory.assumingMemoryBound(to: UInt8.self)
    let count = kt_percent_decode(raw, out, true)
    return count < 0 ? nil : Text(start: out, count: Int(count))
  }
}
