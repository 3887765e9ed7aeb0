import KatanaQueries

/// A repository: a method for each query of a file.
struct RepositoryText {
  let repository: RepositoryModel

  func write(to text: inout SwiftText) {
    let file = repository.file.path.split(separator: "/").last.map(String.init) ?? repository.file.name
    text.line()
    text.doc("The queries of `\(file)`.")
    text.block("public struct \(SwiftName.escaped(repository.name)): Sendable {") { text in
      text.line("private let executor: any SQLExecutor")
      text.line()
      text.doc("- Parameter executor: a database, or a transaction in one.")
      text.line("public init(_ executor: any SQLExecutor) { self.executor = executor }")
      for method in repository.methods {
        text.line()
        MethodText(method: method).write(to: &text)
      }
      for method in repository.methods { MethodText(method: method).writeTypes(to: &text) }
      text.line()
      text.block("private enum Statements {") { text in
        for (index, method) in repository.methods.enumerated() {
          if index > 0 { text.line() }
          StatementText(method: method, file: repository.file.name).write(to: &text)
        }
      }
    }
  }
}

/// The statement of a query: its texts and types.
private struct StatementText {
  let method: RepositoryModel.Method
  let file: String

  func write(to text: inout SwiftText) {
    let query = method.query
    text.line("static let \(SwiftName.escaped(method.name)) = SQLStatement(")
    text.indented { text in
      text.line("\(swiftLiteral("\(file).\(query.name)")),")
      pieces("", postgres(query), &text, ",")
      if let sqlite = query.sqlite { pieces("sqlite: ", sqlite, &text, ",") }
      for (label, types) in [("parameters", method.parameterTypes), ("columns", method.columnTypes)] where !types.isEmpty {
        text.list("\(label): ", types, ",", open: "[", close: "]")
      }
      let deadline = query.deadlineMilliseconds.map { ", deadline: .milliseconds(\($0))" } ?? ""
      text.line("isReadOnly: \(query.isReadOnly)\(deadline))")
    }
  }

  /// What `:copy` sends is made of its target; the statement is what other databases run for each row.
  private func postgres(_ query: Query) -> [Piece] {
    guard let copy = query.copy else { return query.pieces }
    let columns = copy.columns.map(quoted).joined(separator: ", ")
    let format = method.copiesText ? "text" : "binary"
    return [Piece(text: "COPY \(quoted(copy.schema)).\(quoted(copy.table)) (\(columns)) FROM STDIN (FORMAT \(format))")]
  }

  private func quoted(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  private func pieces(_ label: String, _ pieces: [Piece], _ text: inout SwiftText, _ tail: String) {
    text.line("\(label)[")
    text.indented { text in
      for piece in pieces where !piece.text.isEmpty {
        switch piece.condition {
        case .none: text.string("SQLStatement.Piece(", piece.text, "),")
        case .filter(let index): text.string("SQLStatement.Piece(", piece.text, ", in: 1 << \(index)),")
        case .sort(let index):
          text.string("SQLStatement.Piece(", piece.text, ", in: 1 << \(method.query.filters.count + index)),")
        }
      }
    }
    text.line("]\(tail)")
  }
}

/// The method of a query and the types that belong to it.
private struct MethodText {
  let method: RepositoryModel.Method

  private var query: Query { method.query }
  private var isMany: Bool { query.kind == .copy || query.kind == .batch }
  private var sortType: String { SwiftName.type(query.name) + "Sort" }

  func write(to text: inout SwiftText) {
    write(inPlace: false, to: &text)
    if isViewed {
      text.line()
      write(inPlace: true, to: &text)
    }
  }

  /// Whether rows can also be read where they lie.
  private var isViewed: Bool { query.kind == .stream && method.result.row?.isViewed == true }

  private func write(inPlace: Bool, to text: inout SwiftText) {
    text.doc(query.documentation.isEmpty ? "The query `\(query.name)`." : query.documentation.joined(separator: "\n"))
    if inPlace {
      text.line("///")
      text.doc("Rows are read where the driver has them, by what the body asks for.")
    }
    if query.kind == .one {
      text.line("///")
      text.line("/// - Throws: ``SQLError``, of kind `noRow` when there is none.")
    }
    var items: [String] = []
    if isMany {
      items.append("_ inputs: [\(inputSwift)]")
    } else {
      items = method.parameters.map { parameter in
        let name =
          parameter.local == parameter.label
          ? SwiftName.declaredLabel(parameter.label) : "\(SwiftName.declaredLabel(parameter.label)) \(parameter.local)"
        let type = parameter.isOptional || parameter.isLeftOut ? parameter.swift + "?" : parameter.swift
        return "\(name): \(type)" + (parameter.isLeftOut ? " = nil" : "")
      }
    }
    if let first = method.sorts.first { items.append("sort: \(sortType) = .\(SwiftName.escaped(first.name))") }
    items.append("_ context: borrowing Context")
    if query.kind == .stream {
      let row = method.result.swift ?? "Void"
      let parameter = inPlace ? "borrowing SQLRowView<\(row)>" : row
      items.append("_ body: nonisolated(nonsending) (\(parameter)) async throws -> Void")
    }
    let returns = returned.map { " -> \($0)" } ?? ""
    text.list(
      "public nonisolated(nonsending) func \(SwiftName.escaped(inPlace ? method.nameInPlace : method.name))", items, " async throws\(returns) {")
    text.indented { text in
      if isMany { many(&text) } else { single(&text, inPlace: inPlace) }
    }
    text.line("}")
  }

