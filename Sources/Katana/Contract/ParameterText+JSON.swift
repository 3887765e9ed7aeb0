import CKatana

/// JSON types that a text may be taken for.
public enum TextType: Sendable {
  case string, number, boolean
}

// Values that the contract describes by JSON's terms only: unions of scalars, scalars with rules for an evaluator.

extension ParameterText {
  /// The text as a JSON value: a Boolean or a number when it is written as one and may be one, else a string.
  public mutating func json<Value>(_ types: [TextType], _ read: (inout JSONReader) -> Value?) -> Value? {
    let result: Result<Value, ViolationList>
    isOpen = types.contains(.string)
    if !types.contains(.string) || types.contains(.boolean) && isBoolean || types.contains(.number) && isNumber {
      isLiteral = true
      result = JSONReader.decode(from: UnsafeRawBufferPointer(text).bytes, read)
    } else {
      var json = JSONWriter(capacity: text.count + 16)
      json.quote(text)
      result = JSONReader.decode(from: json.bytes, read)
    }
    switch result {
    case .success(let value): return value
    case .failure(let list):
      for violation in list.violations {
        // A text that is no JSON is no number and no Boolean, which is all that was asked.
        if violation.code == .syntax, let expected = types.first {
          log.add(.type, at: 0, bound: .text(expected == .boolean ? "boolean" : "number"))
        } else {
          log.add(violation.code, at: 0, bound: violation.bound)
        }
      }
      return nil
    }
  }

  var isBoolean: Bool { text.elementsEqual("true".utf8) || text.elementsEqual("false".utf8) }

  var isNumber: Bool {
    var cursor = kt_json()
    kt_json_init(&cursor, kt_bytes(p: text.baseAddress, n: text.count))
    var value = 0.0
    return !text.isEmpty && kt_json_peek(&cursor) == KT_JSON_NUMBER_VALUE
      && kt_json_double(&cursor, &value) != KT_JSON_BROKEN && cursor.p == cursor.end
  }
}

extension RequestReader {
  /// A parameter that is described by `content`: a JSON document of its own, read by a generated function.
  @inlinable
  public mutating func json<Value>(
    _ source: ParameterSource, isRequired: Bool, _ read: (inout JSONReader) -> Value?
  ) -> Value? {
    guard let text = scalar(source, nil, isRequired: isRequired, false, false) else { return nil }
    switch JSONReader.decode(from: UnsafeRawBufferPointer(text).bytes, read) {
    case .success(let value): return value
    case .failure(let list):
      violate(source, list)
      return nil
    }
  }
}

extension ParameterMembers {
  /// A member whose text is a JSON document, read by a generated function.
  @inlinable
  public mutating func json<Value>(
    _ name: StaticString, isRequired: Bool, _ read: (inout JSONReader) -> Value?
  ) -> Value? {
    guard let text = scalar(name, isRequired: isRequired, false) else { return nil }
    switch JSONReader.decode(from: UnsafeRawBufferPointer(text).bytes, read) {
    case .success(let value):
      keepDocument(name, text)
      return value
    case .failure(let list):
      violate(name, list)
      return nil
    }
  }

  /// Members of one name, each a JSON document and an item; a single one may also be an array of all items, as several
  /// clients send it. Nil when there is none.
  @inlinable
  public mutating func documents<Item>(
    _ name: StaticString, isRequired: Bool, minItems: Int = 0, maxItems: Int = .max,
    _ read: (inout JSONReader) -> Item?
  ) -> [Item]? {
    guard let texts = items(name, .form, isRequired, true) else { return nil }
    var result: [Item] = []
    var count = 0
    let isArray = texts.count == 1 && texts[0].first { $0 > 0x20 } == UInt8(ascii: "[")
    for text in texts {
      let items = JSONReader.decode(from: UnsafeRawBufferPointer(text).bytes) { (json: inout JSONReader) -> [Item]? in
        var items: [Item] = []
        if !isArray {
          count += 1
          if let item = read(&json) { items.append(item) }
          return items
        }
        guard json.array() != nil else { return nil }
        while json.element() {
          count += 1
          if let item = read(&json) { items.append(item) }
        }
        return items
      }
      switch items {
      case .success(let items): result += items
      case .failure(let list): violate(name, list)
      }
    }
    if isArray { keepDocument(name, texts[0]) } else { keepDocuments(name, texts) }
    if count < minItems { violate(name, .minItems, .integer(Int64(minItems))) }
    if count > maxItems { violate(name, .maxItems, .integer(Int64(maxItems))) }
    return result
  }

  @usableFromInline
  mutating func keepDocuments(_ name: StaticString, _ texts: [Text]) {
    keep(name, .items(texts.map { TextPiece(document: $0) }))
  }
}
