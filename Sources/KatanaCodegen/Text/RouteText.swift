/// One route: bind and check what the request holds, call the service, answer.
struct RouteText {
  private let operation: OperationModel

  init(_ operation: OperationModel) { self.operation = operation }

  private var isAsync: Bool { operation.execution != .sync }
  private var isStreaming: Bool { operation.body?.isStream == true }

  /// The functions that read parts of the request which are more than a call.
  func writeReader(to text: inout SwiftText) {
    var reader = TextReaderText(subject: "request", owner: operation.reader)
    _ = inputs(&reader)
    var json = ReaderText()
    var functions = SwiftText()
    functions.indented { functions in
      if let body = operation.body { writeBody(body, &reader, &json, &functions) }
      reader.writeFunctions(to: &functions)
      json.writeFunctions(to: &functions)
    }
    if functions.text.isEmpty { return }
    text.line()
    text.line("/// Reads parts of \(operation.method.uppercased()) \(operation.path).")
    text.line("private enum \(operation.reader) {")
    text.raw(functions.text.first == "\n" ? String(functions.text.dropFirst()) : functions.text)
    text.line("}")
  }

  func write(to text: inout SwiftText, path: String) {
    text.list("add(Route", route(path), isAsync ? ", async: { context in" : ") { context in")
    text.indented { text in
      var reader = TextReaderText(subject: "request", owner: operation.reader)
      let inputs = inputs(&reader)
      if !inputs.isEmpty { read(inputs, &text) }
      if let offer = operation.offer {
        let types = swiftLiteral(offer.map(\.mediaType).joined(separator: ","))
        text.line(
          "let accepted = \(SwiftName.escaped(operation.namespace)).Accepted(rawValue: "
            + "try context.negotiate(\(types), isStrict: true))!")
      }
      if operation.failures.isEmpty { return call(&text) }
      text.block("do {", close: "} catch let failure as \(SwiftName.escaped(operation.namespace)).Failure {") {
        call(&$0)
      }
      text.indented { text in
        text.line((OutcomesText.isStream(operation.failures) ? "try await" : "try") + " failure.respond(context)")
      }
      text.line("}")
    }
    text.line(isAsync ? "})" : "}")
  }

  private func route(_ path: String) -> [String] {
    var route = [".\(operation.method)", path]
    if let max = operation.body?.contentSizeMax { route.append("contentSizeMax: \(max)") }
    if let deadline = operation.deadlineMilliseconds { route.append("deadlineMilliseconds: \(deadline)") }
    if let body = operation.body {
      route.append("mediaTypes: [\(body.alternatives.map { swiftLiteral($0.mediaType) }.joined(separator: ", "))]")
      if body.isRequired, !body.isStream, !body.mayBeEmpty { route.append("requiresContent: true") }
      if body.isStream { route.append("streamsContent: true") }
    }
    route.append("operation: \(swiftLiteral(operation.id ?? operation.name))")
    if !operation.security.isEmpty {
      let alternatives = operation.security.map { alternative in
        let requirements = alternative.map { entry in
          let scopes = entry.scopes.isEmpty
            ? "" : ", scopes: [\(entry.scopes.map(swiftLiteral).joined(separator: ", "))]"
          return "SecurityRequirement(SecuritySchemes.\(SwiftName.escaped(entry.scheme))\(scopes))"
        }
        return "[\(requirements.joined(separator: ", "))]"
      }
      route.append("security: [\(alternatives.joined(separator: ", "))]")
    }
    return route
  }

  private func argument(_ body: OperationModel.Body) -> String {
    if isStreaming { return stream(body) }
    return body.view == nil ? "body" : "context.view(body)"
  }

  /// The content of a route that streams it.
  private func stream(_ body: OperationModel.Body) -> String {
    guard case .lines(let value, let isSequence) = body.alternatives[0].format else { return "context.body" }
    return "context.jsonLines(\(isSequence ? "isSequence: true, " : "")\(lineDecoder(value, 0)))"
  }

  // MARK: Reading

  private struct Input {
    var name: String
    var swift: String
    var read: String
    /// Nil after a violation.
    var isFallible: Bool
  }

