extension SQLiteTranslator {
  func expression(_ node: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> Value {
    switch node.kind {
    case "A_Const": return try constant(node)
    case "ColumnRef": return try column(node, scope)
    case "ParamRef":
      let number = node.integer("number") ?? 0
      let type = number > 0 && number <= parameters.count ? parameters[number - 1] : .unknown
      return Value(text: "?\(number)", type: type)
    case "TypeCast":
      guard let argument = node.node("arg"), let name = node.node("typeName") else { break }
      let target = try type(name)
      var value = try cast(try expression(argument, scope), to: target, node)
      if value.name == "?column?" { value.name = name.names("names")?.last ?? value.name }
      return value
    case "A_Expr": return try operation(node, scope)
    case "BoolExpr": return try connective(node, scope)
    case "NullTest":
      let value = try expression(node.node("arg")!, scope)
      let sign = node.string("nulltesttype") == "IS_NOT_NULL" ? "IS NOT NULL" : "IS NULL"
      return Value(text: "\(value.operand) \(sign)", type: .bool, isAtomic: false, isNotNull: true)
    case "BooleanTest":
      let value = try boolean(node.node("arg")!, scope)
      let signs = [
        "IS_TRUE": "IS TRUE", "IS_NOT_TRUE": "IS NOT TRUE", "IS_FALSE": "IS FALSE", "IS_NOT_FALSE": "IS NOT FALSE",
        "IS_UNKNOWN": "IS NULL", "IS_NOT_UNKNOWN": "IS NOT NULL",
      ]
      guard let sign = signs[node.string("booltesttype") ?? "IS_TRUE"] else { break }
      return Value(text: "\(value.operand) \(sign)", type: .bool, isAtomic: false, isNotNull: true)
    case "CaseExpr": return try caseExpression(node, scope)
    case "CoalesceExpr":
      let (values, type) = try matched(try expressions(node.nodes("args"), scope), node)
      var result = Self.function("coalesce", values, type)
      result.isNotNull = values.contains(where: \.isNotNull)
      // SQLite takes two at least.
      return values.count == 1 ? values[0] : result
    case "MinMaxExpr":
      let (values, type) = try matched(try expressions(node.nodes("args"), scope), node)
      let name = node.string("op") == "IS_LEAST" ? "pg_least" : "pg_greatest"
      var result = Self.function(type.isNumeric ? name + "_numeric" : name, values, type)
      result.name = node.string("op") == "IS_LEAST" ? "least" : "greatest"
      return result
    case "SubLink": return try subquery(node, scope)
    case "FuncCall": return try call(node, scope)
    case "SQLValueFunction": return try valueFunction(node)
    case "A_ArrayExpr":
      let (values, type) = try matched(try expressions(node.nodes("elements"), scope), node)
      var elements: [Value] = []
      for value in values { elements.append(try arrayElement(value, node)) }
      var result = Self.function("json_array", elements, .array(type))
      result.isNotNull = true
      result.name = "array"
      return result
    case "A_Indirection": return try element(node, scope)
    case "CollateClause":
      let names = node.names("collname") ?? []
      guard ["C", "POSIX", "default"].contains(names.last), let argument = node.node("arg") else {
        throw Untranslatable(
          node,
          "SQLite compares text by its bytes: the collation '\(names.last ?? "")' is not there",
          remedy: "use COLLATE \"C\""
        )
      }
      return try expression(argument, scope)
    case "RowExpr":
      let values = try expressions(node.nodes("args"), scope)
      return Value(text: "(\(values.map(\.text).joined(separator: ", ")))", type: .unknown, name: "row")
    case "SetToDefault": throw Untranslatable(node, "DEFAULT can only be the value of a column in SQLite")
    default: break
    }
    throw Untranslatable(node, "\(node.kind) has no equivalent in SQLite")
  }

  func expressions(_ nodes: [SyntaxNode], _ scope: SQLiteScope) throws(Untranslatable) -> [Value] {
    var values: [Value] = []
    for node in nodes { values.append(try expression(node, scope)) }
    return values
  }

  private func constant(_ node: SyntaxNode) throws(Untranslatable) -> Value {
    if node.flag("isnull") { return Value(text: "NULL", type: .unknown, isNull: true) }
    if let integer = node.node("ival") {
      let value = integer.integer("ival") ?? negative(node) ?? 0
      return Value(text: "\(value)", type: .int4, isAtomic: value >= 0, isNotNull: true)
    }
    if let float = node.node("fval") {
      let text = float.string("fval") ?? "0"
      // A number that is too large for int4 is an int8; one with a point is a decimal.
      if Int64(text) != nil { return Value(text: text, type: .int8, isNotNull: true) }
      guard let written = SQLiteLiterals.text(text, as: .decimal) else {
        throw Untranslatable(node, "the number cannot be read")
      }
      return Value(text: written, type: .decimal, isNotNull: true)
    }
    if let boolean = node.node("boolval") {
      return Value(text: boolean.flag("boolval") ? "TRUE" : "FALSE", type: .bool, isNotNull: true, name: "bool")
    }
    if let string = node.node("sval") {
      let text = string.string("sval") ?? ""
      return Value(text: literal(text), type: .unknown, string: text, isNotNull: true)
    }
    throw Untranslatable(node, "a bit string has no form in SQLite")
  }

  private func negative(_ node: SyntaxNode) -> Int? {
    guard let start = node.offset, start < source.count, source[start] == UInt8(ascii: "-") else { return nil }
    let digits = source[(start + 1)...].drop { $0 == 0x20 || $0 == 0x0a || $0 == 0x09 || $0 == 0x0d }
      .prefix { (0x30...0x39).contains($0) }
    return Int(String(decoding: digits, as: UTF8.self)).map { -$0 }
  }

  private func column(_ node: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> Value {
    guard let names = node.names("fields"), let name = names.last else {
      throw Untranslatable(node, "'*' cannot stand here in SQLite")
    }
    let alias = names.count > 1 ? names[names.count - 2] : nil
    guard let (text, column) = scope.column(name, of: alias) else {
      if names.count == 1, scope.source(name) != nil {
        throw Untranslatable(
          node,
          "'\(name)' is a whole row here, which SQLite has not",
          remedy: "name the columns"
        )
      }
      throw Untranslatable(
        node,
        "there is no column '\(names.joined(separator: "."))' in the translated schema",
        remedy: "look at what was said about the migrations"
      )
    }
    let isColumn = column.expression == nil
    return Value(text: text, type: column.type, isNotNull: column.isNotNull, isColumn: isColumn, name: name)
  }

  private func connective(_ node: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> Value {
    switch node.string("boolop") {
    case "NOT_EXPR":
      let value = try boolean(node.nodes("args")[0], scope)
      return Value(text: "NOT \(value.operand)", type: .bool, isAtomic: false)
    case "OR_EXPR":
      var parts: [String] = []
      for part in node.nodes("args") { parts.append(try boolean(part, scope).operand) }
      return Value(text: parts.joined(separator: " OR "), type: .bool, isAtomic: false)
    default: return Value(text: try condition(node, scope), type: .bool, isAtomic: false)
    }
  }

  private func caseExpression(_ node: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> Value {
    let whens = node.nodes("args")
    var results: [SyntaxNode] = whens.compactMap { $0.node("result") }
    if let last = node.node("defresult") { results.append(last) }
    let (values, type) = try matched(try expressions(results, scope), node)
    var text = "CASE"
    let subject = try node.node("arg").map { argument throws(Untranslatable) in try expression(argument, scope) }
    for (index, when) in whens.enumerated() {
      let test: String
      if let subject {
        let (a, b, _) = try matched(subject, try expression(when.node("expr")!, scope), when)
        test = "\(a.collated) = \(b.collated)"
      } else {
        test = try boolean(when.node("expr")!, scope).text
      }
      text += " WHEN \(test) THEN \(values[index].text)"
    }
    let hasElse = node.node("defresult") != nil
    if hasElse { text += " ELSE \(values[values.count - 1].text)" }
    return Value(
      text: text + " END",
      type: type,
      isNotNull: hasElse && values.allSatisfy(\.isNotNull),
      name: "case"
    )
  }

  private func valueFunction(_ node: SyntaxNode) throws(Untranslatable) -> Value {
    switch node.string("op") {
    case "SVFOP_CURRENT_TIMESTAMP", "SVFOP_LOCALTIMESTAMP", "SVFOP_CURRENT_TIMESTAMP_N", "SVFOP_LOCALTIMESTAMP_N":
      return Value(text: "pg_now()", type: .timestamptz, isNotNull: true, name: "current_timestamp")
    case "SVFOP_CURRENT_DATE", nil:
      return Value(text: "pg_date(pg_now())", type: .date, isNotNull: true, name: "current_date")
    case "SVFOP_CURRENT_TIME", "SVFOP_LOCALTIME":
      return Value(text: "pg_time(pg_now())", type: .time, isNotNull: true, name: "current_time")
    case let other?:
      throw Untranslatable(node, "\(other.dropFirst(6).lowercased()) has no meaning in SQLite, which has no users")
    }
  }

  /// A value as json_array takes it, so that the element reads back as the same value.
  func arrayElement(_ value: Value, _ node: SyntaxNode?) throws(Untranslatable) -> Value {
    switch value.type {
    case .bytea: throw Untranslatable(node, "an array of bytea has no form in SQLite's expressions")
    case .json, .jsonb: return Value(text: "json(\(value.text))", type: value.type)
    default: return value
    }
  }

  private func element(_ node: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> Value {
    let steps = node.nodes("indirection")
    guard steps.count == 1, steps[0].kind == "A_Indices", !steps[0].flag("is_slice"), let argument = node.node("arg"),
      let index = steps[0].node("uidx")
    else {
      throw Untranslatable(
        node,
        "only one element of an array can be taken in SQLite",
        remedy: "take it in the program"
      )
    }
    let array = try expression(argument, scope)
    guard case .array(let type) = array.type else {
      throw Untranslatable(node, "an index into \(array.type.name) has no equivalent in SQLite")
    }
    let place = try assigned(try expression(index, scope), to: .int4, index)
    return Value(
      text: "(SELECT value FROM json_each(\(array.text)) WHERE key = \(place.operand) - 1)",
      type: type,
      name: array.name
    )
  }

  private func subquery(_ node: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> Value {
    guard let body = node.node("subselect") else { throw Untranslatable(node, "the subquery is missing") }
    let (text, columns) = try statement(body, scope.pushed())
    switch node.string("subLinkType") {
    case "EXISTS_SUBLINK": return Value(text: "EXISTS (\(text))", type: .bool, isNotNull: true, name: "exists")
    case "EXPR_SUBLINK":
      return Value(text: "(\(text))", type: columns.first?.type ?? .unknown, name: columns.first?.name ?? "?column?")
    case "ARRAY_SUBLINK":
      let type = columns.first?.type ?? .text
      let name = quoted(columns.first?.name ?? "")
      guard !name.isEmpty, name != "?column?" else {
        throw Untranslatable(
          node,
          "the column of an array's subquery needs a name",
          remedy: "write 'AS value' behind it"
        )
      }
      let element = type.isJSON ? "json(\(name))" : name
      return Value(
        text: "(SELECT json_group_array(\(element)) FROM (\(text)))",
        type: .array(type),
        isNotNull: true,
        name: "array"
      )
    case "ANY_SUBLINK", "ALL_SUBLINK":
      let isAny = node.string("subLinkType") == "ANY_SUBLINK"
      let sign = node.names("operName")?.last ?? "="
      guard isAny && sign == "=" || !isAny && sign == "<>", let test = node.node("testexpr") else {
        throw Untranslatable(
          node,
          "'\(sign) \(isAny ? "ANY" : "ALL")' has no equivalent in SQLite",
          remedy: "use EXISTS with a condition"
        )
      }
      var left = try expression(test, scope)
      if let type = columns.first?.type, columns.count == 1 {
        guard let common = StorageType.common(left.type, type), common.isNumeric == type.isNumeric else {
          throw Untranslatable(node, "\(left.type.name) and \(type.name) do not go together here", remedy: "cast one")
        }
        left = try assigned(left, to: common.isNumeric ? .decimal : common, test)
      }
      return Value(text: "\(left.collated) \(isAny ? "IN" : "NOT IN") (\(text))", type: .bool, isAtomic: false)
    default: throw Untranslatable(node, "this kind of subquery has no equivalent in SQLite")
    }
  }
}
