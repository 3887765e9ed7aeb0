import KatanaContract
import KatanaQueries

/// A struct of rows that becomes a struct of the contract: an initializer of the latter.
struct StructConversion {
  let contract: String
  /// Qualified.
  let row: String
  let arguments: [(label: String, expression: String)]

  var isThrowing: Bool { arguments.contains { $0.expression.hasPrefix("try ") } }
}

/// An operation and the query behind it.
struct OperationLink {
  /// One line of the report: where a value goes and where it comes from.
  struct Line {
    let place: String
    let source: String
  }

  let operation: OperationModel
  let query: Query
  let file: QueryFile
  var lines: [Line] = []
  var handler: HandlerPlan?
}

/// What a handler does with the query of its operation.
struct HandlerPlan {
  enum Answer {
    /// The row itself, 404 without one.
    case row(String)
    case rows(String)
    /// The rows as a member of an object.
    case page(type: String, member: String, String)
    /// Nothing; 404 when no row was affected.
    case nothing
  }

  let arguments: [(label: String, expression: String)]
  let answer: Answer
  /// `Location` of what was made: the path without its last part, and the member that is that part.
  let location: (path: String, member: String)?
}

/// Finds the query behind each operation and holds what one promises against what the other has.
struct ContractLinks {
  private let model: ServiceModel
  private let sql: QueryContract
  private let repositories: RepositoryBuilder
  private(set) var bridge: ValueBridge
  private(set) var links: [OperationLink] = []
  private(set) var conversions: [StructConversion] = []
  private(set) var findings: [Diagnostic] = []
  private(set) var unlinked: [OperationModel] = []

  init(_ model: ServiceModel, _ sql: QueryContract) {
    self.model = model
    self.sql = sql
    var ignored: [Diagnostic] = []
    repositories = RepositoryBuilder(sql, taken: Self.taken(by: model), &ignored)
    bridge = ValueBridge(model, sql, repositories.types)
    for group in model.groups {
      for operation in group.operations { link(operation) }
    }
  }

  /// Names that the SQL folder's types cannot have beside the document's.
  static func taken(by model: ServiceModel) -> [String] {
    model.types.map(\.name) + model.groups.flatMap { [$0.name] + $0.operations.map(\.namespace) }
  }

  /// The repository and the method of a link's query.
  func names(of link: OperationLink) -> (repository: String, method: String) {
    repositories.names(of: link.query, in: link.file)
  }

  // MARK: Pairs

  private mutating func link(_ operation: OperationModel) {
    guard let (file, query) = query(behind: operation) else {
      if operation.query == nil { unlinked.append(operation) }
      return
    }
    let result = repositories.result(of: query, in: file)
    var link = OperationLink(operation: operation, query: query, file: file)
    let before = findings.count
    let arguments = arguments(of: &link)
    let answer = answer(of: &link, result)
    checkLists(of: operation, query, result)
    let isSound = !findings[before...].contains { $0.severity != .note }
    if let arguments, let answer, isSound, operation.execution == .async {
      let location = location(of: operation, result)
      if operation.successes[0].fields.allSatisfy({ !$0.isRequired || $0.header.lowercased() == "location" && location != nil }) {
        link.handler = HandlerPlan(arguments: arguments, answer: answer, location: location)
      } else {
        byHand(operation, query, "the response has fields that no column is", "write them in the handler")
      }
    } else if operation.execution != .async, answer != nil {
      byHand(
        operation, query, "a query is awaited, and the operation is not asynchronous",
        "leave 'x-katana-execution' out, or make it async")
    }
    links.append(link)
  }

