/// A change of one place of a valid value, and what a service must say to it.
struct Mutation {
  enum Outcome {
    case valid
    /// The code; nil where more than one would do.
    case violation(String?)
  }

  /// What is special, behind the name of the place: `is below its minimum`.
  var name: String
  /// A JSON pointer from the value that was asked about.
  var pointer: String
  var sample: JSONSample
  var outcome: Outcome
  /// About a member that the object does not declare.
  var isExtra = false
}

/// The changes of a value that the rules of its schema turn on: each bound and its neighbours, each rule broken once.
struct Mutations {
  var samples: SampleJSON
  /// What long texts are made of: two bytes, so that lengths in bytes are found out.
  var filling: Character = "é"
  /// The value travels in pieces of text, where nothing is null and nothing has a type.
  var isOfTexts = false

  private static let depthMax = 6
  /// Longer texts and lists at a bound are left out.
  static let lengthMax = 70_000
  private static let itemsMax = 300
  /// Words of an enum that are tried.
  private static let wordsMax = 8
  /// Beyond it, neighbours of a bound are not numbers of their own.
  private static let exactMax = 9_007_199_254_740_991.0

  /// - Parameter isSure: whether nothing but the rules that are known here holds for the value.
  func of(_ value: ValueModel, _ sample: JSONSample, isSure: Bool = true, depth: Int = 0) -> [Mutation] {
    if depth > Self.depthMax { return [] }
    switch value {
    case .scalar(let scalar): return wrongType(value) + self.scalar(scalar, isSure)
    case .words(let name): return wrongType(value) + words(name, isSure)
    case .optional(let inner):
      let inside = of(inner, nonNull(inner, sample), isSure: isSure, depth: depth)
      let others = inside.filter { !$0.pointer.isEmpty || $0.name != Self.null }
      if !isSure || isOfTexts { return others }
      return others + [Mutation(name: "is null", pointer: "", sample: .raw("null"), outcome: .valid)]
    case .checked(let inner, _): return of(inner, sample, isSure: false, depth: depth)
    case .any, .map: return wrongType(value)
    case .array(let item, let minItems, let maxItems):
      return wrongType(value) + array(item, sample, minItems ?? 0, maxItems ?? .max, isSure, depth)
    case .type(let name):
      let type = samples.type(named: name)
      switch type.shape {
      case .words: return wrongType(value) + words(name, isSure)
      case .object(let properties, let additional):
        let isSure = isSure && type.check == nil
        return wrongType(value) + object(properties, additional, sample, isSure, depth)
      case .union: return wrongType(value)
      }
    }
  }

  private func nonNull(_ value: ValueModel, _ sample: JSONSample) -> JSONSample {
    guard case .raw("null") = sample else { return sample }
    var samples = samples
    return samples.sample(value)
  }

  // MARK: Types

  private static let null = "is null, which it may not be"

  private func wrongType(_ value: ValueModel) -> [Mutation] {
    let kinds = kinds(value)
    guard !kinds.isEmpty else { return [] }
    if isOfTexts {
      let isNumeric = kinds.isSubset(of: ["number", "boolean", "null"]) && !isUnion(value)
      return isNumeric ? [Mutation("is a word", .string("x"), "type")] : []
    }
    var result: [Mutation] = []
    func add(_ name: String, _ sample: JSONSample) {
      let code: String? = isUnion(value) ? nil : "type"
      result.append(Mutation(name: name, pointer: "", sample: sample, outcome: .violation(code)))
    }
    if !kinds.contains("null") { add(Self.null, .raw("null")) }
    let others: [(String, JSONSample)] = [
      ("boolean", .raw("true")), ("string", .string("text")), ("number", .raw("1")), ("object", .members([])),
    ]
    if let other = others.first(where: { !kinds.contains($0.0) }) { add("has another type", other.1) }
    return result
  }

