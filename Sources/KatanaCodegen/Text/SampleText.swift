import KatanaContract

/// A Swift expression that can be broken over lines.
indirect enum Layout {
  case text(String)
  /// `open`, items with commas between, `close`. A label stands before an item.
  case list(String, [(label: String, item: Layout)], String)

  var line: String {
    switch self {
    case .text(let text): text
    case .list(let open, let items, let close): open + items.map { $0.label + $0.item.line }.joined(separator: ", ") + close
    }
  }

  /// Writes `head`, the expression and `tail`, over several lines when it is too long for one.
  func write(_ head: String, _ tail: String, to text: inout SwiftText) {
    let whole = head + line + tail
    guard case .list(let open, let items, let close) = self, !text.fits(whole) else { return text.line(whole) }
    text.line(head + open)
    text.indented { text in
      for (index, entry) in items.enumerated() {
        entry.item.write(entry.label, index + 1 < items.count ? "," : "", to: &text)
      }
    }
    text.line(close + tail)
  }
}

/// Swift expressions for values that meet the contract: its examples where it has them, else the plainest value that
/// the schema accepts.
struct SampleText {
  private let model: ServiceModel
  private let typesByName: [String: Int]
  private let samples: [String: Node]
  private static let depthMax = 16

  init(_ model: ServiceModel) {
    self.model = model
    typesByName = Dictionary(model.types.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { $1 })
    samples = Dictionary(
      model.schemas.compactMap { schema in schema.sample.map { (schema.name, $0) } }, uniquingKeysWith: { $1 })
  }

  /// An expression of the type `value.swift`.
  func expression(_ value: ValueModel, _ example: Node?, depth: Int = 0) -> Layout {
    switch value {
    case .scalar(let scalar): return .text(self.scalar(scalar, example))
    case .words(let name): return .text(word(name, example))
    case .optional(let inner):
      guard let example, !example.isNull else { return .text("nil") }
      return expression(inner, example, depth: depth)
    case .checked(let inner, let schema): return expression(inner, example ?? samples[schema], depth: depth)
    case .any: return .text(json(example))
    case .array(let item, let minItems, _):
      if let items = example?.sequence {
        return .list("[", items.map { ("", expression(item, $0, depth: depth + 1)) }, "]")
      }
      let count = min(minItems ?? 0, 8)
      return .list("[", (0..<count).map { _ in ("", expression(item, nil, depth: depth + 1)) }, "]")
    case .map(let item):
      guard let entries = example?.mapping?.entries, !entries.isEmpty else { return .text("[:]") }
      return .list(
        "[", entries.map { (swiftLiteral($0.key) + ": ", expression(item, $0.value, depth: depth + 1)) }, "]")
    case .type(let name): return type(name, example, depth)
    }
  }

  // MARK: Types

  private func type(_ name: String, _ example: Node?, _ depth: Int) -> Layout {
    guard let index = typesByName[name] else { preconditionFailure("a value of a type that is not there") }
    let type = model.types[index]
    let escaped = SwiftName.escaped(name)
    let example = example ?? type.example
    switch type.shape {
    case .words: return .text(word(name, example))
    case .object(let properties, _): return object(escaped, properties, example, depth)
    case .union(let union):
      let index = alternative(union, example)
      let alternative = union.cases[index]
      let value = tagged(alternative, union, index, example, depth)
      return .list("\(escaped).\(SwiftName.escaped(alternative.name))(", [("", value)], ")")
    }
  }

  private func object(_ name: String, _ properties: [PropertyModel], _ example: Node?, _ depth: Int) -> Layout {
    var arguments: [(label: String, item: Layout)] = []
    for property in InitializerModel(properties).parameters {
      let given = example?.mapping?[property.key] ?? (property.isRequired ? property.example : nil)
      if !property.isRequired, given == nil || depth > Self.depthMax { continue }
      let text: Layout
      if case .nullable = property.presence, given?.isNull ?? true {
        text = .text("nil")
      } else if case .patch = property.presence {
        let isNull = given?.isNull ?? false
        text = isNull ? .text(".null") : .list(".value(", [("", expression(property.value, given, depth: depth + 1))], ")")
      } else {
        if !property.isRequired, given?.isNull == true, !property.value.isOptional { continue }
        text = expression(property.value, given, depth: depth + 1)
      }
      arguments.append(("\(SwiftName.label(property.name)): ", text))
    }
    return .list("\(name)(", arguments, ")")
  }

