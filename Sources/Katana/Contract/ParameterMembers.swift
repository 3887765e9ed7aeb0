import CKatana

/// The members of an object that came as text: a parameter, or the fields of a form.
///
/// Like ``RequestReader`` it notes what is wrong and goes on with a neutral value. Violations name the member behind
/// the parameter, `query/filter/min`, or in a form by a pointer, `/min`.
///
/// Workload: a handful of members, asked for by name once each, so that a lookup walks them. A form has at most
/// ``FormLimits/pairCountMax`` fields.
public struct ParameterMembers: ~Copyable {
  enum Place {
    case parameter(ParameterSource)
    case content
  }

  struct Member {
    /// The whole name, decoded.
    var name: Text
    /// What stands before the first bracket, and from there on: `address` and `[city]`.
    var base: Text
    var rest: Text
    var value: RawText
    /// Index of its part in a multipart body.
    var part: Int?
    var isTaken = false
  }

  let exchange: OpaquePointer
  let place: Place
  var members: [Member] = []
  @usableFromInline var violations: [Violation] = []
  /// Names of the objects around this one.
  private var path: [StaticString] = []
  /// The object shares its place with others, so that a missing member does not show that it is broken.
  @usableFromInline var isLoose = false
  /// A member was found.
  @usableFromInline var isTouched = false
  /// These are all pairs of a query or of cookies, and the parameter is one of them.
  var isBag = false
  /// Of a multipart body.
  var parts: [FormPart] = []
  /// What was read stays, for rules that look at all of it.
  @usableFromInline var isKeeping = false
  var kept: [(name: Text, value: TextPiece)] = []
  /// Of the list that is being read.
  var isInList = false
  var keptItems: [TextPiece] = []

  init(_ exchange: OpaquePointer, _ place: Place) {
    self.exchange = exchange
    self.place = place
  }

  // MARK: Values

  /// A member that may be absent.
  @inlinable
  public mutating func optional<Value>(
    _ name: StaticString,
    allowsEmptyValue: Bool = false,
    _ value: (inout ParameterText) -> Value
  ) -> Value? {
    guard let text = scalar(name, isRequired: false, allowsEmptyValue) else { return nil }
    return read(name, text, value)
  }

  /// A member that must be there; `neutral` stands in for it when it is not.
  @inlinable
  public mutating func required<Value>(
    _ name: StaticString,
    _ neutral: Value,
    _ value: (inout ParameterText) -> Value
  ) -> Value {
    guard let text = scalar(name, isRequired: true, false) else { return neutral }
    return read(name, text, value)
  }

  /// A member whose values are an array, in the styles of a query. Nil when it is absent.
  @inlinable
  public mutating func array<Value>(
    _ name: StaticString,
    style: ParameterStyle = .form,
    isRequired: Bool,
    isExploded: Bool = true,
    minItems: Int = 0,
    maxItems: Int = .max,
    _ value: (inout ParameterText) -> Value
  ) -> [Value]? {
    guard let texts = items(name, style, isRequired, isExploded) else { return nil }
    if texts.count < minItems { violate(name, .minItems, .integer(Int64(minItems))) }
    if texts.count > maxItems { violate(name, .maxItems, .integer(Int64(maxItems))) }
    var result: [Value] = []
    result.reserveCapacity(min(texts.count, maxItems))
    if isKeeping { beginList() }
    for text in texts.prefix(maxItems) { result.append(read(name, text, value)) }
    if isKeeping { endList(name) }
    return result
  }

  /// A member that is an object itself: `address[city]=Rome` in the style deepObject. Exploded in the style form, its
  /// members stand among those of this object. Nil when it is absent.
  @inlinable
  public mutating func object<Value>(
    _ name: StaticString,
    style: ParameterStyle = .deepObject,
    isRequired: Bool,
    isExploded: Bool = true,
    _ body: (inout ParameterMembers) -> Value?
  ) -> Value? {
    guard var inner = inner(name, style, isRequired, isExploded) else { return nil }
    let value = body(&inner)
    if isKeeping { inner.keepRest() }
    guard settle(name, inner, isRequired) else { return nil }
    if isKeeping { keep(name, inner) }
    return value
  }

  /// A member whose text is a JSON document.
  @inlinable
  public mutating func json<Value: JSONDecodable>(
    _ name: StaticString,
    _ type: Value.Type,
    isRequired: Bool
  ) -> Value? {
    guard let text = scalar(name, isRequired: isRequired, false) else { return nil }
    switch JSONReader.decode(type, from: UnsafeRawBufferPointer(text).bytes) {
    case .success(let value):
      keepDocument(name, text)
      return value
    case .failure(let list):
      violate(name, list)
      return nil
    }
  }

  /// All members that were not asked for, by name: `additionalProperties` with a schema. To be called last.
  @inlinable
  public mutating func additional<Value>(_ value: (inout ParameterText) -> Value) -> [String: Value] {
    var result: [String: Value] = [:]
    var at = 0
    while let (name, text) = nextAdditional(&at) {
      var reader = ParameterText(text)
      let read = value(&reader)
      if reader.log.count > 0 { note(name, reader) }
      if isKeeping { keep(at - 1, reader) }
      if result.updateValue(read, forKey: name) != nil { violate(name, .repeated) }
    }
    return result
  }