  /// Unions say that no alternative matches.
  private func isUnion(_ value: ValueModel) -> Bool {
    switch value {
    case .optional(let inner), .checked(let inner, _): return isUnion(inner)
    case .type(let name):
      if case .union = samples.type(named: name).shape { return true }
      return false
    case .scalar, .words, .array, .map, .any: return false
    }
  }

  /// The JSON types that a value may have; empty: any.
  private func kinds(_ value: ValueModel) -> Set<String> {
    switch value {
    case .scalar(let scalar):
      switch scalar.method {
      case "boolean": return ["boolean"]
      case "int32", "int64", "double", "float": return ["number"]
      default: return ["string"]
      }
    case .words: return ["string"]
    case .array: return ["array"]
    case .map: return ["object"]
    case .optional(let inner):
      let kinds = kinds(inner)
      return kinds.isEmpty ? [] : kinds.union(["null"])
    case .checked(let inner, _): return kinds(inner)
    case .any: return []
    case .type(let name):
      switch samples.type(named: name).shape {
      case .words: return ["string"]
      case .object: return ["object"]
      case .union(let union): return Set(union.choices.map { $0.type == "integer" ? "number" : $0.type })
      }
    }
  }

  // MARK: Scalars

  private func scalar(_ scalar: ScalarModel, _ isSure: Bool) -> [Mutation] {
    switch scalar.method {
    case "boolean", "file": return []
    case "int32", "int64": return numbers(scalar, unit: 1, isSure) + wholeNumbers(scalar)
    case "double", "float": return numbers(scalar, unit: 0.5, isSure)
    case "uuid", "instant", "bytes": return [Mutation("is malformed", .string("?"), "format")]
    default: return strings(scalar, isSure)
    }
  }

  private func wholeNumbers(_ scalar: ScalarModel) -> [Mutation] {
    let beyond = scalar.method == "int32" ? "2147483648" : "9223372036854775808"
    return [Mutation("has a fraction", .raw("1.5"), nil), Mutation("is beyond its format", .raw(beyond), nil)]
  }

  private func numbers(_ scalar: ScalarModel, unit: Double, _ isSure: Bool) -> [Mutation] {
    let facts = scalar.facts
    let isWhole = unit == 1
    var result: [Mutation] = []
    func add(_ value: Double, _ name: String, _ code: String?) {
      if value.magnitude > Self.exactMax || isWhole && value != value.rounded() { return }
      if scalar.method == "int32", Int32(exactly: value) == nil { return }
      if let code {
        result.append(Mutation(name, .raw(decimal(value)), code))
      } else if isSure, scalar.accepts(value) {
        result.append(Mutation(name: name, pointer: "", sample: .raw(decimal(value)), outcome: .valid))
      }
    }
    if let bound = facts.minimum, facts.exclusiveMinimum.map({ $0 < bound }) ?? true {
      add(bound - unit, "is below its minimum", "minimum")
      add(bound, "is its minimum", nil)
      add(bound + unit, "is above its minimum", nil)
    }
    if let bound = facts.exclusiveMinimum, facts.minimum.map({ $0 <= bound }) ?? true {
      add(bound, "is its exclusive minimum", isWhole ? "minimum" : "exclusive_minimum")
      add(bound + unit, "is above its exclusive minimum", nil)
    }
    if let bound = facts.maximum, facts.exclusiveMaximum.map({ $0 > bound }) ?? true {
      add(bound - unit, "is below its maximum", nil)
      add(bound, "is its maximum", nil)
      add(bound + unit, "is above its maximum", "maximum")
    }
    if let bound = facts.exclusiveMaximum, facts.maximum.map({ $0 >= bound }) ?? true {
      add(bound - unit, "is below its exclusive maximum", nil)
      add(bound, "is its exclusive maximum", isWhole ? "maximum" : "exclusive_maximum")
    }
    if let factor = facts.multipleOf, factor > 0, isWhole ? factor > 1 : true {
      let good = SampleText.number(facts, isWhole: isWhole)
      let bad = isWhole ? good + 1 : good + factor / 2
      var loose = scalar
      loose.facts.multipleOf = nil
      if loose.accepts(bad) { add(bad, "is no multiple of \(decimal(factor))", "multiple_of") }
    }
    return result
  }

