import CKatana

/// How a reader finds the alternative of a `oneOf` or `anyOf` that a value is. Generated.
///
/// The JSON type decides first. Alternatives of one type are told apart by the value of a member, by members that only
/// one of them requires, or, where the contract leaves nothing else, by evaluating each of them.
public final class Alternatives: Sendable {
  public typealias Candidate = (schema: JSONSchema, index: Int)

  public enum Choice: Sendable {
    case only(Int)
    /// The string in a member. `otherwise` are asked when the member is absent; without any, it is required.
    case tag(StaticString, [(StaticString, Int)], otherwise: [Candidate] = [])
    /// The one member of these that the object has. `otherwise` are asked when it has none or several of them.
    case keys([(StaticString, Int)], otherwise: [Candidate])
    case schemas([Candidate])
  }

  let object: Choice?
  let array: Choice?
  let string: Choice?
  let number: Choice?
  let boolean: Choice?
  /// Whether exactly one alternative may accept the value: `oneOf`.
  let isExclusive: Bool

  public init(
    object: Choice? = nil, array: Choice? = nil, string: Choice? = nil, number: Choice? = nil, boolean: Choice? = nil,
    isExclusive: Bool
  ) {
    self.object = object
    self.array = array
    self.string = string
    self.number = number
    self.boolean = boolean
    self.isExclusive = isExclusive
  }
}

extension JSONReader {
  /// The alternative that the next value is, without taking the value; nil, with a violation and the value skipped,
  /// when it is none.
  public mutating func alternative(of alternatives: Alternatives) -> Int? {
    let choice: Alternatives.Choice? =
      switch kt_json_peek(&cursor) {
      case KT_JSON_OBJECT: alternatives.object
      case KT_JSON_ARRAY: alternatives.array
      case KT_JSON_STRING: alternatives.string
      case KT_JSON_NUMBER_VALUE: alternatives.number
      case KT_JSON_BOOLEAN: alternatives.boolean
      default: nil
      }
    switch choice {
    case nil: return noAlternative(alternatives)
    case .only(let index): return index
    case .tag(let member, let tags, let otherwise):
      return tagged(member, tags, alternatives, otherwise)
    case .keys(let keys, let otherwise):
      if let index = index(byKeys: keys) { return index }
      return evaluated(otherwise, alternatives)
    case .schemas(let candidates): return evaluated(candidates, alternatives)
    }
  }

  private mutating func noAlternative(_ alternatives: Alternatives, matched: Int64 = 0) -> Int? {
    if alternatives.isExclusive { violate(.oneOf, .integer(matched)) } else { violate(.anyOf) }
    skip()
    return nil
  }

  private mutating func evaluated(_ candidates: [Alternatives.Candidate], _ alternatives: Alternatives) -> Int? {
    var found: Int?
    var matched: Int64 = 0
    for candidate in candidates where matches(candidate.schema) {
      if !alternatives.isExclusive { return candidate.index }
      found = candidate.index
      matched += 1
    }
    return matched == 1 ? found : noAlternative(alternatives, matched: matched)
  }

  private mutating func tagged(
    _ member: StaticString, _ tags: [(StaticString, Int)], _ alternatives: Alternatives,
    _ otherwise: [Alternatives.Candidate]
  ) -> Int? {
    let before = cursor
    let object = offset
    guard kt_json_enter(&cursor) else { return nil }
    while let key = key() {
      guard key.equals(member) else {
        skip()
        continue
      }
      kt_json_space(&cursor)
      let at = offset
      guard kt_json_peek(&cursor) == KT_JSON_STRING, let word = word() else {
        violate(.type, .text("string"))
        rewind(before)
        skip()
        return nil
      }
      let index = tags.first { word.equals($0.0) }?.1
      rewind(before)
      if index == nil {
        log.add(.enum, at: at)
        skip()
      }
      return index
    }
    rewind(before)
    if !otherwise.isEmpty { return evaluated(otherwise, alternatives) }
    missing(member, in: object)
    skip()
    return nil
  }

  private mutating func index(byKeys keys: [(StaticString, Int)]) -> Int? {
    let before = cursor
    var found: Int?
    guard kt_json_enter(&cursor) else { return nil }
    while let key = key() {
      if let index = keys.first(where: { key.equals($0.0) })?.1 {
        if found != nil, found != index {
          rewind(before)
          return nil
        }
        found = index
      }
      skip()
    }
    rewind(before)
    return found
  }

  /// Back to a value, unless the document turned out to be malformed on the way.
  private mutating func rewind(_ before: kt_json) {
    if !isBroken { cursor = before }
  }
}
