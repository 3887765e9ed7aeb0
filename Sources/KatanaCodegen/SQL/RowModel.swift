import KatanaContract
import KatanaQueries

/// A struct that rows are read into.
struct RowModel {
  struct Field {
    let name: String
    let swift: String
    /// What reads it from `row`; nil for lists, which begin empty.
    let read: String?
    let documentation: String?
    /// The column that it is, with the nullability that it has here.
    var column: Column?
    /// The column's place in the row.
    var index: Int?
    /// The struct of ``RowModel/parts`` that it holds, or holds a list of.
    var part: String?
    /// The query that its rows come from.
    var prefetch: Prefetch?
  }

  let name: String
  let documentation: String
  var fields: [Field]
  /// Structs of parts of the row, with the columns that are NULL exactly when the part is not there.
  var parts: [(row: RowModel, presence: [Int])] = []
  /// Whether another row can have it in it, as the columns from some place on.
  var isEmbedded = false
  /// Whether it is declared elsewhere: the row of a table.
  var isShared = false
  /// Whether it can also be read where the row lies, as the rows of a stream that have no parts.
  var isViewed = false
}

/// What a query gives back, as Swift.
struct QueryResult {
  /// The type of one row; nil for a statement without columns.
  let swift: String?
  /// What reads a row: the body of a closure over `row`.
  let read: String
  /// The struct to declare in the repository, where the query needs one of its own.
  let declared: RowModel?
  /// The struct of the rows, whoever declares it; nil for a value that stands for the row.
  let row: RowModel?
  /// Swift names of the columns by their SQL names, of those outside of lists.
  let members: [String: String]
}

/// Makes structs of the columns of queries.
struct RowBuilder {
  let types: SQLTypeText
  /// Tables whose whole row a query gives back, and the Swift names of their rows.
  let tables: [String: String]
  let resultOfPrefetch: (Query, Prefetch) -> String?

  func result(of query: Query, named name: String, _ findings: inout [Diagnostic]) -> QueryResult {
    let columns = query.columns.enumerated().filter { $0.element.type != .builtin(.void) }
    for (_, column) in columns where types.swift(column.type) == nil {
      findings.append(
        Diagnostic(
          .error, CodegenRule.sqlTypeUnsupported, at: query.location,
          "query '\(query.name)': column '\(column.name)' has the type \(column.type.described), which Swift has no type for",
          remedy: "cast it in the query: \(column.name)::text"))
    }
    guard !columns.isEmpty else { return QueryResult(swift: nil, read: "", declared: nil, row: nil, members: [:]) }
    let hasLists = !query.nests.isEmpty || !query.prefetches.isEmpty
    if let table = query.table, !hasLists, let row = tables[table] {
      var ignored: [Diagnostic] = []
      var model = self.table(table, named: row, columns: query.columns, at: query.location, &ignored)
      model.isViewed = query.kind == .stream
      return QueryResult(
        swift: row, read: "try \(row)(row)", declared: nil, row: model, members: members(columns))
    }
    if columns.count == 1, !hasLists, columns[0].element.embed == nil {
      let column = columns[0].element
      let isAmbiguous = column.isNullable && (query.kind == .opt || query.batchKind == .opt || query.batchKind == .one)
      if !isAmbiguous {
        let swift = swiftType(column)
        return QueryResult(
          swift: swift, read: read(column, columns[0].offset), declared: nil, row: nil, members: members(columns))
      }
    }
    var row = row(query, named: name, columns, &findings)
    row.isViewed = query.kind == .stream && row.parts.isEmpty
    return QueryResult(swift: name, read: "try \(name)(row)", declared: row, row: row, members: members(columns))
  }

  /// Whether a query's rows have a struct of the query's own.
  func needsRow(_ query: Query) -> Bool {
    var ignored: [Diagnostic] = []
    return result(of: query, named: "Row", &ignored).declared != nil
  }

  /// The row of a table.
  func table(_ table: String, named name: String, columns: [Column], at location: Location, _ findings: inout [Diagnostic])
    -> RowModel
  {
    var register = NameRegister(reserved: SwiftName.unspeakable)
    let fields = columns.enumerated().filter { $0.element.type != .builtin(.void) }.map { index, column in
      field(column, index, &register, at: location, &findings)
    }
    return RowModel(name: name, documentation: "A row of the table `\(table)`.", fields: fields)
  }

