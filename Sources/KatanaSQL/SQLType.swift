/// A built-in type of PostgreSQL by its object identifier (`pg_type.oid`), which is the same in every database.
///
/// Types of a user's own, enums and composites, have no fixed number: statements send them as text and name the type in
/// their own text (`$1::text::mood`).
public struct SQLType: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let bool = SQLType(rawValue: 16)
  public static let bytea = SQLType(rawValue: 17)
  public static let name = SQLType(rawValue: 19)
  public static let int8 = SQLType(rawValue: 20)
  public static let int2 = SQLType(rawValue: 21)
  public static let int4 = SQLType(rawValue: 23)
  public static let text = SQLType(rawValue: 25)
  public static let oid = SQLType(rawValue: 26)
  public static let json = SQLType(rawValue: 114)
  public static let float4 = SQLType(rawValue: 700)
  public static let float8 = SQLType(rawValue: 701)
  public static let bpchar = SQLType(rawValue: 1042)
  public static let varchar = SQLType(rawValue: 1043)
  public static let date = SQLType(rawValue: 1082)
  public static let time = SQLType(rawValue: 1083)
  public static let timestamp = SQLType(rawValue: 1114)
  public static let timestamptz = SQLType(rawValue: 1184)
  public static let interval = SQLType(rawValue: 1186)
  public static let numeric = SQLType(rawValue: 1700)
  public static let void = SQLType(rawValue: 2278)
  public static let uuid = SQLType(rawValue: 2950)
  public static let jsonb = SQLType(rawValue: 3802)
  public static let int4range = SQLType(rawValue: 3904)
  public static let numrange = SQLType(rawValue: 3906)
  public static let tsrange = SQLType(rawValue: 3908)
  public static let tstzrange = SQLType(rawValue: 3910)
  public static let daterange = SQLType(rawValue: 3912)
  public static let int8range = SQLType(rawValue: 3926)

  public static let boolArray = SQLType(rawValue: 1000)
  public static let byteaArray = SQLType(rawValue: 1001)
  public static let int2Array = SQLType(rawValue: 1005)
  public static let int4Array = SQLType(rawValue: 1007)
  public static let textArray = SQLType(rawValue: 1009)
  public static let int8Array = SQLType(rawValue: 1016)
  public static let float4Array = SQLType(rawValue: 1021)
  public static let float8Array = SQLType(rawValue: 1022)
  public static let oidArray = SQLType(rawValue: 1028)
  public static let timestampArray = SQLType(rawValue: 1115)
  public static let dateArray = SQLType(rawValue: 1182)
  public static let timeArray = SQLType(rawValue: 1183)
  public static let timestamptzArray = SQLType(rawValue: 1185)
  public static let intervalArray = SQLType(rawValue: 1187)
  public static let numericArray = SQLType(rawValue: 1231)
  public static let uuidArray = SQLType(rawValue: 2951)
  public static let jsonArray = SQLType(rawValue: 199)
  public static let jsonbArray = SQLType(rawValue: 3807)
}
