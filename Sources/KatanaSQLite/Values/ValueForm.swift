import KatanaSQL

/// How the values of a type of PostgreSQL lie in SQLite:
///
/// | PostgreSQL | SQLite |
/// |---|---|
/// | bool | INTEGER 0 or 1 |
/// | int2, int4, int8, oid | INTEGER |
/// | float4, float8 | REAL; NaN is refused, because SQLite would take it for NULL |
/// | numeric | TEXT with all digits, compared by the collation `pg_numeric` |
/// | text, varchar, bpchar, name, enums | TEXT |
/// | json, jsonb | TEXT as it came |
/// | bytea | BLOB |
/// | uuid | TEXT, lower case with hyphens |
/// | date | TEXT `YYYY-MM-DD` |
/// | time | TEXT `HH:MM:SS[.ffffff]` |
/// | timestamp, timestamptz | TEXT `YYYY-MM-DD HH:MM:SS[.ffffff]`, the latter in UTC; years 1 to 9999 |
/// | interval | TEXT of ISO 8601, `P1Y2M3DT4H5M6.5S` |
/// | arrays | TEXT, a JSON array: numbers, strings, true, false and null; numeric and bytea (`\x…`) as strings |
indirect enum ValueForm {
  case bool, int2, int4, int8, oid, float4, float8, numeric, text, jsonb, bytea, uuid, date, time, timestamp, interval
  case array(of: ValueForm, type: SQLType)

  /// Nil for a type without a form in SQLite.
  init?(_ type: SQLType) {
    switch type {
    case .bool: self = .bool
    case .int2: self = .int2
    case .int4: self = .int4
    case .int8: self = .int8
    case .oid: self = .oid
    case .float4: self = .float4
    case .float8: self = .float8
    case .numeric: self = .numeric
    case .text, .varchar, .bpchar, .name, .json, .void, SQLType(rawValue: 0), SQLType(rawValue: 18),
      SQLType(rawValue: 705):
      self = .text
    case .jsonb: self = .jsonb
    case .bytea: self = .bytea
    case .uuid: self = .uuid
    case .date: self = .date
    case .time: self = .time
    case .timestamp, .timestamptz: self = .timestamp
    case .interval: self = .interval
    default:
      guard let element = Self.elements[type.rawValue], let form = ValueForm(element) else { return nil }
      self = .array(of: form, type: element)
    }
  }

  private static let elements: [UInt32: SQLType] = [
    1000: .bool, 1001: .bytea, 1003: .name, 1005: .int2, 1007: .int4, 1009: .text, 1014: .bpchar, 1015: .varchar,
    1016: .int8, 1021: .float4, 1022: .float8, 1028: .oid, 1115: .timestamp, 1182: .date, 1183: .time,
    1185: .timestamptz, 1187: .interval, 1231: .numeric, 2951: .uuid, 199: .json, 3807: .jsonb,
  ]
}
