extension SQLiteTranslator {
  func call(_ node: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> Value {
    let names = node.names("funcname") ?? []
    let name = names.last ?? ""
    if names.count > 1, names[0] != "pg_catalog", names[0] != "public" {
      throw Untranslatable(node, "SQLite has no schemas: '\(names.joined(separator: "."))'")
    }
    if node.flag("func_variadic") { throw Untranslatable(node, "VARIADIC has no equivalent in SQLite") }
    let arguments = try expressions(node.nodes("args"), scope)
    var value: Value
    if let aggregate = try aggregate(name, arguments, node, scope) {
      value = aggregate
    } else {
      if node.flag("agg_distinct") || node.flag("agg_star") || node.node("agg_filter") != nil {
        throw Untranslatable(node, "SQLite has no aggregate '\(name)'")
      }
      value = try scalar(name, arguments, node)
    }
    value.name = name
    return value
  }

  // MARK: Aggregates and windows

  private func aggregate(
    _ name: String,
    _ arguments: [Value],
    _ node: SyntaxNode,
    _ scope: SQLiteScope
  ) throws(Untranslatable) -> Value? {
    let windows: [String: StorageType?] = [
      "row_number": .int8, "rank": .int8, "dense_rank": .int8, "ntile": .int4, "percent_rank": .float8,
      "cume_dist": .float8, "lag": nil, "lead": nil, "first_value": nil, "last_value": nil, "nth_value": nil,
    ]
    let isWindow = node.node("over") != nil
    if isWindow, let type = windows[name] {
      return Value(
        text: Self.function(name, arguments, .int8).text + (try over(node, scope)),
        type: type ?? arguments.first?.type ?? .unknown,
        isNotNull: type != nil
      )
    }
    if node.flag("agg_within_group") { throw Untranslatable(node, "WITHIN GROUP has no equivalent in SQLite") }
    if !node.nodes("agg_order").isEmpty {
      throw Untranslatable(
        node,
        "ORDER BY within an aggregate has no equivalent in this SQLite",
        remedy: "aggregate over a subselect that is ordered, or order in the program"
      )
    }
    var distinct = node.flag("agg_distinct") ? "DISTINCT " : ""
    var tail = ""
    if let filter = node.node("agg_filter") { tail += " FILTER (WHERE \(try condition(filter, scope)))" }
    if isWindow { tail += try over(node, scope) }
    if node.flag("agg_star") {
      guard name == "count" else { return nil }
      return Value(text: "count(*)\(tail)", type: .int8, isNotNull: true)
    }
    guard let first = arguments.first else { return nil }
    func call(_ function: String, _ text: String, _ type: StorageType) -> Value {
      Value(text: "\(function)(\(distinct)\(text))\(tail)", type: type)
    }
    switch name {
    case "count":
      var value = call("count", first.collated, .int8)
      value.isNotNull = true
      return value
    case "sum":
      switch first.type {
      case .int2, .int4: return call("sum", first.text, .int8)
      case .int8, .numeric:
        if isWindow { throw windowed(node, name) }
        return call("pg_sum", first.collated, .decimal)
      case .float4, .float8: return call("sum", first.text, .float8)
      default: throw Untranslatable(node, "sum of \(first.type.name) has no equivalent in SQLite")
      }
    case "avg":
      if first.type.isFloat { return call("avg", first.text, .float8) }
      guard first.type.isNumber else {
        throw Untranslatable(node, "avg of \(first.type.name) has no equivalent in SQLite")
      }
      if isWindow { throw windowed(node, name) }
      return call("pg_avg", first.collated, .decimal)
    case "min", "max":
      switch first.type {
      case .enumeration, .interval, .json, .jsonb, .array:
        throw Untranslatable(node, "\(name) of \(first.type.name) has no equivalent in SQLite")
      default: return call(name, first.collated, first.type)
      }
    case "bool_and", "every": return call("min", first.text, .bool)
    case "bool_or": return call("max", first.text, .bool)
    case "string_agg":
      guard arguments.count == 2 else { return nil }
      if !distinct.isEmpty {
        guard arguments[1].string == "," else {
          throw Untranslatable(node, "string_agg(DISTINCT …) of SQLite separates by ',' only")
        }
        return call("group_concat", first.text, .text)
      }
      distinct = ""
      return call("group_concat", "\(first.text), \(arguments[1].text)", .text)
    case "array_agg":
      let element = try arrayElement(first, node)
      let value = call("json_group_array", element.text, .array(first.type))
      // Of no rows PostgreSQL makes NULL.
      return Value(text: "CASE WHEN count(*)\(tail) > 0 THEN \(value.text) END", type: value.type)
    case "json_agg", "jsonb_agg":
      let value = call("json_group_array", try jsonValue(first, node), name == "json_agg" ? .json : .jsonb)
      return Value(text: "CASE WHEN count(*)\(tail) > 0 THEN \(value.text) END", type: value.type)
    case "jsonb_object_agg":
      throw Untranslatable(
        node,
        "jsonb_object_agg has no equivalent in SQLite, which keeps a key twice",
        remedy: "use json_object_agg"
      )
    case "json_object_agg":
      guard arguments.count == 2 else { return nil }
      let text = "\(first.text), \(try jsonValue(arguments[1], node))"
      let value = call("json_group_object", text, .json)
      return Value(text: "CASE WHEN count(*)\(tail) > 0 THEN \(value.text) END", type: value.type)
    default:
      if isWindow { throw Untranslatable(node, "SQLite has no window function '\(name)'") }
      return nil
    }
  }

  private func windowed(_ node: SyntaxNode, _ name: String) -> Untranslatable {
    Untranslatable(
      node,
      "\(name) of exact numbers over a window has no equivalent in SQLite",
      remedy: "cast the argument to integer or double precision"
    )
  }

  /// JSON's form of a value, for functions that make JSON.
  private func jsonValue(_ value: Value, _ node: SyntaxNode?) throws(Untranslatable) -> String {
    switch value.type {
    case .bool: return "json(pg_bool_text(\(value.text)))"
    case .numeric, .json, .jsonb, .array: return "json(\(value.text))"
    case .timestamp, .timestamptz:
      return "replace(\(value.text), ' ', 'T')"
        + (value.type == .timestamptz ? " || '+00:00'" : "")
    case .bytea, .interval: throw Untranslatable(node, "\(value.type.name) within JSON has no equivalent in SQLite")
    default: return value.text
    }
  }

  private func over(_ node: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> String {
    let window = node.node("over")!
    if let name = window.string("name") { return " OVER \(quoted(name))" }
    return " OVER (\(try windowText(window, scope)))"
  }

  func windowText(_ window: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> String {
    var parts: [String] = []
    if let base = window.string("refname") { parts.append(quoted(base)) }
    let partition = try expressions(window.nodes("partitionClause"), scope)
    if !partition.isEmpty { parts.append("PARTITION BY \(partition.map(\.collated).joined(separator: ", "))") }
    let order = window.nodes("orderClause")
    if !order.isEmpty { parts.append("ORDER BY \(try orderList(order, scope))") }
    if let frame = try frame(window, scope) { parts.append(frame) }
    return parts.joined(separator: " ")
  }

  /// Bits of FRAMEOPTION in nodes/parsenodes.h.
  private func frame(_ window: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> String? {
    let options = window.integer("frameOptions") ?? 0
    if options & 1 == 0 { return nil }
    func bound(_ isStart: Bool) throws(Untranslatable) -> String {
      let shift = isStart ? 0 : 1
      func has(_ bit: Int) -> Bool { options & (bit << shift) != 0 }
      if has(0x20) { return "UNBOUNDED PRECEDING" }
      if has(0x80) { return "UNBOUNDED FOLLOWING" }
      if has(0x200) { return "CURRENT ROW" }
      guard let offset = window.node(isStart ? "startOffset" : "endOffset") else {
        throw Untranslatable(window, "this frame of a window has no equivalent in SQLite")
      }
      return try expression(offset, scope).text + (has(0x800) ? " PRECEDING" : " FOLLOWING")
    }
    let unit = options & 4 != 0 ? "ROWS" : options & 8 != 0 ? "GROUPS" : "RANGE"
    var text = unit
    text += options & 0x10 != 0 ? " BETWEEN \(try bound(true)) AND \(try bound(false))" : " \(try bound(true))"
    if options & 0x8000 != 0 { text += " EXCLUDE CURRENT ROW" }
    if options & 0x10000 != 0 { text += " EXCLUDE GROUP" }
    if options & 0x20000 != 0 { text += " EXCLUDE TIES" }
    return text
  }

  // MARK: Functions of single rows

  private func scalar(_ name: String, _ given: [Value], _ node: SyntaxNode) throws(Untranslatable) -> Value {
    func text(_ index: Int) throws(Untranslatable) -> Value {
      let value = given[index]
      return value.type == .unknown ? value : try cast(value, to: .text, node)
    }
    func texts() throws(Untranslatable) -> [Value] {
      var values: [Value] = []
      for index in given.indices { values.append(try text(index)) }
      return values
    }
    /// Text first, then whole numbers and texts as they are.
    func textCall(_ function: String) throws(Untranslatable) -> Value {
      var values = given
      if !values.isEmpty { values[0] = try text(0) }
      return Self.function(function, values, .text)
    }
    let type = given.first?.type ?? .unknown
    switch (name, given.count) {
    case ("now", 0), ("transaction_timestamp", 0), ("statement_timestamp", 0), ("clock_timestamp", 0):
      return Value(text: "pg_now()", type: .timestamptz, isNotNull: true)
    case ("gen_random_uuid", 0), ("uuid_generate_v4", 0): return Value(text: "pg_uuid()", type: .uuid, isNotNull: true)
    case ("random", 0):
      return Value(text: "((random() & 4503599627370495) / 4503599627370496.0)", type: .float8, isNotNull: true)
    case ("lower", 1), ("upper", 1), ("trim", 1): return try textCall(name)
    case ("btrim", 1), ("btrim", 2): return try textCall("trim")
    case ("ltrim", 1), ("ltrim", 2), ("rtrim", 1), ("rtrim", 2), ("replace", 3): return try textCall(name)
    case ("initcap", 1), ("left", 2), ("right", 2), ("lpad", 2), ("lpad", 3), ("rpad", 2), ("rpad", 3), ("repeat", 2),
      ("reverse", 1), ("split_part", 3), ("translate", 3):
      return try textCall("pg_\(name)")
    case ("substr", 2), ("substring", 2), ("substr", 3), ("substring", 3):
      guard given.dropFirst().allSatisfy({ $0.type.isInteger || $0.type == .unknown && $0.string == nil }) else {
        throw Untranslatable(
          node,
          "substring by a pattern has no equivalent in SQLite",
          remedy: "use substr and strpos"
        )
      }
      return try textCall("pg_substr")
    case ("ascii", 1): return Self.function("pg_ascii", [try text(0)], .int4)
    case ("chr", 1): return Self.function("char", given, .text)
    case ("starts_with", 2): return Self.function("pg_starts_with", try texts(), .bool)
    case ("length", 1), ("char_length", 1), ("character_length", 1):
      return Self.function("length", type == .bytea ? given : [try text(0)], .int4)
    case ("octet_length", 1): return Self.function("pg_octet_length", given, .int4)
    case ("position", 2), ("strpos", 2): return Self.function("instr", try texts(), .int4)
    case ("concat", _), ("concat_ws", _):
      // Here a boolean is written as psql writes it.
      var values = try texts()
      for (index, value) in given.enumerated() where value.type == .bool {
        values[index].text = "substr(pg_bool_text(\(value.text)), 1, 1)"
      }
      return Self.function("pg_\(name)", values, .text)
    case ("format", _), ("to_char", _), ("regexp_replace", _), ("regexp_match", _), ("regexp_matches", _):
      throw Untranslatable(node, "'\(name)' has no equivalent in SQLite", remedy: "do it in the program")
    case ("abs", 1), ("round", 1), ("round", 2), ("trunc", 1), ("trunc", 2), ("floor", 1), ("ceil", 1), ("ceiling", 1),
      ("sign", 1):
      return try rounding(name, given, node)
    case ("mod", 2): return try binary(given[0], "%", given[1], node)
    case ("div", 2):
      let quotient = try binary(
        try assigned(given[0], to: .decimal, node),
        "/",
        try assigned(given[1], to: .decimal, node),
        node
      )
      return Self.function("pg_trunc", [quotient], .decimal)
    case ("power", 2), ("pow", 2):
      return Self.function(
        "pow",
        [try assigned(given[0], to: .float8, node), try assigned(given[1], to: .float8, node)],
        .float8
      )
    case ("sqrt", 1), ("exp", 1), ("ln", 1), ("sin", 1), ("cos", 1), ("tan", 1):
      guard type.isFloat || type.isInteger else { break }
      return Self.function(name, [try assigned(given[0], to: .float8, node)], .float8)
    case ("date_trunc", 2):
      let moment = given[1].string == nil ? given[1] : try assigned(given[1], to: .timestamptz, node)
      guard moment.type.isMoment || moment.type == .date else { break }
      return Self.function("pg_date_trunc", [given[0], moment], moment.type == .date ? .timestamptz : moment.type)
    case ("extract", 2), ("date_part", 2):
      let function = given[1].type == .interval ? "pg_interval_extract" : "pg_extract"
      guard given[1].type == .interval || given[1].type.isMoment || given[1].type == .date else { break }
      let value = Self.function(function, given, .decimal)
      return name == "extract" ? value : try assigned(value, to: .float8, node)
    case ("to_timestamp", 1):
      return Self.function("pg_to_timestamp", [try assigned(given[0], to: .float8, node)], .timestamptz)
    case ("date", 1): return try cast(given[0], to: .date, node)
    case ("timezone", 2) where given[0].string?.uppercased() == "UTC":
      return Value(text: given[1].text, type: type == .timestamp ? .timestamptz : .timestamp)
    case ("array_length", 2) where given[1].text == "1":
      return Value(text: "nullif(json_array_length(\(given[0].text)), 0)", type: .int4)
    case ("cardinality", 1): return Self.function("json_array_length", given, .int4)
    case ("array_append", 2):
      guard case .array(let element) = type else { break }
      let value = try arrayElement(try assigned(given[1], to: element, node), node)
      return Value(text: "json_insert(coalesce(\(given[0].text), '[]'), '$[#]', \(value.text))", type: type)
    case ("json_array_length", 1), ("jsonb_array_length", 1): return Self.function("json_array_length", given, .int4)
    case ("json_typeof", 1), ("jsonb_typeof", 1):
      return Value(
        text: "CASE json_type(\(given[0].text)) WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' "
          + "WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean' WHEN 'text' THEN 'string' "
          + "ELSE json_type(\(given[0].text)) END",
        type: .text
      )
    case ("json_build_object", _), ("jsonb_build_object", _):
      var parts: [String] = []
      for (index, value) in given.enumerated() {
        parts.append(index % 2 == 0 ? value.text : try jsonValue(value, node))
      }
      return Value(
        text: "json_object(\(parts.joined(separator: ", ")))",
        type: name.hasPrefix("jsonb") ? .jsonb : .json,
        isNotNull: true
      )
    case ("json_build_array", _), ("jsonb_build_array", _):
      var parts: [String] = []
      for value in given { parts.append(try jsonValue(value, node)) }
      return Value(
        text: "json_array(\(parts.joined(separator: ", ")))",
        type: name.hasPrefix("jsonb") ? .jsonb : .json,
        isNotNull: true
      )
    case ("to_json", 1), ("to_jsonb", 1):
      let kind: StorageType = name == "to_jsonb" ? .jsonb : .json
      if type == .json || type == .jsonb || type == .numeric(precision: nil, scale: 0) || type == .bool {
        return Value(text: try jsonValue(given[0], node), type: kind)
      }
      return Value(text: "json_quote(\(try jsonValue(given[0], node)))", type: kind)
    case ("nextval", _), ("currval", _), ("setval", _), ("lastval", _):
      throw Untranslatable(node, "SQLite has no sequences", remedy: "use an identity column and RETURNING")
    case ("pg_advisory_xact_lock", _), ("pg_advisory_lock", _), ("pg_notify", _), ("set_config", _):
      throw Untranslatable(node, "'\(name)' has no equivalent in SQLite", remedy: "leave SQLite out")
    default: break
    }
    let types = given.map(\.type.name).joined(separator: ", ")
    throw Untranslatable(node, "the function \(name)(\(types)) has no equivalent in SQLite")
  }

  private func rounding(_ name: String, _ given: [Value], _ node: SyntaxNode) throws(Untranslatable) -> Value {
    let short = name == "ceiling" ? "ceil" : name
    let type = given[0].type
    if type.isInteger, given.count == 1 {
      if name == "abs" { return Self.function("abs", given, type) }
      let value = try assigned(given[0], to: .float8, node)
      return name == "sign" ? Self.function("sign", [value], .float8) : value
    }
    if type.isFloat, given.count == 1 {
      switch short {
      case "round": return Self.function("pg_round_float", given, .float8)
      default: return Self.function(short, given, type == .float4 && name == "abs" ? .float4 : .float8)
      }
    }
    var values = given
    values[0] = try assigned(given[0], to: .decimal, node)
    return Self.function("pg_\(short)", values, .decimal)
  }
}
