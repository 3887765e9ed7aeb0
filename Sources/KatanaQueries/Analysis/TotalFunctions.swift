/// Functions and operators of PostgreSQL that never give NULL for arguments that are not NULL. Most may: `to_char` of
/// an infinite time, `extract(day …)` of it, `array_length` of an empty array. What is not listed is taken to.
struct TotalFunctions {
  let catalog: Catalog

  /// Types whose operators are total. Those of geometry are not: an intersection of lines may not exist.
  private static let plainTypes: Set<UInt32> = [
    16, 17, 18, 19, 20, 21, 23, 25, 26, 27, 28, 142, 650, 700, 701, 705, 774, 790, 829, 869, 1007, 1009, 1042, 1043,
    1082, 1083,
    1114, 1184, 1186, 1266, 1560, 1562, 1700, 2205, 2249, 2277, 2283, 2776, 2950, 3500, 3614, 3615, 3734, 5077, 5078,
    5079,
  ]
  private static let jsonTypes: Set<UInt32> = [114, 3802]
  /// `anyrange`, `anymultirange`.
  private static let rangeTypes: Set<UInt32> = [3831, 4537, 4538, 5080]

  /// C functions behind `->`, `->>`, `#>`, `#>>`, `@?` and `@@` of JSON.
  private static let partialOperators: Set<String> = [
    "json_object_field", "json_object_field_text", "json_array_element", "json_array_element_text", "json_extract_path",
    "json_extract_path_text", "jsonb_object_field", "jsonb_object_field_text", "jsonb_array_element",
    "jsonb_array_element_text", "jsonb_extract_path", "jsonb_extract_path_text", "jsonb_path_exists_opr",
    "jsonb_path_match_opr",
  ]

  /// Of any arguments, NULL among them.
  private static let always: Set<String> = [
    "json_build_object", "jsonb_build_object", "json_build_array", "jsonb_build_array", "concat", "quote_nullable",
    "num_nulls", "num_nonnulls", "now", "random", "gen_random_uuid", "clock_timestamp", "statement_timestamp",
    "transaction_timestamp", "timeofday", "pi", "version", "current_database", "pg_backend_pid", "txid_current",
    "lastval", "array_append", "array_prepend",
  ]

  private static let names: Set<String> = [
    "abs", "acos", "acosd", "age", "array_cat", "array_fill", "array_to_json", "array_to_string", "array_to_tsvector",
    "ascii", "asin", "asind", "atan", "atan2",
    "atan2d", "atand", "bit_count", "bit_length", "bool", "bpchar", "broadcast", "btrim", "cardinality", "cbrt", "ceil",
    "ceiling", "char_length", "character_length", "chr", "concat_ws", "convert", "convert_from", "convert_to", "cos",
    "cosd", "cosh", "cot", "cotd", "currval", "date", "date_bin", "date_trunc", "decode", "degrees", "div", "encode",
    "exp", "factorial", "family", "float4", "float8", "floor", "format", "gcd", "get_bit", "get_byte", "hashtext",
    "hashtextextended", "host", "hostmask", "initcap", "int2", "int4", "int8", "interval", "isfinite", "justify_days",
    "justify_hours", "justify_interval", "lcm", "left", "length", "like_escape", "ln", "log", "log10", "lower", "lpad",
    "ltrim", "make_date", "make_interval", "make_time", "make_timestamp", "make_timestamptz", "masklen", "md5", "mod",
    "money", "name", "netmask", "network", "nextval", "normalize", "numeric", "numnode", "octet_length", "overlay",
    "pg_advisory_lock", "pg_advisory_lock_shared", "pg_advisory_unlock", "pg_advisory_xact_lock",
    "pg_advisory_xact_lock_shared", "pg_notify", "pg_try_advisory_lock", "pg_try_advisory_lock_shared",
    "pg_try_advisory_xact_lock", "phraseto_tsquery", "plainto_tsquery", "position", "pow", "power", "quote_ident",
    "quote_literal", "radians", "regexp_count", "regexp_instr", "regexp_like", "regexp_replace",
    "regexp_split_to_array", "repeat", "replace", "reverse", "right", "round", "row_to_json", "rpad", "rtrim",
    "set_bit",
    "set_byte", "setval", "setweight", "sha224", "sha256", "sha384", "sha512", "sign", "similar_to_escape", "sin",
    "sind", "sinh", "split_part", "sqrt", "starts_with", "string_to_array", "strip", "strpos", "substr", "substring",
    "tan", "tand", "tanh", "text", "timestamp", "timestamptz", "timezone", "to_ascii", "to_date",
    "to_hex", "to_json", "to_jsonb", "to_timestamp", "to_tsquery", "to_tsvector", "translate", "trim_array",
    "trim_scale", "trunc", "ts_delete", "ts_headline", "ts_rank", "ts_rank_cd", "tsvector_to_array", "upper", "varbit",
    "varchar", "websearch_to_tsquery", "width_bucket",
  ]
  /// These take JSON, too.
  private static let jsonNames: Set<String> = [
    "json_array_length", "json_object", "json_strip_nulls", "json_typeof", "jsonb_array_length", "jsonb_insert",
    "jsonb_object", "jsonb_pretty", "jsonb_set", "jsonb_strip_nulls", "jsonb_typeof", "row_to_json", "to_json",
    "to_jsonb", "to_tsvector", "array_to_json",
  ]
  /// C functions of casts that give NULL: an infinite time has no time of day.
  private static let partialCasts: Set<String> = ["timestamp_time", "timestamptz_time", "timestamptz_timetz"]
  /// `to_char` of numbers; of times it gives NULL where they are infinite.
  private static let numberFormats: Set<String> = [
    "numeric_to_char", "int4_to_char", "int8_to_char", "float4_to_char", "float8_to_char",
  ]

