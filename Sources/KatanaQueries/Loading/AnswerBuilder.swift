import KatanaContract

/// Makes an answer of what the server has said about a query.
struct AnswerBuilder {
  let query: DescribedQuery
  let describer: Describer
  private let nullability: Nullability
  private let optional: Set<Int>
  private var answer = Answer()
  /// In the order of the columns; nil where the statement could not be analysed.
  private let outputs: [OutputColumn]?

  init(_ query: DescribedQuery, _ describer: Describer) {
    self.query = query
    self.describer = describer
    var optional = query.tree.map { ParameterUses.optional($0.query, catalog: describer.catalog) } ?? []
    for parameter in query.draft.parameters {
      switch parameter.mark {
      case .optional: optional.insert(parameter.index)
      case .required: optional.remove(parameter.index)
      case .none: break
      }
      if parameter.isFilter { optional.insert(parameter.index) }
    }
    self.optional = optional
    nullability = Nullability(
      catalog: describer.catalog,
      optionalParameters: optional,
      parametersWithNullElements: Set(query.draft.parameters.filter(\.hasNullElements).map(\.index))
    ) { describer.view($0) }
    let found = query.tree.map { [nullability] in nullability.columns(of: $0.query) } ?? []
    // The two ways to look at the statement must see the same columns.
    let isAlike =
      found.count == query.columns.count
      && zip(found, query.columns).allSatisfy { $0.name == $1.name || $0.name == "" || $1.name == "?column?" }
    outputs = isAlike ? found : nil
  }

  mutating func build() -> Answer? {
    guard checkKind(), buildParameters(), buildColumns() else { return nil }
    describer.warnOfMany(query)
    answer.pieces = (query.sent ?? query.pieces).map { Piece(text: $0.text.text, condition: $0.condition) }
    answer.isReadOnly = isReadOnly()
    guard buildNests() else { return nil }
    answer.table = wholeTable()
    if query.draft.kind == .copy, !buildCopy() { return nil }
    return answer
  }

  private func fail(_ rule: QueryRule, _ message: String, remedy: String? = nil, at location: Location? = nil) -> Bool {
    describer.error(rule, at: location ?? query.draft.location, message, remedy: remedy)
    return false
  }

  private func checkKind() -> Bool {
    let draft = query.draft
    if draft.kind == .batch, draft.parameters.isEmpty {
      return fail(
        .batchWithoutParameters,
        "'\(draft.name)' has no parameters to make a batch of",
        remedy: "use ':exec'"
      )
    }
    if let (what, remedy) = Self.unfit(query.statement) {
      return fail(.statementUnfit, "'\(draft.name)' is \(what), and connections are everybody's", remedy: remedy)
    }
    let givesRows = [.one, .opt, .many, .stream].contains(draft.batchKind ?? draft.kind)
    if givesRows, query.columns.isEmpty {
      return fail(
        .kindUnfit,
        "'\(draft.name)' is ':\((draft.batchKind ?? draft.kind).rawValue)', and its statement gives no rows",
        remedy: "use ':exec' or ':execrows', or add RETURNING"
      )
    }
    return true
  }

  /// Statements that change the connection that they come to, and what there is in their place.
  private static func unfit(_ statement: SyntaxNode) -> (String, remedy: String)? {
    switch statement.kind {
    case "TransactionStmt": ("a statement of transactions", "use 'database.withTransaction'")
    case "CopyStmt": ("COPY", "write INSERT … VALUES with ':copy', or a SELECT with ':stream'")
    case "ListenStmt", "UnlistenStmt": ("LISTEN", "use 'PostgresListener'")
    case "DeclareCursorStmt", "FetchStmt", "ClosePortalStmt": ("a cursor", "use ':stream'")
    case "PrepareStmt", "ExecuteStmt", "DeallocateStmt":
      ("a prepared statement", "leave it out: every query is prepared once per connection")
    case "DiscardStmt": ("DISCARD", "leave it out")
    case "VariableSetStmt" where !statement.flag("is_local"):
      ("SET", "write SET LOCAL, or 'SELECT set_config(name, value, true)', for a transaction")
    default: nil
    }
  }

