/// SplitMix64: the same queries for the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Statements that PostgreSQL accepts, made by chance of joins, aggregates, subqueries, CASE and COALESCE, set
/// operations and what else makes NULL of what is not.
struct QueryGenerator {
  enum Kind: CaseIterable {
    case int, text, bool, time
    /// Arrays of int that queries make: those of tables are not held to a proof.
    case list
  }

  struct Source {
    let alias: String
    let columns: [(name: String, kind: Kind)]
  }

  static let schema = """
    CREATE TABLE a (id int PRIMARY KEY, n int, s text, c int NOT NULL, w text NOT NULL, t timestamp, arr int[],
      j jsonb, ok bool);
    CREATE TABLE b (id int PRIMARY KEY, a_id int, x int NOT NULL, y text, z bool NOT NULL, at timestamp NOT NULL);
    CREATE TABLE nothing (id int PRIMARY KEY, x int NOT NULL, y text NOT NULL);
    CREATE TABLE parent (id int NOT NULL, p text NOT NULL);
    CREATE TABLE child () INHERITS (parent);
    ALTER TABLE child ALTER p DROP NOT NULL;
    CREATE DOMAIN sure AS int NOT NULL;
    INSERT INTO a VALUES
      (1, NULL, NULL, 1, 'one', 'infinity', NULL, NULL, NULL),
      (2, 2, '', 2, '', '-infinity', '{}', 'null', true),
      (3, 0, 'x%', 2, 'x', '2020-02-02 02:02', '{1,NULL,3}', '{"k": null, "l": "7"}', false),
      (4, NULL, 'four', 4, 'four', NULL, '{NULL}', '[1, null]', NULL),
      (5, 5, NULL, 5, 'x', '2021-01-01', '{5}', '{"k": "v"}', true);
    INSERT INTO b VALUES
      (2, 2, 20, NULL, true, 'infinity'), (3, NULL, 30, 'b', false, '2020-01-01'), (7, 9, 2, 'x', true, '2000-01-01'),
      (8, 2, 0, NULL, false, '-infinity');
    INSERT INTO parent VALUES (1, 'p');
    INSERT INTO child VALUES (2, NULL);
    CREATE VIEW v AS SELECT a.id, a.w, b.x AS vx, coalesce(b.y, a.s, 'none') AS vy, b.z AS vz
      FROM a LEFT JOIN b ON b.a_id = a.id;
    CREATE MATERIALIZED VIEW m AS SELECT id, w FROM a;
    """

  private static let tables: [(String, [(String, Kind)])] = [
    ("a", [("id", .int), ("n", .int), ("s", .text), ("c", .int), ("w", .text), ("t", .time), ("ok", .bool)]),
    ("a", [("id", .int), ("n", .int), ("s", .text), ("c", .int), ("w", .text), ("t", .time), ("ok", .bool)]),
    ("b", [("id", .int), ("a_id", .int), ("x", .int), ("y", .text), ("z", .bool), ("at", .time)]),
    ("b", [("id", .int), ("a_id", .int), ("x", .int), ("y", .text), ("z", .bool), ("at", .time)]),
    ("nothing", [("id", .int), ("x", .int), ("y", .text)]),
    ("v", [("id", .int), ("w", .text), ("vx", .int), ("vy", .text), ("vz", .bool)]),
    ("m", [("id", .int), ("w", .text)]),
    ("parent", [("id", .int), ("p", .text)]),
  ]

  private var random: SeededRandom
  private var aliases = 0
  /// Queries that WITH has named.
  private var named: [Source] = []

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
  private mutating func pick<T>(_ items: [T]) -> T { items[Int.random(in: 0..<items.count, using: &random)] }
  private mutating func alias(_ letter: String) -> String {
    aliases += 1
    return "\(letter)\(aliases)"
  }

  // MARK: Statements

