/// Proves of arrays that no element of them is NULL. A table's arrays are taken to hold none, as there is no constraint
/// for that; what a query makes (`array_agg`, `ARRAY[…]`) is held to a proof, and what is not understood may hold one.
extension Nullability {
  func judge(elementsOf expression: ServerNode, _ context: Context) -> Verdict {
    switch expression.kind {
    case "VAR": return judge(column: expression, context)
    case "CONST": return judge(elementsOfConstant: expression)
    case "PARAM":
      let number = expression["paramid"].integer
      guard expression["paramkind"].integer == 0, !parametersWithNullElements.contains(number) else {
        return .maybe("$\(number) may hold NULL")
      }
      return .never("$\(number) holds no NULL")
    case "RELABELTYPE", "COLLATEEXPR", "NAMEDARGEXPR", "COERCETODOMAIN": return judge(expression["arg"], context)
    case "ARRAYCOERCEEXPR":
      guard isTotal(elementCast: expression["elemexpr"]) else { return .maybe("the cast of an element may give NULL") }
      return judge(expression["arg"], context)
    case "COALESCEEXPR", "MINMAXEXPR": return judge(elementsOfAll: expression["args"].items, context)
    case "NULLIFEXPR": return judge(elementsOfAll: Array(expression["args"].items.prefix(1)), context)
    case "CASEEXPR": return judge(elementsOfCase: expression, context)
    case "ARRAYEXPR":
      let isNested = expression["multidims"].isTrue
      for element in expression["elements"].items {
        let verdict = judge(element, context.asking(isNested ? .elements : .value))
        if verdict.isNullable { return .maybe("ARRAY[…]: \(verdict.reason)") }
      }
      return .never("no element of ARRAY[…] is NULL")
    case "SUBLINK": return judge(elementsOfSubquery: expression, context)
    case "AGGREF": return judge(elementsOfAggregate: expression, context)
    case "WINDOWFUNC": return judge(elementsOfWindow: expression, context)
    case "FUNCEXPR":
      return judge(elementsOfCall: expression["funcid"].oid, expression["args"].items, context)
    case "OPEXPR":
      return judge(elementsOfCall: expression["opfuncid"].oid, expression["args"].items, context)
    case "SUBSCRIPTINGREF":
      // A slice; of an array of arrays an element is one, too.
      guard !expression["reflowerindexpr"].items.isEmpty else { return .maybe("an element of an array") }
      return judge(expression["refexpr"], context)
    case "FIELDSELECT" where expression["arg"].kind == "VAR": return .never(Self.storedReason("a composite type"))
    default: return .maybe("an expression that is not analysed (\(expression.kind.lowercased()))")
    }
  }

  /// How the reason begins that is no proof.
  static let storedPrefix = "arrays of "

  static func storedReason(_ owner: String) -> String { "\(storedPrefix)\(owner) are taken to hold no NULL" }

  /// A column of FROM.
  func judge(_ attribute: Int, elementsOfRelation oid: UInt32, isChanged: Bool, _ name: String) -> Verdict {
    guard let relation = catalog.relations[oid] else { return .maybe("\(name) may hold NULL") }
    let name = "\(relation.displayName).\(relation.attribute(attribute)?.name ?? "*")"
    switch relation.kind {
    case "r", "p", "f": return .never(Self.storedReason(relation.displayName))
    case "v" where !isChanged:
      return Self.at(attribute, verdicts(ofView: oid, .elements)).map {
        let isStored = $0.reason.hasPrefix(Self.storedPrefix)
        return isStored ? $0 : Verdict(isNullable: $0.isNullable, reason: "\(name): \($0.reason)")
      } ?? .maybe("\(name) may hold NULL")
    default: return .maybe("\(name) may hold NULL")
    }
  }

  private func judge(elementsOfConstant expression: ServerNode) -> Verdict {
    if expression["constisnull"].isTrue { return .never("it is NULL") }
    guard let hasNull = expression.constantArrayHasNull else { return .maybe("a constant that is no array") }
    return hasNull ? .maybe("the constant holds NULL") : .never("the constant holds no NULL")
  }

  private func judge(elementsOfAll expressions: [ServerNode], _ context: Context) -> Verdict {
    var found: Verdict?
    for expression in expressions {
      let verdict = judge(expression, context)
      if verdict.isNullable { return verdict }
      // What '{}' adds to a reason is not worth a word.
      if found == nil || expression.kind != "CONST" { found = found ?? verdict }
    }
    return found ?? .maybe("nothing")
  }

  private func judge(elementsOfCase expression: ServerNode, _ context: Context) -> Verdict {
    for branch in expression["args"].items {
      let facts = context.isInAggregate ? [] : strictness.facts(branch["expr"], context.scope)
      let verdict = judge(branch["result"], context.with(facts))
      if verdict.isNullable { return .maybe("CASE: \(verdict.reason)") }
    }
    let verdict = judge(expression["defresult"], context)
    return verdict.isNullable ? .maybe("CASE: ELSE: \(verdict.reason)") : .never("CASE: no branch holds NULL")
  }

  private func judge(elementsOfSubquery expression: ServerNode, _ context: Context) -> Verdict {
    let query = expression["subselect"]
    switch expression["subLinkType"].integer {
    case 6:
      let verdicts = verdicts(of: query, in: context.asking(.value))
      guard let verdict = verdicts.first else { return .maybe("ARRAY(SELECT …)") }
      return verdict.isNullable
        ? .maybe("ARRAY(SELECT …): \(verdict.reason)") : .never("ARRAY(SELECT …): \(verdict.reason)")
    case 4: return verdicts(of: query, in: context).first ?? .maybe("a subquery")
    default: return .maybe("a subquery")
    }
  }

