import KatanaSQLiteDialect

extension SQLiteTranslator {
  /// What a type's name means, with its modifiers, domains looked through.
  func type(_ node: SyntaxNode) throws(Untranslatable) -> StorageType {
    let names = node.names("names") ?? []
    guard let name = names.last else { throw Untranslatable(node, "the type has no name") }
    if names.count > 1, names[0] != "pg_catalog", names[0] != "public" {
      throw Untranslatable(node, "SQLite has no schemas: '\(names.joined(separator: "."))'")
    }
    var modifiers: [Int] = []
    for modifier in node.nodes("typmods") { modifiers.append(modifier.node("ival")?.integer("ival") ?? 0) }
    var type: StorageType
    if schema.enums[name] != nil {
      type = .enumeration(name)
    } else if let domain = schema.domains[name] {
      type = domain.type
    } else if let known = StorageType(name: name) {
      type = known
    } else {
      throw Untranslatable(
        node,
        "the type '\(name)' has no form in SQLite",
        remedy: "use a type that both have, text for one"
      )
    }
    switch type {
    case .numeric where !modifiers.isEmpty:
      type = .numeric(precision: modifiers[0], scale: modifiers.count > 1 ? modifiers[1] : 0)
    case .varchar where name == "bpchar": type = .varchar(modifiers.first ?? 1)
    case .varchar: type = .varchar(modifiers.first)
    default: break
    }
    if !node.nodes("arrayBounds").isEmpty { type = .array(type) }
    return type
  }

  /// A value as it is stored in a column or compared with another: the conversions that PostgreSQL makes by itself.
  func assigned(
    _ value: Value,
    to type: StorageType,
    _ node: SyntaxNode?
  ) throws(Untranslatable) -> Value {
    if value.isNull { return Value(text: value.text, type: type, isNull: true) }
    if let string = value.string { return try converted(string, to: type, value, node) }
    if value.type == type || value.type == .unknown { return value }
    if case .numeric(let precision?, let scale) = type {
      let value = try assigned(value, to: .decimal, node)
      return Value(text: "pg_numeric(\(value.text), \(precision), \(scale))", type: type)
    }
    switch (value.type, type) {
    case (.numeric, .numeric), (.int2, .int4), (.int2, .int8), (.int4, .int8), (.int8, .int4), (.int8, .int2),
      (.int4, .int2), (.float4, .float8), (.float8, .float4), (.timestamp, .timestamptz), (.timestamptz, .timestamp),
      (.text, .varchar), (.varchar, .text), (.varchar, .varchar), (.text, .enumeration), (.varchar, .enumeration),
      (.json, .jsonb), (.jsonb, .json):
      var same = value
      same.type = type
      return same
    case (.int2, .numeric), (.int4, .numeric), (.int8, .numeric):
      if Int64(value.text) != nil { return Value(text: literal(value.text), type: type) }
      return Value(text: "pg_numeric(\(value.text))", type: type)
    case (.float4, .numeric), (.float8, .numeric): return Value(text: "pg_numeric(\(value.text))", type: type)
    case (_, .float8) where value.type.isNumber, (_, .float4) where value.type.isNumber:
      return Value(text: "CAST(\(value.text) AS REAL)", type: type)
    case (.date, .timestamp), (.date, .timestamptz): return Value(text: "pg_timestamp(\(value.text))", type: type)
    case (.numeric, _) where type.isInteger, (.float4, _) where type.isInteger, (.float8, _) where type.isInteger:
      return Value(text: "pg_int(\(value.text), \(type.bits))", type: type)
    case (.timestamp, .date), (.timestamptz, .date): return Value(text: "pg_date(\(value.text))", type: type)
    case (.timestamp, .time), (.timestamptz, .time): return Value(text: "pg_time(\(value.text))", type: type)
    case (.array(let from), .array(let to)) where Self.isSameInArrays(from, to):
      var same = value
      same.type = type
      return same
    default: return try cast(value, to: type, node)
    }
  }

  private static func isSameInArrays(_ a: StorageType, _ b: StorageType) -> Bool {
    if a.isInteger && b.isInteger || a.isFloat && b.isFloat || a == .unknown { return true }
    func isString(_ type: StorageType) -> Bool {
      if case .enumeration = type { return true }
      return type.isText
    }
    return isString(a) && isString(b)
  }

  private func converted(
    _ string: String,
    to type: StorageType,
    _ value: Value,
    _ node: SyntaxNode?
  ) throws(Untranslatable) -> Value {
    if type == .unknown { return value }
    guard let text = SQLiteLiterals.text(string, as: type) else {
      throw Untranslatable(
        node,
        "'\(string)' is no value of the type \(type.name) that can be written in SQLite",
        remedy: "write it in PostgreSQL's standard form"
      )
    }
    return Value(text: text, type: type, isNotNull: true)
  }

