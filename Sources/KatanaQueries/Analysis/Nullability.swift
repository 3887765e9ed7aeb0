/// Proves of the columns of a query that they are never NULL, where that can be proved. It works on the tree that the
/// server has made, in which every function, operator and column is known by number; whatever is not understood may be
/// NULL. The rule above all others: a column that is said not to be NULL never is.
final class Nullability {
  /// How the reasons begin that WHERE gives.
  static let conditionReason = "a condition holds only where"

  let catalog: Catalog
  let strictness: Strictness
  let functions: TotalFunctions
  /// Whether the caller may give NULL for a parameter; its number counts from 1.
  private let optionalParameters: Set<Int>
  /// Arrays in which the caller may give NULL; their numbers count from 1.
  let parametersWithNullElements: Set<Int>
  /// The tree of a view by its object identifier.
  private let view: (UInt32) -> ServerNode?
  private var views: [Aspect: [UInt32: [Verdict]]] = [:]

  init(
    catalog: Catalog,
    optionalParameters: Set<Int>,
    parametersWithNullElements: Set<Int> = [],
    view: @escaping (UInt32) -> ServerNode?
  ) {
    self.catalog = catalog
    strictness = Strictness(catalog: catalog)
    functions = TotalFunctions(catalog: catalog)
    self.optionalParameters = optionalParameters
    self.parametersWithNullElements = parametersWithNullElements
    self.view = view
  }

  // MARK: Queries

  /// The columns of a statement, in their order.
  ///
  /// - Parameter settled: sides of outer joins that are to be taken as not left empty.
  func columns(of statement: ServerNode, settled: Set<Int> = []) -> [OutputColumn] {
    let scope = Scope(statement, parent: nil, strictness: strictness)
    let verdicts = verdicts(of: scope, settled: settled)
    let elements = self.verdicts(of: scope, .elements)
    return zip(Self.targets(of: statement), zip(verdicts, elements)).map { target, verdicts in
      let isSet = !statement["setOperations"].isNull
      return OutputColumn(
        name: target["resname"].text ?? "",
        verdict: verdicts.0,
        elements: verdicts.1,
        origin: isSet ? nil : origin(target["expr"], scope),
        place: target["expr"]["location"].isNull ? -1 : target["expr"]["location"].integer
      )
    }
  }

  /// The sides of outer joins that may leave a column of FROM empty.
  func nulling(of statement: ServerNode, _ column: ColumnKey) -> Set<Int> {
    let scope = Scope(statement, parent: nil, strictness: strictness)
    return (scope.nulling[column.entry] ?? []).subtracting(scope.settled)
  }

  private static func targets(of query: ServerNode) -> [ServerNode] {
    let returning = query["returningList"].items
    let list = query["commandType"].integer == 1 ? query["targetList"].items : returning
    return list.filter { !$0["resjunk"].isTrue }
  }

  func verdicts(of query: ServerNode, in parent: Context) -> [Verdict] {
    verdicts(of: Scope(query, parent: parent, strictness: strictness), parent.aspect)
  }

  private func verdicts(of scope: Scope, _ aspect: Aspect = .value, settled: Set<Int> = []) -> [Verdict] {
    let context = Context(scope: scope, aspect: aspect, settled: settled)
    if !scope.query["setOperations"].isNull { return verdicts(ofSet: scope.query["setOperations"], context) }
    // MERGE gives rows that are on one side only.
    if scope.query["commandType"].integer == 5 {
      return Self.targets(of: scope.query).map { _ in .maybe("a row of MERGE may be on one side only") }
    }
    return Self.targets(of: scope.query).map { judge($0["expr"], context) }
  }

  private func verdicts(ofSet operation: ServerNode, _ context: Context) -> [Verdict] {
    guard operation.kind == "SETOPERATIONSTMT" else {
      guard let entry = context.scope.entry(operation["rtindex"].integer) else { return [] }
      return verdicts(of: entry["subquery"], in: context)
    }
    let left = verdicts(ofSet: operation["larg"], context)
    let right = verdicts(ofSet: operation["rarg"], context)
    return zip(left, right).map { left, right in
      switch operation["op"].integer {
      case 1:
        if left.isNullable { return left }
        if right.isNullable { return right }
        return .never(left.reason == right.reason ? left.reason : "UNION: \(left.reason); \(right.reason)")
      case 2: return left.isNullable ? right : left
      default: return left
      }
    }
  }

