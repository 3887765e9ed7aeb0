import CKatana

// Parameters. A value that is absent is nil here; generated code asks for the default or for `required`. Parameters
// that the contract does not know are ignored, a scalar that is given twice is a violation.

extension RequestReader {
  /// A parameter that may be absent.
  ///
  /// - Parameters:
  ///   - style: the place's own when nil.
  ///   - allowsEmptyValue: an empty value counts as absent: `allowEmptyValue`, or a schema that allows null.
  ///   - allowsReserved: `allowReserved` of a query parameter: a plus is no space.
  @inlinable
  public mutating func optional<Value>(
    _ source: ParameterSource,
    style: ParameterStyle? = nil,
    allowsEmptyValue: Bool = false,
    allowsReserved: Bool = false,
    _ value: (inout ParameterText) -> Value
  ) -> Value? {
    guard let text = scalar(source, style, isRequired: false, allowsEmptyValue, allowsReserved) else { return nil }
    return read(source, text, value)
  }

  /// A parameter that must be there; `neutral` stands in for it when it is not.
  @inlinable
  public mutating func required<Value>(
    _ source: ParameterSource,
    _ neutral: Value,
    style: ParameterStyle? = nil,
    allowsReserved: Bool = false,
    _ value: (inout ParameterText) -> Value
  ) -> Value {
    guard let text = scalar(source, style, isRequired: true, false, allowsReserved) else { return neutral }
    return read(source, text, value)
  }

  /// A parameter whose values are an array. Nil when it is absent.
  @inlinable
  public mutating func array<Value>(
    _ source: ParameterSource,
    style: ParameterStyle? = nil,
    isRequired: Bool,
    isExploded: Bool,
    minItems: Int = 0,
    maxItems: Int = .max,
    allowsReserved: Bool = false,
    _ value: (inout ParameterText) -> Value
  ) -> [Value]? {
    guard let texts = items(source, style, isRequired, isExploded, allowsReserved) else { return nil }
    if texts.count < minItems { violate(source, .minItems, .integer(Int64(minItems))) }
    if texts.count > maxItems { violate(source, .maxItems, .integer(Int64(maxItems))) }
    var result: [Value] = []
    result.reserveCapacity(min(texts.count, maxItems))
    for text in texts.prefix(maxItems) { result.append(read(source, text, value)) }
    return result
  }

  /// A parameter whose value is an object. Nil when it is absent; `body` returns nil only when it noted a violation.
  ///
  /// An exploded object in a query or in cookies has no name of its own: it is there when one of its members is.
  ///
  /// - Parameter others: what else stands in the query or the cookies; no member of an object of any members.
  @inlinable
  public mutating func object<Value>(
    _ source: ParameterSource,
    style: ParameterStyle? = nil,
    isRequired: Bool,
    isExploded: Bool,
    allowsReserved: Bool = false,
    others: [StaticString] = [],
    _ body: (inout ParameterMembers) -> Value?
  ) -> Value? {
    guard var members = members(source, style, isRequired, isExploded, allowsReserved, others) else { return nil }
    let value = body(&members)
    return settle(source, members, isRequired) ? value : nil
  }

  /// A parameter that is described by `content`: a JSON document of its own.
  @inlinable
  public mutating func json<Value: JSONDecodable>(
    _ source: ParameterSource,
    _ type: Value.Type,
    isRequired: Bool
  ) -> Value? {
    guard let text = scalar(source, nil, isRequired: isRequired, false, false) else { return nil }
    switch JSONReader.decode(type, from: UnsafeRawBufferPointer(text).bytes) {
    case .success(let value): return value
    case .failure(let list):
      violate(source, list)
      return nil
    }
  }

  @inlinable
  mutating func read<Value>(
    _ source: ParameterSource,
    _ text: Text,
    _ read: (inout ParameterText) -> Value
  ) -> Value {
    var value = ParameterText(text)
    let result = read(&value)
    if value.log.count > 0 { note(source, value) }
    return result
  }

  @usableFromInline
  mutating func note(_ source: ParameterSource, _ value: ParameterText) {
    for (code, bound) in value.log.findings { violate(source, code, bound) }
  }

  /// Violations of a document inside of a parameter: `query/filter/min`.
  @usableFromInline
  mutating func violate(_ source: ParameterSource, _ list: ViolationList) {
    for violation in list.violations {
      var located = violation
      located.parameter = source.description + (violation.pointer ?? "")
      located.pointer = nil
      violations.append(located)
    }
  }

