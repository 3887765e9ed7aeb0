/// What the server says about its types, tables and functions. Read once, when the schema is there.
struct Catalog: Sendable {
  struct TypeEntry: Sendable {
    let oid: UInt32
    let schema: String
    let name: String
    /// b base, c composite, d domain, e enum, p pseudo, r range, m multirange.
    let kind: Character
    /// Of an array; else 0.
    let element: UInt32
    /// Of a domain; else 0.
    let base: UInt32
    let isNotNull: Bool
    /// Of a composite type; else 0.
    let relation: UInt32
    /// As a cast says it, with the schema where that is not in the search path.
    let spelling: String
  }

  struct Attribute: Sendable {
    let number: Int
    let name: String
    let type: UInt32
    /// Whether no row that the relation can give has NULL here, by its constraints and those of all that inherit.
    var isNotNull: Bool
  }

  struct Relation: Sendable {
    let oid: UInt32
    let schema: String
    let name: String
    /// r table, p partitioned, v view, m materialized view, f foreign table, c composite type.
    let kind: Character
    /// Rules may answer in place of the table.
    let hasRules: Bool
    var attributes: [Attribute] = []

    var displayName: String { schema == "public" || schema == "pg_catalog" ? name : "\(schema).\(name)" }

    func attribute(_ number: Int) -> Attribute? {
      // Numbers are ascending, and dropped columns leave gaps.
      attributes.first { $0.number == number }
    }
  }

  struct Function: Sendable {
    let name: String
    let isBuiltin: Bool
    let isStrict: Bool
    let isVolatile: Bool
    let returnsSet: Bool
    /// The C function of a builtin.
    let source: String
    let arguments: [UInt32]
  }

  private(set) var types: [UInt32: TypeEntry] = [:]
  private(set) var labels: [UInt32: [String]] = [:]
  private(set) var bounds: [UInt32: UInt32] = [:]
  private(set) var relations: [UInt32: Relation] = [:]
  private(set) var functions: [UInt32: Function] = [:]

  /// Below are PostgreSQL's own objects (FirstNormalObjectId).
  static let userOIDMin: UInt32 = 16384

  init(_ connection: Connection) throws(Connection.Failure) {
    try readTypes(connection)
    try readRelations(connection)
    try readFunctions(connection)
  }

  private static func number(_ text: String?) -> UInt32 { text.flatMap { UInt32($0) } ?? 0 }

  private mutating func readTypes(_ connection: Connection) throws(Connection.Failure) {
    let rows = try connection.rows(
      """
      SELECT t.oid, n.nspname, t.typname, t.typtype, coalesce(e.oid, 0), t.typbasetype, t.typnotnull, t.typrelid,
        format_type(t.oid, -1)
      FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
      LEFT JOIN pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
      """
    )
    for row in rows {
      let oid = Self.number(row[0])
      types[oid] = TypeEntry(
        oid: oid,
        schema: row[1]!,
        name: row[2]!,
        kind: row[3]!.first!,
        element: Self.number(row[4]),
        base: Self.number(row[5]),
        isNotNull: row[6] == "t",
        relation: Self.number(row[7]),
        spelling: row[8]!
      )
    }
    for row in try connection.rows("SELECT enumtypid, enumlabel FROM pg_enum ORDER BY enumtypid, enumsortorder") {
      labels[Self.number(row[0]), default: []].append(row[1]!)
    }
    for row in try connection.rows("SELECT rngtypid, rngsubtype FROM pg_range") {
      bounds[Self.number(row[0])] = Self.number(row[1])
    }
  }

  private mutating func readRelations(_ connection: Connection) throws(Connection.Failure) {
    let relations = try connection.rows(
      """
      SELECT c.oid, n.nspname, c.relname, c.relkind, c.relhasrules
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
      """
    )
    for row in relations {
      let oid = Self.number(row[0])
      self.relations[oid] = Relation(
        oid: oid,
        schema: row[1]!,
        name: row[2]!,
        kind: row[3]!.first!,
        hasRules: row[4] == "t"
      )
    }
    // From release 18 on a constraint may be declared without having been checked.
    let isChecked =
      connection.serverVersion < 180_000
      ? ""
      : """
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n'
        AND a.attnum = ANY (k.conkey) AND NOT (k.convalidated AND k.conenforced))
      """
    let attributes = try connection.rows(
      """
      SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.attnotnull AND c.relkind IN ('r', 'p')\(isChecked)
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
      ORDER BY a.attrelid, a.attnum
      """
    )
    for row in attributes {
      self.relations[Self.number(row[0])]?.attributes.append(
        Attribute(number: Int(row[1]!)!, name: row[2]!, type: Self.number(row[3]), isNotNull: row[4] == "t")
      )
    }
    // A table may inherit without the constraint, and a foreign table does not keep any.
    let children = try connection.rows(
      """
      WITH RECURSIVE descendant(parent, child) AS (
        SELECT inhparent, inhrelid FROM pg_inherits
        UNION SELECT d.parent, i.inhrelid FROM descendant d JOIN pg_inherits i ON i.inhparent = d.child)
      SELECT d.parent, a.attname FROM descendant d JOIN pg_attribute a ON a.attrelid = d.child
      JOIN pg_class c ON c.oid = d.child
      WHERE a.attnum > 0 AND NOT a.attisdropped AND (NOT a.attnotnull OR c.relkind = 'f')
      """
    )
    for row in children {
      let parent = Self.number(row[0])
      guard let index = self.relations[parent]?.attributes.firstIndex(where: { $0.name == row[1] }) else { continue }
      self.relations[parent]?.attributes[index].isNotNull = false
    }
  }

  private mutating func readFunctions(_ connection: Connection) throws(Connection.Failure) {
    let rows = try connection.rows(
      """
      SELECT p.oid, p.proname, p.proisstrict, p.provolatile, p.proretset, p.prosrc, p.proargtypes
      FROM pg_proc p WHERE p.prokind <> 'p'
      """
    )
    for row in rows {
      let oid = Self.number(row[0])
      functions[oid] = Function(
        name: row[1]!,
        isBuiltin: oid < Self.userOIDMin,
        isStrict: row[2] == "t",
        isVolatile: row[3] == "v",
        returnsSet: row[4] == "t",
        source: oid < Self.userOIDMin ? row[5]! : "",
        arguments: row[6]!.split(separator: " ").map { UInt32($0) ?? 0 }
      )
    }
  }
}
