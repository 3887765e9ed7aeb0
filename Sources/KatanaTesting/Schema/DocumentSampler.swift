import Katana

/// Random JSON documents around a JSON Schema (2020-12): most of what they hold meets it, and now and then a value does
/// not.
///
/// A document is no more than a proposal: which ones are valid is for `JSONSchema` to say, because keywords can ask for
/// more than is looked at here (`not`, `if`, `contains` and others).
public struct DocumentSampler {
  /// One value in so many is not what its schema asks for; zero: none.
  public var oddity = 24

  private let root: JSONValue
  private var random: Randomness
  private var values = 0
  /// Values deeper than this are the smallest that there are.
  private static let depthMax = 6
  /// Values of a document; beyond it they are null, which ends what requires itself.
  private static let valuesMax = 2000
  private static let itemsMax = 6
  private static let charactersMax = 4096

  /// - Throws: ``ViolationList`` where the text is not JSON.
  public init(schema: String, seed: UInt64) throws {
    var text = schema
    root = try text.withUTF8 { JSONReader.decode(JSONValue.self, from: UnsafeRawBufferPointer($0).bytes) }.get()
    random = Randomness(seed: seed)
  }

  /// The next document.
  public mutating func next() -> String {
    values = 0
    return jsonText(of: value(root, 0))
  }

  // MARK: Schemas

  private mutating func value(_ schema: JSONValue, _ depth: Int) -> JSONValue {
    values += 1
    if values > Self.valuesMax || depth > Self.depthMax * 3 { return .null }
    if oddity > 0, random.oneIn(oddity) { return anything(depth) }
    let schema = merged(schema, 0)
    if let value = schema["const"] { return value }
    if let values = schema["enum"]?.arrayValue, !values.isEmpty { return random.pick(values) }
    switch type(of: schema) {
    case "null": return .null
    case "boolean": return .boolean(random.oneIn(2))
    case "integer": return number(schema, isWhole: true)
    case "number": return number(schema, isWhole: random.oneIn(3))
    case "string": return .string(string(schema))
    case "array": return array(schema, depth)
    case "object": return object(schema, depth)
    default: return anything(depth)
    }
  }

  /// The keywords of a schema with its references followed, its `allOf` folded in and one branch of each choice taken.
  private mutating func merged(_ schema: JSONValue, _ nesting: Int) -> JSONObject {
    guard var result = schema.objectValue, nesting < 32 else { return JSONObject() }
    var parts: [JSONValue] = []
    if let reference = result["$ref"]?.stringValue { parts.append(target(reference)) }
    parts += result["allOf"]?.arrayValue ?? []
    for keyword in ["oneOf", "anyOf"] {
      if let branches = result[keyword]?.arrayValue, !branches.isEmpty { parts.append(random.pick(branches)) }
    }
    for keyword in ["$ref", "$defs", "allOf", "oneOf", "anyOf"] { result[keyword] = nil }
    for part in parts { fold(merged(part, nesting + 1), into: &result) }
    return result
  }

  private func fold(_ part: JSONObject, into result: inout JSONObject) {
    for (name, value) in part.members.map({ ($0.name, $0.value) }) {
      switch (name, result[name]) {
      case ("properties", .object(var known)?):
        for member in value.objectValue ?? JSONObject() where known[member.name] == nil {
          known[member.name] = member.value
        }
        result[name] = .object(known)
      case ("required", .array(let known)?): result[name] = .array(known + (value.arrayValue ?? []))
      case ("minimum", let known?), ("exclusiveMinimum", let known?), ("minLength", let known?),
        ("minItems", let known?):
        if let new = value.doubleValue, let old = known.doubleValue, new > old { result[name] = value }
      case ("maximum", let known?), ("exclusiveMaximum", let known?), ("maxLength", let known?),
        ("maxItems", let known?):
        if let new = value.doubleValue, let old = known.doubleValue, new < old { result[name] = value }
      case (_, nil): result[name] = value
      default: break
      }
    }
  }

