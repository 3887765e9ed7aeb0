import KatanaContract

/// A JSON text that is taken apart as far as cases change it.
indirect enum JSONSample {
  /// A number, a word, or a whole document as it is written.
  case raw(String)
  case string(String)
  case list([JSONSample])
  case members([(key: String, value: JSONSample)])

  var text: String {
    switch self {
    case .raw(let text): text
    case .string(let text): jsonLiteral(text)
    case .list(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
    case .members(let members):
      "{" + members.map { jsonLiteral($0.key) + ":" + $0.value.text }.joined(separator: ",") + "}"
    }
  }

  /// The value as a parameter or a member of a form has it; nil for what is neither a string, a number nor a word.
  var plain: String? {
    switch self {
    case .raw(let text): text.hasPrefix("{") || text.hasPrefix("[") || text.hasPrefix("\"") ? nil : text
    case .string(let text): text
    case .list, .members: nil
    }
  }
}

/// JSON for values that meet the contract, as ``SampleText`` is Swift for them: examples, else the plainest value.
///
/// Rules that only an evaluator knows are not looked at; ``isDoubtful`` then says that the value may break one.
struct SampleJSON {
  private(set) var isDoubtful = false

  private let model: ServiceModel
  private let typesByName: [String: Int]
  private let schemas: [String: SchemaModel]
  private let automata: [String: Automaton]
  private static let depthMax = 12
  private static let itemsMax = 1000

  init(_ model: ServiceModel) {
    self.model = model
    typesByName = Dictionary(model.types.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { $1 })
    schemas = Dictionary(model.schemas.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    automata = Dictionary(
      model.patterns.compactMap { pattern in pattern.automaton.map { (pattern.source, $0) } }, uniquingKeysWith: { $1 })
  }

  func type(named name: String) -> TypeModel { model.types[typesByName[name]!] }

  func automaton(_ pattern: String) -> Automaton? { automata[pattern] }

  /// The sample with all doubts that it raises; doubts of earlier ones are forgotten.
  mutating func sample(_ value: ValueModel, _ example: Node? = nil) -> JSONSample {
    isDoubtful = false
    return sample(value, example, 0)
  }

  mutating func forgetDoubts() { isDoubtful = false }

  private mutating func sample(_ value: ValueModel, _ example: Node?, _ depth: Int) -> JSONSample {
    if depth > Self.depthMax {
      isDoubtful = true
      return .raw("null")
    }
    switch value {
    case .scalar(let scalar): return self.scalar(scalar, example)
    case .words(let name): return word(name, example)
    case .optional(let inner):
      guard let example, !example.isNull else { return .raw("null") }
      return sample(inner, example, depth)
    case .any: return .raw(example.map(jsonText) ?? "null")
    case .checked(let inner, let schema): return checked(inner, schema, example, depth)
    case .array(let item, let minItems, _):
      if let items = example?.sequence { return .list(items.map { sample(item, $0, depth + 1) }) }
      let count = minItems ?? 0
      if count > Self.itemsMax { isDoubtful = true }
      let one = sample(item, nil, depth + 1)
      return .list([JSONSample](repeating: one, count: min(count, Self.itemsMax)))
    case .map(let item):
      let entries = example?.mapping?.entries ?? []
      return .members(entries.map { ($0.key, sample(item, $0.value, depth + 1)) })
    case .type(let name): return type(name, example, depth)
    }
  }

  private mutating func checked(_ inner: ValueModel, _ schema: String, _ example: Node?, _ depth: Int) -> JSONSample {
    if let example = example ?? schemas[schema]?.sample { return sample(inner, example, depth) }
    let sample = sample(inner, nil, depth)
    switch (schemas[schema]?.text ?? "", sample) {
    case ("{\"uniqueItems\":true}", .list(let items)) where items.count < 2: break
    case (let text, .raw) where text.hasPrefix("{\"multipleOf\":") && !text.contains(","): break
    default: isDoubtful = true
    }
    return sample
  }

  private mutating func type(_ name: String, _ example: Node?, _ depth: Int) -> JSONSample {
    let type = type(named: name)
    let example = example ?? type.example
    switch type.shape {
    case .words: return word(name, example)
    case .object(let properties, let additional):
      if type.check != nil, example == nil { isDoubtful = true }
      return object(properties, additional, example, depth)
    case .union(let union):
      if let example { return .raw(jsonText(example)) }
      return alternative(union, depth)
    }
  }

  private mutating func object(
    _ properties: [PropertyModel], _ additional: AdditionalModel, _ example: Node?, _ depth: Int
  ) -> JSONSample {
    var members: [(key: String, value: JSONSample)] = []
    for property in properties {
      let given = example?.mapping?[property.key] ?? (example == nil || property.isRequired ? property.example : nil)
      if !property.isRequired, given == nil || depth >= Self.depthMax / 2 { continue }
      if let given, given.isNull, property.acceptsNull {
        members.append((property.key, .raw("null")))
      } else if let given, given.isNull, !property.isRequired {
        continue
      } else {
        members.append((property.key, sample(property.value, given, depth + 1)))
      }
    }
    if case .kept(let value, _) = additional, let entries = example?.mapping?.entries {
      for entry in entries where !properties.contains(where: { $0.key == entry.key }) {
        members.append((entry.key, sample(value, entry.value, depth + 1)))
      }
    }
    return .members(members)
  }

  private mutating func alternative(_ union: UnionModel, _ depth: Int) -> JSONSample {
    guard let choice = union.choices.first?.choice else {
      isDoubtful = true
      return .raw("null")
    }
    switch choice {
    case .only(let index): return sample(union.cases[index].value, nil, depth + 1)
    case .tag(let member, let tags, _):
      guard let tag = tags.first, case .members(var members) = sample(union.cases[tag.index].value, nil, depth + 1)
      else { break }
      let value = JSONSample.string(tag.value)
      if let at = members.firstIndex(where: { $0.key == member }) {
        members[at].value = value
      } else {
        members.insert((member, value), at: 0)
      }
      return .members(members)
    case .keys(let keys, _):
      if union.isExclusive { isDoubtful = true }
      return sample(union.cases[keys[0].index].value, nil, depth + 1)
    case .schemas(let candidates):
      isDoubtful = true
      return sample(union.cases[candidates[0].index].value, nil, depth + 1)
    }
    isDoubtful = true
    return .raw("null")
  }

  private func word(_ name: String, _ example: Node?) -> JSONSample {
    guard case .words(let words) = type(named: name).shape else { preconditionFailure("a word of no enum") }
    return .string((words.first { $0.text == example?.string } ?? words[0]).text)
  }

  // MARK: Scalars

  private mutating func scalar(_ scalar: ScalarModel, _ example: Node?) -> JSONSample {
    switch scalar.method {
    case "boolean": return .raw(example?.bool == false ? "false" : "true")
    case "int32", "int64":
      if let value = example?.number?.integer, scalar.accepts(Double(value)) { return .raw(String(value)) }
      let value = SampleText.number(scalar.facts, isWhole: true)
      if !scalar.accepts(value) { isDoubtful = true }
      return .raw(decimal(value))
    case "double", "float":
      if let value = example?.number, value.double.isFinite, scalar.accepts(value.double) {
        return .raw(jsonNumber(value))
      }
      let value = SampleText.number(scalar.facts, isWhole: false)
      if !scalar.accepts(value) { isDoubtful = true }
      return .raw(decimal(value))
    case "uuid":
      return .string(example?.string.flatMap { SampleText.isUUID($0) ? $0 : nil } ?? SampleText.formats["uuid"]!)
    case "instant": return .string(SampleText.dateTime(example?.string))
    case "bytes": return .string(SampleText.formats["byte"]!)
    default:
      if let text = example?.string, accepts(text, scalar.facts) { return .string(text) }
      let text = SampleText.text(scalar.facts)
      let formatted = scalar.facts.format.flatMap { SampleText.formats[$0] }
      let isFormatted = formatted == nil || formatted == text
      if !accepts(text, scalar.facts) || !isFormatted { isDoubtful = true }
      return .string(text)
    }
  }

  /// Lengths and pattern; a pattern that no automaton decides is taken on trust.
  func accepts(_ text: String, _ facts: ScalarFacts) -> Bool {
    let count = text.unicodeScalars.count
    guard count >= facts.minLength, count <= facts.maxLength else { return false }
    guard let pattern = facts.pattern else { return true }
    return automata[pattern]?.matches(text) ?? true
  }
}

extension PropertyModel {
  var acceptsNull: Bool {
    switch presence {
    case .nullable, .patch: true
    default: value.isOptional
    }
  }
}

extension ScalarModel {
  func accepts(_ value: Double) -> Bool {
    if let bound = facts.minimum, value < bound { return false }
    if let bound = facts.maximum, value > bound { return false }
    if let bound = facts.exclusiveMinimum, value <= bound { return false }
    if let bound = facts.exclusiveMaximum, value >= bound { return false }
    if let factor = facts.multipleOf, factor > 0 {
      let quotient = value / factor
      if abs(quotient - quotient.rounded()) > 1e-9 { return false }
    }
    return method != "int32" || Int32(exactly: value) != nil
  }
}

/// A number as JSON, whole ones without a fraction.
func decimal(_ value: Double) -> String { Int64(exactly: value).map(String.init) ?? value.description }
