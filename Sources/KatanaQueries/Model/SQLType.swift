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
}

extension SQLType {
  /// Without the domains that restrict it: what travels to and from the server.
  public var base: SQLType { if case .domain(_, let base) = self { base.base } else { self } }

  public var isArray: Bool { if case .array = base { true } else { false } }
}

/// The types of PostgreSQL itself that Katana has a codec for, by the name in `pg_type`.
public enum BuiltinType: String, Hashable, Sendable, CaseIterable {
  case bool, int2, int4, int8, float4, float8, numeric
  case text, varchar, bpchar, name, char, bytea, xml
  case uuid, date, time, timetz, timestamp, timestamptz, interval
  case json, jsonb, jsonpath
  case inet, cidr, macaddr, macaddr8
  case bit, varbit, tsvector, tsquery
  case oid, void, money
  case point, line, lseg, box, path, polygon, circle

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
    .text: (25, 1009), .varchar: (1043, 1015), .bpchar: (1042, 1014), .name: (19, 1003), .char: (18, 1002),
    .bytea: (17, 1001), .xml: (142, 143),
    .uuid: (2950, 2951), .date: (1082, 1182), .time: (1083, 1183), .timetz: (1266, 1270),
    .timestamp: (1114, 1115), .timestamptz: (1184, 1185), .interval: (1186, 1187),
    .json: (114, 199), .jsonb: (3802, 3807), .jsonpath: (4072, 4073),
    .inet: (869, 1041), .cidr: (650, 651), .macaddr: (829, 1040), .macaddr8: (774, 775),
    .bit: (1560, 1561), .varbit: (1562, 1563), .tsvector: (3614, 3643), .tsquery: (3615, 3645),
    .oid: (26, 1028), .void: (2278, 0), .money: (790, 791),
    .point: (600, 1017), .line: (628, 629), .lseg: (601, 1018), .box: (603, 1020), .path: (602, 1019),
    .polygon: (604, 1027), .circle: (718, 719),
  ]

  private static let types = Dictionary(uniqueKeysWithValues: oids.map { ($0.value.type, $0.key) })
}