  /// Members that were not asked for are violations: `additionalProperties: false`. To be called last. Of an exploded
  /// object in a query or in cookies nothing tells them from other parameters, so that they are let through.
  public mutating func closed() {
    if isLoose { return }
    var at = 0
    while let (name, _) = nextAdditional(&at) { violate(name, .additionalProperty) }
  }

  // MARK: What the inlinable parts stand on

  @inlinable
  mutating func read<Value>(
    _ name: StaticString,
    _ text: Text,
    _ read: (inout ParameterText) -> Value
  ) -> Value {
    var value = ParameterText(text)
    let result = read(&value)
    if value.log.count > 0 { note(name, value) }
    if isKeeping { keep(name, value) }
    return result
  }

  @usableFromInline
  mutating func note(_ name: StaticString, _ value: ParameterText) { note(name.description, value) }

  @usableFromInline
  mutating func note(_ name: String, _ value: ParameterText) {
    for (code, bound) in value.log.findings { violate(name, code, bound) }
  }

  @usableFromInline
  mutating func scalar(_ name: StaticString, isRequired: Bool, _ allowsEmptyValue: Bool) -> Text? {
    let found = take(name)
    guard let first = found.first else {
      if isRequired { violate(name, .required) }
      return nil
    }
    if found.count > 1 {
      violate(name, .repeated)
      return nil
    }
    if allowsEmptyValue, first.text.isEmpty { return nil }
    guard let text = first.decoded(exchange) else {
      violate(name, .encoding)
      return nil
    }
    return text
  }

  @usableFromInline
  mutating func items(
    _ name: StaticString,
    _ style: ParameterStyle,
    _ isRequired: Bool,
    _ isExploded: Bool
  ) -> [Text]? {
    var values = take(name)
    if values.isEmpty {
      if isRequired { violate(name, .required) }
      return nil
    }
    if !isExploded {
      guard values.count == 1 else {
        violate(name, .repeated)
        return nil
      }
      values = style.items(values[0], name, explode: false) ?? []
    }
    var texts: [Text] = []
    texts.reserveCapacity(values.count)
    for value in values {
      guard let text = value.decoded(exchange) else {
        violate(name, .encoding)
        return nil
      }
      texts.append(text)
    }
    return texts
  }

  @usableFromInline
  mutating func inner(
    _ name: StaticString,
    _ style: ParameterStyle,
    _ isRequired: Bool,
    _ isExploded: Bool
  ) -> ParameterMembers? {
    let count = violations.count
    if let inner = descend(name, style, isExploded) { return inner }
    if isRequired, violations.count == count { violate(name, .required) }
    return nil
  }

  /// Takes over what reading the object behind a member found out. False when there is no such object.
  @usableFromInline
  mutating func settle(_ name: StaticString, _ inner: borrowing ParameterMembers, _ isRequired: Bool) -> Bool {
    if inner.isLoose {
      for index in members.indices where inner.members[index].isTaken { members[index].isTaken = true }
      if !inner.isTouched {
        if isRequired { violate(name, .required) }
        return false
      }
      isTouched = true
    }
    violations += inner.violations
    return true
  }

  /// The members of the member `name`; nil when it is absent or, with a violation, malformed.
  mutating func descend(_ name: StaticString, _ style: ParameterStyle, _ isExploded: Bool) -> ParameterMembers? {
    var inner = ParameterMembers(exchange, place)
    inner.path = isBag ? [] : path + [name]
    inner.isKeeping = isKeeping
    if style == .form, isExploded {
      inner.isLoose = true
      (inner.members, inner.parts) = (members, parts)
      return inner
    }
    if style == .deepObject {
      for index in members.indices where members[index].base.isEqual(to: name) && !members[index].rest.isEmpty {
        members[index].isTaken = true
        isTouched = true
        inner.add(nested: members[index])
      }
      if inner.members.isEmpty { return nil }
      return inner
    }
    let found = take(name)
    guard let first = found.first else { return nil }
    if found.count > 1 {
      violate(name, .repeated)
      return nil
    }
    guard let pairs = style.pairs(first, name, explode: false) else {
      violate(name, .format, .text(style.expectation))
      return nil
    }
    for pair in pairs { inner.add(pair.name, pair.value) }
    return inner
  }

  // MARK: Members

  mutating func add(_ name: RawText, _ value: RawText, part: Int? = nil) {
    guard let name = name.decoded(exchange) else {
      // Who cannot spell a name means none of ours, unless all that is sent is ours.
      if case .content = place { violations.append(Violation(pointer: "", .encoding, .integer(0))) }
      return
    }
    let bracket = name.firstIndex(of: UInt8(ascii: "[")) ?? name.count
    members.append(
      Member(
        name: name,
        base: Text(rebasing: name[..<bracket]),
        rest: Text(rebasing: name[bracket...]),
        value: value,
        part: part
      )
    )
  }

