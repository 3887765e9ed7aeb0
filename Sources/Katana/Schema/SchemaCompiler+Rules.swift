import CKatana
import KatanaScalars

// The keywords of each type of value.

extension SchemaCompiler {
  typealias Fault = JSONSchema.Fault

  func types(_ at: Int) throws(Fault) -> SchemaTypes {
    var types: SchemaTypes = []
    let names = tape[at].kind == .array ? try items(at) : [at]
    if names.isEmpty { throw fault(at, "must name a type") }
    for name in names {
      guard tape[name].kind == .string, let type = SchemaTypes(named: tape.string(name)) else {
        throw fault(name, "is not the name of a type")
      }
      types.formUnion(type)
    }
    if types.contains(SchemaTypes(.number)) { types.remove(.integer) }
    return types
  }

  func values(_ at: Int) throws(Fault) -> ValueRules {
    rules(try items(at))
  }

  func rules(_ values: [Int]) -> ValueRules {
    var rules = ValueRules()
    var steps = Int.max
    for value in values {
      rules.types.formUnion(SchemaTypes(tape[value].kind))
      rules.values[JSONEquality.hash(tape, value, steps: &steps), default: []].append(value)
    }
    return rules
  }

  // MARK: Numbers

  func numberRules(_ keywords: [String: Int]) throws(Fault) -> NumberRules? {
    let rules = NumberRules(
      minimum: try limit(keywords["minimum"]),
      maximum: try limit(keywords["maximum"]),
      exclusiveMinimum: try limit(keywords["exclusiveMinimum"]),
      exclusiveMaximum: try limit(keywords["exclusiveMaximum"]),
      multipleOf: try divisor(keywords["multipleOf"])
    )
    let isEmpty =
      rules.minimum == nil && rules.maximum == nil && rules.exclusiveMinimum == nil && rules.exclusiveMaximum == nil
      && rules.multipleOf == nil
    return isEmpty ? nil : rules
  }

  private func limit(_ at: Int?) throws(Fault) -> NumberRules.Limit? {
    guard let at else { return nil }
    guard tape[at].kind == .number else { throw fault(at, "must be a number") }
    return NumberRules.Limit(node: at, bound: bound(at))
  }

  private func divisor(_ at: Int?) throws(Fault) -> (DecimalText.Divisor, Violation.Bound)? {
    guard let at else { return nil }
    guard tape[at].kind == .number, let divisor = DecimalText.Divisor(DecimalText(tape.text(tape[at]))) else {
      throw fault(at, "must be a number above 0 of at most \(DecimalText.Divisor.digitsMaximum) digits")
    }
    return (divisor, bound(at))
  }

  /// A number as a violation shows it.
  private func bound(_ at: Int) -> Violation.Bound {
    var cursor = self.cursor(at)
    var integer: Int64 = 0
    if kt_json_int64(&cursor, &integer) == KT_JSON_FITS { return .integer(integer) }
    cursor = self.cursor(at)
    var number = 0.0
    if kt_json_double(&cursor, &number) == KT_JSON_FITS { return .number(number) }
    return .string(String(decoding: tape.text(tape[at]), as: UTF8.self))
  }

  private func cursor(_ at: Int) -> kt_json {
    let text = tape.text(tape[at])
    var cursor = kt_json()
    kt_json_init(&cursor, kt_bytes(p: text.baseAddress, n: text.count))
    return cursor
  }

  /// A count: an integer that is not negative. What is beyond `Int` is no limit for any document.
  private func count(_ at: Int?) throws(Fault) -> Int? {
    guard let at else { return nil }
    let decimal = tape[at].kind == .number ? DecimalText(tape.text(tape[at])) : nil
    guard let decimal, decimal.isInteger, !decimal.isNegative else { throw fault(at, "must be an integer, 0 or more") }
    var cursor = self.cursor(at)
    var value: Int64 = 0
    return kt_json_int64(&cursor, &value) == KT_JSON_FITS ? Int(value) : .max
  }

  // MARK: Strings

