import CKatana

// Parameters of primitive types and arrays of them, in the styles `simple` (path, header) and `form` (query, cookie).
// A value that is absent is nil here; generated code asks for the default or for `required`.

extension RequestReader {
  /// The only value of a parameter; nil when it is absent or, with a violation, malformed, repeated or missing.
  @usableFromInline
  mutating func single(_ source: ParameterSource, isRequired: Bool) -> ParameterText? {
    var first: Text?
    var count = 0
    let isWellFormed = forEachValue(of: source) { text in
      if count == 0 { first = text }
      count += 1
    }
    if !isWellFormed {
      violate(source, .encoding)
      return nil
    }
    if count > 1 {
      violate(source, .repeated)
      return nil
    }
    if count == 0, isRequired { violate(source, .required) }
    return first.map { ParameterText($0) }
  }

  /// Notes what was wrong with a value.
  @usableFromInline
  mutating func note(_ source: ParameterSource, _ value: borrowing ParameterText) {
    if value.log.count == 0 { return }
    for (code, bound) in value.log.findings { violate(source, code, bound) }
  }

  private mutating func read<Value>(
    _ source: ParameterSource, _ text: Text, _ read: (inout ParameterText) -> Value
  ) -> Value {
    var value = ParameterText(text)
    let result = read(&value)
    note(source, value)
    return result
  }

  /// A parameter that may be absent.
  @inlinable
  public mutating func optional<Value>(
    _ source: ParameterSource, _ value: (inout ParameterText) -> Value
  ) -> Value? {
    guard var text = single(source, isRequired: false) else { return nil }
    let result = value(&text)
    note(source, text)
    return result
  }

  /// A parameter that must be there; `neutral` stands in for it when it is not.
  @inlinable
  public mutating func required<Value>(
    _ source: ParameterSource, _ neutral: Value, _ value: (inout ParameterText) -> Value
  ) -> Value {
    guard var text = single(source, isRequired: true) else { return neutral }
    let result = value(&text)
    note(source, text)
    return result
  }

  /// A parameter whose values are an array: repeated names when `isExploded`, else one value with commas.
  /// Nil when it is absent.
  public mutating func array<Value>(
    _ source: ParameterSource, isRequired: Bool, isExploded: Bool, minItems: Int = 0, maxItems: Int = .max,
    _ value: (inout ParameterText) -> Value
  ) -> [Value]? {
    guard var texts = values(source) else {
      violate(source, .encoding)
      return nil
    }
    if texts.isEmpty {
      if isRequired { violate(source, .required) }
      return nil
    }
    if !isExploded {
      if texts.count > 1, case .query = source {
        violate(source, .repeated)
        return nil
      }
      texts = texts.flatMap(ParameterSource.listItems)
    }
    if case .header = source { texts = texts.map(ParameterSource.trimmed) }
    if texts.count < minItems { violate(source, .minItems, .integer(Int64(minItems))) }
    if texts.count > maxItems { violate(source, .maxItems, .integer(Int64(maxItems))) }
    var result: [Value] = []
    for text in texts.prefix(maxItems) { result.append(read(source, text, value)) }
    return result
  }
}

extension ParameterSource {
  // Static, because a method of a noncopyable reader passed to map crashes the compiler (6.3.1, MoveOnlyChecker).

  fileprivate static func listItems(_ text: RequestReader.Text) -> [RequestReader.Text] {
    text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { .init(rebasing: $0) }
  }

  /// Lists in fields have optional whitespace around their items (RFC 9110 §5.6.1).
  fileprivate static func trimmed(_ text: RequestReader.Text) -> RequestReader.Text {
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    guard let first = text.firstIndex(where: { !isSpace($0) }), let last = text.lastIndex(where: { !isSpace($0) })
    else { return .init(start: nil, count: 0) }
    return .init(rebasing: text[first...last])
  }
}