  private mutating func buildParameters() -> Bool {
    let draft = query.draft
    var columns: [String] = []
    if let tree = query.tree?.query, let target = changedRelation(tree) { columns = target.attributes.map(\.name) }
    let names = ParameterNames.names(query.statement, count: draft.parameters.count, columns: columns)
    for parameter in draft.parameters where query.parameterTypes.indices.contains(parameter.index - 1) {
      let type = query.parameterTypes[parameter.index - 1]
      describer.use(type)
      let name = parameter.name ?? names[parameter.index - 1]
      let known = (try? describer.catalog.sqlType(type)) ?? .builtin(.text)
      if parameter.hasNullElements, !known.isArray {
        return fail(
          .elementMark,
          "'@\(name)' is no array, and has no elements that may be NULL",
          remedy: "write '@\(name)?' for a value that may be NULL",
          at: draft.source.location(atByte: parameter.origins[0])
        )
      }
      answer.parameters.append(
        .init(
          name: name,
          type: known,
          isOptional: optional.contains(parameter.index),
          hasNullElements: parameter.hasNullElements
        )
      )
    }
    return true
  }

  private func changedRelation(_ tree: ServerNode) -> Catalog.Relation? {
    let entries = tree["rtable"].items
    let target = tree["resultRelation"].integer - 1
    return entries.indices.contains(target) ? describer.catalog.relations[entries[target]["relid"].oid] : nil
  }

  private mutating func buildColumns() -> Bool {
    let map = query.variant(filters: false).map(query.draft.source)
    var taken: Set<[String]> = []
    var isSupported = true
    for (index, described) in query.columns.enumerated() {
      let output = outputs?[index]
      let place = output.flatMap { output in query.tree.map { output.place - $0.prefix } } ?? -1
      var name = described.name == "?column?" ? "column_\(index + 1)" : described.name
      let verdict = Self.takeMark("!", "?", &name) ?? output?.verdict ?? .maybe("the statement cannot be analysed")
      let elementMark = Self.takeMark("[!]", "[?]", &name)
      let elements = elementMark ?? output?.elements ?? .maybe("the statement cannot be analysed")
      let embed = place >= 0 ? query.draft.embeds[map.origin(of: place)] : nil
      let base = name
      var suffix = 2
      while !taken.insert([embed ?? "", name]).inserted {
        name = "\(base)_\(suffix)"
        suffix += 1
      }
      let relation = describer.catalog.relations[described.table]
      let attribute = relation?.attribute(described.tableColumn)
      // The server says of a domain what it is made of.
      let isDomain = attribute.map { describer.catalog.types[$0.type]?.kind == "d" } ?? false
      let oid = isDomain ? attribute!.type : described.type
      let type: SQLType
      do throws(Catalog.Unsupported) {
        type = try describer.catalog.sqlType(oid)
      } catch {
        let at = place >= 0 ? map.location(of: place) : query.draft.location
        isSupported = fail(
          .typeUnsupported,
          "the column '\(name)' has the type \(error.spelling), which Katana has no codec for",
          remedy: "cast it: '\(relation == nil ? "(…)" : name)::text AS \(name)'",
          at: at
        )
        continue
      }
      if elementMark != nil, !type.isArray {
        isSupported = fail(
          .elementMark,
          "the column '\(name)' is no array",
          remedy: "leave out '[?]' and '[!]'",
          at: place >= 0 ? map.location(of: place) : query.draft.location
        )
      }
      describer.use(oid)
      let source = attribute.map { Column.Source(table: relation!.displayName, column: $0.name) }
      answer.columns.append(
        Column(
          name: name,
          type: type,
          isNullable: verdict.isNullable,
          hasNullElements: type.isArray && elements.isNullable,
          proof: verdict.reason,
          elementProof: type.isArray && !elements.reason.hasPrefix(Nullability.storedPrefix) ? elements.reason : nil,
          source: source,
          isNullableWhenPresent: verdict.isNullable,
          embed: embed
        )
      )
    }
    return isSupported
  }

  /// The mark that a column's name ends with, taken off it.
  private static func takeMark(_ never: String, _ maybe: String, _ name: inout String) -> Verdict? {
    for (mark, verdict) in [(never, Verdict.never("the query says so")), (maybe, .maybe("the query says so"))]
    where name.hasSuffix(mark) && name.count > mark.count {
      name = String(name.dropLast(mark.count))
      return verdict
    }
    return nil
  }

  private func isReadOnly() -> Bool {
    guard let tree = query.tree else { return false }
    let effects = Effects(catalog: describer.catalog) { describer.view($0) }
    guard effects.isReadOnly(tree.query) else { return false }
    if query.draft.filters.isEmpty { return true }
    return describer.tree(query.variant(filters: true), query).map { effects.isReadOnly($0.query) } ?? false
  }