  // MARK: Columns

  /// The column of FROM that an expression is.
  private func origin(_ expression: ServerNode, _ scope: Scope) -> ColumnKey? {
    if expression.kind == "RELABELTYPE" { return origin(expression["arg"], scope) }
    guard expression.kind == "VAR", expression["varlevelsup"].integer == 0 else { return nil }
    let number = expression["varno"].integer
    let attribute = expression["varattno"].integer
    guard attribute > 0, let entry = scope.entry(number) else { return nil }
    guard entry["rtekind"].integer == 2 else { return ColumnKey(entry: number, attribute: attribute) }
    let aliases = entry["joinaliasvars"].items
    return aliases.indices.contains(attribute - 1) ? origin(aliases[attribute - 1], scope) : nil
  }

  func judge(column expression: ServerNode, _ place: Context) -> Verdict {
    let levels = expression["varlevelsup"].integer
    // From release 18 on: of the row before, or after, of which there may be none.
    guard expression["varreturningtype"].integer == 0 else { return .maybe("OLD or NEW may be NULL") }
    guard let context = place.outward(levels) else { return .maybe("a column of an unknown query") }
    let number = expression["varno"].integer
    let attribute = expression["varattno"].integer
    guard let entry = context.scope.entry(number) else { return .maybe("a column of an unknown table") }
    let name = Self.name(of: attribute, entry)
    if context.aspect == .elements {
      guard entry["rtekind"].integer != 2 else { return judge(joined: entry, number, attribute, context) }
      return judge(attribute, of: entry, number, name, context)
    }
    if context.scope.hasGroupingSets, !(levels == 0 && context.isInAggregate) {
      return .maybe("\(name) is NULL in the totals of GROUPING SETS, ROLLUP or CUBE")
    }
    if entry["rtekind"].integer == 2 { return judge(joined: entry, number, attribute, context) }
    let sides = (context.scope.nulling[number] ?? []).subtracting(context.scope.settled).subtracting(context.settled)
    let verdict =
      sides.isEmpty
      ? judge(attribute, of: entry, number, name, context)
      : .maybe("\(name) is NULL where the outer join finds no row")
    let key = ColumnKey(entry: number, attribute: attribute)
    if verdict.isNullable, context.scope.facts.contains(key) || context.facts.contains(key) {
      return .never("\(Self.conditionReason) \(name) is not NULL")
    }
    return verdict
  }

  /// A column of a join with an alias or of one that USING merged.
  private func judge(joined entry: ServerNode, _ number: Int, _ attribute: Int, _ context: Context) -> Verdict {
    let aliases = entry["joinaliasvars"].items
    guard aliases.indices.contains(attribute - 1) else { return .maybe("a row of a join") }
    let alias = aliases[attribute - 1]
    guard entry["jointype"].integer == 2, alias.kind == "COALESCEEXPR" else { return judge(alias, context) }
    // Of a FULL JOIN's two sides at least one is there.
    var context = context
    context.settled.formUnion([number * 2, number * 2 + 1])
    let verdicts = alias["args"].items.map { judge($0, context) }
    return verdicts.first { $0.isNullable } ?? .never("FULL JOIN USING: one side is there, and neither has NULL")
  }

  private func judge(
    _ attribute: Int,
    of entry: ServerNode,
    _ number: Int,
    _ name: String,
    _ context: Context
  ) -> Verdict {
    let unknown = Verdict.maybe("\(name) may be NULL")
    switch entry["rtekind"].integer {
    case 0:
      let query = context.scope.query
      let isChanged = query["commandType"].integer != 1 && query["resultRelation"].integer == number
      return context.aspect == .value
        ? judge(attribute, ofRelation: entry["relid"].oid, isChanged: isChanged, name)
        : judge(attribute, elementsOfRelation: entry["relid"].oid, isChanged: isChanged, name)
    case 1:
      if attribute == 0 { return .never("\(name) is a row") }
      return Self.at(attribute, verdicts(of: entry["subquery"], in: context)) ?? unknown
    case 3: return judge(attribute, ofFunctions: entry, name, context)
    case 5:
      let values = entry["values_lists"].items.map { $0.items }
      guard attribute > 0, !values.isEmpty, values.allSatisfy({ $0.count >= attribute }) else { return unknown }
      let verdicts = values.map { judge($0[attribute - 1], context) }
      return verdicts.first { $0.isNullable } ?? .never("no row of VALUES has NULL")
    case 6:
      guard let owner = context.outward(entry["ctelevelsup"].integer) else { return unknown }
      return Self.at(attribute, verdicts(ofWith: entry["ctename"].text ?? "", owner)) ?? unknown
    case 9:
      // From release 18 on what is grouped by has an entry of its own.
      let groups = entry["groupexprs"].items
      return groups.indices.contains(attribute - 1) ? judge(groups[attribute - 1], context) : unknown
    default: return unknown
    }
  }

