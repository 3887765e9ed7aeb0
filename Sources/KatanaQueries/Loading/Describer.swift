import KatanaContract

/// Asks PostgreSQL what queries mean. The schema is there; nothing is changed.
final class Describer {
  let connection: Connection
  let catalog: Catalog
  private(set) var diagnostics: [Diagnostic] = []
  private(set) var types: [UInt32: UserType] = [:]
  private var views: [UInt32: ServerNode] = [:]

  /// The first release whose functions may keep the tree of a statement.
  static let treeVersionMin = 140_000
  /// FUNC_MAX_ARGS
  static let treeParametersMax = 100

  init(_ connection: Connection) throws(Connection.Failure) {
    self.connection = connection
    catalog = try Catalog(connection)
  }

  func error(_ rule: QueryRule, at location: Location, _ message: String, remedy: String? = nil) {
    diagnostics.append(Diagnostic(.error, rule, at: location, message, remedy: remedy))
  }

  func warning(_ rule: QueryRule, at location: Location, _ message: String, remedy: String? = nil) {
    diagnostics.append(Diagnostic(.warning, rule, at: location, message, remedy: remedy))
  }

  func view(_ oid: UInt32) -> ServerNode? {
    if let known = views[oid] { return known }
    let rows = try? connection.rows(
      "SELECT ev_action FROM pg_rewrite WHERE rulename = '_RETURN' AND ev_class = \(oid)"
    )
    guard let text = rows?.first?.first ?? nil, let tree = try? ServerTreeReader.read(text),
      let query = tree.items.first
    else { return nil }
    views[oid] = query
    return query
  }

  /// Nil after an error.
  func answer(_ draft: QueryDraft) -> Answer? {
    let count = diagnostics.count
    var description = DescribedQuery(draft: draft)
    guard let first = describe(draft.variant(filters: true), [], draft), let parameters = parameterTypes(first, draft)
    else { return nil }
    if let statement = parse(draft) { description.statement = statement }
    description.parameterTypes = parameters
    description.wireTypes = parameters.map { catalog.wire($0).type }
    description.pieces = draft.pieces.map { .init(text: casting($0.text, parameters), condition: $0.condition) }
    guard let whole = describe(description.variant(filters: true), description.wireTypes, draft) else { return nil }
    description.columns = whole.columns
    for sort in draft.sorts.indices.dropFirst() {
      _ = describe(description.variant(filters: true, sort: sort), description.wireTypes, draft)
    }
    if !draft.filters.isEmpty { _ = describe(description.variant(filters: false), description.wireTypes, draft) }
    guard diagnostics.count == count else { return nil }
    guard readAsText(&description) else { return nil }
    description.tree = tree(description.variant(filters: false), description)
    var builder = AnswerBuilder(description, self)
    let answer = builder.build()
    return diagnostics[count...].contains { $0.severity == .error } ? nil : answer
  }

  /// Nil for what the server knows and the parser here does not yet: the syntax of a later release.
  private func parse(_ draft: QueryDraft) -> SyntaxNode? {
    let text = draft.variant(filters: true)
    return try? SyntaxTree(parsing: text.text, map: text.map(draft.source)).statements.first?.node
  }

  private func describe(
    _ text: MappedText,
    _ types: [UInt32],
    _ draft: QueryDraft
  ) -> Connection.Description? {
    do throws(Connection.Failure) {
      return try connection.describe(text.text, types: types)
    } catch {
      let map = text.map(draft.source)
      // "could not determine data type of parameter $1" has no position, or that of one use among several.
      let isOpen =
        error.sqlState == "42P18" || error.sqlState == "42P08" && error.message.hasPrefix("could not determine")
      if isOpen, let number = Self.parameter(in: error.message),
        let parameter = draft.parameters.first(where: { $0.index == number })
      {
        let name = parameter.name.map { "@\($0)" } ?? "$\(number)"
        self.error(
          .parameterUntyped,
          at: draft.source.location(atByte: parameter.origins[0]),
          "nothing says which type '\(name)' has",
          remedy: "write it: '\(name)::text'"
        )
      } else {
        let rule: QueryRule = error.sqlState == "42601" ? .sqlSyntax : .statementRefused
        var error = error
        for parameter in draft.parameters {
          guard let name = parameter.name else { continue }
          error.message = error.message.replacing("\"$\(parameter.index)\"", with: "\"@\(name)\"")
        }
        diagnostics.append(ServerError(error).diagnostic(rule, text: text.text, map: map))
      }
      return nil
    }
  }

