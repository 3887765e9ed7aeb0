import CKatana

// Parameters of primitive types and arrays of them, in the styles `simple` (path, header) and `form` (query, cookie).
// A value that is absent is nil here; generated code asks for the default or for `required`.

extension RequestReader {
  /// The only value of a parameter; nil when it is absent or, with a violation, malformed, repeated or missing.
  private mutating func single(_ source: ParameterSource, isRequired: Bool) -> Text? {
    guard let values = values(source) else {
      violate(source, .encoding)
      return nil
    }
    if values.count > 1 {
      violate(source, .repeated)
      return nil
    }
    if values.isEmpty, isRequired { violate(source, .required) }
    return values.first
  }

  private mutating func read<Value>(
    _ source: ParameterSource, _ isRequired: Bool, _ read: (inout ParameterText) -> Value
  ) -> Value? {
    guard let text = single(source, isRequired: isRequired) else { return nil }
    return self.read(source, text, read)
  }

  private mutating func read<Value>(
    _ source: ParameterSource, _ text: Text, _ read: (inout ParameterText) -> Value
  ) -> Value {
    var value = ParameterText(text)
    let result = read(&value)
    for (code, bound) in value.log.findings { violate(source, code, bound) }
    return result
  }

  /// A parameter that may be absent.
  public mutating func optional<Value>(
    _ source: ParameterSource, _ value: (inout ParameterText) -> Value
  ) -> Value? {
    read(source, false, value)
  }

  /// A parameter that must be there; `neutral` stands in for it when it is not.
  public mutating func required<Value>(
    _ source: ParameterSource, _ neutral: Value, _ value: (inout ParameterText) -> Value
  ) -> Value {
    read(source, true, value) ?? neutral
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