  /// The alternative that an example is one of, as well as its shape tells; else the first.
  private func alternative(_ union: UnionModel, _ example: Node?) -> Int {
    guard let example else { return 0 }
    let kind: String
    switch example.content {
    case .mapping: kind = "object"
    case .sequence: kind = "array"
    case .scalar: kind = example.bool != nil ? "boolean" : example.number != nil ? "number" : "string"
    }
    guard let choice = union.choices.first(where: { $0.type == kind })?.choice else { return 0 }
    switch choice {
    case .only(let index): return index
    case .tag(let member, let tags, let otherwise):
      let text = example.mapping?[member]?.string
      return tags.first { $0.value == text }?.index ?? otherwise.first?.index ?? tags[0].index
    case .keys(let keys, _): return keys.first { example.mapping?[$0.name] != nil }?.index ?? keys[0].index
    case .schemas(let candidates): return candidates.first?.index ?? 0
    }
  }

  /// A value whose tag leads back to it.
  private func tagged(
    _ alternative: UnionModel.Case, _ union: UnionModel, _ index: Int, _ example: Node?, _ depth: Int
  ) -> Layout {
    let layout = expression(alternative.value, example, depth: depth + 1)
    guard example == nil, case .type(let name) = alternative.value, let at = typesByName[name],
      case .object(let properties, _) = model.types[at].shape, case .list(let open, var items, let close) = layout,
      case .tag(let member, let tags, _)? = union.choices.first(where: { $0.type == "object" })?.choice,
      let tag = tags.first(where: { $0.index == index })?.value,
      let property = properties.first(where: { $0.key == member }), let word = self.tag(tag, property)
    else { return layout }
    // The plainest string is not the tag, and nobody is told apart by a tag that is left out.
    let label = "\(SwiftName.label(property.name)): "
    if let argument = items.firstIndex(where: { $0.label == label }) {
      items[argument].item = .text(word)
    } else {
      let before = Set(InitializerModel(properties).parameters.prefix { $0.key != member }.map { "\(SwiftName.label($0.name)): " })
      let place = items.lastIndex { before.contains($0.label) }.map { $0 + 1 } ?? 0
      items.insert((label, .text(word)), at: place)
    }
    return .list(open, items, close)
  }

  private func tag(_ tag: String, _ property: PropertyModel) -> String? {
    switch (property.presence, property.value) {
    case (.patch, _): return nil
    case (_, .scalar): return swiftLiteral(tag)
    case (_, .words(let name)):
      guard let index = typesByName[name], case .words(let words) = model.types[index].shape else { return nil }
      return words.first { $0.text == tag }.map { "\(SwiftName.escaped(name)).\(SwiftName.escaped($0.name))" }
    default: return nil
    }
  }

  private func word(_ name: String, _ example: Node?) -> String {
    guard let index = typesByName[name], case .words(let words) = model.types[index].shape else {
      preconditionFailure("a word of a type that is not there")
    }
    let word = words.first { $0.text == example?.string } ?? words[0]
    return "\(SwiftName.escaped(name)).\(SwiftName.escaped(word.name))"
  }

  // MARK: Scalars

  private func scalar(_ scalar: ScalarModel, _ example: Node?) -> String {
    switch scalar.method {
    case "boolean": return example?.bool == false ? "false" : "true"
    case "int32", "int64":
      if let value = example?.number?.integer, scalar.method == "int64" || Int32(exactly: value) != nil {
        return String(value)
      }
      return String(Int64(Self.number(scalar.facts, isWhole: true)))
    case "double", "float":
      if let value = example?.number, value.double.isFinite { return value.double.description }
      return Self.number(scalar.facts, isWhole: false).description
    case "uuid":
      let fallback = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
      let text = example?.string.flatMap { Self.isUUID($0) ? $0 : nil } ?? fallback
      return "UUID(\(swiftLiteral(text)))!"
    case "instant": return "Instant(\(swiftLiteral(Self.dateTime(example?.string))))!"
    case "bytes": return "Array(\"Katana\".utf8)"
    default: return swiftLiteral(example?.string ?? Self.text(scalar.facts))
    }
  }