  private func judge(_ attribute: Int, ofRelation oid: UInt32, isChanged: Bool, _ name: String) -> Verdict {
    guard let relation = catalog.relations[oid] else { return .maybe("\(name) may be NULL") }
    let name = "\(relation.displayName).\(relation.attribute(attribute)?.name ?? "*")"
    switch relation.kind {
    case "r", "p":
      if isChanged, relation.hasRules { return .maybe("a rule of \(relation.displayName) may answer") }
      if attribute == 0 { return .never("\(relation.displayName) is a row") }
      if attribute < 0 { return .never("a row of \(relation.displayName) has it from the system") }
      guard let column = relation.attribute(attribute) else { return .maybe("\(name) may be NULL") }
      if column.isNotNull { return .never("\(name) is NOT NULL") }
      if catalog.isNotNull(domain: column.type) {
        return .never("\(name) is of the domain \(catalog.spelling(column.type)), which is NOT NULL")
      }
      return .maybe("\(name) may be NULL")
    case "v":
      // A trigger may answer in place of the view.
      if isChanged { return .maybe("\(name) is of a view that is written to") }
      return Self.at(attribute, verdicts(ofView: oid)).map {
        Verdict(isNullable: $0.isNullable, reason: "\(name): \($0.reason)")
      } ?? .maybe("\(name) may be NULL")
    case "m": return .maybe("\(name) is of a materialized view, which keeps what it was made of")
    case "f": return .maybe("\(name) is of a foreign table, whose constraints nobody checks")
    default: return .maybe("\(name) may be NULL")
    }
  }

  func verdicts(ofView oid: UInt32, _ aspect: Aspect = .value) -> [Verdict] {
    if let known = views[aspect]?[oid] { return known }
    // A view of itself is not possible; this stops at one all the same.
    views[aspect, default: [:]][oid] = []
    guard let query = view(oid) else { return [] }
    let inner = Nullability(catalog: catalog, optionalParameters: [], view: view)
    let verdicts = inner.verdicts(of: Scope(query, parent: nil, strictness: strictness), aspect)
    views[aspect]![oid] = verdicts
    return verdicts
  }

  private func judge(
    _ attribute: Int,
    ofFunctions entry: ServerNode,
    _ name: String,
    _ context: Context
  ) -> Verdict {
    let functions = entry["functions"].items
    let counts = functions.map { $0["funccolcount"].integer }
    if entry["funcordinality"].isTrue, attribute == counts.reduce(0, +) + 1 { return .never("\(name) counts the rows") }
    // Of several functions the one with fewer rows is filled up with NULL.
    guard functions.count == 1, attribute > 0 else { return .maybe("\(name) is of a function, which may give NULL") }
    let call = functions[0]["funcexpr"]
    guard call.kind == "FUNCEXPR", let function = catalog.functions[call["funcid"].oid], function.returnsSet else {
      // What gives one value gives one row.
      return counts == [1] && attribute == 1 ? judge(call, context) : .maybe("\(name) is of a function's row")
    }
    if function.isBuiltin, TotalFunctions.sets.contains(function.name) {
      return .never("\(function.name)() gives no NULL")
    }
    return .maybe("\(name) is of \(function.name)(), which may give NULL")
  }

