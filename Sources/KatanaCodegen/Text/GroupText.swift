/// The operations of a tag: their outcomes, the protocol of the service, and the routes.
struct GroupText {
  private let group: GroupModel
  private let name: String

  init(_ group: GroupModel) {
    self.group = group
    name = SwiftName.escaped(group.name)
  }

  func write(to text: inout SwiftText) {
    text.line()
    text.doc(group.documentation)
    text.block("public protocol \(name): Sendable {") { text in
      for (index, operation) in group.operations.enumerated() {
        if index > 0 { text.line() }
        requirement(operation, &text)
      }
    }
    for operation in group.operations where !operation.namespace.isEmpty {
      OutcomesText(operation).write(to: &text)
    }
    for operation in group.operations { RouteText(operation).writeReader(to: &text) }
    text.line()
    text.block("extension Router {") { text in
      text.doc("Serves the operations of ``\(group.name)``.")
      // The label tells the groups apart when one type serves several.
      let label = SwiftName.declaredLabel(SwiftName.member(group.tag))
      let base = group.basePath
      let at = base.isEmpty ? "" : ", at basePath: String = \(swiftLiteral(base))"
      text.block("public mutating func register(\(label) service: some \(name)\(at)) {") { text in
        for operation in group.operations {
          let isShared = !base.isEmpty && operation.basePath == base
          let path = swiftLiteral(isShared ? operation.path : operation.basePath + operation.path)
          RouteText(operation).write(to: &text, path: isShared ? "basePath + \(path)" : path)
        }
      }
    }
  }

  private func requirement(_ operation: OperationModel, _ text: inout SwiftText) {
    text.doc(operation.documentation, operation.details, "`\(operation.method.uppercased()) \(operation.path)`")
    var notes: [String] = []
    for parameter in operation.parameters {
      if let documentation = parameter.documentation {
        notes.append("- Parameter \(parameter.name): \(oneLine(documentation))")
      }
    }
    if operation.isDeprecated { notes.append("- Warning: The contract marks it as deprecated.") }
    if let documentation = operation.body?.documentation { notes.append("- Parameter body: \(oneLine(documentation))") }
    if !operation.failures.isEmpty {
      notes.append("- Throws: ``\(operation.namespace)/Failure`` for the failures that the contract documents.")
    }
    if !notes.isEmpty { text.line("///") }
    for note in notes { text.line("/// " + note) }
    let signature = Self.signature(operation)
    text.list(signature.head, signature.parameters, signature.tail)
  }

  /// The service's method: `func name`, its parameters, what follows them.
  static func signature(_ operation: OperationModel) -> (head: String, parameters: [String], tail: String) {
    var items = operation.parameters.map { "\(SwiftName.escaped($0.name)): \($0.swift)" }
    if let body = operation.bodySwift { items.append("body: \(body)") }
    if operation.offer != nil { items.append("accepted: \(SwiftName.escaped(operation.namespace)).Accepted") }
    if operation.execution != .blocking { items.append("_ context: Context") }
    let isAsync = operation.execution == .async
    let head = (isAsync ? "nonisolated(nonsending) " : "") + "func " + SwiftName.escaped(operation.name)
    let result = operation.result.map { " -> \($0)" } ?? ""
    return (head, items, (isAsync ? " async throws" : " throws") + result)
  }

  private func oneLine(_ text: String) -> String { text.split(whereSeparator: \.isNewline).joined(separator: " ") }
}

extension OperationModel {
  /// What the service returns; nil for nothing.
  var result: String? {
    guard returnsContent else { return "\(namespace).Response" }
    return successes[0].content.swift
  }
}