  /// The only value of a parameter, decoded; nil when it is absent or, with a violation, wrong.
  @usableFromInline
  mutating func scalar(
    _ source: ParameterSource,
    _ style: ParameterStyle?,
    isRequired: Bool,
    _ allowsEmptyValue: Bool,
    _ allowsReserved: Bool
  ) -> Text? {
    let request = kt_exchange_request(exchange)
    let found: RawText
    if case .path(let index, let name) = source {
      let style = style ?? .simple
      guard let raw = style.unmarked(RawText(kt_request_param(request, UInt8(index)), .none), name, explode: false)
      else {
        violate(source, .format, .text(style.expectation))
        return nil
      }
      found = raw
    } else {
      var pairs = SourcePairs(request, source, allowsReserved: allowsReserved)
      guard let first = pairs.nextMatch() else {
        if isRequired { violate(source, .required) }
        return nil
      }
      if pairs.nextMatch() != nil {
        violate(source, .repeated)
        return nil
      }
      found = first
    }
    if allowsEmptyValue, found.text.isEmpty { return nil }
    guard let text = found.decoded(exchange) else {
      violate(source, .encoding)
      return nil
    }
    return text
  }

  /// The decoded items of an array; nil when it is absent or, with a violation, malformed.
  @usableFromInline
  mutating func items(
    _ source: ParameterSource,
    _ style: ParameterStyle?,
    _ isRequired: Bool,
    _ isExploded: Bool,
    _ allowsReserved: Bool
  ) -> [Text]? {
    let request = kt_exchange_request(exchange)
    let style = style ?? source.defaultStyle
    var values: [RawText] = []
    if case .path(let index, _) = source {
      values.append(rawPathParameter(request, index))
    } else {
      var pairs = SourcePairs(request, source, allowsReserved: allowsReserved)
      while let value = pairs.nextMatch() { values.append(value) }
    }
    if values.isEmpty {
      if isRequired { violate(source, .required) }
      return nil
    }
    var isList = !isExploded
    switch source {
    case .path: isList = true
    case .header:
      // Several field lines are one list (RFC 9110 §5.3).
      values = values.flatMap { $0.split(.byte(UInt8(ascii: ","))) }.map(\.trimmed)
      isList = false
    case .query, .cookie: break
    }
    if isList {
      guard values.count == 1 else {
        violate(source, .repeated)
        return nil
      }
      guard let items = style.items(values[0], source.name, explode: isExploded) else {
        violate(source, .format, .text(style.expectation))
        return nil
      }
      values = items
    }
    return decoded(source, values)
  }

  private mutating func decoded(_ source: ParameterSource, _ values: [RawText]) -> [Text]? {
    var texts: [Text] = []
    texts.reserveCapacity(values.count)
    for value in values {
      guard let text = value.decoded(exchange) else {
        violate(source, .encoding)
        return nil
      }
      texts.append(text)
    }
    return texts
  }

  /// The members of an object; nil when it is absent or, with a violation, malformed.
  @usableFromInline
  mutating func members(
    _ source: ParameterSource,
    _ style: ParameterStyle?,
    _ isRequired: Bool,
    _ isExploded: Bool,
    _ allowsReserved: Bool,
    _ others: [StaticString]
  ) -> ParameterMembers? {
    let request = kt_exchange_request(exchange)
    let style = style ?? source.defaultStyle
    var members = ParameterMembers(exchange, .parameter(source))
    switch source {
    case .path(let index, let name):
      guard let pairs = style.pairs(rawPathParameter(request, index), name, explode: isExploded) else {
        violate(source, .format, .text(style.expectation))
        return nil
      }
      for pair in pairs { members.add(pair.name, pair.value) }
    case .header(let name):
      var lines = SourcePairs(request, source)
      var isThere = false
      while let line = lines.nextMatch() {
        isThere = true
        guard let pairs = style.pairs(line, name, explode: isExploded) else {
          violate(source, .format, .text(style.expectation))
          return nil
        }
        for pair in pairs { members.add(pair.name.trimmed, pair.value.trimmed) }
      }
      if !isThere {
        if isRequired { violate(source, .required) }
        return nil
      }
    case .query(let name), .cookie(let name):
      var pairs = SourcePairs(request, source, allowsReserved: allowsReserved)
      while let pair = pairs.next() { members.add(pair.name, pair.value) }
      if style == .form, isExploded {
        members.isLoose = true
        if !others.isEmpty { members.leave(others) }
      } else {
        members.isBag = true
        let count = violations.count
        guard let inner = members.descend(name, style, isExploded) else {
          violations += members.violations
          if isRequired, violations.count == count { violate(source, .required) }
          return nil
        }
        members = inner
      }
    }
    return members
  }

  /// True when the object was there and its value counts.
  @usableFromInline
  mutating func settle(_ source: ParameterSource, _ members: borrowing ParameterMembers, _ isRequired: Bool) -> Bool {
    if members.isLoose, !members.isTouched {
      if isRequired { violate(source, .required) }
      return false
    }
    violations += members.violations
    return true
  }
}
