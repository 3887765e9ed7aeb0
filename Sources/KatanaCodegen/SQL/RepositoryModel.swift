import KatanaContract
import KatanaQueries

/// One file of queries as a Swift type.
struct RepositoryModel {
  struct Method {
    struct Parameter {
      let label: String
      /// What the method's body calls it.
      let local: String
      let swift: String
      let isOptional: Bool
      /// Nil when left out is no more than an order that was not chosen or a filter that does not hold.
      let isLeftOut: Bool
    }

    struct Lookup {
      /// The list's name in the row.
      let property: String
      let repository: String?
      let method: String
      /// Labels of the other query's method and the members of the row.
      let arguments: [(label: String, member: String)]
      /// The child's member that is the first argument's.
      let by: String
    }

    let query: Query
    let name: String
    let parameters: [Parameter]
    /// The type of the rows that `:copy` and `:batch` take; nil with one parameter, whose type it is then.
    let inputType: String?
    /// Whether COPY sends text, since a column's type has no binary form in Swift.
    let copiesText: Bool
    /// The cases of an enum for the orders that there are.
    let sorts: [(name: String, isDefault: Bool)]
    let result: QueryResult
    let lookups: [Lookup]
    let parameterTypes: [String]
    let columnTypes: [String]

    /// Of the method whose rows are read where they lie.
    var nameInPlace: String { name + "InPlace" }
  }

  let name: String
  let file: QueryFile
  let methods: [Method]
}

/// Gives everything of a folder its Swift name.
struct RepositoryBuilder {
  private(set) var types = SQLTypeText(userTypes: [:])
  private(set) var userTypes: [UserType] = []
  private(set) var tableRows: [RowModel] = []
  private var tables: [String: String] = [:]
  /// Names of the repositories by file, and of their methods by query.
  private var repositories: [String: String] = [:]
  private var methods: [String: [String: String]] = [:]
  private let contract: QueryContract

  /// - Parameter taken: names that the OpenAPI document's types have in the same module.
  init(_ contract: QueryContract, taken: [String] = [], _ findings: inout [Diagnostic]) {
    self.contract = contract
    let files = contract.files.filter { !$0.queries.isEmpty }
    guard let start = files.first?.queries.first?.location else { return }
    var register = NameRegister(reserved: NameRegister.types.union(Self.runtimeTypes))
    register.reserve(taken, for: "a type of the OpenAPI document")
    let remedy = "rename one of them"
    var names: [String: String] = [:]
    for type in contract.types {
      if case .domain = type.kind { continue }
      names[type.name] = register.claim(
        SwiftName.type(type.name), for: type.name, at: type.location ?? start, &findings, remedy: remedy)
      userTypes.append(type)
    }
    types = SQLTypeText(userTypes: names)
    for file in files {
      repositories[file.name] = register.claim(
        SwiftName.type(file.name) + "Repository", for: file.name, at: file.queries[0].location, &findings, remedy: remedy)
      var names = NameRegister(reserved: ["executor", "init", "Statements"])
      for query in file.queries {
        methods[file.name, default: [:]][query.name] = names.claim(
          SwiftName.member(query.name), for: query.name, at: query.location, &findings, remedy: remedy)
      }
    }
    let streamed = Set(files.flatMap(\.queries).filter { $0.kind == .stream }.compactMap(\.table))
    for file in files {
      for query in file.queries {
        guard let table = query.table, query.nests.isEmpty, query.prefetches.isEmpty, tables[table] == nil else { continue }
        let name = register.claim(
          SwiftName.type(table) + "Row", for: table, at: query.location, &findings, remedy: remedy)
        tables[table] = name
        let builder = RowBuilder(types: types, tables: [:], resultOfPrefetch: { _, _ in nil })
        var row = builder.table(table, named: name, columns: query.columns, at: query.location, &findings)
        row.isViewed = streamed.contains(table)
        tableRows.append(row)
      }
    }
    addEmbedded(files, &register, &findings)
    tableRows.sort { $0.name < $1.name }
  }