  /// The table whose rows these are: all of its columns in their order, as its definition has them.
  private mutating func wholeTable() -> String? {
    for alias in Set(query.draft.embeds.values) {
      let indices = answer.columns.indices.filter { answer.columns[$0].embed == alias }
      guard let first = indices.first, indices.last == first + indices.count - 1 else { continue }
      settleEmbed(indices)
      let table = wholeTable(first..<(first + indices.count))
      for index in indices { answer.columns[index].embedTable = table }
    }
    guard query.draft.nests.isEmpty, query.draft.embeds.isEmpty else { return nil }
    return wholeTable(0..<answer.columns.count)
  }

  /// What may be NULL in a part of the row that an outer join may leave out, where it has not.
  private mutating func settleEmbed(_ indices: [Int]) {
    guard let tree = query.tree?.query, let outputs else { return }
    let sides = indices.map { outputs[$0].origin.map { nullability.nulling(of: tree, $0) } ?? [] }
    guard let child = sides.first, !child.isEmpty, sides.allSatisfy({ $0 == child }) else { return }
    let present = nullability.columns(of: tree, settled: child)
    for index in indices { answer.columns[index].isNullableWhenPresent = present[index].verdict.isNullable }
  }

  /// That WHERE drops rows with NULL in some column does not make the others rows of another type: such columns are
  /// nullable as in the table.
  private mutating func wholeTable(_ range: Range<Int>) -> String? {
    guard !range.isEmpty, let relation = describer.catalog.relations[query.columns[range.lowerBound].table],
      "rp".contains(relation.kind), range.count == relation.attributes.count
    else { return nil }
    var columns = answer.columns
    let isOuter = range.allSatisfy { columns[$0].isNullable }
    for (index, attribute) in zip(range, relation.attributes) {
      let described = query.columns[index]
      guard described.table == relation.oid, described.tableColumn == attribute.number,
        columns[index].name == attribute.name
      else { return nil }
      let isNullable = !attribute.isNotNull && !describer.catalog.isNotNull(domain: attribute.type)
      if isNullable, columns[index].proof.hasPrefix(Nullability.conditionReason) {
        columns[index].isNullable = true
        columns[index].isNullableWhenPresent = true
        columns[index].proof = "\(relation.displayName).\(attribute.name) may be NULL"
      }
      let found = isOuter ? columns[index].isNullableWhenPresent : columns[index].isNullable
      guard found == isNullable, !columns[index].hasNullElements else { return nil }
    }
    answer.columns = columns
    return relation.displayName
  }
}

// MARK: Nests