  private var inputSwift: String {
    method.inputType.map(SwiftName.escaped) ?? method.parameters.first.map { $0.swift + ($0.isOptional ? "?" : "") } ?? "Void"
  }

  /// What the method returns; nil for nothing.
  private var returned: String? {
    let row = method.result.swift
    switch query.kind {
    case .one: return row
    case .opt: return row.map { $0 + "?" }
    case .many: return row.map { "[\($0)]" }
    case .exec, .stream: return nil
    case .execrows, .copy: return "Int"
    case .batch:
      switch query.batchKind {
      case .many: return row.map { "[[\($0)]]" }
      case .one, .opt: return row.map { "[\($0)?]" }
      case .execrows: return "Int"
      default: return nil
      }
    }
  }

  private func single(_ text: inout SwiftText, inPlace: Bool) {
    let name = "Statements.\(SwiftName.escaped(method.name))"
    text.line("\(method.parameters.isEmpty ? "let" : "var") parameters = try SQLParameters(context, count: \(method.parameters.count))")
    for parameter in method.parameters { text.line("try parameters.append(\(SwiftName.escaped(parameter.local)))") }
    var variant = ""
    if !query.filters.isEmpty || !method.sorts.isEmpty {
      variant = "variant: variant, "
      let sort = method.sorts.isEmpty ? "0" : "sort.rawValue << \(query.filters.count)"
      text.line("\(query.filters.isEmpty ? "let" : "var") variant: UInt64 = \(sort)")
      for (index, filter) in query.filters.enumerated() {
        let given = filter.parameters.compactMap { name in
          method.parameters.first { $0.label == SwiftName.member(name) }.map { "\(SwiftName.escaped($0.local)) != nil" }
        }
        text.line("if \(given.joined(separator: ", ")) { variant |= 1 << \(index) }")
      }
    }
    let call = "(\(name), \(variant)parameters, context)"
    if !query.nests.isEmpty { return nested(name, variant, &text) }
    switch query.kind {
    case _ where method.result.swift == nil:
      text.line("\(query.kind == .execrows ? "return " : "")try await executor.execute\(call)")
    case .one: rows("one", call, &text)
    case .opt: rows("first", call, &text)
    case .many: rows("all", call, &text)
    case .execrows: text.line("return try await executor.execute\(call)")
    case .stream:
      text.block("try await executor.stream(\(name), \(variant.isEmpty ? "variant: 0, " : variant)parameters, context) { row in") {
        $0.line("try await body(\(inPlace ? "SQLRowView(row)" : method.result.read))")
      }
    default: text.line("try await executor.execute\(call)")
    }
  }

  /// A call with a closure that reads a row, over several lines where one is too short.
  private func call(_ head: String, _ call: String, _ text: inout SwiftText) {
    let line = "\(head)\(call) { row throws(SQLError) in \(method.result.read) }"
    if text.fits(line) { return text.line(line) }
    text.block("\(head)\(call) { row throws(SQLError) in") { $0.line(method.result.read) }
  }

  private func rows(_ function: String, _ arguments: String, _ text: inout SwiftText) {
    if method.lookups.isEmpty { return call("return try await executor.\(function)", arguments, &text) }
    switch query.kind {
    case .many: call("var rows = try await executor.all", arguments, &text)
    case .one:
      call("let first = try await executor.one", arguments, &text)
      text.line("var rows = [first]")
    default:
      call("let first = try await executor.first", arguments, &text)
      text.line("guard let first else { return nil }")
      text.line("var rows = [first]")
    }
    lookups(&text)
    text.line(query.kind == .many ? "return rows" : "return rows[0]")
  }

