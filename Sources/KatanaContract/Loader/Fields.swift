/// Typed access to the fields of one mapping. A field of the wrong type is reported and read as absent.
struct Fields {
  let reader: DocumentReader
  let node: Node
  let mapping: Mapping
  let shape: ObjectShape

  func has(_ key: String) -> Bool { mapping.entry(key) != nil }

  private func place(_ key: String) -> String { "\(quoted(key)) in \(shape.name)" }

  func string(_ key: String) -> Located<String>? {
    guard let value = mapping[key] else { return nil }
    guard let text = value.string else {
      reader.wrongType(value, expected: "a string", in: place(key))
      return nil
    }
    return Located(text, at: value.location)
  }

  func text(_ key: String) -> String? { string(key)?.value }

  /// A string that must be there and not be empty; an empty placeholder after the error. Where it `mayBeEmpty`, because
  /// it is only for people, that is a warning.
  func requiredString(_ key: String, remedy: String? = nil, mayBeEmpty: Bool = false) -> Located<String> {
    guard require(key, remedy: remedy) else { return Located("", at: node.location) }
    let string = string(key)
    if let string, string.value.isEmpty {
      let message = "\(place(key)) is empty"
      if mayBeEmpty {
        reader.warning(.invalidValue, at: string.location, message)
      } else {
        reader.error(.invalidValue, at: string.location, message)
      }
    }
    return string ?? Located("", at: node.location)
  }

  /// Reports a missing field.
  @discardableResult
  func require(_ key: String, remedy: String? = nil) -> Bool {
    if has(key) { return true }
    reader.error(.missingField, at: node.location, "\(shape.name) has no \(quoted(key))", remedy: remedy)
    return false
  }

  func bool(_ key: String) -> Bool? {
    guard let value = mapping[key] else { return nil }
    guard let bool = value.bool else {
      reader.wrongType(value, expected: "a boolean", in: place(key))
      return nil
    }
    return bool
  }

  func flag(_ key: String) -> Bool { bool(key) ?? false }

  func number(_ key: String) -> Located<NumberLiteral>? {
    guard let value = mapping[key] else { return nil }
    guard let number = value.number else {
      reader.wrongType(value, expected: "a number", in: place(key))
      return nil
    }
    return Located(number, at: value.location)
  }

  /// A length or count: a whole number that is not negative.
  func count(_ key: String) -> Located<Int>? {
    guard let number = number(key) else { return nil }
    guard let integer = number.value.integer, integer >= 0 else {
      reader.error(
        .boundInvalid,
        at: number.location,
        "\(place(key)) must be a whole number from 0, found \(number.value.text)"
      )
      return nil
    }
    return Located(Int(integer), at: number.location)
  }

  func items(_ key: String) -> [Node] {
    guard let value = mapping[key] else { return [] }
    guard let items = value.sequence else {
      reader.wrongType(value, expected: "a sequence", in: place(key))
      return []
    }
    return items
  }

  func strings(_ key: String) -> [Located<String>] {
    items(key).compactMap { item in
      guard let text = item.string else {
        reader.wrongType(item, expected: "a string", in: place(key))
        return nil
      }
      return Located(text, at: item.location)
    }
  }

  /// The entries of a field that maps free names to values.
  func entries(_ key: String) -> [Mapping.Entry] {
    guard let value = mapping[key] else { return [] }
    guard let mapping = value.mapping else {
      reader.wrongType(value, expected: "a mapping", in: place(key))
      return []
    }
    return mapping.entries
  }

  /// One of a closed set of words.
  func word<Word: RawRepresentable<String> & CaseIterable>(_ key: String, _ type: Word.Type) -> Located<Word>? {
    guard let string = string(key) else { return nil }
    guard let word = Word(rawValue: string.value) else {
      let names = Word.allCases.map(\.rawValue)
      reader.error(
        .invalidValue,
        at: string.location,
        "\(place(key)) is \(quoted(string.value)), which is not a known value",
        remedy: "use \(alternatives(names))"
      )
      return nil
    }
    return Located(word, at: string.location)
  }

  /// Reports two fields that exclude each other.
  func exclude(_ first: String, _ second: String) {
    guard has(first), let location = mapping.location(of: second) else { return }
    reader.error(.conflictingFields, at: location, "\(shape.name) has both \(quoted(first)) and \(quoted(second))")
  }

  func checkExternalDocs() {
    guard let docs = mapping["externalDocs"], let fields = reader.fields(docs, .externalDocs) else { return }
    _ = fields.requiredString("url")
    _ = fields.url("url")
    _ = fields.text("description")
    _ = fields.extensions()
  }
}