  mutating func statement() -> String {
    aliases = 0
    named = []
    switch Int.random(in: 0..<20, using: &random) {
    case 0: return change()
    case 1:
      let type = pick(["LEFT", "FULL", "INNER"])
      return "WITH changed AS (\(change())) SELECT * FROM changed \(type) JOIN a ON changed.c1 = a.id"
    case 2, 3: return recursive()
    case 4, 5:
      let kinds = columnKinds()
      let name = alias("w")
      let inner = select(kinds, [], 2)
      named = [Source(alias: name, columns: kinds.enumerated().map { ("c\($0 + 1)", $1) })]
      return "WITH \(name) AS (\(inner)) \(select(columnKinds(), [], 3))"
    default: return select(columnKinds(), [], 3)
    }
  }

  private mutating func columnKinds() -> [Kind] {
    (0..<Int.random(in: 1...4, using: &random)).map { _ in pick(Kind.allCases) }
  }

  private mutating func recursive() -> String {
    let name = alias("r")
    let source = Source(alias: name, columns: [("n", .int), ("s", .text), ("k", .int), ("p", .list)])
    let first = "SELECT 1, \(expression(.text, [], 1)), \(expression(.int, [], 1)), \(expression(.list, [], 1))"
    let path = chance(50) ? "p || \(expression(.int, [source], 1))" : expression(.list, [source], 2)
    let second =
      "SELECT n + 1, \(expression(.text, [source], 2)), \(expression(.int, [source], 2)), \(path) "
      + "FROM \(name) WHERE n < 4"
    named = [source]
    return "WITH RECURSIVE \(name)(n, s, k, p) AS (\(first) UNION ALL \(second)) \(select(columnKinds(), [], 2))"
  }

  private mutating func change() -> String {
    switch Int.random(in: 0..<4, using: &random) {
    case 0:
      return "INSERT INTO b (id, a_id, x, y, z, at) VALUES (100, \(pick(["NULL", "1"])), 1, NULL, true, now()) "
        + "RETURNING id AS c1, \(expression(.int, [b("b")], 2)) AS c2, \(expression(.text, [b("b")], 2)) AS c3"
    case 1:
      return "UPDATE a SET n = NULL, s = NULL WHERE \(condition([a("a")], 2)) OR n IS NOT NULL AND s IS NOT NULL "
        + "RETURNING id AS c1, n AS c2, s AS c3, \(expression(.text, [a("a")], 2)) AS c4"
    case 2:
      let sources = [a("a"), b("b")]
      return "UPDATE a SET n = \(expression(.int, sources, 2)) FROM nothing RIGHT JOIN b ON nothing.id = b.id "
        + "WHERE a.id = b.a_id RETURNING a.id AS c1, nothing.x AS c2, \(expression(.int, sources, 2)) AS c3, a.n AS c4"
    default:
      return "DELETE FROM b USING a LEFT JOIN nothing ON a.n = nothing.x WHERE b.a_id = a.id "
        + "RETURNING b.id AS c1, nothing.y AS c2, b.a_id AS c3, \(expression(.text, [a("a"), b("b")], 2)) AS c4"
    }
  }

  private func a(_ alias: String) -> Source { Source(alias: alias, columns: Self.tables[0].1.map { ($0.0, $0.1) }) }
  private func b(_ alias: String) -> Source { Source(alias: alias, columns: Self.tables[2].1.map { ($0.0, $0.1) }) }

  // MARK: SELECT