  private func inputs(_ reader: inout TextReaderText) -> [Input] {
    var inputs: [Input] = []
    for parameter in operation.parameters {
      let function = "read" + parameter.name.prefix(1).uppercased() + parameter.name.dropFirst()
      let read = reader.read(
        parameter.value, parameter.source, need: parameter.need, style: parameter.style,
        isExploded: parameter.isExploded, isEmptyAbsent: parameter.allowsEmptyValue,
        allowsReserved: parameter.allowsReserved, others: parameter.others, function)
      var isFallible = false
      if case .required = parameter.need { isFallible = TextReaderText.isOptional(parameter.value, .required) }
      inputs.append(
        Input(name: SwiftName.escaped(parameter.name), swift: parameter.swift, read: read, isFallible: isFallible))
    }
    if let body = operation.body, !isStreaming, let swift = operation.bodySwift {
      let isOptional = swift.hasSuffix("?")
      var read = "\(operation.reader).body(&request)"
      if body.alternatives.count == 1 {
        read = self.read(0, &reader, isOptionalContent: !body.isRequired)
      } else if !body.isRequired {
        read = "request.hasContent ? \(read) : nil"
      }
      if isOptional, body.isUniform, body.alternatives[0].format.swift.hasSuffix("?") { read += " ?? nil" }
      var isFallible = body.isRequired && !isOptional
      // Any bytes will do.
      if body.alternatives.count == 1, case .bytes = body.alternatives[0].format { isFallible = false }
      let type = body.view.map { $0.read + (isOptional ? "?" : "") } ?? swift
      inputs.append(Input(name: "body", swift: type, read: read, isFallible: isFallible))
    }
    return inputs
  }

  /// Reads a body of one media type.
  private func read(_ index: Int, _ reader: inout TextReaderText, isOptionalContent: Bool) -> String {
    let format = operation.body!.alternatives[index].format
    if let view = operation.body!.view { return self.view(view, isOptionalContent) }
    let absent = isOptionalContent ? "!request.hasContent ? nil : " : ""
    switch format {
    case .json(let value):
      return "request.\(isOptionalContent ? "optionalContent" : "content")(\(decoder(value, index)))"
    case .form(let value, let encoding): return absent + "request.form" + form(value, encoding, &reader)
    case .multipart(let value, let encoding): return absent + "request.multipart" + form(value, encoding, &reader)
    case .text(let scalar): return absent + "request.text(\(scalar.rules.joined(separator: ", ")))"
    case .bytes(let size): return absent + "request.bytes(\(rules(size).joined(separator: ", ")))"
    case .documents(let value, let isSequence):
      return absent + "request.jsonLines(\(isSequence ? "isSequence: true, " : "")\(lineDecoder(value, index)))"
    case .stream, .lines: preconditionFailure("a stream is not read before the call")
    }
  }

  private func view(_ view: OperationModel.Body.View, _ isOptionalContent: Bool) -> String {
    let call = "request.\(isOptionalContent ? "optionalContent" : "content")"
    let type = "\(SwiftName.escaped(view.type)).self"
    switch view {
    case .object: return "\(call)(viewOf: \(type))"
    case .array(_, let minItems, let maxItems):
      var arguments = ["viewsOf: \(type)"]
      if let minItems, minItems > 0 { arguments.append("minItems: \(minItems)") }
      if let maxItems { arguments.append("maxItems: \(maxItems)") }
      return "\(call)(\(arguments.joined(separator: ", ")))"
    }
  }

  /// What the route does not check before: that required content is there, and how long it is where there is one type.
  private func rules(_ size: SizeBounds) -> [String] {
    var left = size
    if operation.body?.isRequired == true, left.min <= 1 { left.min = 0 }
    if operation.body?.contentSizeMax == left.max { left.max = nil }
    return left.rules
  }

  /// What reads a document of the alternative at `index`.
  private func decoder(_ value: ValueModel, _ index: Int) -> String {
    switch value {
    case .type(let name): "\(SwiftName.escaped(name)).self"
    case .any: "JSONValue.self"
    default: "\(operation.reader).\(contentFunction(index))"
    }
  }

  /// The same as a function, for documents of which there are many.
  private func lineDecoder(_ value: ValueModel, _ index: Int) -> String {
    switch value {
    case .type(let name): "\(SwiftName.escaped(name)).decode"
    case .any: "JSONValue.decode"
    default: decoder(value, index)
    }
  }