  /// `value::type`
  func cast(_ value: Value, to type: StorageType, _ node: SyntaxNode?) throws(Untranslatable) -> Value {
    if case .varchar(let length?) = type, let string = value.string {
      // A cast cuts; storing does not.
      return Value(text: literal(String(String.UnicodeScalarView(string.unicodeScalars.prefix(length)))), type: type)
    }
    if value.isNull || value.string != nil { return try assigned(value, to: type, node) }
    func call(_ text: String) -> Value { Value(text: text, type: type, isNotNull: value.isNotNull) }
    switch (value.type, type) {
    case (.unknown, _):
      var known = value
      known.type = type
      return known
    case (.varchar, .varchar(let length?)), (.text, .varchar(let length?)):
      return call("substr(\(value.text), 1, \(length))")
    case (_, .int2) where value.type.isInteger && value.type != .int2,
      (.int8, .int4):
      return call("pg_int(\(value.text), \(type.bits))")
    case (.bool, _) where type.isInteger: return call(value.operand)
    case (_, .bool) where value.type.isInteger:
      return Value(text: "\(value.operand) <> 0", type: .bool, isAtomic: false)
    case (_, .bool) where value.type.isText: return call("pg_bool(\(value.text))")
    case (_, _) where value.type.isInteger && type.isText: return call("CAST(\(value.text) AS TEXT)")
    case (_, _) where value.type.isFloat && type.isText: return call("pg_float_text(\(value.text))")
    case (.bool, _) where type.isText: return call("pg_bool_text(\(value.text))")
    // As an expression, so that the collation of decimals does not go on.
    case (.numeric, _) where type.isText:
      return Value(text: "\(value.operand) || ''", type: type, isAtomic: false)
    case (.uuid, _) where type.isText, (.date, _) where type.isText, (.time, _) where type.isText,
      (.enumeration, _) where type.isText,
      (.timestamp, _) where type.isText:
      return call(value.text)
    case (_, .uuid) where value.type.isText: return call("pg_uuid(\(value.text))")
    case (_, .date) where value.type.isText: return call("pg_date(\(value.text))")
    case (_, .time) where value.type.isText: return call("pg_time(\(value.text))")
    case (_, .interval) where value.type.isText: return call("pg_interval(\(value.text))")
    case (_, _) where value.type.isText && type.isMoment: return call("pg_timestamp(\(value.text))")
    case (_, _) where value.type.isText && type.isInteger: return call("pg_int_text(\(value.text), \(type.bits))")
    case (_, _) where value.type.isText && type.isFloat: return call("pg_float(\(value.text))")
    case (_, .numeric(let precision, let scale)) where value.type.isText:
      return call(precision.map { "pg_numeric(\(value.text), \($0), \(scale))" } ?? "pg_numeric(\(value.text))")
    case (_, .json) where value.type.isText, (_, .jsonb) where value.type.isText: return call("json(\(value.text))")
    case (.array(.unknown), .array): return call(value.text)
    case (_, _) where value.type.isText && type == .text: return call(value.text)
    default: break
    }
    if value.type.isJSON, type.isText {
      throw Untranslatable(
        node,
        "the text of JSON has other spaces in SQLite",
        remedy: "take the JSON itself, or its parts by ->>"
      )
    }
    if Self.isAssignable(value.type, type) { return try assigned(value, to: type, node) }
    throw Untranslatable(
      node,
      "a value of the type \(value.type.name) cannot become \(type.name) in SQLite",
      remedy: "convert it in the program"
    )
  }

  private static func isAssignable(_ from: StorageType, _ to: StorageType) -> Bool {
    if from == to || from.isNumber && to.isNumber { return true }
    if from.isText && to.isText || from.isJSON && to.isJSON || from.isMoment && to.isMoment { return true }
    switch (from, to) {
    case (.date, .timestamp), (.date, .timestamptz), (.timestamp, .date), (.timestamptz, .date), (.timestamp, .time),
      (.timestamptz, .time), (.text, .enumeration), (.varchar, .enumeration):
      return true
    case (.array(let a), .array(let b)): return isSameInArrays(a, b)
    default: return false
    }
  }

  /// Two values brought to one type.
  func matched(_ a: Value, _ b: Value, _ node: SyntaxNode?) throws(Untranslatable) -> (Value, Value, StorageType) {
    guard let type = StorageType.common(a.type, b.type) else {
      throw Untranslatable(node, "\(a.type.name) and \(b.type.name) do not go together in SQLite")
    }
    let target = type == .unknown ? .text : type
    // Limits are of columns, not of values.
    let common: StorageType = if case .numeric = target { .decimal } else { target }
    return (try assigned(a, to: common, node), try assigned(b, to: common, node), common)
  }

  /// All values brought to one type.
  func matched(_ values: [Value], _ node: SyntaxNode?) throws(Untranslatable) -> ([Value], StorageType) {
    var type = StorageType.unknown
    for value in values {
      guard let common = StorageType.common(type, value.type) else {
        throw Untranslatable(node, "\(type.name) and \(value.type.name) do not go together in SQLite")
      }
      type = common
    }
    if type == .unknown { type = .text }
    if type.isNumeric { type = .decimal }
    var matched: [Value] = []
    for value in values { matched.append(try assigned(value, to: type, node)) }
    return (matched, type)
  }
}