extension AnswerBuilder {
  private mutating func buildNests() -> Bool {
    var taken: Set<String> = []
    for draft in query.draft.nests {
      let nest = draft.nest
      for name in nest.key + nest.members.map(\.column) where !answer.columns.contains(where: { $0.name == name }) {
        return fail(
          .nestInvalid,
          "the query has no column '\(name)'",
          remedy: "it has \(answer.columns.map { "'\($0.name)'" }.joined(separator: ", "))",
          at: draft.location
        )
      }
      for member in nest.members where nest.key.contains(member.column) || !taken.insert(member.column).inserted {
        return fail(
          .nestInvalid,
          "the column '\(member.column)' has another place already",
          remedy: "leave it out of '\(nest.property)'",
          at: draft.location
        )
      }
      let names = nest.members.map(\.name)
      if let double = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
        return fail(.nestInvalid, "two members of '\(nest.property)' are called '\(double)'", at: draft.location)
      }
      if answer.columns.contains(where: {
        $0.name == nest.property && !names.contains($0.name) && !taken.contains($0.name)
      }) {
        return fail(
          .nestInvalid,
          "the query has a column '\(nest.property)' already",
          remedy: "call the nest otherwise",
          at: draft.location
        )
      }
      guard checkOrder(draft), let presence = presence(draft) else { return false }
      answer.presences.append(presence)
    }
    return true
  }

  private func index(_ column: String) -> Int? { answer.columns.firstIndex { $0.name == column } }

  /// The members that are NULL exactly where an outer join found no child. Nil after an error.
  private mutating func presence(_ draft: QueryDraft.DraftNest) -> [String]? {
    guard let tree = query.tree?.query, let outputs else { return [] }
    let members = draft.nest.members.compactMap { index($0.column) }
    let sides = members.map { outputs[$0].origin.map { nullability.nulling(of: tree, $0) } ?? [] }
    guard let child = sides.first(where: { !$0.isEmpty }) else { return [] }
    let present = nullability.columns(of: tree, settled: child)
    var presence: [String] = []
    for (position, column) in members.enumerated() {
      let isNullable = present[column].verdict.isNullable
      if !answer.columns[column].proof.hasPrefix("the query says so") {
        answer.columns[column].isNullableWhenPresent = isNullable
      }
      if sides[position] == child, !isNullable { presence.append(answer.columns[column].name) }
    }
    if presence.isEmpty {
      _ = fail(
        .nestInvalid,
        "no member of '\(draft.nest.property)' tells whether there is a child",
        remedy: "add a column that is NOT NULL in its table, its key for example",
        at: draft.location
      )
      return nil
    }
    return presence
  }

  /// Whether rows of one key stand together in every order that may be chosen.
  private func checkOrder(_ draft: QueryDraft.DraftNest) -> Bool {
    let keys = Set(draft.nest.key.compactMap(index))
    for sort in 0..<max(1, query.draft.sorts.count) {
      let text = query.variant(filters: false, sort: sort)
      guard let tree = sort == 0 ? query.tree?.query : describer.tree(text, query)?.query else { continue }
      if isTogether(keys, tree) { continue }
      let key = draft.nest.key.joined(separator: ", ")
      let order = query.draft.sorts.indices.contains(sort) ? " '\(query.draft.sorts[sort].text)'" : ""
      return fail(
        .nestOrder,
        "the order\(order) does not keep the rows of one '\(key)' together",
        remedy: "begin ORDER BY with \(key)",
        at: draft.location
      )
    }
    return true
  }

  /// ORDER BY begins with the key; or with columns of the table that the key is unique in, which are the same in all
  /// rows of one key, and then the key.
  private func isTogether(_ keys: Set<Int>, _ tree: ServerNode) -> Bool {
    let targets = tree["targetList"].items
    let columns = targets.filter { !$0["resjunk"].isTrue }
    var left = keys
    for clause in tree["sortClause"].items {
      if left.isEmpty { return true }
      let reference = clause["tleSortGroupRef"].integer
      guard let target = targets.first(where: { $0["ressortgroupref"].integer == reference }) else { return false }
      if let column = columns.firstIndex(where: { $0["ressortgroupref"].integer == reference }), left.contains(column) {
        left.remove(column)
      } else if !isDetermined(target["expr"], by: keys, tree) {
        return false
      }
    }
    return left.isEmpty
  }

  private func isDetermined(_ expression: ServerNode, by keys: Set<Int>, _ tree: ServerNode) -> Bool {
    guard let outputs else { return false }
    let origins = keys.map { outputs[$0].origin }
    guard let first = origins.first, let entry = first?.entry, origins.allSatisfy({ $0?.entry == entry }) else {
      return false
    }
    var isOfEntry = true
    expression.walk { node in
      if node.kind == "VAR" {
        if node["varno"].integer != entry || node["varlevelsup"].integer != 0 { isOfEntry = false }
      } else if node.kind != "RELABELTYPE" && node.kind != "CONST" && node.kind != "OPEXPR" {
        isOfEntry = false
      }
    }
    let entries = tree["rtable"].items
    guard isOfEntry, entries.indices.contains(entry - 1), entries[entry - 1]["rtekind"].integer == 0 else {
      return false
    }
    return describer.isUnique(entries[entry - 1]["relid"].oid, Set(origins.compactMap { $0?.attribute }))
  }
}

// MARK: Copy

extension AnswerBuilder {
  private mutating func buildCopy() -> Bool {
    let statement = query.statement
    let remedy = "write 'INSERT INTO table (columns) VALUES (parameters)'"
    guard statement.kind == "InsertStmt", let tree = query.tree?.query, let relation = changedRelation(tree) else {
      return fail(.copyInvalid, "':copy' is for INSERT", remedy: remedy)
    }
    let extra = ["onConflictClause", "withClause"].contains { statement.node($0) != nil }
    guard !extra, query.columns.isEmpty else {
      return fail(.copyInvalid, "COPY has no WITH, ON CONFLICT or RETURNING", remedy: remedy)
    }
    let rows = statement.node("selectStmt")?.nodes("valuesLists") ?? []
    var columns = statement.nodes("cols").map { $0.string("name") ?? "" }
    if columns.isEmpty { columns = relation.attributes.map(\.name) }
    let values = rows.first?.nodes("items") ?? []
    let isPlain = values.enumerated().allSatisfy { index, value in
      var value = value
      while value.kind == "TypeCast", let inner = value.node("arg") { value = inner }
      return value.kind == "ParamRef" && value.integer("number") == index + 1
    }
    guard rows.count == 1, isPlain, values.count == columns.count, values.count == answer.parameters.count,
      statement.nodes("cols").allSatisfy({ $0.nodes("indirection").isEmpty })
    else { return fail(.copyInvalid, "COPY takes one parameter for each column, in their order", remedy: remedy) }
    answer.copy = CopyTarget(schema: relation.schema, table: relation.name, columns: columns)
    return true
  }
}
