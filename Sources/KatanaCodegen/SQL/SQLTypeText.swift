import KatanaQueries

/// What a type of PostgreSQL is in Swift.
struct SQLTypeText {
  /// Swift names of the schema's own types by the names they have there.
  let userTypes: [String: String]

  /// Nil for a type without a codec.
  func swift(_ type: SQLType) -> String? {
    switch type {
    case .builtin(let type): Self.swift(type)
    case .array(let element): swift(element).map { "[\($0)]" }
    case .enumeration(let name), .composite(let name): userTypes[name]
    case .domain(_, let base): swift(base)
    case .range(let bound): Self.rangeType(bound) == nil ? nil : swift(bound).map { "SQLRange<\($0)>" }
    case .textual: "String"
    }
  }

  /// The same where elements of an array may be NULL.
  func swift(_ type: SQLType, hasNullElements: Bool) -> String? {
    guard hasNullElements, case .array(let element) = type.base else { return swift(type) }
    return swift(element).map { "[\($0)?]" }
  }

  /// `.int8`. A type of the schema's own has no number that all databases share: it is the one with the same binary form.
  func oid(_ type: SQLType) -> String {
    switch type {
    case .builtin(let type): Self.oid(type.oid)
    // A binary array says what its elements are, and only the Swift type knows what it will say.
    case .array(let element): Self.arrayOID(of: element.base)
    case .enumeration: ".text"
    case .composite: ".text"
    case .domain(_, let base): oid(base)
    case .range(let bound): Self.rangeType(bound) ?? ".text"
    case .textual: ".text"
    }
  }

  /// Whether the binary form of the Swift type is that of the column, which COPY has no cast for: else it sends text.
  func isCopied(_ type: SQLType) -> Bool {
    switch type.base {
    case .builtin, .enumeration, .range: true
    case .array(.builtin(let element)): Self.arrayOID(of: .builtin(element)) == Self.oid(element.arrayOID)
    default: false
    }
  }

  /// What a result's column has; that of text for an enum or a composite type.
  func columnOID(_ type: SQLType) -> String {
    if case .array(let element) = type.base, case .builtin(let builtin) = element.base { return Self.oid(builtin.arrayOID) }
    return oid(type)
  }

  private static func swift(_ type: BuiltinType) -> String? {
    switch type {
    case .bool: "Bool"
    case .int2: "Int16"
    case .int4: "Int32"
    case .int8: "Int64"
    case .float4: "Float"
    case .float8: "Double"
    case .numeric: "SQLDecimal"
    case .text, .varchar, .bpchar, .name, .xml: "String"
    case .bytea: "[UInt8]"
    case .uuid: "UUID"
    case .date: "SQLDate"
    case .time: "SQLTime"
    case .timestamp: "SQLDateTime"
    case .timestamptz: "Instant"
    case .interval: "SQLInterval"
    case .json: "SQLJSON"
    case .jsonb: "SQLJSONB"
    case .oid: "UInt32"
    case .void: nil
    }
  }

  private static func arrayOID(of element: SQLType) -> String {
    switch element {
    case .builtin(let type):
      switch type {
      case .text, .varchar, .bpchar, .name, .xml: ".textArray"
      default: oid(type.arrayOID)
      }
    default: ".textArray"
    }
  }

  private static func rangeType(_ bound: SQLType) -> String? {
    guard case .builtin(let type) = bound.base else { return nil }
    return switch type {
    case .int4: ".int4range"
    case .int8: ".int8range"
    case .numeric: ".numrange"
    case .timestamp: ".tsrange"
    case .timestamptz: ".tstzrange"
    case .date: ".daterange"
    default: nil
    }
  }

  private static func oid(_ oid: UInt32) -> String { names[oid].map { "." + $0 } ?? "SQLType(rawValue: \(oid))" }

  /// What KatanaSQL has names for.
  private static let names: [UInt32: String] = {
    var names: [UInt32: String] = [:]
    let types: [BuiltinType] = [
      .bool, .bytea, .name, .int8, .int2, .int4, .text, .oid, .json, .float4, .float8, .bpchar, .varchar, .date, .time,
      .timestamp, .timestamptz, .interval, .numeric, .void, .uuid, .jsonb,
    ]
    let arrays: [BuiltinType] = [
      .bool, .bytea, .int2, .int4, .text, .int8, .float4, .float8, .oid, .timestamp, .date, .time, .timestamptz, .interval,
      .numeric, .uuid, .json, .jsonb,
    ]
    for type in types { names[type.oid] = type.rawValue }
    for type in arrays { names[type.arrayOID] = type.rawValue + "Array" }
    return names
  }()
}
