/// One route: bind and check what the request holds, call the service, answer.
struct RouteText {
  private let operation: OperationModel

  init(_ operation: OperationModel) { self.operation = operation }

  func write(to text: inout SwiftText) {
    let isAsync = operation.execution == .async
    var route = [".\(operation.method)", swiftLiteral(operation.path)]
    if let deadline = operation.deadlineMilliseconds { route.append("deadlineMilliseconds: \(deadline)") }
    if let body = operation.body {
      route.append("mediaTypes: [\(swiftLiteral(body.mediaType))]")
      if body.isRequired { route.append("requiresContent: true") }
    }
    let head = "add(Route(\(route.joined(separator: ", ")))"
    text.block(isAsync ? head + ", async: { context in" : head + ") { context in", close: isAsync ? "})" : "}") {
      text in
      if !inputs.isEmpty { read(&text) }
      if operation.failures.isEmpty { return call(&text) }
      text.block("do {", close: "} catch let failure as \(SwiftName.escaped(operation.namespace)).Failure {") {
        call(&$0)
      }
      text.indented { $0.line("try failure.respond(context)") }
      text.line("}")
    }
  }

  // MARK: Reading

  private struct Input {
    var name: String
    var swift: String
    var read: String
    /// Nil after a violation.
    var isFallible: Bool
  }

  private var inputs: [Input] {
    var inputs = operation.parameters.map(input)
    if let body = operation.body {
      let method = body.isRequired ? "content" : "optionalContent"
      inputs.append(
        Input(
          name: "body",
          swift: body.value.swift + (body.isRequired ? "" : "?"),
          read: "request.\(method)(\(body.value.swift).self)",
          isFallible: body.isRequired
        )
      )
    }
    return inputs
  }

  private func input(_ parameter: OperationModel.Parameter) -> Input {
    var input = Input(
      name: SwiftName.escaped(parameter.name),
      swift: parameter.swift,
      read: "",
      isFallible: false
    )
    var isRequired = false
    if case .required = parameter.need { isRequired = true }
    var fallback = ""
    if case .defaulted(let literal) = parameter.need { fallback = " ?? \(literal)" }
    switch parameter.value {
    case .array(let item, let minItems, let maxItems):
      var rules = ["isRequired: \(isRequired)", "isExploded: \(parameter.isExploded)"]
      if let minItems, minItems > 0 { rules.append("minItems: \(minItems)") }
      if let maxItems { rules.append("maxItems: \(maxItems)") }
      var closing = isRequired ? " ?? []" : fallback
      if case .named = item { closing = "?.compactMap { $0 }" + closing }
      input.read = "request.array(\(parameter.source), \(rules.joined(separator: ", "))) { \(read(item)) }\(closing)"
    case .named(let name, _):
      input.read = "request.optional(\(parameter.source)) { \(read(parameter.value)) } ?? nil\(fallback)"
      if isRequired {
        input.read =
          "request.required(\(parameter.source), \(SwiftName.escaped(name))?.none) { \(read(parameter.value)) }"
        input.isFallible = true
      } else if !fallback.isEmpty {
        input.read = "(request.optional(\(parameter.source)) { \(read(parameter.value)) } ?? nil)\(fallback)"
      }
    case .scalar(let scalar):
      input.read =
        isRequired
        ? "request.required(\(parameter.source), \(scalar.neutral)) { \(read(parameter.value)) }"
        : "request.optional(\(parameter.source)) { \(read(parameter.value)) }\(fallback)"
    }
    return input
  }

  private func read(_ value: ValueModel) -> String {
    switch value {
    case .scalar(let scalar): "$0.\(scalar.method)(\(scalar.rules.joined(separator: ", ")))"
    case .named(let name, _): "$0.value(\(SwiftName.escaped(name)).self)"
    case .array: preconditionFailure("the model refuses arrays in arrays of parameters")
    }
  }

  private func read(_ text: inout SwiftText) {
    let inputs = inputs
    let names = inputs.map(\.name).joined(separator: ", ")
    let types = inputs.map(\.swift).joined(separator: ", ")
    let isOne = inputs.count == 1
    let result = isOne ? inputs[0].swift + "?" : "(\(types))?"
    let head = "let \(isOne ? names : "(\(names))") = try context.read {"
    let signature = "(request: inout RequestReader) -> \(result) in"
    let isShort = 6 + head.count + 1 + signature.count <= SwiftText.columnMax
    text.block(isShort ? head + " " + signature : head) { text in
      if !isShort { text.line(signature) }
      if isOne {
        let isOptional = inputs[0].swift.hasSuffix("?")
        return text.line(isOptional ? ".some(\(inputs[0].read))" : inputs[0].read)
      }
      for input in inputs {
        // Optional inputs end in their own nil, which must not be taken for "violated".
        let annotation = input.swift.hasSuffix("?") ? ": \(input.swift)" : ""
        text.line("let \(input.name)\(annotation) = \(input.read)")
      }
      let fallible = inputs.filter(\.isFallible)
      if !fallible.isEmpty {
        text.line("guard \(fallible.map { "let \($0.name)" }.joined(separator: ", ")) else { return nil }")
      }
      text.line("return (\(names))")
    }
  }

  // MARK: Answering

  private func call(_ text: inout SwiftText) {
    var arguments = operation.parameters.map { parameter in
      "\(SwiftName.label(parameter.name)): \(SwiftName.escaped(parameter.name))"
    }
    if operation.body != nil { arguments.append("body: body") }
    arguments.append("context")
    let call = (operation.execution == .async ? "try await " : "try ") + "service." + SwiftName.escaped(operation.name)
    guard operation.returnsContent else {
      text.list("let response = " + call, arguments, "")
      text.line("try response.respond(context)")
      return
    }
    if case .value = operation.successes[0].content {
      text.list("let content = " + call, arguments, "")
    } else {
      text.list(call, arguments, "")
    }
    operation.successes[0].respond(&text)
  }
}