  /// Columns of a WITH query. One that is recursive is first taken to have no NULL; what then turns out to have one is
  /// taken back until nothing changes.
  private func verdicts(ofWith name: String, _ owner: Context) -> [Verdict] {
    let aspect = owner.aspect
    if let known = owner.scope.withQueries[aspect]?[name] { return known }
    guard let entry = owner.scope.query["cteList"].items.first(where: { $0["ctename"].text == name }) else { return [] }
    let query = entry["ctequery"]
    guard entry["cterecursive"].isTrue else {
      let verdicts = verdicts(of: query, in: owner)
      owner.scope.withQueries[aspect, default: [:]][name] = verdicts
      return verdicts
    }
    // Columns that SEARCH or CYCLE add are not of the query: they may be NULL.
    var assumed = Self.targets(of: query).map { _ in Verdict.never("WITH RECURSIVE: no part of \(name) has NULL here") }
    while true {
      owner.scope.withQueries[aspect, default: [:]][name] = assumed
      let found = verdicts(of: query, in: owner)
      var isStable = true
      for index in assumed.indices where !assumed[index].isNullable {
        guard found.indices.contains(index), !found[index].isNullable else {
          assumed[index] = found.indices.contains(index) ? found[index] : .maybe("WITH RECURSIVE: \(name)")
          isStable = false
          continue
        }
      }
      if isStable { return assumed }
    }
  }

  static func at(_ attribute: Int, _ verdicts: [Verdict]) -> Verdict? {
    verdicts.indices.contains(attribute - 1) ? verdicts[attribute - 1] : nil
  }

  /// `users.email`, as the query calls them.
  private static func name(of attribute: Int, _ entry: ServerNode) -> String {
    let table = entry["eref"]["aliasname"].text ?? "?"
    let columns = entry["eref"]["colnames"].items
    guard columns.indices.contains(attribute - 1) else { return table }
    return "\(table).\(columns[attribute - 1].text ?? "?")"
  }

  // MARK: Expressions

  func judge(_ expression: ServerNode, _ context: Context) -> Verdict {
    if context.aspect == .elements { return judge(elementsOf: expression, context) }
    if context.scope.hasGroupingSets, !context.isInAggregate, context.scope.grouped.contains(expression.signature) {
      return .maybe("it is NULL in the totals of GROUPING SETS, ROLLUP or CUBE")
    }
    switch expression.kind {
    case "VAR": return judge(column: expression, context)
    case "CONST": return expression["constisnull"].isTrue ? .maybe("it is NULL") : .never("it is a constant")
    case "PARAM": return judge(parameter: expression)
    case "OPEXPR": return judge(operation: expression, context)
    case "FUNCEXPR": return judge(call: expression, context)
    case "AGGREF": return judge(aggregate: expression, context)
    case "WINDOWFUNC": return judge(window: expression, context)
    case "SUBLINK": return judge(subquery: expression, context)
    case "CASEEXPR": return judge(case: expression, context)
    case "COALESCEEXPR": return judge(anyOf: expression, "COALESCE", context)
    case "MINMAXEXPR": return judge(anyOf: expression, "GREATEST or LEAST", context)
    case "BOOLEXPR": return judge(allOf: expression["args"].items, "a condition of what is not NULL", context)
    case "NULLTEST": return .never("IS NULL is true or false")
    case "BOOLEANTEST": return .never("IS TRUE is true or false")
    case "DISTINCTEXPR": return .never("IS DISTINCT FROM is true or false")
    case "NULLIFEXPR": return .maybe("NULLIF may give NULL")
    case "SCALARARRAYOPEXPR": return judge(membership: expression, context)
    case "ARRAYEXPR": return .never("ARRAY[…] is an array")
    case "ROWEXPR": return .never("ROW(…) is a row")
    case "GROUPINGFUNC": return .never("GROUPING() is a number")
    case "SQLVALUEFUNCTION":
      // 14 is CURRENT_SCHEMA, of which there may be none.
      return expression["op"].integer == 14 ? .maybe("there may be no schema") : .never("the session has this value")
    case "RELABELTYPE", "COLLATEEXPR", "NAMEDARGEXPR", "CONVERTROWTYPEEXPR", "ARRAYCOERCEEXPR":
      return judge(expression["arg"], context)
    case "COERCEVIAIO": return judge(cast: expression, context)
    case "COERCETODOMAIN":
      let type = expression["resulttype"].oid
      if catalog.isNotNull(domain: type) { return .never("the domain \(catalog.spelling(type)) is NOT NULL") }
      return judge(expression["arg"], context)
    case "FIELDSELECT": return .maybe("a field of a row may be NULL")
    case "SUBSCRIPTINGREF": return .maybe("an array may not have the element")
    default: return .maybe("an expression that is not analysed (\(expression.kind.lowercased()))")
    }
  }

  private func judge(parameter expression: ServerNode) -> Verdict {
    let number = expression["paramid"].integer
    // 0 is a parameter of the caller's.
    guard expression["paramkind"].integer == 0, !optionalParameters.contains(number) else {
      return .maybe("$\(number) may be NULL")
    }
    return .never("$\(number) is never NULL")
  }