  private func strings(_ scalar: ScalarModel, _ isSure: Bool) -> [Mutation] {
    let facts = scalar.facts
    var result: [Mutation] = []
    let checkedFormats = ["date", "time", "date-time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid", "byte"]
    if let format = facts.format, checkedFormats.contains(format), facts.minLength <= 1 {
      result.append(Mutation("is malformed", .string("?"), "format"))
    }
    if let pattern = facts.pattern {
      guard let text = mismatch(pattern, facts) else { return result }
      return result + [Mutation("does not match its pattern", .string(text), "pattern")]
    }
    if facts.format != nil, SampleText.formats[facts.format!] != nil { return result }
    func add(_ count: Int, _ name: String, _ code: String?) {
      guard count >= 0, count <= Self.lengthMax, code != nil || isSure else { return }
      let isInside = count >= facts.minLength && count <= facts.maxLength
      if code == nil, !isInside { return }
      let text = JSONSample.string(String(repeating: filling, count: count))
      result.append(Mutation(name: name, pointer: "", sample: text, outcome: code.map { .violation($0) } ?? .valid))
    }
    if facts.minLength > 0 {
      add(facts.minLength - 1, "is shorter than its minimum", "min_length")
      add(facts.minLength, "has its minimum length", nil)
      add(facts.minLength + 1, "is longer than its minimum", nil)
    }
    if facts.maxLength < .max {
      add(facts.maxLength - 1, "is shorter than its maximum", nil)
      add(facts.maxLength, "has its maximum length", nil)
      add(facts.maxLength + 1, "is longer than its maximum", "max_length")
    }
    return result
  }

  /// A text of a fitting length that the pattern does not match.
  private func mismatch(_ pattern: String, _ facts: ScalarFacts) -> String? {
    guard let automaton = samples.automaton(pattern), facts.minLength <= 256 else { return nil }
    let count = max(1, facts.minLength)
    return "~ aA0!-".lazy.map { String(repeating: $0, count: count) }.first { !automaton.matches($0) }
  }

  private func words(_ name: String, _ isSure: Bool) -> [Mutation] {
    guard case .words(let words) = samples.type(named: name).shape else { return [] }
    var unknown = "unknown"
    while words.contains(where: { $0.text == unknown }) { unknown += "-" }
    let known = words.prefix(Self.wordsMax).map { word in
      Mutation(name: "is '\(word.text)'", pointer: "", sample: .string(word.text), outcome: .valid)
    }
    return (isSure ? known : []) + [Mutation("is no word of its enum", .string(unknown), "enum")]
  }

  // MARK: Containers

  private func array(
    _ item: ValueModel, _ sample: JSONSample, _ low: Int, _ high: Int, _ isSure: Bool, _ depth: Int
  ) -> [Mutation] {
    var samples = samples
    let one = samples.sample(item)
    let isItemSure = isSure && !samples.isDoubtful
    var items: [JSONSample] = []
    if case .list(let known) = sample { items = known }
    let first = items.first ?? one
    var result: [Mutation] = []
    func add(_ count: Int, _ name: String, _ code: String?) {
      guard count >= 0, count <= Self.itemsMax, code != nil || isItemSure, count >= low || code != nil,
        count <= high || code != nil
      else { return }
      let list = JSONSample.list([JSONSample](repeating: one, count: count))
      result.append(Mutation(name: name, pointer: "", sample: list, outcome: code.map { .violation($0) } ?? .valid))
    }
    if low > 0 {
      add(low - 1, "has fewer items than its minimum", "min_items")
      add(low, "has its minimum of items", nil)
      add(low + 1, "has more items than its minimum", nil)
    }
    if high < .max {
      add(high - 1, "has fewer items than its maximum", nil)
      add(high, "has its maximum of items", nil)
      add(high + 1, "has more items than its maximum", "max_items")
    }
    let rest = items.dropFirst()
    let isInside = max(items.count, 1) >= low && max(items.count, 1) <= high
    for mutation in of(item, first, isSure: isSure && isInside, depth: depth + 1) {
      result.append(mutation.inside("0", .list([mutation.sample] + rest)))
    }
    return result
  }