  private func row(
    _ query: Query, named name: String, _ columns: [(offset: Int, element: Column)], _ findings: inout [Diagnostic]
  ) -> RowModel {
    var register = NameRegister(reserved: SwiftName.unspeakable)
    var row = RowModel(name: name, documentation: "A row of `\(query.name)`.", fields: [])
    let nested = Set(query.nests.flatMap { $0.members.map(\.column) })
    var embedded: Set<String> = []
    for (index, column) in columns where !nested.contains(column.name) {
      if let alias = column.embed {
        guard embedded.insert(alias).inserted else { continue }
        embed(alias, columns.filter { $0.element.embed == alias }, query, &register, &row, &findings)
      } else {
        row.fields.append(field(column, index, &register, at: query.location, &findings))
      }
    }
    for nest in query.nests {
      let item = SwiftName.type(nest.property) + "Item"
      var names = NameRegister(reserved: SwiftName.unspeakable)
      var fields: [RowModel.Field] = []
      for member in nest.members {
        guard let (index, column) = columns.first(where: { $0.element.name == member.column }) else { continue }
        var present = column
        present.name = member.name
        present.isNullable = column.isNullableWhenPresent
        fields.append(field(present, index, &names, at: query.location, &findings))
      }
      let presence = nest.presence.compactMap { name in columns.first { $0.element.name == name }?.offset }
      row.parts.append((RowModel(name: item, documentation: "One of `\(nest.property)`.", fields: fields), presence))
      let property = register.claim(
        SwiftName.member(nest.property), for: nest.property, at: query.location, &findings, remedy: Self.remedy)
      row.fields.append(
        RowModel.Field(name: property, swift: "[\(SwiftName.escaped(item))]", read: nil, documentation: nil, part: item))
    }
    for prefetch in query.prefetches {
      guard let child = resultOfPrefetch(query, prefetch) else { continue }
      let property = register.claim(
        SwiftName.member(prefetch.property), for: prefetch.property, at: query.location, &findings, remedy: Self.remedy)
      row.fields.append(
        RowModel.Field(
          name: property, swift: "[\(child)]", read: nil, documentation: "Of the query `\(prefetch.query)`.",
          prefetch: prefetch))
    }
    return row
  }

  /// Columns that `sqlc.embed` groups: a struct of their own, optional where an outer join may leave it out.
  private func embed(
    _ alias: String, _ columns: [(offset: Int, element: Column)], _ query: Query, _ register: inout NameRegister,
    _ row: inout RowModel, _ findings: inout [Diagnostic]
  ) {
    let table = columns.first?.element.embedTable
    let shared = table.flatMap { tables[$0] }
    let name = shared ?? SwiftName.type(alias)
    let isOptional = columns.allSatisfy(\.element.isNullable)
    let presence = isOptional ? columns.filter { !$0.element.isNullableWhenPresent }.map(\.offset) : []
    var names = NameRegister(reserved: SwiftName.unspeakable)
    let fields = columns.map { index, column in
      var present = column
      if isOptional { present.isNullable = column.isNullableWhenPresent }
      return field(present, index, &names, at: query.location, &findings)
    }
    var part = RowModel(name: name, documentation: "The columns of `\(alias)`.", fields: fields)
    part.isShared = shared != nil
    row.parts.append((part, presence))
    let property = register.claim(
      SwiftName.member(alias), for: alias, at: query.location, &findings, remedy: Self.remedy)
    let type = SwiftName.escaped(name)
    let absent = presence.isEmpty ? columns.map(\.offset) : presence
    let isNull = absent.map { "row.isNull(\($0))" }.joined(separator: " && ")
    let read = shared == nil ? "\(type)(row)" : "\(type)(row, from: \(columns[0].offset))"
    row.fields.append(
      RowModel.Field(
        name: property, swift: isOptional ? type + "?" : type,
        read: isOptional ? "try \(isNull) ? nil : \(read)" : "try \(read)", documentation: nil, part: name))
  }

  private func field(
    _ column: Column, _ index: Int, _ register: inout NameRegister, at location: Location,
    _ findings: inout [Diagnostic]
  ) -> RowModel.Field {
    let name = register.claim(
      SwiftName.member(column.name), for: column.name, at: location, &findings, remedy: Self.remedy)
    return RowModel.Field(
      name: name, swift: swiftType(column), read: read(column, index), documentation: nil, column: column,
      index: index)
  }

  private func swiftType(_ column: Column) -> String {
    let swift = types.swift(column.type, hasNullElements: column.hasNullElements) ?? "Never"
    return column.isNullable ? swift + "?" : swift
  }

  private func read(_ column: Column, _ index: Int) -> String {
    column.isNullable ? "try row.optional(\(index))" : "try row.value(\(index))"
  }

  private func members(_ columns: [(offset: Int, element: Column)]) -> [String: String] {
    Dictionary(columns.map { ($0.element.name, SwiftName.member($0.element.name)) }, uniquingKeysWith: { first, _ in first })
  }

  private static let remedy = "give one of them another name in the query: AS other_name"
}

extension SQLType {
  /// As PostgreSQL writes it.
  var described: String {
    switch self {
    case .builtin(let type): type.rawValue
    case .array(let element): element.described + "[]"
    case .enumeration(let name), .composite(let name), .domain(let name, _): name
    case .range(let bound): "a range of \(bound.described)"
    case .textual(let name): name
    }
  }
}