  /// Rows of tables that are parts of other rows.
  private mutating func addEmbedded(
    _ files: [QueryFile], _ register: inout NameRegister, _ findings: inout [Diagnostic]
  ) {
    for query in files.flatMap(\.queries) {
      for (index, column) in query.columns.enumerated() {
        guard let table = column.embedTable, index == 0 || query.columns[index - 1].embed != column.embed
        else { continue }
        if let name = tables[table] {
          for known in tableRows.indices where tableRows[known].name == name { tableRows[known].isEmbedded = true }
          continue
        }
        let columns = query.columns[index...].prefix { $0.embed == column.embed }
        let isOptional = columns.allSatisfy(\.isNullable)
        let name = register.claim(
          SwiftName.type(table) + "Row", for: table, at: query.location, &findings, remedy: "rename one of them")
        tables[table] = name
        let own = columns.map { column in
          var own = column
          if isOptional { own.isNullable = column.isNullableWhenPresent }
          return own
        }
        let builder = RowBuilder(types: types, tables: [:], resultOfPrefetch: { _, _ in nil })
        var row = builder.table(table, named: name, columns: own, at: query.location, &findings)
        row.isEmbedded = true
        tableRows.append(row)
      }
    }
  }

  func repository(of file: QueryFile, _ findings: inout [Diagnostic]) -> RepositoryModel {
    var register = NameRegister(reserved: NameRegister.types.union(Self.runtimeTypes))
    let methods = file.queries.map { method($0, in: file, &register, &findings) }
    return RepositoryModel(name: repositories[file.name]!, file: file, methods: methods)
  }

  private func method(
    _ query: Query, in file: QueryFile, _ register: inout NameRegister, _ findings: inout [Diagnostic]
  ) -> RepositoryModel.Method {
    let name = methods[file.name]![query.name]!
    let isMany = query.kind == .copy || query.kind == .batch
    let filtered = Set(query.filters.flatMap(\.parameters))
    var labels = NameRegister(reserved: SwiftName.unspeakable)
    let parameters = query.parameters.sorted { $0.index < $1.index }.map { parameter in
      let label = labels.claim(
        SwiftName.member(parameter.name), for: parameter.name, at: query.location, &findings,
        remedy: "name the parameters: @name")
      let swift = types.swift(parameter.type, hasNullElements: parameter.hasNullElements)
      if swift == nil {
        findings.append(
          Diagnostic(
            .error, CodegenRule.sqlTypeUnsupported, at: query.location,
            "query '\(query.name)': parameter '\(parameter.name)' has the type \(parameter.type.described), which Swift has "
              + "no type for",
            remedy: "send it as text: @\(parameter.name)::text::\(parameter.type.described)"))
      }
      return RepositoryModel.Method.Parameter(
        label: label, local: Self.locals.contains(label) ? label + "Value" : label, swift: swift ?? "Never",
        isOptional: parameter.isOptional, isLeftOut: filtered.contains(parameter.name))
    }
    let textual = query.kind == .copy ? query.parameters.first { !types.isCopied($0.type) } : nil
    if let textual, query.sqlite != nil {
      findings.append(
        Diagnostic(
          .error, CodegenRule.sqlNotGenerated, at: query.location,
          "query '\(query.name)': COPY sends the type \(textual.type.described) of '\(textual.name)' as text, which "
            + "SQLite does not take",
          remedy: "make it :batch"))
    }
    if !query.nests.isEmpty || !query.prefetches.isEmpty, ![.one, .opt, .many].contains(query.kind) {
      findings.append(
        Diagnostic(
          .error, CodegenRule.sqlNotGenerated, at: query.location,
          "query '\(query.name)': rows with lists are whole rows, which :\(query.kind.rawValue) does not give back",
          remedy: "make it :many, or leave the annotation out"))
    }
    let builder = RowBuilder(types: types, tables: tables, resultOfPrefetch: { resultType(of: $1, from: file) })
    let wanted = SwiftName.type(query.name)
    let rowName = builder.needsRow(query)
      ? register.claim(wanted + "Row", for: query.name, at: query.location, &findings, remedy: "rename it") : wanted + "Row"
    let inputType = isMany && parameters.count != 1
      ? register.claim(wanted + "Input", for: query.name, at: query.location, &findings, remedy: "rename it") : nil
    return RepositoryModel.Method(
      query: query, name: name, parameters: parameters, inputType: inputType, copiesText: textual != nil,
      sorts: sorts(query), result: builder.result(of: query, named: rowName, &findings),
      lookups: query.prefetches.compactMap { lookup($0, from: file, query, &findings) },
      parameterTypes: query.parameters.sorted { $0.index < $1.index }.map { types.oid($0.type) },
      columnTypes: query.columns.map { types.columnOID($0.type) })
  }

