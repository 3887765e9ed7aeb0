import CKatana

// Parameters and forms that are read as one JSON document.

extension RequestReader {
  /// A parameter whose pieces make one document. Nil when it is absent; `read` returns nil only with a violation.
  ///
  /// - Parameter names: the members of an exploded object, which shares the query or the cookies with others; empty
  ///   when it takes them all, but for `others`.
  public mutating func document<Value>(
    _ source: ParameterSource,
    _ shape: TextShape,
    style: ParameterStyle? = nil,
    isRequired: Bool,
    isExploded: Bool,
    allowsReserved: Bool = false,
    others: [StaticString] = [],
    names: [StaticString] = [],
    _ read: (inout JSONReader) -> Value?
  ) -> Value? {
    var document: TextDocument
    switch shape {
    case .list:
      guard let items = items(source, style, isRequired, isExploded, allowsReserved) else { return nil }
      document = TextDocument(items: items)
    case .members:
      guard var members = members(source, style, isRequired, isExploded, allowsReserved, others) else { return nil }
      let pairs = members.texts(members.isLoose && !names.isEmpty ? names : nil)
      guard settle(source, members, isRequired), let pairs else { return nil }
      document = TextDocument(members: pairs)
    case .nested:
      var members = ParameterMembers(exchange, .parameter(source))
      members.isBag = true
      var pairs = SourcePairs(kt_exchange_request(exchange), source, allowsReserved: allowsReserved)
      while let pair = pairs.next() { members.add(pair.name, pair.value) }
      guard let pieces = members.pieces(of: source.name) else {
        violations += members.violations
        return nil
      }
      if pieces.isEmpty {
        if isRequired { violate(source, .required) }
        return nil
      }
      guard let nested = TextDocument(nested: pieces) else {
        violate(source, .format, .text(ParameterStyle.deepObject.expectation))
        return nil
      }
      document = nested
    }
    switch document.read(read) {
    case .success(let value): return value
    case .failure(let list):
      violate(source, list)
      return nil
    }
  }
}

extension ParameterMembers {
  /// A member whose pieces make one document. Nil when it is absent; `read` returns nil only with a violation.
  ///
  /// - Parameter names: the members of an object that is exploded in the style form, which shares this one with others;
  ///   empty when it takes them all.
  public mutating func document<Value>(
    _ name: StaticString,
    _ shape: TextShape,
    style: ParameterStyle = .form,
    isRequired: Bool,
    isExploded: Bool = true,
    names: [StaticString] = [],
    _ read: (inout JSONReader) -> Value?
  ) -> Value? {
    var document: TextDocument
    switch shape {
    case .list:
      guard let items = items(name, style, isRequired, isExploded) else { return nil }
      document = TextDocument(items: items)
    case .members:
      guard var inner = inner(name, style, isRequired, isExploded) else { return nil }
      let pairs = inner.texts(names.isEmpty ? nil : names)
      guard settle(name, inner, isRequired), let pairs else { return nil }
      document = TextDocument(members: pairs)
    case .nested:
      guard let pieces = pieces(of: name) else { return nil }
      if pieces.isEmpty {
        if isRequired { violate(name, .required) }
        return nil
      }
      guard let nested = TextDocument(nested: pieces) else {
        violate(name, .format, .text(ParameterStyle.deepObject.expectation))
        return nil
      }
      document = nested
    }
    switch document.read(read) {
    case .success(let value):
      keep(name, document.piece)
      return value
    case .failure(let list):
      violate(name, list)
      return nil
    }
  }

  /// All members as one document: a form whose object is judged as a whole.
  public mutating func document<Value>(_ read: (inout JSONReader) -> Value?) -> Value? {
    guard let pairs = texts(nil) else { return nil }
    var document = TextDocument(members: pairs)
    switch document.read(read) {
    case .success(let value): return value
    case .failure(let list):
      violations += list.violations
      return nil
    }
  }

  /// The members, decoded: those of `names`, or all. Nil with a violation when one is malformed.
  mutating func texts(_ names: [StaticString]?) -> [(name: Text, value: Text)]? {
    var result: [(name: Text, value: Text)] = []
    for index in members.indices {
      let name = members[index].name
      if members[index].isTaken { continue }
      if let names, !names.contains(where: { name.isEqual(to: $0) }) { continue }
      members[index].isTaken = true
      isTouched = true
      guard let text = members[index].value.decoded(exchange) else {
        violate(String(decoding: name, as: UTF8.self), .encoding)
        return nil
      }
      result.append((name, text))
    }
    return result
  }

  /// What stands behind a name with brackets or without. Nil with a violation when one is malformed.
  mutating func pieces(of name: StaticString) -> [(path: Text, value: Text)]? {
    var result: [(path: Text, value: Text)] = []
    for index in members.indices where members[index].base.isEqual(to: name) {
      members[index].isTaken = true
      isTouched = true
      guard let text = members[index].value.decoded(exchange) else {
        violate(name, .encoding)
        return nil
      }
      result.append((members[index].rest, text))
    }
    return result
  }
}
