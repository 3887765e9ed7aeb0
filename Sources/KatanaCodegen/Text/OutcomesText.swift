/// The outcomes of an operation that a plain return cannot say: several successes, fields of the response, failures.
struct OutcomesText {
  private let operation: OperationModel

  init(_ operation: OperationModel) { self.operation = operation }

  func write(to text: inout SwiftText) {
    text.line()
    text.doc("What \(operation.method.uppercased()) \(operation.path) can answer.")
    text.block("public enum \(SwiftName.escaped(operation.namespace)) {") { text in
      if !operation.returnsContent { write("Response: Sendable", operation.successes, &text) }
      if !operation.failures.isEmpty {
        if !operation.returnsContent { text.line() }
        write("Failure: Error, Sendable", operation.failures, &text)
      }
    }
  }

  private func write(_ head: String, _ outcomes: [OperationModel.Outcome], _ text: inout SwiftText) {
    text.block("public enum \(head) {") { text in
      for outcome in outcomes {
        text.doc(outcome.documentation)
        let items = outcome.items.map(\.declaration)
        text.line(
          "case \(SwiftName.escaped(outcome.name))" + (items.isEmpty ? "" : "(\(items.joined(separator: ", ")))")
        )
      }
      text.line()
      text.block("func respond(_ context: Context) throws {") { text in
        text.line("switch self {")
        for outcome in outcomes {
          let bindings = outcome.items.map(\.binding)
          let pattern = bindings.isEmpty ? "" : "(\(bindings.joined(separator: ", ")))"
          text.line("case .\(SwiftName.escaped(outcome.name))\(pattern):")
          text.indented { outcome.respond(&$0) }
        }
        text.line("}")
      }
    }
  }
}

extension OperationModel.Outcome {
  struct Item {
    var declaration: String
    var binding: String
  }

  /// The associated values of its case.
  var items: [Item] {
    var items: [Item] = []
    switch (content, status) {
    case (.problem, nil): items.append(Item(declaration: "Problem", binding: "let problem"))
    case (.problem, _): items.append(Item(declaration: "detail: String = \"\"", binding: "let detail"))
    case (.value(let value, _), nil):
      items.append(Item(declaration: "Status", binding: "let status"))
      items.append(Item(declaration: value.swift, binding: "let content"))
    case (.value(let value, _), _): items.append(Item(declaration: value.swift, binding: "let content"))
    case (.none, nil): items.append(Item(declaration: "Status", binding: "let status"))
    case (.none, _): break
    }
    for field in fields {
      let name = SwiftName.escaped(field.name)
      items.append(
        Item(declaration: "\(name): \(field.swift)\(field.isRequired ? "" : "? = nil")", binding: "let \(name)")
      )
    }
    return items
  }

  /// The statements that answer with it; its associated values are in scope.
  func respond(_ text: inout SwiftText) {
    for field in fields {
      let name = SwiftName.escaped(field.name)
      let value = field.swift == "String" ? name : "String(\(name))"
      let line = "context.setField(\(swiftLiteral(field.header)), \(value))"
      text.line(field.isRequired ? line : "if let \(name) { \(line) }")
    }
    let status = status.map(String.init) ?? "status"
    switch content {
    case .none: text.line("context.respond(\(status))")
    case .problem where self.status == nil: text.line("context.respond(problem)")
    case .problem: text.line("context.respond(Problem(\(status), detail: detail.isEmpty ? nil : detail))")
    case .value(_, let mediaType):
      let type = mediaType == "application/json" ? "" : ", as: \(swiftLiteral(mediaType))"
      text.line("try context.respond(\(status), json: content\(type))")
    }
  }
}
