/// The type of a parameter or of a column, as PostgreSQL names it.
public indirect enum SQLType: Hashable, Sendable {
  case builtin(BuiltinType)
  /// Of any number of dimensions: PostgreSQL does not keep that number in the type. Whether elements may be NULL is
  /// said beside it: ``Column/hasNullElements``, ``Parameter/hasNullElements``.
  case array(SQLType)
  /// By the name of its ``UserType``.
  case enumeration(String)
  /// By the name of its ``UserType``.
  case composite(String)
  /// By the name of its ``UserType``, and what it is made of.
  case domain(String, SQLType)
  /// By the type of its bounds.
  case range(SQLType)
  /// A type without a codec, by PostgreSQL's spelling of it. Its values travel as text: the statement that is sent
  /// casts parameters from it and columns to it.
  case textual(String)
}

extension SQLType {
  /// Without the domains that restrict it: what travels to and from the server.
  public var base: SQLType { if case .domain(_, let base) = self { base.base } else { self } }

  public var isArray: Bool { if case .array = base { true } else { false } }

  /// Whether a value has no binary form that Katana knows, and travels as text.
  var isTextual: Bool { if case .textual = base { true } else { false } }
}

/// The types of PostgreSQL itself that Katana has a codec for, by the name in `pg_type`.
public enum BuiltinType: String, Hashable, Sendable, CaseIterable {
  case bool, int2, int4, int8, float4, float8, numeric
  case text, varchar, bpchar, name, bytea, xml
  case uuid, date, time, timestamp, timestamptz, interval
  case json, jsonb, oid, void

  /// The object identifier that every PostgreSQL server gives this type.
  public var oid: UInt32 { Self.oids[self]!.type }

  /// The object identifier of the type of its arrays; 0 for `void`, which has none.
  public var arrayOID: UInt32 { Self.oids[self]!.array }

  public init?(oid: UInt32) {
    guard let type = Self.types[oid] else { return nil }
    self = type
  }

  private static let oids: [BuiltinType: (type: UInt32, array: UInt32)] = [
    .bool: (16, 1000), .int2: (21, 1005), .int4: (23, 1007), .int8: (20, 1016),
    .float4: (700, 1021), .float8: (701, 1022), .numeric: (1700, 1231),
    .text: (25, 1009), .varchar: (1043, 1015), .bpchar: (1042, 1014), .name: (19, 1003),
    .bytea: (17, 1001), .xml: (142, 143),
    .uuid: (2950, 2951), .date: (1082, 1182), .time: (1083, 1183),
    .timestamp: (1114, 1115), .timestamptz: (1184, 1185), .interval: (1186, 1187),
    .json: (114, 199), .jsonb: (3802, 3807), .oid: (26, 1028),
    .void: (2278, 0),
  ]

  private static let types = Dictionary(uniqueKeysWithValues: oids.map { ($0.value.type, $0.key) })
}
