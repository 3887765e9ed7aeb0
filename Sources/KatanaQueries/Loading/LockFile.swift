import KatanaContract

/// `katana.lock`: what PostgreSQL said of each statement, so that a build needs no server. A JSON file in a stable
/// order, for committing.
struct LockFile: Sendable {
  struct Entry: Sendable {
    /// Of the query that was asked about.
    var signature: String
    var answer: Answer
  }

  /// Of the migrations.
  var schema: String
  /// The analysis that the answers are of; 1 in files that do not say.
  var analysis = Self.analysis
  /// By the name of the query, by the name of the file.
  var files: [String: [String: Entry]] = [:]
  var types: [UserType] = []

  static let name = "katana.lock"
  /// Raised when an older file cannot be read.
  static let format = 1
  /// What the analysis knows, for the same statement may be answered otherwise by a later one. Raised with each change
  /// of an answer: 2 knows whether elements of arrays may be NULL, 3 has types without a codec travel as text,
  /// 4 which table's row an `sqlc.embed` is.
  static let analysis = 4

  static func schemaSignature(_ migrations: [MigrationDraft]) -> String {
    Digest.sha256(migrations.map { "\($0.migration.version) \(Digest.sha256($0.migration.up))\n" }.joined())
  }

  func answer(_ draft: QueryDraft, file: String) -> Answer? {
    guard let entry = files[file]?[draft.name], entry.signature == draft.signature else { return nil }
    return entry.answer
  }
}

extension LockFile {
  /// Keeps the types that a parameter or a column leads to.
  mutating func dropUnusedTypes() {
    var used: Set<String> = []
    func use(_ type: SQLType) {
      switch type {
      case .builtin, .textual: break
      case .array(let inner), .range(let inner): use(inner)
      case .enumeration(let name), .composite(let name), .domain(let name, _):
        guard used.insert(name).inserted, let found = types.first(where: { $0.name == name }) else { return }
        switch found.kind {
        case .enumeration: break
        case .composite(let fields): for field in fields { use(field.type) }
        case .domain(let base, _): use(base)
        }
      }
    }
    for entry in files.values.flatMap(\.values) {
      for parameter in entry.answer.parameters { use(parameter.type) }
      for column in entry.answer.columns { use(column.type) }
    }
    types = types.filter { used.contains($0.name) }
  }
}

// MARK: Writing

extension LockFile {
  /// With a final newline.
  var text: String {
    let files = files.sorted { $0.key < $1.key }.map { name, queries in
      (name, JSONText.object(queries.sorted { $0.key < $1.key }.map { ($0.key, Self.json($0.value)) }))
    }
    return JSONText.object([
      ("katana", .integer(Self.format)), ("analysis", .integer(analysis)), ("schema", .string(schema)),
      ("types", .array(types.map(Self.json))), ("files", .object(files)),
    ]).rendered + "\n"
  }

  private static func json(_ entry: Entry) -> JSONText {
    let answer = entry.answer
    var members: [(String, JSONText)] = [
      ("of", .string(entry.signature)),
      ("pieces", .array(answer.pieces.map(json))),
      ("parameters", .array(answer.parameters.map(json))),
      ("columns", .array(answer.columns.map(json))),
      ("readOnly", .bool(answer.isReadOnly)),
    ]
    if let table = answer.table { members.append(("table", .string(table))) }
    if !answer.presences.isEmpty {
      members.append(("presences", .array(answer.presences.map { .array($0.map(JSONText.string)) })))
    }
    if let copy = answer.copy {
      members.append(
        (
          "copy",
          .object([
            ("schema", .string(copy.schema)), ("table", .string(copy.table)),
            ("columns", .array(copy.columns.map(JSONText.string))),
          ])
        )
      )
    }
    return .object(members)
  }

  private static func json(_ piece: Piece) -> JSONText {
    switch piece.condition {
    case .none: .string(piece.text)
    case .filter(let index): .object([("filter", .integer(index)), ("text", .string(piece.text))])
    case .sort(let index): .object([("sort", .integer(index)), ("text", .string(piece.text))])
    }
  }