  func stringRules(_ keywords: [String: Int]) throws(Fault) -> SchemaStringRules? {
    var result = SchemaStringRules()
    if let least = try count(keywords["minLength"]) { result.rules.minLength = least }
    if let most = try count(keywords["maxLength"]) { result.rules.maxLength = most }
    if let at = keywords["pattern"] {
      guard tape[at].kind == .string else { throw fault(at, "must be a string") }
      result.pattern = try pattern(tape.string(at), at)
    }
    if let at = keywords["format"] {
      guard tape[at].kind == .string else { throw fault(at, "must be a string") }
      let name = tape.string(at)
      result.rules.format = StringFormat.allCases.first { $0.name.description == name }
    }
    let isEmpty =
      result.rules.minLength == 0 && result.rules.maxLength == .max && result.pattern == nil
      && result.rules.format == nil
    return isEmpty ? nil : result
  }

  private func pattern(_ source: String, _ at: Int) throws(Fault) -> Pattern {
    do {
      return try Pattern(parsing: source, limits: limits.pattern)
    } catch {
      throw fault(at, "has \(error)")
    }
  }

  // MARK: Arrays

  mutating func arrayRules(_ keywords: [String: Int]) throws(Fault) -> ArrayRules? {
    let names = [
      "prefixItems", "items", "contains", "minContains", "maxContains", "minItems", "maxItems", "uniqueItems",
    ]
    guard names.contains(where: { keywords[$0] != nil }) else { return nil }
    var rules = ArrayRules()
    if let at = keywords["prefixItems"] {
      if tape[at].kind != .array || tape[at].count == 0 { throw fault(at, "must be an array of at least one schema") }
      rules.prefixItems = try list(at)
    }
    rules.items = try optional(keywords["items"])
    rules.contains = try optional(keywords["contains"])
    rules.minContains = try count(keywords["minContains"])
    rules.maxContains = try count(keywords["maxContains"])
    rules.minItems = try count(keywords["minItems"]) ?? 0
    rules.maxItems = try count(keywords["maxItems"]) ?? .max
    if let at = keywords["uniqueItems"] {
      guard tape[at].kind == .boolean else { throw fault(at, "must be a boolean") }
      rules.uniqueItems = tape[at].count == 1
    }
    return rules
  }

  // MARK: Objects

  mutating func objectRules(_ keywords: [String: Int]) throws(Fault) -> ObjectRules? {
    let names = [
      "properties", "patternProperties", "additionalProperties", "propertyNames", "required", "minProperties",
      "maxProperties", "dependentRequired",
    ]
    guard names.contains(where: { keywords[$0] != nil }) else { return nil }
    var properties: [UInt32: Int32] = [:]
    if let at = keywords["properties"] {
      for member in try members(at) { properties[tables.names.insert(member.name)] = try schema(member.value) }
    }
    let required = try nameList(keywords["required"])
    var dependent: [(name: UInt32, required: [UInt32])] = []
    if let at = keywords["dependentRequired"] {
      for member in try members(at) {
        dependent.append((tables.names.insert(member.name), try nameList(member.value)))
      }
    }
    var rules = ObjectRules()
    rules.names = Set(properties.keys).union(required).union(dependent.flatMap { [$0.name] + $0.required }).sorted()
    rules.properties = rules.names.map { properties[$0] ?? -1 }
    rules.required = required.map { rules.position($0)! }
    rules.dependentRequired = dependent.map { entry in
      (rules.position(entry.name)!, entry.required.map { rules.position($0)! })
    }
    if let at = keywords["patternProperties"] {
      for member in try members(at) {
        rules.patternProperties.append((try pattern(member.name, member.value), try schema(member.value)))
      }
    }
    rules.additionalProperties = try optional(keywords["additionalProperties"])
    rules.propertyNames = try optional(keywords["propertyNames"])
    rules.minProperties = try count(keywords["minProperties"]) ?? 0
    rules.maxProperties = try count(keywords["maxProperties"]) ?? .max
    return rules
  }

  /// Numbers of the names in an array of strings.
  private mutating func nameList(_ at: Int?) throws(Fault) -> [UInt32] {
    guard let at else { return [] }
    var names: [UInt32] = []
    for item in try items(at) {
      guard tape[item].kind == .string else { throw fault(item, "must be a string") }
      let name = tables.names.insert(tape.string(item))
      if names.contains(name) { throw fault(item, "is present more than once") }
      names.append(name)
    }
    return names
  }
}