  // MARK: Aggregates

  private func judge(elementsOfAggregate expression: ServerNode, _ context: Context) -> Verdict {
    let function = catalog.functions[expression["aggfnoid"].oid]
    let name = function?.name ?? "?"
    guard let function, function.isBuiltin, expression["agglevelsup"].integer == 0, expression["aggkind"].text == "n",
      let argument = expression["args"].items.first?["expr"]
    else { return .maybe("\(name)() may give NULL in an array") }
    var inside = context.with(strictness.facts(expression["aggfilter"], context.scope))
    inside.isInAggregate = true
    return judge(elementsOf: function, argument, inside)
  }

  private func judge(elementsOfWindow expression: ServerNode, _ context: Context) -> Verdict {
    let function = catalog.functions[expression["winfnoid"].oid]
    let name = function?.name ?? "?"
    guard let function, function.isBuiltin, let argument = expression["args"].items.first else {
      return .maybe("\(name)() may give NULL in an array")
    }
    switch name {
    case "first_value", "last_value", "nth_value": return judge(argument, context)
    case "lag", "lead":
      // The second argument is a number of rows.
      return judge(elementsOfAll: [argument] + expression["args"].items.dropFirst(2), context)
    default:
      let facts = strictness.facts(expression["aggfilter"], context.scope)
      return judge(elementsOf: function, argument, context.with(facts))
    }
  }

  private func judge(elementsOf function: Catalog.Function, _ argument: ServerNode, _ context: Context) -> Verdict {
    switch function.name {
    // Of arrays, array_agg makes one of more dimensions.
    case "min", "max", "any_value": return judge(argument, context)
    case "array_agg" where function.arguments == [Self.anyarray]: return judge(argument, context)
    case "array_agg":
      let verdict = judge(argument, context.asking(.value))
      return verdict.isNullable ? .maybe("array_agg(): \(verdict.reason)") : .never("array_agg(): \(verdict.reason)")
    default: return .maybe("\(function.name)() may give NULL in an array")
    }
  }

  /// The pseudo-type `anyarray`.
  private static var anyarray: UInt32 { 2277 }

  // MARK: Functions

  /// Functions whose arrays hold no NULL.
  private static let solid: Set<String> = [
    "array_positions", "current_schemas", "enum_range", "parse_ident", "pg_blocking_pids", "regexp_split_to_array",
    "string_to_array", "tsvector_to_array",
  ]
  /// Functions whose arrays hold nothing that their first argument does not.
  private static let selections: Set<String> = [
    "array_remove", "array_reverse", "array_sample", "array_shuffle", "array_sort", "trim_array",
  ]

  private func judge(elementsOfCall oid: UInt32, _ arguments: [ServerNode], _ context: Context) -> Verdict {
    guard let function = catalog.functions[oid], function.isBuiltin, let first = arguments.first else {
      return .maybe("\(catalog.functions[oid]?.name ?? "?")() may give NULL in an array")
    }
    let name = function.name
    func isNull(_ index: Int) -> Bool {
      arguments.indices.contains(index) && arguments[index].kind == "CONST" && arguments[index]["constisnull"].isTrue
    }
    func value(_ expression: ServerNode) -> Verdict {
      let verdict = judge(expression, context.asking(.value))
      return verdict.isNullable ? .maybe("\(name)(): \(verdict.reason)") : .never("\(name)(): \(verdict.reason)")
    }
    switch name {
    // The third argument says which part becomes NULL.
    case "string_to_array" where arguments.count == 3 && !isNull(2):
      return .maybe("string_to_array() makes NULL of a part")
    case _ where Self.solid.contains(name): return .never("\(name)() gives no NULL in an array")
    case "array_remove" where isNull(1): return .never("array_remove() leaves out NULL")
    case _ where Self.selections.contains(name): return judge(first, context)
    case "array_cat" where arguments.count == 2: return judge(elementsOfAll: arguments, context)
    case "array_append" where arguments.count == 2:
      let added = value(arguments[1])
      return added.isNullable ? added : judge(first, context)
    case "array_prepend" where arguments.count == 2:
      let added = value(first)
      return added.isNullable ? added : judge(arguments[1], context)
    case "array_replace" where arguments.count == 3:
      let added = value(arguments[2])
      return added.isNullable || isNull(1) ? added : judge(first, context)
    case "array_fill": return value(first)
    default: return .maybe("\(name)() may give NULL in an array")
    }
  }

  /// Whether what is made of each element that is not NULL is not NULL either.
  private func isTotal(elementCast expression: ServerNode) -> Bool {
    switch expression.kind {
    case "CASETESTEXPR": return true
    case "RELABELTYPE", "COERCETODOMAIN": return isTotal(elementCast: expression["arg"])
    case "COERCEVIAIO":
      let type = expression["resulttype"].oid
      let kind = catalog.types[type]?.kind
      return (type < Catalog.userOIDMin || kind == "e" || kind == "c") && isTotal(elementCast: expression["arg"])
    case "FUNCEXPR":
      guard Self.isCast(expression), functions.isTotal(cast: expression["funcid"].oid),
        let argument = expression["args"].items.first
      else { return false }
      return isTotal(elementCast: argument)
    default: return false
    }
  }
}
