import KatanaContract
import KatanaQueries

/// How a value of one contract becomes one of the other.
enum Bridge {
  /// The types are one.
  case same
  /// A Swift expression around another.
  case expression((String) -> String)
  case fault(CodegenRule, String, remedy: String)

  func applied(to source: String) -> String {
    if case .expression(let body) = self { return body(source) }
    return source
  }

  var isFault: Bool { if case .fault = self { true } else { false } }
}

/// Knows the types of both contracts and what converts them.
///
/// Conversions of enums and of structs are functions of their own, which are declared for whoever asked for them.
struct ValueBridge {
  let types: SQLTypeText
  let enums: [String: [String]]
  let contractTypes: [String: TypeModel]
  /// Enums of the schema and of the contract that convert: (schema's, contract's).
  private(set) var readEnums: [(sql: String, contract: String)] = []
  private(set) var writtenEnums: [(sql: String, contract: String)] = []

  init(_ service: ServiceModel, _ sql: QueryContract, _ types: SQLTypeText) {
    self.types = types
    var enums: [String: [String]] = [:]
    for type in sql.types { if case .enumeration(let labels) = type.kind { enums[type.name] = labels } }
    self.enums = enums
    contractTypes = Dictionary(service.types.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// From a column that is not NULL to a value of the contract.
  ///
  /// - Parameter hasNullElements: whether the column is an array that may hold NULL.
  mutating func read(_ type: SQLType, as value: ValueModel, hasNullElements: Bool = false) -> Bridge {
    switch (type.base, value.bare) {
    case (_, .optional(let inner)): return read(type, as: inner, hasNullElements: hasNullElements)
    case (.array(let element), .array(let item, _, _)) where hasNullElements:
      guard item.isOptional else {
        return .fault(
          .nullBehindRequired, "an element of the array can be NULL, and the contract's items are not nullable",
          remedy: "leave NULL out (FILTER (WHERE … IS NOT NULL), array_remove(…, NULL)), or make the items nullable")
      }
      return eachOptional(read(element, as: item))
    case (.builtin(let builtin), .scalar(let scalar)): return read(builtin, as: scalar)
    case (.textual, .scalar(let scalar)) where scalar.swift == "String": return .same
    case (.enumeration(let name), .scalar(let scalar)) where scalar.swift == "String":
      _ = name
      return .expression { "\($0).rawValue" }
    case (.enumeration(let name), .words(let words)): return readEnum(name, words)
    case (.builtin(.text), .words(let words)), (.builtin(.varchar), .words(let words)):
      return .fault(
        .rangeLost, "the column is any text, and '\(words)' has only some values",
        remedy: "make it an enum of the schema: CREATE TYPE … AS ENUM")
    case (.builtin(.json), .any), (.builtin(.jsonb), .any): return .expression { "try \($0).decoded(as: JSONValue.self)" }
    case (.builtin(.json), .map(.any)), (.builtin(.jsonb), .map(.any)):
      return .expression { "try \($0).decodedObject()" }
    case (.builtin(.json), .array(.any, _, _)), (.builtin(.jsonb), .array(.any, _, _)):
      return .expression { "try \($0).decodedArray()" }
    case (.builtin(.json), .map), (.builtin(.jsonb), .map), (.builtin(.json), .array), (.builtin(.jsonb), .array):
      return .fault(
        .columnMismatch, "nothing says that the documents of the column are \(value.swift)",
        remedy: "make it a free object or array, or an object schema ('$ref') that the column holds whole")
    case (.builtin(.json), .type(let name)), (.builtin(.jsonb), .type(let name)):
      guard contractTypes[name]?.isRead == true else {
        return .fault(
          .columnMismatch, "'\(name)' is only written, so that nothing reads it out of JSON",
          remedy: "use it in a request as well, or map it by hand")
      }
      return .expression { "try \($0).decoded(as: \(SwiftName.escaped(name)).self)" }
    case (.array(let element), .array(let item, _, _)): return each(read(element, as: item))
    default: return mismatch(type, value)
    }
  }

  /// From a value of the contract to a statement's parameter.
  ///
  /// - Parameter hasNullElements: whether the parameter is an array that may hold NULL.
  mutating func write(_ value: ValueModel, as type: SQLType, hasNullElements: Bool = false) -> Bridge {
    switch (value.bare, type.base) {
    case (.optional(let inner), _): return write(inner, as: type, hasNullElements: hasNullElements)
    case (.array(let item, _, _), .array(let element)) where item.isOptional:
      guard hasNullElements else {
        return .fault(
          .nullBehindRequired, "an item of the contract's array may be null, and the parameter's elements are not",
          remedy: "write @name[?] in the query, or make the items not nullable")
      }
      return eachOptional(write(item, as: element))
    case (.scalar(let scalar), .builtin(let builtin)): return write(scalar, as: builtin)
    case (.scalar(let scalar), .textual) where scalar.swift == "String": return .same
    case (.words(let words), .enumeration(let name)): return writeEnum(words, name)
    case (.words, .builtin(.text)), (.words, .builtin(.varchar)): return .expression { "\"\\(\($0).text)\"" }
    case (.any, .builtin(.json)), (.type, .builtin(.json)): return .expression { "SQLJSON(\($0))" }
    case (.any, .builtin(.jsonb)), (.type, .builtin(.jsonb)): return .expression { "SQLJSONB(\($0))" }
    case (.map(.any), .builtin(.json)): return .expression { "SQLJSON(object: \($0))" }
    case (.map(.any), .builtin(.jsonb)): return .expression { "SQLJSONB(object: \($0))" }
    case (.array(.any, _, _), .builtin(.json)): return .expression { "SQLJSON(array: \($0))" }
    case (.array(.any, _, _), .builtin(.jsonb)): return .expression { "SQLJSONB(array: \($0))" }
    case (.array(let item, _, _), .array(let element)): return each(write(item, as: element))
    default: return mismatch(type, value)
    }
  }

  private func each(_ item: Bridge) -> Bridge {
    guard case .expression(let body) = item else { return item }
    let isThrowing = body("").hasPrefix("try ")
    return .expression { "\(isThrowing ? "try " : "")\($0).map { \(body("$0")) }" }
  }

  /// Of arrays whose elements are optional on both sides.
  private func eachOptional(_ item: Bridge) -> Bridge {
    guard case .expression(let body) = item else { return item }
    let throwing = body("").hasPrefix("try ") ? "try " : ""
    return .expression { "\(throwing)\($0).map { \(throwing)$0.map { \(body("$0")) } }" }
  }

  private func mismatch(_ type: SQLType, _ value: ValueModel) -> Bridge {
    .fault(
      .columnMismatch, "SQL's \(type.described) and the contract's \(value.swift) have no common values",
      remedy: "cast it in the query, or give it another type in the contract")
  }

  // MARK: Scalars

  private func read(_ type: BuiltinType, as scalar: ScalarModel) -> Bridge {
    let source = types.swift(.builtin(type)) ?? ""
    if source == scalar.swift { return .same }
    switch (source, scalar.swift) {
    case ("Int16", "Int32"), ("Int16", "Int64"), ("Int32", "Int64"), ("UInt32", "Int64"), ("Int16", "Double"),
      ("Int32", "Double"), ("Int16", "Float"), ("Float", "Double"):
      return .expression { "\(scalar.swift)(\($0))" }
    case ("Int64", "Int32"), ("UInt32", "Int32"), ("Int64", "Double"), ("Int64", "Float"), ("Int32", "Float"),
      ("Double", "Float"), ("SQLDecimal", "Double"), ("SQLDecimal", "Float"), ("SQLDecimal", "Int32"), ("SQLDecimal", "Int64"):
      return .fault(
        .rangeLost, "SQL's \(type.rawValue) has values that the contract's \(scalar.swift) has not",
        remedy: source == "SQLDecimal"
          ? "cast it in the query (column::float8), or make the property a string" : "give the property a wider format")
    case ("UUID", "String"), ("SQLDate", "String"), ("SQLDecimal", "String"), ("Instant", "String"), ("SQLTime", "String"),
      ("SQLDateTime", "String"):
      return .expression { "\"\\(\($0))\"" }
    case ("SQLInterval", "String") where scalar.facts.format == "duration": return .expression { "\"\\(\($0))\"" }
    default: return mismatch(.builtin(type), .scalar(scalar))
    }
  }

  private func write(_ scalar: ScalarModel, as type: BuiltinType) -> Bridge {
    let target = types.swift(.builtin(type)) ?? ""
    if target == scalar.swift { return .same }
    let facts = scalar.facts
    func isWithin<T: FixedWidthInteger>(_: T.Type) -> Bool {
      (facts.minimum ?? facts.exclusiveMinimum).map { $0 >= Double(T.min) } == true
        && (facts.maximum ?? facts.exclusiveMaximum).map { $0 <= Double(T.max) } == true
    }
    switch (scalar.swift, target) {
    case ("Int32", "Int64"), ("Int32", "Double"), ("Float", "Double"): return .expression { "\(target)(\($0))" }
    case ("Int64", "Int32") where isWithin(Int32.self), ("Int64", "Int16") where isWithin(Int16.self),
      ("Int32", "Int16") where isWithin(Int16.self):
      return .expression { "\(target)(\($0))" }
    case ("Int64", "Int32"), ("Int64", "Int16"), ("Int32", "Int16"), ("Double", "Float"), ("Int64", "Double"):
      return .fault(
        .rangeLost, "the contract's \(scalar.swift) has values that SQL's \(type.rawValue) has not",
        remedy: "give it a minimum and a maximum that fit, or widen the column")
    case ("Int32", "SQLDecimal"), ("Int64", "SQLDecimal"): return .expression { "SQLDecimal(\($0))" }
    case ("Double", "SQLDecimal"): return .expression { "SQLDecimal(\($0))" }
    case ("Float", "SQLDecimal"): return .expression { "SQLDecimal(Double(\($0)))" }
    case ("String", "SQLDate") where facts.format == "date": return .expression { "try SQLDate(valid: \($0))" }
    default: return mismatch(.builtin(type), .scalar(scalar))
    }
  }

  // MARK: Enums

  private mutating func readEnum(_ name: String, _ words: String) -> Bridge {
    guard let labels = enums[name], case .words(let models)? = contractTypes[words]?.shape else {
      return mismatch(.enumeration(name), .words(words))
    }
    let missing = labels.filter { label in !models.contains { $0.text == label } }
    guard missing.isEmpty else {
      return .fault(
        .rangeLost, "the contract's '\(words)' lacks \(listed(missing)) of the schema's enum '\(name)'",
        remedy: "add it to the contract's enum")
    }
    if !readEnums.contains(where: { $0 == (name, words) }) { readEnums.append((name, words)) }
    return .expression { "\(SwiftName.escaped(words))(\($0))" }
  }

  private mutating func writeEnum(_ words: String, _ name: String) -> Bridge {
    guard let labels = enums[name], case .words(let models)? = contractTypes[words]?.shape else {
      return mismatch(.enumeration(name), .words(words))
    }
    let missing = models.map(\.text).filter { !labels.contains($0) }
    guard missing.isEmpty else {
      return .fault(
        .rangeLost, "the schema's enum '\(name)' lacks \(listed(missing)) of the contract's '\(words)'",
        remedy: "add it in a migration: ALTER TYPE \(name) ADD VALUE …")
    }
    if !writtenEnums.contains(where: { $0 == (name, words) }) { writtenEnums.append((name, words)) }
    let target = types.userTypes[name].map(SwiftName.escaped) ?? name
    return .expression { "\(target)(\($0))" }
  }

  private func listed(_ words: [String]) -> String { words.map { "'\($0)'" }.joined(separator: ", ") }
}