  private func object(
    _ properties: [PropertyModel], _ additional: AdditionalModel, _ sample: JSONSample, _ isSure: Bool, _ depth: Int
  ) -> [Mutation] {
    guard case .members(let members) = sample else { return [] }
    var result: [Mutation] = []
    for property in properties {
      let at = members.firstIndex { $0.key == property.key }
      let without = members.filter { $0.key != property.key }
      if property.isRequired {
        result.append(Mutation("is missing", .members(without), "required").inside(property.key, .members(without)))
      } else if isSure, at != nil {
        result.append(
          Mutation(name: "is absent", pointer: "", sample: .members(without), outcome: .valid)
            .inside(property.key, .members(without)))
      }
      var samples = samples
      let value = at.map { members[$0].value } ?? samples.sample(property.value, property.example)
      let inside = of(property.value, value, isSure: isSure && !samples.isDoubtful, depth: depth + 1)
      for mutation in inside {
        var mutation = mutation
        if mutation.pointer.isEmpty, mutation.name == Self.null, property.acceptsNull {
          guard isSure else { continue }
          mutation.name = "is null"
          mutation.outcome = .valid
        }
        var changed = members
        if let at { changed[at].value = mutation.sample } else { changed.append((property.key, mutation.sample)) }
        result.append(mutation.inside(property.key, .members(changed)))
      }
    }
    return result + extras(additional, members, properties, isSure)
  }

  private func extras(
    _ additional: AdditionalModel, _ members: [(key: String, value: JSONSample)], _ properties: [PropertyModel],
    _ isSure: Bool
  ) -> [Mutation] {
    var result: [Mutation] = []
    var unknown = "unknownMember"
    while properties.contains(where: { $0.key == unknown }) { unknown += "_" }
    let extended = JSONSample.members(members + [(unknown, .raw("1"))])
    switch additional {
    case .refused:
      var mutation = Mutation("is not known", extended, "additional_property").inside(unknown, extended)
      mutation.isExtra = true
      result.append(mutation)
    case .ignored, .kept(.any, _):
      if isSure {
        result.append(
          Mutation(name: "has an unknown member", pointer: "", sample: extended, outcome: .valid, isExtra: true))
      }
      if isOfTexts { break }
      let deep = JSONSample.raw(String(repeating: "[", count: 200) + String(repeating: "]", count: 200))
      let nested = JSONSample.members(members + [(unknown, deep)])
      let name = "has a member that is nested too deeply"
      result.append(Mutation(name: name, pointer: Mutation.anywhere, sample: nested, outcome: .violation(nil)))
    case .kept: break
    }
    if !isOfTexts, let first = members.first(where: { member in properties.contains { $0.key == member.key } }) {
      let twice = JSONSample.members(members + [first])
      result.append(Mutation("is there twice", twice, "duplicate_key").inside(first.key, twice))
    }
    return result
  }
}

extension Mutation {
  /// A violation whose place is not told.
  static let anywhere = "*"

  init(_ name: String, _ sample: JSONSample, _ code: String?) {
    self.init(name: name, pointer: "", sample: sample, outcome: .violation(code))
  }

  /// The same change in a container, whose whole it then is.
  func inside(_ key: String, _ whole: JSONSample) -> Mutation {
    var copy = self
    if pointer != Self.anywhere {
      copy.pointer = "/" + key.replacing("~", with: "~0").replacing("/", with: "~1") + pointer
    }
    copy.sample = whole
    return copy
  }
}