  private func target(_ reference: String) -> JSONValue {
    var value = root
    for token in reference.drop(while: { $0 == "#" }).split(separator: "/") {
      let name = token.replacing("~1", with: "/").replacing("~0", with: "~")
      let item = Int(name).flatMap { (index: Int) in value[index] }
      guard let next = value[String(name)] ?? item else { return .boolean(true) }
      value = next
    }
    return value
  }

  private mutating func type(of schema: JSONObject) -> String? {
    if let types = schema["type"]?.arrayValue?.compactMap(\.stringValue), !types.isEmpty { return random.pick(types) }
    if let type = schema["type"]?.stringValue { return type }
    let hints = [
      ("properties", "object"), ("required", "object"), ("additionalProperties", "object"), ("items", "array"),
      ("prefixItems", "array"), ("minItems", "array"), ("pattern", "string"), ("minLength", "string"),
      ("maxLength", "string"), ("format", "string"), ("minimum", "number"), ("maximum", "number"),
      ("multipleOf", "number"),
    ]
    return hints.first { schema[$0.0] != nil }?.1
  }

  // MARK: Values

  private mutating func number(_ schema: JSONObject, isWhole: Bool) -> JSONValue {
    let unit = isWhole ? 1.0 : 0.5
    let isNarrow = schema["format"]?.stringValue == "int32"
    var low = schema["minimum"]?.doubleValue
    if let bound = schema["exclusiveMinimum"]?.doubleValue { low = max(low ?? -.infinity, bound + unit) }
    var high = schema["maximum"]?.doubleValue
    if let bound = schema["exclusiveMaximum"]?.doubleValue { high = min(high ?? .infinity, bound - unit) }
    let span = isNarrow ? 1e6 : 1e9
    let from = low ?? min(-span, (high ?? 0) - span)
    let to = high ?? max(span, from + span)
    guard from <= to else { return .number(JSONNumber(from)) }
    var value: Double
    switch random.below(6) {
    case 0: value = from
    case 1: value = to
    case 2: value = min(to, max(from, Double(random.below(9) - 4)))
    default: value = Double.random(in: from...to, using: &random)
    }
    if oddity > 0, random.oneIn(oddity) { value = random.oneIn(2) ? from - unit : to + unit }
    if isWhole { value = value.rounded() } else { value = (value * 8).rounded() / 8 }
    if let factor = schema["multipleOf"]?.doubleValue, factor > 0, oddity == 0 || !random.oneIn(oddity) {
      value = (value / factor).rounded() * factor
      if value < from { value += factor }
      if value > to { value -= factor }
      // What decimal digits say, and not what a sum of halves says.
      value = Double("\((value * 1e6).rounded() / 1e6)") ?? value
    }
    return .number(Int64(exactly: value).map { JSONNumber($0) } ?? JSONNumber(value))
  }

  private mutating func string(_ schema: JSONObject) -> String {
    let low = schema["minLength"]?.int64Value.map { Int($0) } ?? 0
    let high = min(schema["maxLength"]?.int64Value.map { Int($0) } ?? max(low, 12), Self.charactersMax)
    if let pattern = schema["pattern"]?.stringValue {
      for _ in 0..<8 {
        let text = PatternSampler.text(pattern, &random)
        if (low...max(low, high)).contains(text.unicodeScalars.count) { return text }
      }
      return PatternSampler.text(pattern, &random)
    }
    if let format = schema["format"]?.stringValue, let texts = Self.formats[format] { return random.pick(texts) }
    var count: Int
    switch random.below(5) {
    case 0: count = low
    case 1: count = high
    default: count = low + random.below(max(1, min(high - low, 12) + 1))
    }
    if oddity > 0, random.oneIn(oddity) { count = random.oneIn(2) ? max(0, low - 1) : high + 1 }
    var text = ""
    for _ in 0..<count { text.unicodeScalars.append(random.pick(Self.characters)) }
    return text
  }