  /// What a query gives back, with its types qualified for code outside of its repository.
  func result(of query: Query, in file: QueryFile) -> QueryResult {
    var ignored: [Diagnostic] = []
    let builder = RowBuilder(types: types, tables: tables, resultOfPrefetch: { resultType(of: $1, from: file) })
    return builder.result(of: query, named: SwiftName.type(query.name) + "Row", &ignored)
  }

  /// The name of a repository, and of a query's method in it.
  func names(of query: Query, in file: QueryFile) -> (repository: String, method: String) {
    (repositories[file.name]!, methods[file.name]![query.name]!)
  }

  private func sorts(_ query: Query) -> [(name: String, isDefault: Bool)] {
    var taken: Set<String> = []
    return query.sorts.enumerated().map { index, sort in
      var name = SwiftName.member(sort.name)
      while !taken.insert(name).inserted { name += "_" }
      return (name, index == 0)
    }
  }

  func child(_ prefetch: Prefetch, from file: QueryFile) -> (file: QueryFile, query: Query)? {
    let parts = prefetch.query.split(separator: ".").map(String.init)
    let source = parts.count == 2 ? contract.files.first { $0.name == parts[0] } : file
    guard let source, let query = source.queries.first(where: { $0.name == parts.last }) else { return nil }
    return (source, query)
  }

  /// The type of the other query's rows.
  private func resultType(of prefetch: Prefetch, from file: QueryFile) -> String? {
    guard let (source, query) = child(prefetch, from: file) else { return nil }
    var ignored: [Diagnostic] = []
    let builder = RowBuilder(types: types, tables: tables, resultOfPrefetch: { _, _ in "Never" })
    let result = builder.result(of: query, named: SwiftName.type(query.name) + "Row", &ignored)
    guard let swift = result.swift else { return nil }
    return result.declared == nil || source.name == file.name ? swift : "\(repositories[source.name]!).\(swift)"
  }

  private func lookup(
    _ prefetch: Prefetch, from file: QueryFile, _ query: Query, _ findings: inout [Diagnostic]
  ) -> RepositoryModel.Method.Lookup? {
    guard let (source, other) = child(prefetch, from: file) else { return nil }
    guard other.kind == .many, other.columns.contains(where: { $0.name == prefetch.by }), !prefetch.arguments.isEmpty,
      other.columns.count > 1, prefetch.arguments.count == other.parameters.filter({ !$0.isOptional }).count
    else {
      findings.append(
        Diagnostic(
          .error, CodegenRule.sqlNotGenerated, at: query.location,
          "query '\(query.name)': children come from a :many query of several columns, one of them '\(prefetch.by)', and "
            + "all of whose parameters the prefetch gives; '\(prefetch.query)' is not such a query",
          remedy: "write: -- prefetch: \(prefetch.property) = children(ids: id) by parent_id"))
      return nil
    }
    return RepositoryModel.Method.Lookup(
      property: SwiftName.member(prefetch.property),
      repository: source.name == file.name ? nil : repositories[source.name], method: methods[source.name]![other.name]!,
      arguments: prefetch.arguments.map { (SwiftName.member($0.parameter), SwiftName.member($0.column)) },
      by: SwiftName.member(prefetch.by))
  }

  /// Names in the bodies of methods.
  private static let locals: Set<String> = [
    "context", "parameters", "executor", "variant", "rows", "row", "sort", "body", "inputs", "input", "self", "children",
  ]

  /// Types of KatanaSQL that generated code names.
  private static let runtimeTypes: Set<String> = [
    "SQLBytesColumn", "SQLColumn", "SQLDate", "SQLDateTime", "SQLDecimal", "SQLEnum", "SQLError", "SQLExecutor", "SQLInterval", "SQLJSON", "SQLJSONB",
    "SQLMigration", "SQLMigrations", "SQLOptionalBytesColumn", "SQLOptionalColumn", "SQLOptionalTextColumn", "SQLParameters",
    "SQLPrefetch", "SQLRange", "SQLRecordReader", "SQLRecordText", "SQLRow", "SQLRowView", "SQLRowViewed", "SQLStatement",
    "SQLTextColumn", "SQLTime", "SQLType", "SQLValue", "Int16", "UInt32", "Statements", "Migrations",
  ]
}