  private mutating func query(behind operation: OperationModel) -> (QueryFile, Query)? {
    if let named = operation.query {
      let parts = named.value.split(separator: ".").map(String.init)
      let found = sql.files.flatMap { file in file.queries.map { (file, $0) } }.filter { file, query in
        query.name == parts.last && (parts.count < 2 || file.name == parts[0])
      }
      if found.count == 1 { return found[0] }
      let why = found.isEmpty ? "there is no such query" : "several files have one: \(found.map(\.0.name).joined(separator: ", "))"
      findings.append(
        Diagnostic(
          .error, CodegenRule.queryMissing, at: named.location, "'x-katana-query' names '\(named.value)': \(why)",
          remedy: "name a query of the SQL folder, with its file in front where two are called alike: products.get_product"))
      return nil
    }
    let found = sql.files.flatMap { file in file.queries.map { (file, $0) } }
      .filter { SwiftName.member($0.1.name) == operation.name }
    return found.count == 1 ? found[0] : nil
  }

  private mutating func byHand(_ operation: OperationModel, _ query: Query, _ why: String, _ remedy: String) {
    findings.append(
      Diagnostic(
        .warning, CodegenRule.handlerByHand, at: operation.location,
        "\(title(operation)) and the query '\(query.name)': \(why)", remedy: remedy))
  }

  private func title(_ operation: OperationModel) -> String { "\(operation.method.uppercased()) \(operation.path)" }

  private mutating func fault(_ bridge: Bridge, _ place: String, _ operation: OperationModel, _ query: Query) -> Bool {
    guard case .fault(let rule, let message, let remedy) = bridge else { return false }
    findings.append(
      Diagnostic(
        .error, rule, at: operation.location, "\(place) (\(query.location)): \(message)", remedy: remedy))
    return true
  }

  /// The lists that the contract wants with their parents come with them.
  private mutating func checkLists(of operation: OperationModel, _ query: Query, _ result: QueryResult) {
    for wanted in operation.prefetch {
      let name = SwiftName.member(wanted.value)
      if result.row?.fields.contains(where: { $0.name == name && $0.column == nil }) == true { continue }
      findings.append(
        Diagnostic(
          .error, CodegenRule.queryMissing, at: wanted.location,
          "'x-katana-prefetch' wants '\(wanted.value)' with its parents, and '\(query.name)' has no such list",
          remedy: "annotate the query: -- prefetch: \(wanted.value) = children(ids: id) by parent_id"))
    }
  }

  // MARK: Requests

  /// The arguments of the query's method, in their order; nil when one cannot be had.
  private mutating func arguments(of link: inout OperationLink) -> [(label: String, expression: String)]? {
    let (operation, query) = (link.operation, link.query)
    if query.kind == .copy || query.kind == .batch || query.kind == .stream {
      byHand(operation, query, ":\(query.kind.rawValue) has no plain operation", "write its handler")
      return nil
    }
    let filtered = Set(query.filters.flatMap(\.parameters))
    var arguments: [(label: String, expression: String)] = []
    var isWhole = true
    for parameter in query.parameters.sorted(by: { $0.index < $1.index }) {
      let isOptional = parameter.isOptional || filtered.contains(parameter.name)
      guard let source = source(of: parameter.name, operation) else {
        if filtered.contains(parameter.name) { continue }
        if isOptional {
          arguments.append((SwiftName.member(parameter.name), "nil"))
          continue
        }
        byHand(
          operation, query, "nothing of the request is called '\(parameter.name)'",
          "call the query's parameter like the operation's: @\(source0(operation))")
        isWhole = false
        continue
      }
      link.lines.append(
        OperationLink.Line(place: "\(query.name)(\(parameter.name): \(parameter.type.described))", source: source.place))
      let conversion = bridge.write(source.value, as: parameter.type, hasNullElements: parameter.hasNullElements)
      if fault(conversion, "\(title(operation)): parameter '\(parameter.name)'", operation, query) {
        isWhole = false
        continue
      }
      if source.isOptional, !isOptional {
        findings.append(
          Diagnostic(
            .error, CodegenRule.nullBehindRequired, at: operation.location,
            "\(title(operation)): \(source.place) may be absent, and the parameter '\(parameter.name)' of '\(query.name)' is "
              + "required (\(query.location))",
            remedy: "make it required or give it a default in the contract, or write @\(parameter.name)? in the query"))
        isWhole = false
        continue
      }
      let expression =
        source.isOptional && !conversion.isSame
        ? "\(conversion.isThrowing ? "try " : "")\(source.expression).map { \(conversion.applied(to: "$0")) }"
        : conversion.applied(to: source.expression)
      arguments.append((SwiftName.member(parameter.name), expression))
    }
    return isWhole ? arguments : nil
  }