  private func lookups(_ text: inout SwiftText) {
    for lookup in method.lookups {
      let target = lookup.repository.map { "\(SwiftName.escaped($0))(executor)." } ?? ""
      text.block("if !rows.isEmpty {") { text in
        let arguments = lookup.arguments.map { argument in
          "\(SwiftName.label(argument.label)): SQLPrefetch.keys(rows) { $0.\(SwiftName.escaped(argument.member)) }"
        }
        text.list("let children = try await \(target)\(SwiftName.escaped(lookup.method))", arguments + ["context"], "")
        let key = SwiftName.escaped(lookup.arguments[0].member)
        let by = SwiftName.escaped(lookup.by)
        text.block("SQLPrefetch.attach(children, by: { $0.\(by) }, to: &rows, by: { $0.\(key) }) {") {
          $0.line("$0.\(SwiftName.escaped(lookup.property)) = $1")
        }
      }
    }
  }

  private func nested(_ name: String, _ variant: String, _ text: inout SwiftText) {
    let row = method.result.swift ?? "Void"
    let keys = query.nests[0].key.compactMap { method.result.members[$0] }.map(SwiftName.escaped)
    let isSame = keys.map { key in "$0.\(key) == $1.\(key)" }.joined(separator: " && ")
    text.line("\(method.lookups.isEmpty ? "let" : "var") rows = try await executor.nested(")
    text.indented { text in
      text.line("\(name), \(variant)parameters, context, { row throws(SQLError) in \(method.result.read) },")
      text.line("isSame: { \(isSame) }")
    }
    text.block(") { row, parent throws(SQLError) in") { text in
      for (index, nest) in query.nests.enumerated() {
        guard let declared = method.result.declared else { continue }
        let part = declared.parts[declared.parts.count - query.nests.count + index]
        let item = "\(row).\(SwiftName.escaped(part.row.name))"
        let append = "parent.\(SwiftName.escaped(SwiftName.member(nest.property))).append(try \(item)(row))"
        let isAbsent = part.presence.map { "row.isNull(\($0))" }.joined(separator: " && ")
        if isAbsent.isEmpty { text.line(append) } else { text.block("if !(\(isAbsent)) {") { $0.line(append) } }
      }
    }
    lookups(&text)
    switch query.kind {
    case .many: text.line("return rows")
    case .opt: text.line("return rows.first")
    default:
      text.line("guard let row = rows.first else { throw SQLError(.noRow, \"no row was found\") }")
      text.line("return row")
    }
  }

  private func many(_ text: inout SwiftText) {
    let name = "Statements.\(SwiftName.escaped(method.name))"
    let count = method.parameters.count
    text.line("var parameters = try SQLParameters(context, count: \(count), setCount: inputs.count)")
    text.block("for input in inputs {") { text in
      for parameter in method.parameters {
        let value = method.inputType == nil ? "input" : "input.\(SwiftName.escaped(parameter.label))"
        let suffix = method.copiesText ? (parameter.isOptional ? "?" : "") + ".sqlText" : ""
        text.line("try parameters.append(\(value)\(suffix))")
      }
    }
    let arguments = "(\(name), parameters, context)"
    let hasRows = method.result.swift != nil
    switch (query.kind, query.batchKind) {
    case (.copy, _): text.line("return try await executor.copy\(arguments)")
    case (_, .many) where hasRows: call("return try await executor.allOfEach", arguments, &text)
    case (_, .one) where hasRows, (_, .opt) where hasRows: call("return try await executor.firstOfEach", arguments, &text)
    case (_, .execrows): text.line("return try await executor.executeEach\(arguments)")
    default: text.line("try await executor.executeEach\(arguments)")
    }
  }

  func writeTypes(to text: inout SwiftText) {
    if let row = method.result.declared {
      text.line()
      RowText(row: row).write(to: &text)
    }
    if !method.sorts.isEmpty {
      text.line()
      text.doc("The orders of `\(query.name)`.")
      text.block("public enum \(sortType): UInt64, Sendable, CaseIterable {") { text in
        for (index, sort) in method.sorts.enumerated() {
          text.doc("`ORDER BY \(query.sorts[index].text)`")
          text.line("case \(SwiftName.escaped(sort.name)) = \(UInt64(1) << UInt64(index))")
        }
      }
    }
    if let input = method.inputType {
      text.line()
      text.doc("What `\(query.name)` takes, once for each \(query.kind == .copy ? "row" : "execution").")
      text.block("public struct \(SwiftName.escaped(input)): Sendable, Equatable {") { text in
        let members = method.parameters.map { (name: $0.label, swift: $0.swift + ($0.isOptional ? "?" : "")) }
        for member in members { text.line("public var \(SwiftName.escaped(member.name)): \(member.swift)") }
        text.line()
        text.list("public init", members.map { "\(SwiftName.declaredLabel($0.name)): \($0.swift)" }, " {")
        text.indented { text in
          for member in members {
            text.line("self.\(SwiftName.escaped(member.name)) = \(SwiftName.escaped(member.name))")
          }
        }
        text.line("}")
      }
    }
  }
}
