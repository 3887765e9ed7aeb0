import KatanaSQLiteDialect

/// A type of PostgreSQL as far as the translation must know it: what decides how a value lies in SQLite, and what
/// operators mean.
indirect enum StorageType: Hashable, Sendable {
  case bool, int2, int4, int8, float4, float8
  case numeric(precision: Int?, scale: Int)
  case text
  case varchar(Int?)
  case bytea, uuid, date, time, timestamp, timestamptz, interval, json, jsonb
  case enumeration(String)
  case array(StorageType)
  /// A string literal that has not met a type yet, and NULL.
  case unknown

  static let decimal = StorageType.numeric(precision: nil, scale: 0)

  var isInteger: Bool { [.int2, .int4, .int8].contains(self) }
  var isFloat: Bool { self == .float4 || self == .float8 }
  var isNumeric: Bool { if case .numeric = self { true } else { false } }
  var isNumber: Bool { isInteger || isFloat || isNumeric }
  var isMoment: Bool { self == .timestamp || self == .timestamptz }
  var isJSON: Bool { self == .json || self == .jsonb }

  var isText: Bool {
    switch self {
    case .text, .varchar: true
    default: false
    }
  }

  /// The word after the column's name in a STRICT table. `INT` is an integer that is never the row's number.
  var affinity: String {
    switch self {
    case .bool, .int2, .int4, .int8: "INT"
    case .float4, .float8: "REAL"
    case .bytea: "BLOB"
    default: "TEXT"
    }
  }

  var bits: Int {
    switch self {
    case .int2: 16
    case .int4: 32
    default: 64
    }
  }

  /// PostgreSQL's name.
  var name: String {
    switch self {
    case .bool: "boolean"
    case .int2: "smallint"
    case .int4: "integer"
    case .int8: "bigint"
    case .float4: "real"
    case .float8: "double precision"
    case .numeric: "numeric"
    case .text: "text"
    case .varchar: "varchar"
    case .enumeration(let name): name
    case .array(let element): element.name + "[]"
    default: "\(self)"
    }
  }

  /// Of the model: what the server said of parameters.
  init?(_ type: SQLType) {
    switch type.base {
    case .array(let element):
      guard let element = StorageType(element) else { return nil }
      self = .array(element)
    case .enumeration(let name): self = .enumeration(name)
    case .builtin(let builtin):
      guard let known = StorageType(name: builtin.rawValue) else { return nil }
      self = known
    default: return nil
    }
  }

  /// By the last part of PostgreSQL's internal name.
  init?(name: String) {
    switch name {
    case "bool", "boolean": self = .bool
    case "int2", "smallint", "smallserial", "serial2": self = .int2
    case "int4", "int", "integer", "serial", "serial4": self = .int4
    case "int8", "bigint", "bigserial", "serial8", "oid": self = .int8
    case "float4", "real": self = .float4
    case "float8": self = .float8
    case "numeric", "decimal": self = .decimal
    case "text", "name", "char": self = .text
    case "varchar", "bpchar": self = .varchar(nil)
    case "bytea": self = .bytea
    case "uuid": self = .uuid
    case "date": self = .date
    case "time": self = .time
    case "timestamp": self = .timestamp
    case "timestamptz": self = .timestamptz
    case "interval": self = .interval
    case "json": self = .json
    case "jsonb": self = .jsonb
    case "unknown": self = .unknown
    default: return nil
    }
  }

  /// The type that two values are brought to where they meet. Nil where PostgreSQL would refuse or this does not know.
  static func common(_ a: StorageType, _ b: StorageType) -> StorageType? {
    if a == b { return a }
    if a == .unknown { return b }
    if b == .unknown { return a }
    if a.isNumber, b.isNumber {
      if a.isFloat || b.isFloat { return .float8 }
      if a.isNumeric || b.isNumeric { return .decimal }
      return a.bits > b.bits ? a : b
    }
    if a.isText, b.isText { return .text }
    let moments: [StorageType] = [.date, .timestamp, .timestamptz]
    if let x = moments.firstIndex(of: a), let y = moments.firstIndex(of: b) { return moments[max(x, y)] }
    if case .enumeration = a, b.isText { return a }
    if case .enumeration = b, a.isText { return b }
    if case .array(let x) = a, case .array(let y) = b { return common(x, y).map { .array($0) } }
    if a.isJSON, b.isJSON { return .jsonb }
    return nil
  }
}