  private func source0(_ operation: OperationModel) -> String { operation.parameters.first?.key ?? "name" }

  /// A value of the request by its name in SQL.
  private func source(
    of name: String, _ operation: OperationModel
  ) -> (expression: String, value: ValueModel, isOptional: Bool, place: String)? {
    let wanted = SwiftName.member(name)
    if let parameter = operation.parameters.first(where: { $0.name == wanted || SwiftName.member($0.key) == wanted }),
      let value = parameter.value.value
    {
      var isOptional = false
      if case .optional = parameter.need { isOptional = true }
      return (SwiftName.escaped(parameter.name), value, isOptional || value.isOptional, "the parameter '\(parameter.key)'")
    }
    guard let body = operation.body, body.isRequired, body.alternatives.count == 1,
      let value = body.alternatives[0].format.document, case .type(let type) = value.bare,
      case .object(let properties, _)? = bridge.contractTypes[type]?.shape,
      let property = properties.first(where: { $0.name == wanted || SwiftName.member($0.key) == wanted })
    else { return nil }
    let member = "body.\(SwiftName.escaped(property.name))"
    switch property.presence {
    case .required, .defaulted:
      return (member, property.value, property.value.isOptional, "'\(property.key)' of the body")
    case .optional, .nullable: return (member, property.value, true, "'\(property.key)' of the body")
    case .patch: return (member + ".value", property.value, true, "'\(property.key)' of the body")
    }
  }

  // MARK: Responses

  private mutating func answer(of link: inout OperationLink, _ result: QueryResult) -> HandlerPlan.Answer? {
    let (operation, query) = (link.operation, link.query)
    guard operation.successes.count == 1, let outcome = operation.successes.first else {
      byHand(operation, query, "the operation has several successes", "write its handler")
      return nil
    }
    switch (outcome.content, query.kind) {
    case (.none, .exec), (.none, .execrows): return .nothing
    case (.value(let value, _), .one), (.value(let value, _), .opt):
      guard case .type(let type) = value.bare, let row = result.row else {
        byHand(operation, query, "the response is no object of columns", "write its handler")
        return nil
      }
      return convert(row, qualified(result, link), to: type, "", &link) ? .row(type) : nil
    case (.value(let value, _), .many):
      if case .array(let item, _, _) = value.bare, case .type(let type) = item.bare, let row = result.row {
        return convert(row, qualified(result, link), to: type, "/*", &link) ? .rows(type) : nil
      }
      if case .type(let page) = value.bare, case .object(let properties, _)? = bridge.contractTypes[page]?.shape {
        let lists = properties.filter { if case .array = $0.value.bare { true } else { false } }
        let others = properties.filter { property in property.isRequired && !lists.contains { $0.name == property.name } }
        if lists.count == 1, others.isEmpty, case .array(let item, _, _) = lists[0].value.bare,
          case .type(let type) = item.bare, let row = result.row
        {
          guard convert(row, qualified(result, link), to: type, "/\(lists[0].key)/*", &link) else { return nil }
          return .page(type: page, member: lists[0].name, type)
        }
        if lists.count == 1, case .array(let item, _, _) = lists[0].value.bare, case .type(let type) = item.bare,
          let row = result.row
        {
          _ = convert(row, qualified(result, link), to: type, "/\(lists[0].key)/*", &link)
          let names = others.map { "'\($0.key)'" }.joined(separator: ", ")
          byHand(operation, query, "beside the list the response has \(names), which no column is", "write its handler")
          return nil
        }
      }
      byHand(operation, query, "the response is no list of objects", "write its handler")
      return nil
    default:
      byHand(
        operation, query, ":\(query.kind.rawValue) does not give what the response has", "make it :opt, :many or :execrows")
      return nil
    }
  }

