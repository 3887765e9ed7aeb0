import CKatana

/// Where a parameter stands in a request.
public enum ParameterSource: Sendable {
  /// The n-th parameter of the route's template.
  case path(Int, StaticString)
  case query(StaticString)
  case header(StaticString)
  case cookie(StaticString)

  var name: StaticString {
    switch self {
    case .path(_, let name), .query(let name), .header(let name), .cookie(let name): name
    }
  }

  /// The style of a parameter that names none.
  var defaultStyle: ParameterStyle {
    switch self {
    case .path, .header: .simple
    case .query, .cookie: .form
    }
  }
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

/// Walks the names and values of a query, of all Cookie fields, or of the field lines with one name.
struct SourcePairs {
  private let request: UnsafeMutablePointer<kt_request>
  private let source: ParameterSource
  private let coding: RawText.Coding
  private var rest = kt_bytes()
  private var line = 0

  init(_ request: UnsafeMutablePointer<kt_request>, _ source: ParameterSource, allowsReserved: Bool = false) {
    self.request = request
    self.source = source
    switch source {
    case .query:
      rest = request.pointee.query
      // Of a client that escapes no reserved character a plus is a plus.
      coding = allowsReserved ? .percent : .form
    case .cookie: coding = .percent
    case .header, .path: coding = .none
    }
  }

  /// The value of the next pair with the source's name.
  mutating func nextMatch() -> RawText? {
    while let pair = next() {
      if case .header = source { return pair.value }
      if pair.name.decodes(to: source.name) { return pair.value }
    }
    return nil
  }

  mutating func next() -> (name: RawText, value: RawText)? {
    var name = kt_bytes()
    var value = kt_bytes()
    switch source {
    case .path: return nil
    case .query:
      guard kt_query_next(&rest, &name, &value) else { return nil }
    case .cookie:
      while !kt_cookie_next(&rest, &name, &value) {
        guard let next = nextLine({ $0.id == UInt16(KT_FIELD_COOKIE.rawValue) }) else { return nil }
        rest = next.value
      }
    case .header(let wanted):
      guard
        let next = nextLine({
          Int($0.name_n) == wanted.utf8CodeUnitCount
            && strncasecmp(
              UnsafeRawPointer($0.name!).assumingMemoryBound(to: CChar.self),
              UnsafeRawPointer(wanted.utf8Start).assumingMemoryBound(to: CChar.self),
              Int($0.name_n)
            ) == 0
        })
      else { return nil }
      (name, value) = next
    }
    return (RawText(name, coding), RawText(value, coding))
  }

  private mutating func nextLine(_ isWanted: (kt_field) -> Bool) -> (name: kt_bytes, value: kt_bytes)? {
    while line < Int(request.pointee.field_count) {
      let field = request.pointee.fields[line]
      line += 1
      if isWanted(field) {
        return (kt_bytes(p: field.name, n: Int(field.name_n)), kt_bytes(p: field.value, n: Int(field.value_n)))
      }
    }
    return nil
  }
}