  private static func json(_ parameter: Answer.Parameter) -> JSONText {
    var members: [(String, JSONText)] = [
      ("name", .string(parameter.name)), ("type", json(parameter.type)), ("optional", .bool(parameter.isOptional)),
    ]
    if parameter.hasNullElements { members.append(("nullElements", .bool(true))) }
    return .object(members)
  }

  private static func json(_ column: Column) -> JSONText {
    var members: [(String, JSONText)] = [
      ("name", .string(column.name)), ("type", json(column.type)), ("nullable", .bool(column.isNullable)),
      ("proof", .string(column.proof)),
    ]
    if column.hasNullElements { members.append(("nullElements", .bool(true))) }
    if let proof = column.elementProof { members.append(("elementProof", .string(proof))) }
    if column.isNullableWhenPresent != column.isNullable {
      members.append(("nullableWhenPresent", .bool(column.isNullableWhenPresent)))
    }
    if let source = column.source {
      members += [("table", .string(source.table)), ("column", .string(source.column))]
    }
    if let embed = column.embed { members.append(("embed", .string(embed))) }
    if let table = column.embedTable { members.append(("embedTable", .string(table))) }
    return .object(members)
  }

  private static func json(_ type: SQLType) -> JSONText {
    switch type {
    case .builtin(let builtin): .string(builtin.rawValue)
    case .array(let element): .object([("array", json(element))])
    case .enumeration(let name): .object([("enum", .string(name))])
    case .composite(let name): .object([("composite", .string(name))])
    case .domain(let name, let base): .object([("domain", .string(name)), ("of", json(base))])
    case .range(let bound): .object([("range", json(bound))])
    case .textual(let name): .object([("text", .string(name))])
    }
  }

  private static func json(_ type: UserType) -> JSONText {
    var members: [(String, JSONText)] = [("schema", .string(type.schema)), ("name", .string(type.name))]
    switch type.kind {
    case .enumeration(let labels): members.append(("labels", .array(labels.map(JSONText.string))))
    case .composite(let fields):
      members.append(
        ("fields", .array(fields.map { .object([("name", .string($0.name)), ("type", json($0.type))]) }))
      )
    case .domain(let base, let isNotNull): members += [("of", json(base)), ("notNull", .bool(isNotNull))]
    }
    return .object(members)
  }
}

// MARK: Reading

extension LockFile {
  /// Nil for what this release has not written.
  init?(reading source: SourceFile) {
    guard let root = Node.json(source).0?.mapping, root["katana"]?.integer == Self.format,
      let schema = root["schema"]?.string, let files = root["files"]?.mapping, let types = root["types"]?.sequence
    else { return nil }
    self.schema = schema
    analysis = root["analysis"]?.integer ?? 1
    for type in types {
      guard let type = Self.userType(type) else { return nil }
      self.types.append(type)
    }
    for file in files.entries {
      guard let queries = file.value.mapping else { return nil }
      for query in queries.entries {
        guard let entry = Self.entry(query.value) else { return nil }
        self.files[file.key, default: [:]][query.key] = entry
      }
    }
  }

  private static func entry(_ node: Node) -> Entry? {
    guard let members = node.mapping, let signature = members["of"]?.string,
      let pieces = members["pieces"]?.all(piece), let parameters = members["parameters"]?.all(parameter),
      let columns = members["columns"]?.all(column), let isReadOnly = members["readOnly"]?.bool
    else { return nil }
    var answer = Answer(parameters: parameters, columns: columns, pieces: pieces, isReadOnly: isReadOnly)
    answer.table = members["table"]?.string
    if let presences = members["presences"] {
      guard let all = presences.all({ $0.all(\.string) }) else { return nil }
      answer.presences = all
    }
    if let copy = members["copy"] {
      guard let target = Self.copy(copy) else { return nil }
      answer.copy = target
    }
    return Entry(signature: signature, answer: answer)
  }