  private static func parameter(in message: String) -> Int? {
    guard let dollar = message.lastIndex(of: "$") else { return nil }
    return Int(message[message.index(after: dollar)...].prefix { $0.isASCII && $0.isNumber })
  }

  private func parameterTypes(_ description: Connection.Description, _ draft: QueryDraft) -> [UInt32]? {
    var isKnown = true
    for parameter in draft.parameters {
      guard description.parameters.indices.contains(parameter.index - 1) else { continue }
      let type = description.parameters[parameter.index - 1]
      do throws(Catalog.Unsupported) {
        _ = try catalog.sqlType(type)
      } catch {
        isKnown = false
        let name = parameter.name.map { "@\($0)" } ?? "$\(parameter.index)"
        self.error(
          .typeUnsupported,
          at: draft.source.location(atByte: parameter.origins[0]),
          "'\(name)' has the type \(error.spelling), which Katana has no codec for",
          remedy: "send it as text, and name its type: '\(name)::text::name_of_type'"
        )
      }
    }
    return isKnown ? description.parameters : nil
  }

  /// `$1` becomes `$1::text::mood` where PostgreSQL wants a type of the user's.
  private func casting(_ text: MappedText, _ types: [UInt32]) -> MappedText {
    let bytes = Array(text.text.utf8)
    guard let tokens = try? Tokens(scanning: bytes) else { return text }
    var result = MappedText()
    var position = 0
    for token in tokens.all where token.kind == .parameter {
      guard let number = Int(tokens.text(token).dropFirst()), types.indices.contains(number - 1) else { continue }
      let (wire, cast) = catalog.wire(types[number - 1])
      guard let cast else { continue }
      let isIndexed = bytes[token.range.upperBound...].first { $0 != 0x20 } == UInt8(ascii: "[")
      result.append(text, position..<token.range.lowerBound)
      var cut = MappedText()
      cut.append(text, token.range)
      let origin = cut.segments.first?.origin ?? 0
      let chain = "$\(number)::\(catalog.spelling(wire))::\(cast)"
      result.append(isIndexed ? "(\(chain))" : chain, for: origin)
      position = token.range.upperBound
    }
    result.append(text, position..<bytes.count)
    return result
  }

  /// Puts a SELECT around a statement that gives values of types without a codec: it makes text of them. What the
  /// statement means is still looked at without it.
  private func readAsText(_ description: inout DescribedQuery) -> Bool {
    let names = description.columns.indices.map { "c\($0 + 1)" }
    let readers = zip(description.columns, names).map { catalog.reader($0.type, $1) }
    guard readers.contains(where: { $0 != nil }) else { return true }
    let draft = description.draft
    let columns = zip(readers, names).map { $0 ?? $1 }.joined(separator: ", ")
    guard let place = StatementBody.start(of: description.variant(filters: true).text) else { return true }
    let head = "\(place.isInWith ? ", " : "WITH ")katana_rows(\(names.joined(separator: ", "))) AS ("
    var pieces: [QueryDraft.DraftPiece] = []
    var left = place.offset
    var isOpen = false
    for piece in description.pieces {
      if case .sort(let index) = piece.condition, index != 0 {
        pieces.append(piece)
        continue
      }
      if isOpen || left >= piece.text.count {
        if !isOpen { left -= piece.text.count }
        pieces.append(piece)
        continue
      }
      var text = MappedText()
      text.append(piece.text, 0..<left)
      text.append(head, for: draft.origin)
      text.append(piece.text, left..<piece.text.count)
      pieces.append(.init(text: text, condition: piece.condition))
      isOpen = true
    }
    var tail = MappedText()
    tail.append("\n) SELECT \(columns) FROM katana_rows", for: draft.origin)
    pieces.append(.init(text: tail, condition: .none))
    description.sent = pieces
    var copy = draft
    copy.pieces = pieces
    for sort in 0..<max(1, draft.sorts.count) {
      guard describe(copy.variant(filters: true, sort: sort), description.wireTypes, draft) != nil else { return false }
    }
    return draft.filters.isEmpty || describe(copy.variant(filters: false), description.wireTypes, draft) != nil
  }

