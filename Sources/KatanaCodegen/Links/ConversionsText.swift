import KatanaQueries

/// What makes values of one contract of the other's.
struct ConversionsText {
  let links: ContractLinks

  func write(to text: inout SwiftText) {
    for conversion in links.conversions {
      text.line()
      text.block("extension \(SwiftName.escaped(conversion.contract)) {") { text in
        let throwing = conversion.isThrowing ? "throws " : ""
        text.line("init(_ row: \(conversion.row)) \(throwing){")
        text.indented { text in
          text.list("self.init", conversion.arguments.map { "\($0.label): \($0.expression)" }, "")
        }
        text.line("}")
      }
    }
    for pair in links.bridge.readEnums { enumeration(pair, reads: true, &text) }
    for pair in links.bridge.writtenEnums { enumeration(pair, reads: false, &text) }
  }

  private func enumeration(_ pair: (sql: String, contract: String), reads: Bool, _ text: inout SwiftText) {
    guard let sql = links.bridge.types.userTypes[pair.sql], let labels = links.bridge.enums[pair.sql],
      case .words(let words)? = links.bridge.contractTypes[pair.contract]?.shape
    else { return }
    let (target, source) = reads ? (pair.contract, sql) : (sql, pair.contract)
    let members = UserTypeText.members(of: labels)
    text.line()
    text.block("extension \(SwiftName.escaped(target)) {") { text in
      text.block("init(_ value: \(SwiftName.escaped(source))) {") { text in
        text.line("switch value {")
        for (label, member) in zip(labels, members) {
          guard let word = words.first(where: { $0.text == label }) else { continue }
          let (from, to) = reads ? (member, word.name) : (word.name, member)
          text.line("case .\(SwiftName.escaped(from)): self = .\(SwiftName.escaped(to))")
        }
        text.line("}")
      }
    }
  }
}

/// A method that answers with what its query says.
struct HandlerText {
  let link: OperationLink
  let plan: HandlerPlan
  let links: ContractLinks

  /// The service's property that holds the repository.
  static func property(_ repository: String) -> String {
    SwiftName.member(repository.hasSuffix("Repository") ? String(repository.dropLast(10)) : repository)
  }

  func write(to text: inout SwiftText) {
    let operation = link.operation
    text.doc(operation.documentation)
    let signature = GroupText.signature(operation)
    text.list(signature.head, signature.parameters, signature.tail + " {")
    text.indented { text in
      let names = links.names(of: link)
      let target = "\(SwiftName.escaped(Self.property(names.repository))).\(SwiftName.escaped(names.method))"
      let arguments = plan.arguments.map { "\(SwiftName.label($0.label)): \($0.expression)" } + ["context"]
      switch plan.answer {
      case .row(let type):
        if link.query.kind == .opt {
          text.list("guard let row = try await \(target)", arguments, " else {")
          text.indented { $0.line("throw \(notFound)") }
          text.line("}")
          answer(row(type), &text)
        } else if documentsNotFound {
          text.line("do {")
          text.indented { text in
            text.list("let row = try await \(target)", arguments, "")
            answer(row(type), &text)
          }
          text.line("} catch let error as SQLError where error.kind == .noRow {")
          text.indented { $0.line("throw \(notFound)") }
          text.line("}")
        } else {
          text.list("let row = try await \(target)", arguments, "")
          answer(row(type), &text)
        }
      case .rows(let type):
        text.list("let rows = try await \(target)", arguments, "")
        answer(all(type), &text)
      case .page(let page, let member, let type):
        text.list("let rows = try await \(target)", arguments, "")
        answer("\(SwiftName.escaped(page))(\(SwiftName.label(member)): \(all(type)))", &text)
      case .nothing:
        if link.query.kind == .execrows {
          text.list("if try await \(target)", arguments, " == 0 {")
          text.indented { $0.line("throw \(notFound)") }
          text.line("}")
        } else {
          text.list("try await \(target)", arguments, "")
        }
        if !operation.returnsContent { text.line("return .\(SwiftName.escaped(operation.successes[0].name))") }
      }
    }
    text.line("}")
  }

  private func row(_ type: String) -> String { "\(isThrowing(type) ? "try " : "")\(SwiftName.escaped(type))(row)" }

  /// Whether `:one`, to which no row is an error, finds a way to say so.
  private var documentsNotFound: Bool { link.operation.failures.contains { $0.status == .code(404) } }

  private func isThrowing(_ type: String) -> Bool { links.conversions.contains { $0.contract == type && $0.isThrowing } }

  private func all(_ type: String) -> String {
    let throwing = isThrowing(type) ? "try " : ""
    return "\(throwing)rows.map { \(throwing)\(SwiftName.escaped(type))($0) }"
  }

  private func answer(_ content: String, _ text: inout SwiftText) {
    let operation = link.operation
    if operation.returnsContent { return text.line("return \(content)") }
    let outcome = operation.successes[0]
    var items = [content]
    for field in outcome.fields where field.header.lowercased() == "location" {
      if let location = plan.location {
        items.append("\(SwiftName.label(field.name)): \"\(location.path)/\\(row.\(SwiftName.escaped(location.member)))\"")
      }
    }
    text.list("return .\(SwiftName.escaped(outcome.name))", items, "")
  }

  /// The failure that the contract documents for 404, else a problem.
  private var notFound: String {
    let operation = link.operation
    for failure in operation.failures where failure.status == .code(404) {
      guard case .problem = failure.content, failure.fields.allSatisfy({ !$0.isRequired }) else { continue }
      return "\(SwiftName.escaped(operation.namespace)).Failure.\(SwiftName.escaped(failure.name))()"
    }
    return "Problem(.notFound)"
  }
}