  private static func piece(_ node: Node) -> Piece? {
    if let text = node.string { return Piece(text: text) }
    guard let text = node.mapping?["text"]?.string else { return nil }
    if let index = node.mapping?["filter"]?.integer { return Piece(text: text, condition: .filter(index)) }
    return node.mapping?["sort"]?.integer.map { Piece(text: text, condition: .sort($0)) }
  }

  private static func parameter(_ node: Node) -> Answer.Parameter? {
    guard let members = node.mapping, let name = members["name"]?.string, let type = members["type"].flatMap(type),
      let isOptional = members["optional"]?.bool
    else { return nil }
    let hasNullElements = members["nullElements"]?.bool ?? false
    return .init(name: name, type: type, isOptional: isOptional, hasNullElements: hasNullElements)
  }

  private static func column(_ node: Node) -> Column? {
    guard let members = node.mapping, let name = members["name"]?.string, let type = members["type"].flatMap(type),
      let isNullable = members["nullable"]?.bool, let proof = members["proof"]?.string
    else { return nil }
    var source: Column.Source?
    if let table = members["table"]?.string, let column = members["column"]?.string {
      source = .init(table: table, column: column)
    }
    return Column(
      name: name,
      type: type,
      isNullable: isNullable,
      hasNullElements: members["nullElements"]?.bool ?? false,
      proof: proof,
      elementProof: members["elementProof"]?.string,
      source: source,
      isNullableWhenPresent: members["nullableWhenPresent"]?.bool ?? isNullable,
      embed: members["embed"]?.string,
      embedTable: members["embedTable"]?.string
    )
  }

  private static func copy(_ node: Node) -> CopyTarget? {
    guard let members = node.mapping, let schema = members["schema"]?.string, let table = members["table"]?.string,
      let columns = members["columns"]?.all(\.string)
    else { return nil }
    return CopyTarget(schema: schema, table: table, columns: columns)
  }

  private static func type(_ node: Node) -> SQLType? {
    if let name = node.string { return BuiltinType(rawValue: name).map { .builtin($0) } }
    guard let members = node.mapping else { return nil }
    if let element = members["array"] { return type(element).map { .array($0) } }
    if let bound = members["range"] { return type(bound).map { .range($0) } }
    if let name = members["text"]?.string { return .textual(name) }
    if let name = members["enum"]?.string { return .enumeration(name) }
    if let name = members["composite"]?.string { return .composite(name) }
    guard let name = members["domain"]?.string, let base = members["of"].flatMap(type) else { return nil }
    return .domain(name, base)
  }

  private static func userType(_ node: Node) -> UserType? {
    guard let members = node.mapping, let schema = members["schema"]?.string, let name = members["name"]?.string else {
      return nil
    }
    let kind: UserType.Kind
    if let labels = members["labels"]?.all(\.string) {
      kind = .enumeration(labels: labels)
    } else if let fields = members["fields"]?.all(field) {
      kind = .composite(fields: fields)
    } else if let base = members["of"].flatMap(type), let isNotNull = members["notNull"]?.bool {
      kind = .domain(base: base, isNotNull: isNotNull)
    } else {
      return nil
    }
    return UserType(schema: schema, name: name, kind: kind)
  }

  private static func field(_ node: Node) -> (name: String, type: SQLType)? {
    guard let name = node.mapping?["name"]?.string, let type = node.mapping?["type"].flatMap(type) else { return nil }
    return (name, type)
  }
}

extension Node {
  fileprivate var integer: Int? { scalar?.tag == .int ? scalar.flatMap { Int($0.text) } : nil }

  /// The items of a sequence, if `body` can make something of each.
  fileprivate func all<Value>(_ body: (Node) -> Value?) -> [Value]? {
    guard let items = sequence else { return nil }
    let values = items.compactMap(body)
    return values.count == items.count ? values : nil
  }
}
