import CKatana

extension Request {
  /// Cookies in order of arrival, as sent (RFC 6265 §4.2). Several Cookie fields count as one.
  public var cookies: [(name: String, value: String)] {
    var found: [(name: String, value: String)] = []
    for index in 0..<fieldCount where raw.pointee.fields[index].id == UInt16(KT_FIELD_COOKIE.rawValue) {
      let field = raw.pointee.fields[index]
      var rest = kt_bytes(p: field.value, n: Int(field.value_n))
      var name = kt_bytes()
      var value = kt_bytes()
      while kt_cookie_next(&rest, &name, &value) {
        found.append((span(name).text(), span(value).text()))
      }
    }
    return found
  }
}