  /// `content`; with a number where documents of several alternatives are read.
  private func contentFunction(_ index: Int) -> String {
    let number = operation.body!.alternatives[..<index].count { Self.needsFunction($0.format.document) }
    return number == 0 ? "content" : "content\(number + 1)"
  }

  /// Whether no type has the function that reads the document.
  private static func needsFunction(_ value: ValueModel?) -> Bool {
    switch value {
    case .type, .any, nil: false
    default: true
    }
  }

  private func form(_ value: TextModel, _ encoding: FormEncoding, _ reader: inout TextReaderText) -> String {
    switch value {
    case .object(let name): return "(\(SwiftName.escaped(name)).\(encoding.function))"
    case .map(.file(let size)):
      return " { (members: inout ParameterMembers) -> \(value.swift)? in "
        + "members.additionalFiles(\(size.rules.joined(separator: ", "))) }"
    case .map(let item):
      let values = item.isFallible ? ".compactMapValues { $0 }" : ""
      return " { (members: inout ParameterMembers) -> \(value.swift)? in "
        + "members.additional { \(reader.value(item, "readMember")) }\(values) }"
    case .document(let inner, _, _):
      return " { (members: inout ParameterMembers) -> \(value.swift)? in "
        + "members.document(\(reader.jsonFunction(inner, "readForm"))) }"
    default: preconditionFailure("the model has forms of objects only")
    }
  }

  /// The functions for the body.
  private func writeBody(
    _ body: OperationModel.Body, _ reader: inout TextReaderText, _ json: inout ReaderText, _ text: inout SwiftText
  ) {
    if body.view != nil { return }
    for (index, alternative) in body.alternatives.enumerated() {
      guard let value = alternative.format.document, Self.needsFunction(value) else { continue }
      let function = contentFunction(index)
      text.line()
      text.block("static func \(function)(_ json: inout JSONReader) -> \(value.swift)? {") { text in
        let read = json.read(value, "read" + function.prefix(1).uppercased() + function.dropFirst())
        if value.isOptional {
          text.line("let value: \(value.swift) = \(read)")
          text.line("return .some(value)")
        } else {
          text.line(read)
        }
      }
    }
    if body.alternatives.count == 1 || isStreaming { return }
    let types = body.alternatives.map(\.mediaType).joined(separator: ",")
    let type = body.isUniform ? body.alternatives[0].format.swift : "\(SwiftName.escaped(operation.namespace)).Body"
    text.line()
    text.block("static func body(_ request: inout RequestReader) -> \(type)? {") { text in
      text.line("switch request.contentType(of: \(swiftLiteral(types))) {")
      for (index, alternative) in body.alternatives.enumerated() {
        var read = self.read(index, &reader, isOptionalContent: false)
        if !body.isUniform {
          let constructor = "\(type).\(SwiftName.escaped(alternative.name))"
          if case .bytes = alternative.format { read = "\(constructor)(\(read))" } else { read += ".map(\(constructor))" }
        }
        text.line("case \(index): return \(read)")
      }
      text.line("default: return nil")
      text.line("}")
    }
  }

  private func read(_ inputs: [Input], _ text: inout SwiftText) {
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
        let isOptional = inputs[0].swift.hasSuffix("?") && !inputs[0].isFallible
        return text.line(isOptional ? ".some(\(inputs[0].read))" : inputs[0].read)
      }
      for input in inputs {
        // Optional inputs end in their own nil, which must not be taken for "violated".
        let annotation = input.swift.hasSuffix("?") && !input.isFallible ? ": \(input.swift)" : ""
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
    if let body = operation.body { arguments.append("body: " + argument(body)) }
    if operation.offer != nil { arguments.append("accepted: accepted") }
    if operation.execution != .blocking { arguments.append("context") }
    let name = "service." + SwiftName.escaped(operation.name)
    let head: String
    var tail = ""
    switch operation.execution {
    case .sync: head = "try " + name
    case .async: head = "try await " + name
    case .blocking: (head, tail) = ("try await context.offload { try " + name, " }")
    }
    guard operation.returnsContent else {
      text.list("let response = " + head, arguments, tail)
      text.line((OutcomesText.isStream(operation.successes) ? "try await" : "try") + " response.respond(context)")
      return
    }
    if case .none = operation.successes[0].content {
      text.list(head, arguments, tail)
    } else {
      text.list("let content = " + head, arguments, tail)
    }
    operation.successes[0].respond(&text)
  }
}