  /// None of them joins with its neighbour, so that code points are counted as they stand.
  private static let characters = Array("abcXYZ019 -_/\\\"'<é漢😀\n\u{1}".unicodeScalars)

  private static let formats: [String: [String]] = [
    "date": ["2026-01-31", "2024-02-29"], "time": ["12:30:00Z", "23:59:59.5+01:00"],
    "date-time": ["2026-01-31T12:30:00Z", "2024-02-29T00:00:00.25-08:00"], "duration": ["P1D", "PT5M"],
    "email": ["user@example.com"], "hostname": ["example.com", "a.b-c.org"], "ipv4": ["192.0.2.1"],
    "ipv6": ["2001:db8::1", "::"], "uri": ["https://example.com/a?b=c"], "uri-reference": ["/a", "../b"],
    "uuid": ["3fa85f64-5717-4562-b3fc-2c963f66afa6"], "byte": ["S2F0YW5h", ""],
  ]

  private mutating func array(_ schema: JSONObject, _ depth: Int) -> JSONValue {
    let low = schema["minItems"]?.int64Value.map { Int($0) } ?? 0
    let high = min(schema["maxItems"]?.int64Value.map { Int($0) } ?? .max, max(low, 0) + Self.itemsMax)
    var count = depth >= Self.depthMax ? low : low + random.below(max(1, min(high - low, 3) + 1))
    if random.oneIn(8) { count = high }
    if oddity > 0, random.oneIn(oddity) { count = random.oneIn(2) ? max(0, low - 1) : high + 1 }
    let first = schema["prefixItems"]?.arrayValue ?? []
    var items: [JSONValue] = []
    for index in 0..<count {
      let item = index < first.count ? first[index] : schema["items"] ?? .boolean(true)
      var value = value(item, depth + 1)
      for _ in 0..<8 where schema["uniqueItems"] != nil && items.contains(value) { value = self.value(item, depth + 1) }
      items.append(value)
    }
    return .array(items)
  }

  private mutating func object(_ schema: JSONObject, _ depth: Int) -> JSONValue {
    var object = JSONObject()
    let required = Set(schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    let properties = schema["properties"]?.objectValue ?? JSONObject()
    for member in properties {
      let isWanted =
        required.contains(member.name)
        ? oddity == 0 || !random.oneIn(oddity * 2) : depth < Self.depthMax && random.oneIn(2)
      if isWanted { object[member.name] = value(member.value, depth + 1) }
    }
    for name in required.sorted() where properties[name] == nil { object[name] = anything(depth + 1) }
    let low = schema["minProperties"]?.int64Value.map { Int($0) } ?? 0
    let extra = schema["additionalProperties"]
    let isMap = properties.isEmpty && extra?.booleanValue != false
    var wanted = max(low - object.count, isMap && depth < Self.depthMax ? random.below(3) : 0)
    if !isMap, random.oneIn(extra?.booleanValue == false ? max(4, oddity) : 6) { wanted += 1 }
    for _ in 0..<wanted {
      let name = random.pick(["x-other", "note", "a", "b", "", "schlüssel"])
      if object[name] == nil { object[name] = value(extra ?? .boolean(true), depth + 1) }
    }
    return .object(object)
  }

  /// Whatever it is.
  private mutating func anything(_ depth: Int) -> JSONValue {
    switch random.below(depth < Self.depthMax ? 9 : 7) {
    case 0: .null
    case 1: .boolean(random.oneIn(2))
    case 2: .number(JSONNumber(Int64(random.below(7) - 3)))
    case 3: .number(1.5)
    case 4: .number(JSONNumber(random.pick([Int64.max, Int64(Int32.max) + 1, Int64.min])))
    case 5: ""
    case 6: .string(random.pick(["a", "1", "true", "null", "é😀"]))
    case 7: .array((0..<random.below(3)).map { JSONValue.number(JSONNumber(Int64($0))) })
    default: ["a": 1]
    }
  }
}