  /// The statement as the server understands it: it keeps the tree of a function's body, of one that is taken back.
  func tree(_ text: MappedText, _ description: DescribedQuery) -> DescribedQuery.Tree? {
    let kinds = ["SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", ""]
    guard kinds.contains(description.statement.kind) else { return nil }
    guard connection.serverVersion >= Self.treeVersionMin else {
      return warn(description, "the server is older than PostgreSQL 14")
    }
    guard description.wireTypes.count <= Self.treeParametersMax else {
      return warn(description, "it has more than \(Self.treeParametersMax) parameters")
    }
    let types = description.wireTypes.map(catalog.spelling).joined(separator: ", ")
    let returns = description.columns.isEmpty ? "void" : "SETOF record"
    let prefix = "CREATE FUNCTION pg_temp.katana_statement(\(types)) RETURNS \(returns) LANGUAGE sql BEGIN ATOMIC\n"
    defer { _ = try? connection.rows("ROLLBACK") }
    do throws(Connection.Failure) {
      try connection.rows("BEGIN")
      try connection.rows(prefix + text.text + ";\nEND")
      let rows = try connection.rows(
        """
        SELECT prosqlbody FROM pg_proc WHERE proname = 'katana_statement' AND pronamespace = pg_my_temp_schema()
        """
      )
      guard let body = rows.first?.first ?? nil, let node = try? ServerTreeReader.read(body) else {
        return warn(description, "the server's tree cannot be read")
      }
      var query = node
      while case .list(let items) = query, let first = items.first { query = first }
      guard query.kind == "QUERY" else { return warn(description, "the server's tree cannot be read") }
      return .init(query: query, prefix: prefix.utf8.count)
    } catch {
      // What only the server can parse may be something else than a query.
      return description.statement.kind.isEmpty ? nil : warn(description, error.message)
    }
  }

  private func warn(_ description: DescribedQuery, _ reason: String) -> DescribedQuery.Tree? {
    diagnostics.append(
      Diagnostic(
        .warning,
        QueryRule.notProved,
        at: description.draft.location,
        "nothing is proved of '\(description.draft.name)', whose columns are all optional: \(reason)",
        remedy: "leave out --db-url, or mark columns that are never NULL: AS \"name!\""
      )
    )
    return nil
  }

  func use(_ type: UInt32) { catalog.userTypes(type, into: &types) }
}

/// A query while it is asked about.
struct DescribedQuery {
  struct Tree {
    let query: ServerNode
    /// Bytes before the statement in the text that the tree's places are of.
    let prefix: Int
  }

  let draft: QueryDraft
  /// Of no kind where only the server understands it.
  var statement = SyntaxNode(kind: "", fields: [])
  var parameterTypes: [UInt32] = []
  var wireTypes: [UInt32] = []
  var pieces: [QueryDraft.DraftPiece] = []
  /// What is sent where that is something else than the pieces.
  var sent: [QueryDraft.DraftPiece]?
  var columns: [Connection.Description.Column] = []
  var tree: Tree?

  init(draft: QueryDraft) { self.draft = draft }

  func variant(filters: Bool, sort: Int = 0) -> MappedText {
    var copy = draft
    copy.pieces = pieces
    return copy.variant(filters: filters, sort: sort)
  }
}