  private func qualified(_ result: QueryResult, _ link: OperationLink) -> String {
    guard result.declared != nil, let swift = result.swift else { return result.swift ?? "Void" }
    return "\(SwiftName.escaped(names(of: link).repository)).\(SwiftName.escaped(swift))"
  }

  /// Holds a struct of the contract against a row. False when it cannot be made of it.
  private mutating func convert(
    _ row: RowModel, _ swift: String, to type: String, _ pointer: String, _ link: inout OperationLink
  ) -> Bool {
    let (operation, query) = (link.operation, link.query)
    guard case .object(let properties, _)? = bridge.contractTypes[type]?.shape else {
      byHand(operation, query, "'\(type)' is no plain object", "write its handler")
      return false
    }
    var arguments: [(label: String, expression: String)] = []
    var isWhole = true
    for property in properties.filter(\.isRequired) + properties.filter({ !$0.isRequired }) {
      let place = "\(pointer)/\(property.key)"
      guard let field = row.fields.first(where: { $0.name == property.name || $0.name == SwiftName.member(property.key) })
      else {
        if !property.isRequired { continue }
        byHand(operation, query, "no column is called '\(property.key)', which the response requires", "select it AS \(property.key)")
        isWhole = false
        continue
      }
      guard let expression = value(of: field, in: row, swift, property, place, &link) else {
        isWhole = false
        continue
      }
      arguments.append((SwiftName.label(property.name), expression))
    }
    if isWhole, !conversions.contains(where: { $0.contract == type && $0.row == swift }) {
      conversions.append(StructConversion(contract: type, row: swift, arguments: arguments))
    }
    return isWhole
  }

  /// The expression for a property; nil after a finding.
  private mutating func value(
    of field: RowModel.Field, in row: RowModel, _ swift: String, _ property: PropertyModel, _ place: String,
    _ link: inout OperationLink
  ) -> String? {
    let (operation, query) = (link.operation, link.query)
    let source = "row.\(SwiftName.escaped(field.name))"
    guard let column = field.column else { return list(of: field, in: row, swift, property, place, &link) }
    link.lines.append(
      OperationLink.Line(
        place: place, source: "\(column.name) \(column.type.described)\(column.isNullable ? "?" : "")  \(column.proof)"))
    let conversion = bridge.read(column.type, as: property.value, hasNullElements: column.hasNullElements)
    if fault(conversion, "\(title(operation)): response \(place)", operation, query) { return nil }
    let isPatch = if case .patch = property.presence { true } else { false }
    guard column.isNullable else {
      let value = conversion.applied(to: source)
      return isPatch ? ".value(\(value))" : value
    }
    var takesNull = property.value.isOptional
    switch property.presence {
    case .optional, .nullable, .patch: takesNull = true
    case .required, .defaulted: break
    }
    if !takesNull {
      findings.append(
        Diagnostic(
          .error, CodegenRule.nullBehindRequired, at: operation.location,
          "\(title(operation)): response \(place) is required, and the column '\(column.name)' of '\(query.name)' can be NULL: "
            + "\(column.proof) (\(query.location))",
          remedy: "make the column NOT NULL, use coalesce(), or make the property nullable"))
      return nil
    }
    let throwing = conversion.isThrowing ? "try " : ""
    if isPatch { return "\(throwing)\(source).map { .value(\(conversion.applied(to: "$0"))) } ?? .null" }
    return conversion.isSame ? source : "\(throwing)\(source).map { \(conversion.applied(to: "$0")) }"
  }

