import KatanaScalars

/// A compiled schema: one entry of a flat table, and indices into the tables beside it. -1 says that a keyword is not
/// there. A schema that is in the text twice is in the table twice; a `$ref` leads to the entry of what it names.
struct SchemaNode: Sendable {
  /// The entries of `true` and `false`.
  static let yes: Int32 = 0
  static let no: Int32 = 1

  /// Types that are allowed, a bit for each ``JSONTape/Kind`` and one for integers.
  var types = SchemaTypes.all
  var `enum`: Int32 = -1
  var const: Int32 = -1
  var number: Int32 = -1
  var string: Int32 = -1
  var array: Int32 = -1
  var object: Int32 = -1
  var ref: Int32 = -1
  var allOf = SchemaList()
  var anyOf = SchemaList()
  var oneOf = SchemaList()
  var not: Int32 = -1
  var `if`: Int32 = -1
  var then: Int32 = -1
  var `else`: Int32 = -1
  /// Index of the rules of dependent schemas.
  var dependent = SchemaList()
  var unevaluatedItems: Int32 = -1
  var unevaluatedProperties: Int32 = -1

  var hasUnevaluated: Bool { unevaluatedItems >= 0 || unevaluatedProperties >= 0 }
}

/// A run of entries in a table.
struct SchemaList: Sendable {
  var start: Int32 = 0
  var count: Int32 = 0

  var indices: Range<Int> { Int(start)..<Int(start + count) }
}

struct SchemaTypes: OptionSet, Sendable {
  var rawValue: UInt8

  static let integer = SchemaTypes(rawValue: 1 << 6)
  static let all = SchemaTypes(rawValue: 0b011_1111)

  init(rawValue: UInt8) { self.rawValue = rawValue }
  init(_ kind: JSONTape.Kind) { rawValue = 1 << kind.rawValue }

  init?(named name: String) {
    guard let named = Self.names.first(where: { $0.name.description == name }) else { return nil }
    self = named.types
  }

  /// What a violation names.
  var bound: Violation.Bound {
    let names = Self.names.filter { contains($0.types) }
    if names.count == 1 { return .text(names[0].name) }
    return .string(names.map(\.name.description).joined(separator: " or "))
  }

  private static let names: [(name: StaticString, types: SchemaTypes)] = [
    ("object", SchemaTypes(.object)), ("array", SchemaTypes(.array)), ("string", SchemaTypes(.string)),
    ("number", SchemaTypes(.number)), ("integer", .integer), ("boolean", SchemaTypes(.boolean)),
    ("null", SchemaTypes(.null)),
  ]
}

/// The values of an `enum` or `const`: nodes of the schema's own tape.
struct ValueRules: Sendable {
  var types: SchemaTypes = []
  /// By their hash.
  var values: [UInt64: [Int]] = [:]
}

struct NumberRules: Sendable {
  /// A bound stands on the schema's own tape, where its digits are.
  struct Limit: Sendable {
    var node: Int
    var bound: Violation.Bound
  }

  var minimum: Limit?
  var maximum: Limit?
  var exclusiveMinimum: Limit?
  var exclusiveMaximum: Limit?
  var multipleOf: (divisor: DecimalText.Divisor, bound: Violation.Bound)?
}

struct SchemaStringRules: Sendable {
  var rules = StringRules(minLength: 0, maxLength: .max, format: nil)
  var pattern: Pattern?
}

struct ArrayRules: Sendable {
  var prefixItems = SchemaList()
  var items: Int32 = -1
  var contains: Int32 = -1
  var minContains: Int?
  var maxContains: Int?
  var minItems = 0
  var maxItems = Int.max
  var uniqueItems = false
}

struct ObjectRules: Sendable {
  /// Numbers of the names that the rules ask for, ascending, and the schema of each property or -1.
  var names: [UInt32] = []
  var properties: [Int32] = []
  /// Positions in `names`.
  var required: [Int] = []
  var dependentRequired: [(name: Int, required: [Int])] = []
  var patternProperties: [(pattern: Pattern, schema: Int32)] = []
  var additionalProperties: Int32 = -1
  var propertyNames: Int32 = -1
  var minProperties = 0
  var maxProperties = Int.max

  /// Where a name is in `names`.
  func position(_ name: UInt32) -> Int? {
    if name == NameTable.unknown { return nil }
    var low = 0
    var high = names.count
    while low < high {
      let middle = (low + high) / 2
      if names[middle] < name { low = middle + 1 } else { high = middle }
    }
    return low < names.count && names[low] == name ? low : nil
  }
}

/// All tables of a schema.
struct SchemaTables: Sendable {
  var nodes: [SchemaNode] = [SchemaNode(), SchemaNode()]
  var names = NameTable()
  /// Members of the lists.
  var lists: [Int32] = []
  var values: [ValueRules] = []
  var numbers: [NumberRules] = []
  var strings: [SchemaStringRules] = []
  var arrays: [ArrayRules] = []
  var objects: [ObjectRules] = []
  /// `dependentSchemas`: a name and the schema that its presence demands.
  var dependents: [(name: UInt32, schema: Int32)] = []
}