  /// Forgets members that belong to others: by their name, or by what stands in front of its first bracket.
  mutating func leave(_ names: [StaticString]) {
    members.removeAll { member in
      names.contains { member.name.isEqual(to: $0) || member.base.isEqual(to: $0) }
    }
  }

  /// `[city]` or `[at][lat]` of a member that has it behind its name.
  private mutating func add(nested outer: Member) {
    guard let close = outer.rest.firstIndex(of: UInt8(ascii: "]")) else { return }
    let rest = Text(rebasing: outer.rest[(close + 1)...])
    if !rest.isEmpty, rest[0] != UInt8(ascii: "[") { return }
    let name = Text(rebasing: outer.rest[1..<close])
    members.append(
      Member(
        name: rest.isEmpty ? name : Text(rebasing: outer.rest[1...]),
        base: name,
        rest: rest,
        value: outer.value,
        part: outer.part
      )
    )
  }

  /// The values of a member, in order.
  private mutating func take(_ name: StaticString) -> [RawText] {
    var found: [RawText] = []
    for index in members.indices where members[index].name.isEqual(to: name) {
      members[index].isTaken = true
      found.append(members[index].value)
    }
    if !found.isEmpty { isTouched = true }
    return found
  }

  /// The parts of a multipart body with this name, in order.
  mutating func takeParts(_ name: StaticString) -> [FormPart] {
    var found: [FormPart] = []
    for index in members.indices where members[index].name.isEqual(to: name) {
      members[index].isTaken = true
      if let part = members[index].part { found.append(parts[part]) }
    }
    return found
  }

  @usableFromInline
  mutating func nextAdditional(_ at: inout Int) -> (String, Text)? {
    while at < members.count {
      let member = members[at]
      at += 1
      if member.isTaken { continue }
      members[at - 1].isTaken = true
      isTouched = true
      let name = String(decoding: member.name, as: UTF8.self)
      guard let text = member.value.decoded(exchange) else {
        violate(name, .encoding)
        continue
      }
      return (name, text)
    }
    return nil
  }

  // MARK: Violations

  @usableFromInline
  mutating func violate(_ name: StaticString, _ code: Violation.Code, _ bound: Violation.Bound? = nil) {
    violate(name.description, code, bound)
  }

  @usableFromInline
  mutating func violate(_ name: String, _ code: Violation.Code, _ bound: Violation.Bound? = nil) {
    note(name, "", code, bound)
  }

  /// Violations of a document that is the member's text.
  @usableFromInline
  mutating func violate(_ name: StaticString, _ list: ViolationList) {
    for violation in list.violations {
      note(name.description, violation.pointer ?? "", violation.code, violation.bound)
    }
  }

  /// A field in the head of the member's part: a pointer to the member, and the field as a parameter.
  mutating func violate(
    _ name: StaticString, field: String, _ code: Violation.Code, _ bound: Violation.Bound? = nil
  ) {
    let count = violations.count
    note(name.description, "", code, bound)
    if violations.count > count { violations[count].parameter = "header/\(field)" }
  }

  /// A rule for the object itself, or for what is inside of it.
  mutating func violateWhole(_ violation: Violation) {
    note(nil, violation.pointer ?? "", violation.code, violation.bound)
  }

  /// A file whose size is not what it may be.
  mutating func violate(_ name: String, _ rule: (code: Violation.Code, bound: Int)) {
    note(name, "", rule.code, .integer(Int64(rule.bound)), detail: rule.code.sentence(bytes: rule.bound))
  }

  private mutating func note(
    _ name: String?, _ inner: String, _ code: Violation.Code, _ bound: Violation.Bound?, detail: String? = nil
  ) {
    // A form of thousands must not cost as many texts; how many are left out is then told too low.
    if violations.count > 2 * Violation.maximum { return }
    switch place {
    case .parameter(let source):
      let names = isBag ? [] : path.map(\.description) + (name.map { [$0] } ?? [])
      let place = names.reduce(source.description) { $0 + "/" + $1 } + inner
      violations.append(Violation(parameter: place, code, bound, detail: detail))
    case .content:
      let names = path.map(\.description) + (name.map { [$0] } ?? [])
      let pointer = names.reduce("") { $0 + "/" + ViolationLog.escaped($1) } + inner
      violations.append(Violation(pointer: pointer, code, bound, detail: detail))
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  func isEqual(ignoringCaseOf name: StaticString) -> Bool {
    count == name.utf8CodeUnitCount
      && (count == 0
        || strncasecmp(
          UnsafeRawPointer(baseAddress!).assumingMemoryBound(to: CChar.self),
          UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), count) == 0)
  }

  func isEqual(to name: StaticString) -> Bool {
    count == name.utf8CodeUnitCount && (count == 0 || memcmp(baseAddress!, name.utf8Start, count) == 0)
  }
}