  /// Parts of a date that an infinite one has, too; it has no day and no hour.
  private static let endlessParts: Set<String> = [
    "year", "decade", "century", "millennium", "julian", "isoyear", "epoch",
  ]
  /// `time` and `timetz`, which are never infinite.
  private static let timeTypes: Set<UInt32> = [1083, 1266]
  private static let dateTypes: Set<UInt32> = [1082, 1114, 1184]

  /// `extract(part FROM value)`
  func isTotal(extraction oid: UInt32, part: String?) -> Bool {
    guard let function = catalog.functions[oid], function.isBuiltin, ["extract", "date_part"].contains(function.name),
      let type = function.arguments.last
    else { return false }
    return Self.timeTypes.contains(type) || Self.dateTypes.contains(type) && Self.endlessParts.contains(part ?? "")
  }

  enum Rule {
    /// Never NULL.
    case always
    /// Not NULL where the first so many arguments are not.
    case first(Int)
    /// Not NULL where no argument is.
    case all
  }

  func rule(function oid: UInt32, isVariadic: Bool) -> Rule? {
    guard let function = catalog.functions[oid], function.isBuiltin, !function.returnsSet else { return nil }
    let isVariable = ["concat", "concat_ws", "format"].contains(function.name) || function.name.contains("_build_")
    if isVariable || function.name.hasPrefix("num_n") {
      if isVariadic { return nil }
      return Self.always.contains(function.name) ? .always : .first(1)
    }
    if Self.always.contains(function.name) { return .always }
    // What is looked for, or put in its place, may be NULL.
    if function.name == "array_remove" || function.name == "array_replace" { return .first(1) }
    if Self.numberFormats.contains(function.source) { return .all }
    // `substring(text, pattern)` is NULL where nothing matches.
    if function.name == "substring", function.arguments.dropFirst().first != 23 { return nil }
    let types = Self.jsonNames.contains(function.name) ? Self.plainTypes.union(Self.jsonTypes) : Self.plainTypes
    guard Self.names.contains(function.name) || Self.jsonNames.contains(function.name),
      function.arguments.allSatisfy(types.contains)
    else { return nil }
    return .all
  }

  func isTotal(operator oid: UInt32) -> Bool {
    guard let function = catalog.functions[oid], function.isBuiltin, !function.returnsSet else { return false }
    guard !Self.partialOperators.contains(function.source) else { return false }
    return function.arguments.allSatisfy {
      Self.plainTypes.contains($0) || Self.jsonTypes.contains($0) || Self.rangeTypes.contains($0)
    }
  }

  /// Casts that are functions; `null` of jsonb becomes NULL in later releases.
  func isTotal(cast oid: UInt32) -> Bool {
    guard let function = catalog.functions[oid], function.isBuiltin, !function.returnsSet else { return false }
    return !Self.partialCasts.contains(function.source) && function.arguments.allSatisfy(Self.plainTypes.contains)
  }

  /// Aggregates that are not NULL where a group has rows and none of their arguments is NULL.
  static let aggregatesOfValues: Set<String> = [
    "sum", "avg", "min", "max", "bool_and", "bool_or", "every", "bit_and", "bit_or", "bit_xor", "string_agg",
    "any_value",
    "var_pop", "stddev_pop",
  ]
  /// Aggregates that are not NULL where a group has rows.
  static let aggregatesOfRows: Set<String> = [
    "array_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg",
  ]
  static let ranks: Set<String> = ["row_number", "rank", "dense_rank", "percent_rank", "cume_dist"]

  /// Functions in FROM whose rows hold no NULL.
  static let sets: Set<String> = [
    "generate_series", "generate_subscripts", "regexp_split_to_table", "json_array_elements", "jsonb_array_elements",
    "json_object_keys", "jsonb_object_keys", "json_each", "jsonb_each",
  ]
}
