// Fields in the head of a part that hold more than one value, in the style simple.

extension ParameterText {
  /// The items of a list, with commas between.
  public mutating func array<Value>(
    minItems: Int = 0, maxItems: Int = .max, _ value: (inout ParameterText) -> Value
  ) -> [Value] {
    let items = items
    if items.count < minItems { log.add(.minItems, at: 0, bound: .integer(Int64(minItems))) }
    if items.count > maxItems { log.add(.maxItems, at: 0, bound: .integer(Int64(maxItems))) }
    return items.prefix(maxItems).map { item in
      var reader = ParameterText(item)
      let result = value(&reader)
      log.append(reader.log)
      return result
    }
  }

  /// The members of an object: `x=1,y=2` when it is exploded, else `x,1,y,2`. `body` returns nil only when it noted a
  /// violation.
  ///
  /// - Precondition: this is the text of a field of a part.
  public mutating func object<Value>(isExploded: Bool, _ body: (inout ParameterMembers) -> Value?) -> Value? {
    guard var members = members(isExploded) else { return nil }
    let value = body(&members)
    note(members.violations)
    return value
  }

  /// The text as a JSON document.
  public mutating func json<Value>(_ read: (inout JSONReader) -> Value?) -> Value? {
    noted(JSONReader.decode(from: UnsafeRawBufferPointer(text).bytes, read))
  }

  /// A list or an object, judged as one document.
  ///
  /// - Precondition: this is the text of a field of a part, and `shape` is not `nested`.
  public mutating func document<Value>(
    _ shape: TextShape, isExploded: Bool, _ read: (inout JSONReader) -> Value?
  ) -> Value? {
    var document: TextDocument
    if shape == .list {
      document = TextDocument(items: items)
    } else {
      guard var members = members(isExploded) else { return nil }
      let pairs = members.texts(nil)
      note(members.violations)
      guard let pairs else { return nil }
      document = TextDocument(members: pairs)
    }
    return noted(document.read(read))
  }

  private var items: [Text] { RawText(text, .none).split(.byte(UInt8(ascii: ","))).map(\.trimmed.text) }

  private mutating func members(_ isExploded: Bool) -> ParameterMembers? {
    var members = ParameterMembers(exchange!, .content)
    let style = ParameterStyle.simple
    guard let pairs = style.pairs(RawText(text, .none), "", explode: isExploded) else {
      log.add(.format, at: 0, bound: .text(style.expectation))
      return nil
    }
    for pair in pairs { members.add(pair.name.trimmed, pair.value.trimmed) }
    return members
  }

  private mutating func noted<Value>(_ result: Result<Value, ViolationList>) -> Value? {
    switch result {
    case .success(let value): return value
    case .failure(let list):
      note(list.violations)
      return nil
    }
  }

  private mutating func note(_ violations: [Violation]) {
    for violation in violations { log.add(violation.code, at: 0, bound: violation.bound, name: violation.pointer) }
  }
}