  /// A list or a part of the row.
  private mutating func list(
    of field: RowModel.Field, in row: RowModel, _ swift: String, _ property: PropertyModel, _ place: String,
    _ link: inout OperationLink
  ) -> String? {
    let source = "row.\(SwiftName.escaped(field.name))"
    var child: RowModel?
    var childSwift = ""
    if let part = field.part {
      child = row.parts.first { $0.row.name == part }?.row
      childSwift = child?.isShared == true ? SwiftName.escaped(part) : "\(swift).\(SwiftName.escaped(part))"
    } else if let prefetch = field.prefetch, let (file, query) = repositories.child(prefetch, from: link.file) {
      let result = repositories.result(of: query, in: file)
      child = result.row
      childSwift = result.declared == nil
        ? result.swift ?? "Void"
        : "\(SwiftName.escaped(repositories.names(of: query, in: file).repository)).\(SwiftName.escaped(result.swift ?? "Void"))"
    }
    let isList = field.swift.hasPrefix("[")
    let isOptional = field.swift.hasSuffix("?")
    var inner = property.value.bare
    if case .optional(let value) = inner { inner = value.bare }
    if isList { if case .array(let item, _, _) = inner { inner = item.bare } else { inner = .any } }
    guard let child, case .type(let type) = inner else {
      byHand(link.operation, link.query, "'\(property.key)' is \(isList ? "a list" : "a part") of rows, which its schema is not",
        "make it an \(isList ? "array of objects" : "object")")
      return nil
    }
    guard convert(child, childSwift, to: type, place + (isList ? "/*" : ""), &link) else { return nil }
    let isThrowing = conversions.first { $0.contract == type && $0.row == childSwift }?.isThrowing == true
    let name = SwiftName.escaped(type)
    let throwing = isThrowing ? "try " : ""
    var value = isList || isOptional ? "\(throwing)\(source).map { \(throwing)\(name)($0) }" : "\(throwing)\(name)(\(source))"
    if isOptional, property.isRequired, !property.value.isOptional {
      if case .nullable = property.presence { return value }
      findings.append(
        Diagnostic(
          .error, CodegenRule.nullBehindRequired, at: link.operation.location,
          "\(title(link.operation)): response \(place) is required, and an outer join of '\(link.query.name)' may leave it out",
          remedy: "join it by INNER JOIN, or make the property optional"))
      return nil
    }
    if case .patch = property.presence {
      value = isOptional ? "\(throwing)\(source).map { .value(\(throwing)\(name)($0)) } ?? .null" : ".value(\(value))"
    }
    return value
  }

  /// Where what a POST made can be read: the operation that reads it has the same path and one part more.
  private func location(of operation: OperationModel, _ result: QueryResult) -> (path: String, member: String)? {
    guard operation.method.uppercased() == "POST", let row = result.row else { return nil }
    for other in model.groups.flatMap(\.operations) where other.method.uppercased() == "GET" {
      let prefix = operation.path + "/{"
      guard other.path.hasPrefix(prefix), other.path.hasSuffix("}"), !operation.path.contains("{") else { continue }
      let name = SwiftName.member(String(other.path.dropFirst(prefix.count).dropLast()))
      if row.fields.contains(where: { $0.name == name && $0.column?.isNullable == false }) {
        return (other.basePath + operation.path, name)
      }
    }
    return nil
  }
}

extension Bridge {
  var isSame: Bool { if case .same = self { true } else { false } }
  var isThrowing: Bool { applied(to: "x").hasPrefix("try ") }
}

extension TextModel {
  /// The value, where it is one that SQL has, too.
  fileprivate var value: ValueModel? {
    switch self {
    case .scalar(let value), .json(let value), .document(let value, _, _): value
    case .list(let item, let min, let max): item.value.map { .array($0, minItems: min, maxItems: max) }
    default: nil
    }
  }
}