  private func judge(allOf expressions: [ServerNode], _ reason: String, _ context: Context) -> Verdict {
    for expression in expressions {
      let verdict = judge(expression, context)
      if verdict.isNullable { return verdict }
    }
    return .never(reason)
  }

  private func judge(anyOf expression: ServerNode, _ name: String, _ context: Context) -> Verdict {
    var last = Verdict.maybe("\(name) of nothing")
    for argument in expression["args"].items {
      last = judge(argument, context)
      if !last.isNullable { return .never("\(name): \(last.reason)") }
    }
    return .maybe("\(name): \(last.reason)")
  }

  private func judge(operation expression: ServerNode, _ context: Context) -> Verdict {
    let function = expression["opfuncid"].oid
    guard functions.isTotal(operator: function) else {
      return .maybe("its operator (\(catalog.functions[function]?.name ?? "?")) may give NULL")
    }
    return judge(allOf: expression["args"].items, "an operator of what is not NULL", context)
  }

  private func judge(cast expression: ServerNode, _ context: Context) -> Verdict {
    let type = expression["resulttype"].oid
    let kind = catalog.types[type]?.kind
    guard type < Catalog.userOIDMin || kind == "e" else {
      return .maybe("a cast to \(catalog.spelling(type)) may give NULL")
    }
    return judge(expression["arg"], context)
  }

  private func judge(call expression: ServerNode, _ context: Context) -> Verdict {
    let oid = expression["funcid"].oid
    let arguments = expression["args"].items
    let name = catalog.functions[oid]?.name ?? "?"
    if expression["funcretset"].isTrue { return .maybe("\(name)() gives rows, and may give NULL") }
    if Self.isCast(expression), functions.isTotal(cast: oid) {
      return judge(allOf: arguments, "a cast of what is not NULL", context)
    }
    if functions.isTotal(extraction: oid, part: arguments.first?.constantText?.lowercased()) {
      return judge(allOf: arguments, "every such value has this part", context)
    }
    switch functions.rule(function: oid, isVariadic: expression["funcvariadic"].isTrue) {
    case .always: return .never("\(name)() never gives NULL")
    case .first(let count):
      return judge(allOf: Array(arguments.prefix(count)), "\(name)() of what is not NULL", context)
    case .all: return judge(allOf: arguments, "\(name)() of what is not NULL", context)
    case nil: return .maybe("\(name)() may give NULL")
    }
  }

  /// 1 and 2 are casts that are written and those that are not; 3 is syntax like `substring(x FROM y)`.
  static func isCast(_ expression: ServerNode) -> Bool {
    expression["funcformat"].integer == 1 || expression["funcformat"].integer == 2
  }

  /// `x = ANY (ARRAY[…])`, which `x IN (…)` is.
  private func judge(membership expression: ServerNode, _ context: Context) -> Verdict {
    let arguments = expression["args"].items
    guard arguments.count == 2, arguments[1].kind == "ARRAYEXPR",
      functions.isTotal(operator: expression["opfuncid"].oid)
    else { return .maybe("an array may hold NULL") }
    return judge(allOf: [arguments[0]] + arguments[1]["elements"].items, "IN of what is not NULL", context)
  }

  private func judge(case expression: ServerNode, _ context: Context) -> Verdict {
    for branch in expression["args"].items {
      // Where CASE compares with a value, the condition is of a placeholder for that, and says nothing.
      let facts = context.isInAggregate ? [] : strictness.facts(branch["expr"], context.scope)
      let verdict = judge(branch["result"], context.with(facts))
      if verdict.isNullable { return .maybe("CASE: \(verdict.reason)") }
    }
    let verdict = judge(expression["defresult"], context)
    return verdict.isNullable ? .maybe("CASE: ELSE: \(verdict.reason)") : .never("CASE: no branch gives NULL")
  }

  // MARK: Aggregates and subqueries