  /// Columns c1, c2, … of these kinds. `outer` is what a correlated or lateral subquery sees around it.
  private mutating func select(_ kinds: [Kind], _ outer: [Source], _ depth: Int) -> String {
    if depth > 1, chance(15) {
      let operation = pick(["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "EXCEPT ALL"])
      return "(\(select(kinds, outer, depth - 1))) \(operation) (\(select(kinds, outer, depth - 1)))"
    }
    if depth > 0, chance(6) {
      let rows = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        "(" + kinds.map { expression($0, outer, 1) }.joined(separator: ", ") + ")"
      }
      let columns = kinds.indices.map { "c\($0 + 1)" }.joined(separator: ", ")
      return "SELECT * FROM (VALUES \(rows.joined(separator: ", "))) AS \(alias("q"))(\(columns))"
    }
    if chance(8) {
      return "SELECT " + list(kinds.map { expression($0, outer, depth) })
        + (chance(30) ? " WHERE \(condition(outer, 1))" : "")
    }
    let (from, sources) = self.from(outer, depth)
    let all = sources + outer
    let filter = chance(50) ? " WHERE \(condition(all, 2))" : ""
    switch Int.random(in: 0..<10, using: &random) {
    case 0, 1:
      return "SELECT " + list(kinds.map { aggregate($0, sources, depth) }) + " FROM \(from)\(filter)"
        + (chance(20) ? " HAVING count(*) \(pick([">", ">="])) 0" : "")
    case 2, 3: return grouped(kinds, from, filter, sources, outer, depth)
    case 4: return "SELECT " + list(kinds.map { windowed($0, all, depth) }) + " FROM \(from)\(filter)"
    default:
      let distinct = chance(10) ? "DISTINCT " : ""
      return "SELECT \(distinct)" + list(kinds.map { expression($0, all, depth) }) + " FROM \(from)\(filter)"
        + (chance(10) ? " ORDER BY 1" : "") + (chance(15) ? " LIMIT \(pick([0, 1, 3]))" : "")
    }
  }

  private func list(_ expressions: [String]) -> String {
    expressions.enumerated().map { "\($1) AS c\($0 + 1)" }.joined(separator: ", ")
  }

  private mutating func grouped(
    _ kinds: [Kind],
    _ from: String,
    _ filter: String,
    _ sources: [Source],
    _ outer: [Source],
    _ depth: Int
  ) -> String {
    let keyKinds = (0..<Int.random(in: 1...2, using: &random)).map { _ in pick(Kind.allCases) }
    // A constant is no key; any column is.
    let any = "\(sources[0].alias).\(sources[0].columns[0].name)"
    let constants = Kind.allCases.flatMap { [constant($0), none($0)] }
    let keys = keyKinds.map { kind -> String in
      let key = chance(70) ? column(kind, sources) ?? any : expression(kind, sources, 1)
      return constants.contains(key) ? any : key
    }
    let columns = kinds.map { kind -> String in
      if chance(40), let index = keyKinds.indices.first(where: { keyKinds[$0] == kind && keys[$0] != any }) {
        return chance(70) ? keys[index] : wrap(keys[index], kind)
      }
      if chance(10), kind == .int { return "grouping(\(keys[0]))" }
      return aggregate(kind, sources, depth)
    }
    let all = keys.joined(separator: ", ")
    let by =
      switch Int.random(in: 0..<6, using: &random) {
      case 0: "ROLLUP (\(all))"
      case 1: "CUBE (\(all))"
      case 2: "GROUPING SETS ((\(all)), (\(keys[0])), ())"
      case 3: "GROUPING SETS ((\(all)))"
      default: all
      }
    return "SELECT \(list(columns)) FROM \(from)\(filter) GROUP BY \(by)"
      + (chance(15) ? " HAVING count(*) >= 1" : "")
  }

  private mutating func wrap(_ key: String, _ kind: Kind) -> String {
    switch kind {
    case .int: "\(key) + 1"
    case .text: "upper(\(key))"
    case .bool: "NOT (\(key))"
    case .time: "date_trunc('day', \(key))"
    case .list: "(\(key) || 1)"
    }
  }

  // MARK: FROM

  private mutating func from(_ outer: [Source], _ depth: Int) -> (String, [Source]) {
    var (text, first) = source(outer, depth)
    var sources = [first]
    for _ in 0..<pick([0, 0, 1, 1, 2]) {
      if chance(12) {
        let (next, source) = lateral(sources + outer, depth)
        switch Int.random(in: 0..<2, using: &random) {
        case 0: text = "\(text) LEFT JOIN LATERAL \(next) ON \(condition(sources + [source], 1))"
        default: text = "\(text) CROSS JOIN LATERAL \(next)"
        }
        sources.append(source)
        continue
      }
      let (next, source) = source(outer, depth)
      let type = pick(["JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
      let right = column(.int, [source]) ?? "1"
      let left = column(.int, sources) ?? "1"
      if sources.count == 1, chance(25), first.columns.contains(where: { $0.name == "id" }),
        source.columns.contains(where: { $0.name == "id" })
      {
        text = "(\(text) \(type) \(next) USING (id))"
        // The merged column is in neither.
        let merged = Source(alias: "", columns: [("id", .int)])
        sources.append(source)
        if chance(50) { sources.append(merged) }
        if sources.count > 2 { return (text, sources) }
        continue
      }
      let more = type == "FULL JOIN" || chance(60) ? "" : " AND \(condition(sources + [source], 1))"
      text = "(\(text) \(type) \(next) ON \(left) = \(right)\(more))"
      sources.append(source)
    }
    if chance(8) {
      let (next, source) = source(outer, depth)
      return ("\(text), \(next)", sources + [source])
    }
    return (text, sources)
  }

  private mutating func source(_ outer: [Source], _ depth: Int) -> (String, Source) {
    if !named.isEmpty, chance(40) {
      let other = pick(named)
      let name = alias("t")
      return ("\(other.alias) AS \(name)", Source(alias: name, columns: other.columns))
    }
    switch Int.random(in: 0..<12, using: &random) {
    case 0, 1:
      if depth <= 0 { break }
      let kinds = columnKinds() + [.int]
      let name = alias("q")
      return (
        "(\(select(kinds, [], depth - 1))) AS \(name)",
        Source(alias: name, columns: kinds.enumerated().map { ("c\($0 + 1)", $1) })
      )
    case 2:
      let name = alias("g")
      return (
        pick([
          "generate_series(1, \(pick(["3", "0", "NULL::int"]))) WITH ORDINALITY AS \(name)(g, o)",
          "unnest(ARRAY[1, NULL, 3]) WITH ORDINALITY AS \(name)(g, o)",
          "ROWS FROM (generate_series(1, 3), generate_series(1, 2)) AS \(name)(g, o)",
          "jsonb_to_recordset('[{\"g\": 1}, {\"o\": 2}]') AS \(name)(g int, o int)",
        ]), Source(alias: name, columns: [("g", .int), ("o", .int)])
      )
    default: break
    }
    let (table, columns) = pick(Self.tables)
    let name = alias("t")
    return ("\(table) AS \(name)", Source(alias: name, columns: columns.map { ($0.0, $0.1) }))
  }

  private mutating func lateral(_ outer: [Source], _ depth: Int) -> (String, Source) {
    let name = alias("l")
    let kinds: [Kind] = [.int, .text]
    return (
      "(\(select(kinds, outer, max(0, depth - 2)))) AS \(name)",
      Source(alias: name, columns: [("c1", .int), ("c2", .text)])
    )
  }

  // MARK: Expressions

  private mutating func column(_ kind: Kind, _ sources: [Source]) -> String? {
    let columns = sources.flatMap { source in
      source.columns.filter { $0.kind == kind }.map { source.alias.isEmpty ? $0.name : "\(source.alias).\($0.name)" }
    }
    return columns.isEmpty ? nil : pick(columns)
  }

  private func constant(_ kind: Kind) -> String {
    switch kind {
    case .int: "7"
    case .text: "text 'k'"
    case .bool: "true"
    case .time: "timestamp '2020-01-01'"
    case .list: "ARRAY[7]"
    }
  }

  private func none(_ kind: Kind) -> String {
    switch kind {
    case .int: "NULL::int"
    case .text: "NULL::text"
    case .bool: "NULL::bool"
    case .time: "NULL::timestamp"
    case .list: "NULL::int[]"
    }
  }

  mutating func expression(_ kind: Kind, _ sources: [Source], _ depth: Int) -> String {
    if depth <= 0 || chance(35) {
      if chance(10) { return chance(40) ? none(kind) : constant(kind) }
      return column(kind, sources) ?? constant(kind)
    }
    let next = depth - 1
    switch Int.random(in: 0..<9, using: &random) {
    case 0: return "coalesce(\(expression(kind, sources, next)), \(expression(kind, sources, next)))"
    case 1:
      let otherwise = chance(70) ? " ELSE \(expression(kind, sources, next))" : ""
      return "CASE WHEN \(condition(sources, next)) THEN \(expression(kind, sources, next))\(otherwise) END"
    case 2: return "nullif(\(expression(kind, sources, next)), \(expression(kind, sources, next)))"
    case 3: return "greatest(\(expression(kind, sources, next)), \(expression(kind, sources, next)))"
    case 4 where next > 0: return "(\(scalar(kind, sources, next)))"
    case 5:
      if let tested = column(kind, sources) {
        return "CASE WHEN \(tested) IS NOT NULL THEN \(tested) ELSE \(constant(kind)) END"
      }
    default: break
    }
    return special(kind, sources, next)
  }

  /// A subquery of one column and at most one row.
  private mutating func scalar(_ kind: Kind, _ outer: [Source], _ depth: Int) -> String {
    if chance(30) { return "SELECT \(expression(kind, outer, depth))" }
    let (from, sources) = self.from(outer, 0)
    let filter = chance(50) ? " WHERE \(condition(sources + outer, 1))" : ""
    if chance(50) { return "SELECT \(aggregate(kind, sources, depth)) FROM \(from)\(filter)" }
    return "SELECT \(expression(kind, sources + outer, depth)) FROM \(from)\(filter) LIMIT 1"
  }

  private mutating func special(_ kind: Kind, _ sources: [Source], _ depth: Int) -> String {
    let number = expression(.int, sources, depth)
    switch kind {
    case .int:
      let text = expression(.text, sources, depth)
      let whole = sources.first { $0.columns.contains { $0.name == "arr" } }
      return pick([
        "(\(number) + \(expression(.int, sources, depth)))", "(- \(number))", "abs(\(number))", "length(\(text))",
        "strpos(\(text), 'x')", "(\(number) % 5)", "array_length(ARRAY[\(number)], 1)",
        "cardinality(ARRAY[\(number), NULL])", "(ARRAY[\(number), NULL, 3])[\(pick(["1", "2", "9"]))]",
        "(regexp_match(\(text), '(\\d+)'))[1]::int", "(\(number))::int8::int", "num_nulls(\(number), \(text))",
        "extract(day FROM \(expression(.time, sources, depth)))::int", "ascii(\(text))",
        "sign(extract(year FROM \(expression(.time, sources, depth))))::int",
        "extract(hour FROM (\(expression(.time, sources, depth)))::time)::int",
        "jsonb_array_length(jsonb_build_array(\(number)))", "(jsonb_build_object('k', \(number)) ->> 'k')::int",
        "array_position(ARRAY[1, 2], \(number))", "width_bucket(\(number), 0, 10, 5)", whole == nil ? "1" : "2",
        "(row_to_json(ROW(\(number))) ->> 'f1')::int", "mod(\(number), 3)", "sign(\(number)::numeric)::int",
      ])
    case .text:
      let text = expression(.text, sources, depth)
      return pick([
        "(\(text) || \(expression(.text, sources, depth)))", "upper(\(text))", "lower(\(text))", "(\(number))::text",
        "substring(\(text) FROM '[0-9]+')", "substr(\(text), 1, 2)", "concat(\(text), \(number))",
        "concat_ws('-', \(text))", "concat_ws(\(text), 'a')", "to_char(\(expression(.time, sources, depth)), 'YYYY')",
        "to_char(\(number), '999')", "split_part(\(text), 'x', 1)", "replace(\(text), 'x', 'y')", "trim(\(text))",
        "format('%s', \(text))", "array_to_string(ARRAY[\(text)], ',')", "jsonb_build_object('k', \(text))::text",
        "(jsonb_build_object('k', \(text)) ->> 'k')", "(\(text))::varchar(3)::text", "md5(\(text))",
        "to_json(\(text))::text", "regexp_replace(\(text), 'x', '')", "left(\(text), 1)", "quote_nullable(\(text))",
        "(\(expression(.time, sources, depth)))::time::text", "(\(text) COLLATE \"C\")", "current_schema()::text",
        "current_user::text", "string_to_array(\(text), 'x')::text", "(ARRAY[\(text)]::text[])::text",
      ])
    case .bool: return "(\(condition(sources, depth)))"
    case .time:
      let time = expression(.time, sources, depth)
      return pick([
        "(\(time) + interval '1 day')", "date_trunc('month', \(time))", "(\(time))::date::timestamp",
        "now()::timestamp",
        "make_timestamp(2020, 1, 1, 1, 1, 1)", "to_timestamp(\(number))::timestamp", "localtimestamp",
      ])
    case .list:
      let list = expression(.list, sources, depth)
      return pick([
        "ARRAY[\(number)]", "ARRAY[1, \(number)]", "(\(list) || \(number))", "(\(number) || \(list))",
        "(\(list) || \(expression(.list, sources, depth)))", "array_remove(\(list), NULL)",
        "array_remove(\(list), \(number))", "array_append(\(list), \(number))", "array_prepend(\(number), \(list))",
        "array_replace(\(list), \(pick(["NULL", "7"])), \(number))", "(\(list))[1:2]",
        "ARRAY(\(scalar(.int, sources, depth)))", "'{1,NULL}'::int[]", "'{1,2}'::int[]", "'{}'::int[]",
        "string_to_array('1,2', ',', \(pick(["NULL", "'2'"])))::int[]", "(\(list))::bigint[]::int[]",
        "(\(list))::text[]::int[]", "array_fill(\(number), ARRAY[2])", "array_positions(\(list), \(number))",
        "ARRAY(SELECT \(pick(["x", "a_id"])) FROM b)", "(ARRAY[\(number)]::text)::int[]",
        "(SELECT array_agg(a_id) FILTER (WHERE \(pick(["a_id IS NOT NULL", "x > 2", "a_id > 0"]))) FROM b)",
      ])
    }
  }

  mutating func condition(_ sources: [Source], _ depth: Int) -> String {
    let next = depth - 1
    if depth <= 0 {
      if let flag = column(.bool, sources), chance(40) { return flag }
      if let number = column(.int, sources) { return chance(30) ? "\(number) IS NOT NULL" : "\(number) > 0" }
      return chance(50) ? "true" : "1 > 0"
    }
    let kind = pick(Kind.allCases)
    let left = expression(kind, sources, next)
    let right = expression(kind, sources, next)
    switch Int.random(in: 0..<17, using: &random) {
    case 0: return "\(left) IS NULL"
    case 1, 2: return "\(left) IS NOT NULL"
    case 3: return "(\(condition(sources, next)) AND \(condition(sources, next)))"
    case 4: return "(\(condition(sources, next)) OR \(condition(sources, next)))"
    case 5: return "NOT (\(condition(sources, next)))"
    case 6: return "\(left) IN (\(right), \(constant(kind)))"
    case 7: return "\(left) NOT IN (\(constant(kind)), \(constant(kind)))"
    case 8: return "EXISTS (SELECT 1 FROM b WHERE \(condition(sources, 0)))"
    case 9:
      return
        "\(expression(.int, sources, next)) \(pick(["IN", "NOT IN", "= ANY"])) (SELECT \(pick(["x", "a_id"])) FROM b)"
    case 10: return "\(left) IS \(pick(["", "NOT "]))DISTINCT FROM \(right)"
    case 11:
      return
        "\(expression(.int, sources, next)) = ANY (\(pick(["ARRAY[1, 2]", "'{1,NULL}'::int[]", "ARRAY[2, NULL]"])))"
    case 12: return "\(expression(.text, sources, next)) \(pick(["LIKE", "ILIKE", "SIMILAR TO", "~"])) 'x'"
    case 13: return "\(expression(.int, sources, next)) BETWEEN 0 AND \(expression(.int, sources, next))"
    case 14:
      return "(\(expression(.bool, sources, next))) IS \(pick(["TRUE", "NOT TRUE", "UNKNOWN", "NOT UNKNOWN", "FALSE"]))"
    case 15: return "ROW(\(left), 1) \(pick(["=", "<", "<>", "IS NOT DISTINCT FROM"])) ROW(\(right), 2)"
    default: return "\(left) \(pick(["=", "<>", "<", ">="])) \(right)"
    }
  }

  private mutating func aggregate(_ kind: Kind, _ sources: [Source], _ depth: Int) -> String {
    let next = max(0, min(depth, 2) - 1)
    let filter = chance(15) ? " FILTER (WHERE \(condition(sources, 0)))" : ""
    let number = plain(.int, sources, next)
    let text = plain(.text, sources, next)
    switch kind {
    case .int:
      let sum = pick([
        "count(*)\(filter)", "count(\(number))\(filter)", "sum(\(number))\(filter)", "max(\(number))\(filter)",
        "avg(\(number))\(filter)::int", "min(\(number))\(filter)", "stddev_samp(\(number))\(filter)::int",
        "cardinality(array_agg(\(number))\(filter))", "bit_or(\(number))\(filter)", "var_pop(\(number))\(filter)::int",
        "percentile_disc(0.5) WITHIN GROUP (ORDER BY \(number))\(filter)", "count(DISTINCT \(number))\(filter)",
        "(array_agg(\(number))\(filter))[1]",
      ])
      return chance(30) ? "coalesce(\(sum), 0)" : "(\(sum))"
    case .text:
      return pick([
        "max(\(text))\(filter)", "string_agg(\(text), ',')\(filter)", "json_agg(\(text))\(filter)::text",
        "coalesce(min(\(text))\(filter), '')", "array_agg(\(text))\(filter)::text",
        "jsonb_object_agg('k', \(text))\(filter)::text", "mode() WITHIN GROUP (ORDER BY \(text))\(filter)",
      ])
    case .bool: return pick(["bool_and(\(plain(.bool, sources, next)))\(filter)", "count(*)\(filter) > 1"])
    case .time: return "\(pick(["min", "max"]))(\(plain(.time, sources, next)))\(filter)"
    case .list:
      let column = column(.int, sources) ?? number
      return pick([
        "array_agg(\(number))\(filter)", "coalesce(array_agg(\(number))\(filter), '{}')",
        "array_agg(DISTINCT \(number))\(filter)", "array_remove(array_agg(\(number))\(filter), NULL)",
        "array_agg(\(column)) FILTER (WHERE \(column) IS NOT NULL)", "array_agg(\(number) ORDER BY \(column))",
        "\(pick(["min", "max"]))(\(plain(.list, sources, next)))\(filter)", "array_agg(\(column) > 1)::int[]",
      ])
    }
  }

  /// Without subqueries, whose aggregates would be of the query around.
  private mutating func plain(_ kind: Kind, _ sources: [Source], _ depth: Int) -> String {
    if depth <= 0 || chance(50) { return column(kind, sources) ?? constant(kind) }
    let other = column(kind, sources) ?? constant(kind)
    return pick(["coalesce(\(other), \(constant(kind)))", other, "nullif(\(other), \(constant(kind)))"])
  }

  private mutating func windowed(_ kind: Kind, _ sources: [Source], _ depth: Int) -> String {
    let by = chance(50) ? "PARTITION BY \(column(.int, sources) ?? "1::int") " : ""
    let order = chance(60) ? "ORDER BY \(column(.text, sources) ?? "2::int") " : ""
    let frame =
      chance(40) && !order.isEmpty
      ? pick([
        "ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING", "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
        "ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING", "ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW",
        "GROUPS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", "ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING",
      ]) : ""
    let over = "OVER (\(by)\(order)\(frame))"
    let value = plain(kind, sources, 1)
    let filter = chance(10) ? " FILTER (WHERE \(condition(sources, 0)))" : ""
    let any = pick([
      "lag(\(value)) \(over)", "lead(\(value), 1, \(constant(kind))) \(over)", "lag(\(value), 1, \(value)) \(over)",
      "first_value(\(value)) \(over)", "last_value(\(value)) \(over)", "nth_value(\(value), 2) \(over)",
      kind == .bool ? "bool_or(\(value))\(filter) \(over)" : "max(\(value))\(filter) \(over)",
    ])
    if kind == .list, chance(50) { return "array_agg(\(plain(.int, sources, 1)))\(filter) \(over)" }
    guard kind == .int, chance(50) else { return any }
    return pick([
      "row_number() \(over)", "rank() \(over)", "dense_rank() \(over)", "ntile(\(pick(["2", "NULL::int"]))) \(over)",
      "count(\(value))\(filter) \(over)", "sum(\(value))\(filter) \(over)", "(percent_rank() \(over))::int",
    ])
  }
}