  /// A number that meets the rules, close to 1.
  static func number(_ facts: ScalarFacts, isWhole: Bool) -> Double {
    var low = facts.minimum ?? -.infinity
    if let bound = facts.exclusiveMinimum { low = max(low, isWhole ? (bound + 1).rounded(.down) : bound + 0.5) }
    var high = facts.maximum ?? .infinity
    if let bound = facts.exclusiveMaximum { high = min(high, isWhole ? (bound - 1).rounded(.up) : bound - 0.5) }
    if low > high { low = (facts.exclusiveMinimum ?? low) / 2 + (facts.exclusiveMaximum ?? high) / 2 }
    var value = low > 1 ? low : high < 1 ? high : 1
    if isWhole { value = value.rounded(low > 1 ? .up : .down) }
    if let factor = facts.multipleOf, factor > 0 {
      value = (value / factor).rounded(.up) * factor
      if value > high { value = (high / factor).rounded(.down) * factor }
    }
    return value
  }

  /// The shortest string that meets the rules.
  static func text(_ facts: ScalarFacts) -> String {
    if let pattern = facts.pattern, let automaton = try? Automaton(pattern: pattern),
      let text = automaton.shortest(minLength: facts.minLength)
    {
      return text
    }
    if let format = facts.format, let text = formats[format] { return text }
    let text = "string"
    if text.count < facts.minLength {
      return text + String(repeating: "a", count: min(facts.minLength, 1024) - text.count)
    }
    return String(text.prefix(facts.maxLength))
  }

  static let formats = [
    "date": "2026-01-31", "time": "12:30:00Z", "date-time": "2026-01-31T12:30:00Z", "duration": "P1D",
    "email": "user@example.com", "hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
    "uri": "https://example.com/", "uri-reference": "/", "uuid": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "byte": "S2F0YW5h",
  ]

  static func isUUID(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy(\.isHexDigit) }
  }

  /// An RFC 3339 date-time as it is given, or one that is.
  static func dateTime(_ text: String?) -> String {
    guard let text, text.wholeMatch(of: /\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)/) != nil
    else { return formats["date-time"]! }
    return text
  }

  private func json(_ example: Node?) -> String {
    guard let example else { return "JSONValue.null" }
    return "JSONReader.constant(JSONValue.self, \(swiftLiteral(jsonText(example))))"
  }
}

extension Automaton {
  /// The shortest accepted text of at least `minLength` characters, of printable ASCII; nil when there is none.
  func shortest(minLength: Int) -> String? {
    guard minLength <= 256 else { return nil }
    var map = [UInt8](repeating: 0, count: 256)
    for run in classes { for byte in Int(run.first)..<256 { map[byte] = run.class } }
    // One byte for each class, a letter or a digit where there is one.
    let order = Array("aA0".utf8) + Array(UInt8(ascii: "b")...UInt8(ascii: "z")) + Array(0x21...0x7E) + [0x20]
    var byteOfClass: [UInt8: UInt8] = [:]
    for byte in order where byteOfClass[map[Int(byte)]] == nil { byteOfClass[map[Int(byte)]] = byte }
    var layer: [Int: [UInt8]] = [0: []]
    for length in 0...(minLength + stateCount) {
      if length >= minLength, let found = layer.filter({ accepting[$0.key] }).min(by: { $0.key < $1.key }) {
        return String(decoding: found.value, as: UTF8.self)
      }
      var next: [Int: [UInt8]] = [:]
      for (state, text) in layer.sorted(by: { $0.key < $1.key }) {
        for (item, byte) in byteOfClass.sorted(by: { $0.key < $1.key }) {
          let target = self.next[state * classCount + Int(item)]
          if next[target] == nil { next[target] = text + [byte] }
        }
      }
      layer = next
    }
    return nil
  }
}