  private func judge(aggregate expression: ServerNode, _ context: Context) -> Verdict {
    let function = catalog.functions[expression["aggfnoid"].oid]
    let name = function?.name ?? "?"
    guard let function, function.isBuiltin else { return .maybe("\(name)() may give NULL") }
    if name == "count" { return .never("count() gives a number") }
    guard expression["agglevelsup"].integer == 0, expression["aggkind"].text == "n" else {
      return .maybe("\(name)() may give NULL")
    }
    guard context.scope.hasGroups else { return .maybe("\(name)() gives NULL where there are no rows") }
    guard expression["aggfilter"].isNull else { return .maybe("\(name)() gives NULL where FILTER leaves no rows") }
    if TotalFunctions.aggregatesOfRows.contains(name) { return .never("\(name)() of a group, which has a row") }
    guard TotalFunctions.aggregatesOfValues.contains(name), let argument = expression["args"].items.first else {
      return .maybe("\(name)() may give NULL")
    }
    var inside = context
    inside.isInAggregate = true
    let verdict = judge(argument["expr"], inside)
    return verdict.isNullable
      ? .maybe("\(name)(): \(verdict.reason)") : .never("\(name)() of a group: \(verdict.reason)")
  }

  private func judge(window expression: ServerNode, _ context: Context) -> Verdict {
    let function = catalog.functions[expression["winfnoid"].oid]
    let name = function?.name ?? "?"
    guard let function, function.isBuiltin else { return .maybe("\(name)() may give NULL") }
    let arguments = expression["args"].items
    if name == "count" || TotalFunctions.ranks.contains(name) { return .never("\(name)() gives a number") }
    if name == "ntile" { return judge(allOf: arguments, "ntile() gives a number", context) }
    if name == "lag" || name == "lead" {
      guard arguments.count == 3 else { return .maybe("\(name)() gives NULL at the partition's end") }
      return judge(allOf: arguments, "\(name)() has a default", context)
    }
    let isOfFrame = TotalFunctions.aggregatesOfValues.contains(name) || name == "first_value" || name == "last_value"
    guard isOfFrame || TotalFunctions.aggregatesOfRows.contains(name), expression["aggfilter"].isNull,
      frameHasRow(expression, context)
    else { return .maybe("\(name)() may give NULL") }
    guard isOfFrame, let argument = arguments.first else { return .never("\(name)() of a frame, which has a row") }
    let verdict = judge(argument, context)
    return verdict.isNullable
      ? .maybe("\(name)(): \(verdict.reason)") : .never("\(name)() of a frame: \(verdict.reason)")
  }

  /// Whether the frame holds the current row, by FRAMEOPTION_… of parsenodes.h: it begins with the partition or at the
  /// row, ends at the row or with the partition, and leaves nothing out.
  private func frameHasRow(_ expression: ServerNode, _ context: Context) -> Bool {
    let reference = expression["winref"].integer
    guard let window = context.scope.query["windowClause"].items.first(where: { $0["winref"].integer == reference })
    else {
      return false
    }
    let options = window["frameOptions"].integer
    return options & (0x20 | 0x200) != 0 && options & (0x100 | 0x400) != 0 && options & 0x38000 == 0
  }

  private func judge(subquery expression: ServerNode, _ context: Context) -> Verdict {
    let query = expression["subselect"]
    switch expression["subLinkType"].integer {
    case 0: return .never("EXISTS is true or false")
    case 6: return .never("ARRAY(SELECT …) is an array")
    case 4:
      guard Self.givesOneRow(query) else { return .maybe("a subquery gives NULL where it finds no row") }
      return verdicts(of: query, in: context).first ?? .maybe("a subquery")
    case 2:
      // x IN (SELECT y …)
      let test = expression["testexpr"]
      guard test.kind == "OPEXPR", functions.isTotal(operator: test["opfuncid"].oid),
        let left = test["args"].items.first,
        let right = verdicts(of: query, in: context).first, !right.isNullable
      else { return .maybe("IN (SELECT …) is NULL where NULL is among what is compared") }
      let verdict = judge(left, context)
      return verdict.isNullable ? verdict : .never("IN (SELECT …) of what is not NULL")
    default: return .maybe("a subquery may give NULL")
    }
  }

  /// Whether a query gives exactly one row, whatever the tables hold.
  private static func givesOneRow(_ query: ServerNode) -> Bool {
    guard query["commandType"].integer == 1, query["setOperations"].isNull, query["limitCount"].isNull,
      query["limitOffset"].isNull, query["havingQual"].isNull, !query["hasTargetSRFs"].isTrue,
      query["groupingSets"].items.isEmpty, query["groupClause"].items.isEmpty
    else { return false }
    if query["hasAggs"].isTrue { return true }
    return query["jointree"]["fromlist"].items.isEmpty && query["jointree"]["quals"].isNull
  }
}
