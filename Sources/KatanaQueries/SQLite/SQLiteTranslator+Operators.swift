extension SQLiteTranslator {
  func operation(_ node: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> Value {
    let sign = node.names("name")?.last ?? ""
    switch node.string("kind") {
    case "AEXPR_IN": return try membership(node, sign, scope)
    case "AEXPR_OP_ANY", "AEXPR_OP_ALL": return try arrayComparison(node, sign, scope)
    case "AEXPR_LIKE", "AEXPR_ILIKE": return try like(node, sign, scope)
    case "AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN":
      let value = try expression(node.node("lexpr")!, scope)
      let bounds = node.nodes("rexpr").flatMap { $0.kind == "List" ? $0.nodes("items") : [$0] }
      let (values, type) = try matched([value] + (try expressions(bounds, scope)), node)
      if case .enumeration = type { throw Untranslatable(node, "an enum in BETWEEN", remedy: "use >= and <=") }
      let word = node.string("kind") == "AEXPR_BETWEEN" ? "BETWEEN" : "NOT BETWEEN"
      return Value(
        text: "\(values[0].collated) \(word) \(values[1].operand) AND \(values[2].operand)",
        type: .bool,
        isAtomic: false
      )
    case "AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT":
      let (a, b, _) = try matched(
        try expression(node.node("lexpr")!, scope),
        try expression(node.node("rexpr")!, scope),
        node
      )
      let word = node.string("kind") == "AEXPR_DISTINCT" ? "IS DISTINCT FROM" : "IS NOT DISTINCT FROM"
      return Value(text: "\(a.collated) \(word) \(b.operand)", type: .bool, isAtomic: false, isNotNull: true)
    case "AEXPR_NULLIF":
      let (a, b, type) = try matched(
        try expression(node.node("lexpr")!, scope),
        try expression(node.node("rexpr")!, scope),
        node
      )
      return Value(text: "nullif(\(a.collated), \(b.text))", type: type, name: "nullif")
    case "AEXPR_OP", nil: break
    case let kind?: throw Untranslatable(node, "\(kind.dropFirst(6)) has no equivalent in SQLite")
    }
    guard let right = node.node("rexpr") else { throw Untranslatable(node, "the operator '\(sign)' misses a side") }
    guard let left = node.node("lexpr") else {
      let value = try expression(right, scope)
      switch (sign, value.type) {
      case ("+", _): return value
      case ("-", .numeric): return Value(text: "pg_neg(\(value.text))", type: .decimal)
      case ("-", .interval): return Value(text: "pg_interval_neg(\(value.text))", type: .interval)
      case ("-", _) where value.type.isNumber:
        return Value(text: "-\(value.operand)", type: value.type, isAtomic: false)
      default: throw unknownOperator(node, sign)
      }
    }
    if left.kind == "RowExpr", right.kind == "RowExpr" { return try rows(node, sign, left, right, scope) }
    return try binary(try expression(left, scope), sign, try expression(right, scope), node)
  }

  private func unknownOperator(_ node: SyntaxNode?, _ sign: String) -> Untranslatable {
    let remedies = [
      "~": "use LIKE", "~*": "use ILIKE", "!~": "use NOT LIKE", "!~*": "use NOT ILIKE",
      "@>": "use EXISTS over json_each, or columns of their own", "@@": "use LIKE, or leave SQLite out",
    ]
    return Untranslatable(
      node,
      "the operator '\(sign)' of these types has no equivalent in SQLite",
      remedy: remedies[sign] ?? "write it another way, or leave SQLite out"
    )
  }

  func binary(_ a: Value, _ sign: String, _ b: Value, _ node: SyntaxNode?) throws(Untranslatable) -> Value {
    if ["=", "<>", "<", ">", "<=", ">="].contains(sign) { return try comparison(a, sign, b, node) }
    if ["+", "-", "*", "/", "%"].contains(sign), let value = try arithmetic(a, sign, b, node) { return value }
    switch sign {
    case "||":
      if case .array = a.type { break }
      if case .array = b.type { break }
      if a.type.isJSON || b.type.isJSON { break }
      return Self.binary(try textOperand(a, node), "||", try textOperand(b, node), .text)
    case "->" where a.type.isJSON, "->>" where a.type.isJSON, "#>" where a.type.isJSON, "#>>" where a.type.isJSON:
      return try jsonStep(a, sign, b, node)
    case "^" where a.type.isFloat || b.type.isFloat || a.type.isInteger && b.type.isInteger:
      return Self.function("pow", [try assigned(a, to: .float8, node), try assigned(b, to: .float8, node)], .float8)
    case "&" where a.type.isInteger, "|" where a.type.isInteger, "<<" where a.type.isInteger,
      ">>" where a.type.isInteger:
      return Self.binary(a, sign, b, a.type)
    default: break
    }
    throw unknownOperator(node, sign)
  }

  private func textOperand(_ value: Value, _ node: SyntaxNode?) throws(Untranslatable) -> Value {
    if value.type == .unknown { return value }
    return try cast(value, to: .text, node)
  }

  func comparison(_ a: Value, _ sign: String, _ b: Value, _ node: SyntaxNode?) throws(Untranslatable) -> Value {
    let (x, y, type) = try matched(a, b, node)
    switch type {
    case .json: throw unknownOperator(node, sign)
    case .jsonb:
      throw Untranslatable(node, "JSON cannot be compared in SQLite", remedy: "compare the parts that matter, by ->>")
    case .enumeration(let name) where sign != "=" && sign != "<>":
      return Self.binary(enumOrder(x, name), sign, enumOrder(y, name), .bool)
    case .interval:
      return Value(
        text: "pg_interval_order(\(x.text)) \(sign) pg_interval_order(\(y.text))",
        type: .bool,
        isAtomic: false
      )
    case .numeric:
      // One side with the collation is enough, and a column has it.
      let hasColumn = x.isColumn || y.isColumn
      return Value(
        text: hasColumn ? "\(x.operand) \(sign) \(y.operand)" : "\(x.collated) \(sign) \(y.operand)",
        type: .bool,
        isAtomic: false
      )
    default: return Self.binary(x, sign, y, .bool)
    }
  }

  /// The place of a label among its enum's.
  func enumOrder(_ value: Value, _ name: String) -> Value {
    var text = "CASE \(value.operand)"
    for (index, label) in schema.enums[name, default: []].enumerated() {
      text += " WHEN \(literal(label)) THEN \(index)"
    }
    return Value(text: text + " END", type: .int4)
  }

  private func rows(
    _ node: SyntaxNode,
    _ sign: String,
    _ left: SyntaxNode,
    _ right: SyntaxNode,
    _ scope: SQLiteScope
  ) throws(Untranslatable) -> Value {
    let a = try expressions(left.nodes("args"), scope)
    let b = try expressions(right.nodes("args"), scope)
    guard a.count == b.count, ["=", "<>", "<", ">", "<=", ">="].contains(sign) else {
      throw unknownOperator(node, sign)
    }
    var x: [String] = []
    var y: [String] = []
    for (one, other) in zip(a, b) {
      let (p, q, type) = try matched(one, other, node)
      if case .enumeration = type { throw Untranslatable(node, "an enum in a row's comparison") }
      x.append(p.collated)
      y.append(q.collated)
    }
    return Value(
      text: "(\(x.joined(separator: ", "))) \(sign) (\(y.joined(separator: ", ")))",
      type: .bool,
      isAtomic: false
    )
  }

  private func membership(_ node: SyntaxNode, _ sign: String, _ scope: SQLiteScope) throws(Untranslatable) -> Value {
    let left = try expression(node.node("lexpr")!, scope)
    let items = node.nodes("rexpr").flatMap { $0.kind == "List" ? $0.nodes("items") : [$0] }
    let (values, _) = try matched([left] + (try expressions(items, scope)), node)
    let list = values.dropFirst().map(\.text).joined(separator: ", ")
    return Value(
      text: "\(values[0].collated) \(sign == "<>" ? "NOT IN" : "IN") (\(list))",
      type: .bool,
      isAtomic: false
    )
  }

  /// `x = ANY (array)`, `x <> ALL (array)`
  private func arrayComparison(
    _ node: SyntaxNode,
    _ sign: String,
    _ scope: SQLiteScope
  ) throws(Untranslatable) -> Value {
    let isAny = node.string("kind") == "AEXPR_OP_ANY"
    guard isAny && sign == "=" || !isAny && sign == "<>" else {
      throw Untranslatable(
        node,
        "'\(sign) \(isAny ? "ANY" : "ALL")' of an array has no equivalent in SQLite",
        remedy: "use '= ANY', or '<> ALL'"
      )
    }
    var left = try expression(node.node("lexpr")!, scope)
    var array = try expression(node.node("rexpr")!, scope)
    if array.string != nil { array = try assigned(array, to: .array(left.type), node) }
    guard case .array(let element) = array.type else {
      throw Untranslatable(node, "the type of the array is not known", remedy: "cast it: $1::bigint[]")
    }
    if element == .bytea { throw Untranslatable(node, "an array of bytea cannot be searched in SQLite") }
    guard let common = StorageType.common(left.type, element), common.isNumeric == element.isNumeric else {
      throw Untranslatable(
        node,
        "\(left.type.name) and \(element.name) do not go together here",
        remedy: "cast the array"
      )
    }
    left = try assigned(left, to: common.isNumeric ? .decimal : common, node)
    // PostgreSQL does not know anything of an array that is NULL; json_each finds it empty.
    let each = "SELECT value FROM json_each(\(array.text))"
    if isAny {
      return Value(text: "\(left.collated) IN (\(each))", type: .bool, isAtomic: false)
    }
    return Value(
      text: "CASE WHEN \(array.operand) IS NOT NULL THEN \(left.collated) NOT IN (\(each)) END",
      type: .bool
    )
  }

  private func like(_ node: SyntaxNode, _ sign: String, _ scope: SQLiteScope) throws(Untranslatable) -> Value {
    let value = try textOperand(try expression(node.node("lexpr")!, scope), node)
    var patternNode = node.node("rexpr")!
    var escape = "'\\'"
    if patternNode.kind == "FuncCall", patternNode.names("funcname")?.last == "like_escape" {
      let arguments = patternNode.nodes("args")
      escape = try expression(arguments[1], scope).text
      patternNode = arguments[0]
    }
    let pattern = try expression(patternNode, scope)
    let isNot = sign.hasPrefix("!")
    if node.string("kind") == "AEXPR_ILIKE" {
      let call = "pg_ilike(\(pattern.text), \(value.text), \(escape))"
      return Value(text: isNot ? "NOT \(call)" : call, type: .bool, isAtomic: !isNot)
    }
    return Value(
      text: "\(value.operand) \(isNot ? "NOT LIKE" : "LIKE") \(pattern.operand) ESCAPE \(escape)",
      type: .bool,
      isAtomic: false
    )
  }

  /// `value -> 'key'`, `->> 0`, `#>> '{a,b}'`
  private func jsonStep(
    _ a: Value,
    _ sign: String,
    _ b: Value,
    _ node: SyntaxNode?
  ) throws(Untranslatable) -> Value {
    var path: String
    if sign.hasPrefix("#") {
      guard let string = b.string, string.hasPrefix("{"), string.hasSuffix("}") else {
        throw Untranslatable(node, "a path that is no literal has no equivalent in SQLite", remedy: "use a chain of ->")
      }
      path = "'$"
      for step in string.dropFirst().dropLast().split(separator: ",") {
        path += Int(step).map { "[\($0)]" } ?? ".\"\(step.split(separator: "'").joined(separator: "''"))\""
      }
      path += "'"
    } else if b.type.isInteger {
      // SQLite counts from the end with a sign of its own.
      if let index = Int(b.text) {
        path = index < 0 ? "'$[#\(index)]'" : "'$[\(index)]'"
      } else {
        path = "('$[' || \(b.operand) || ']')"
      }
    } else if let key = b.string {
      if key.contains("\"") { throw Untranslatable(node, "a key with a quote cannot be written in SQLite's paths") }
      path = literal("$.\"\(key)\"")
    } else {
      path = "('$.\"' || \(b.operand) || '\"')"
    }
    if !sign.hasSuffix(">>") {
      return Value(text: "\(a.operand) -> \(path)", type: a.type, isAtomic: false)
    }
    // SQLite gives numbers and booleans as such; PostgreSQL the text of them.
    let step = "\(a.operand) ->> \(path)"
    return Value(
      text: "CASE json_type(\(a.text), \(path)) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' "
        + "ELSE CAST(\(step) AS TEXT) END",
      type: .text
    )
  }
}
