/// The outcomes of an operation that a plain return cannot say: several successes, fields of the response, failures;
/// and the inputs that are one of several: bodies by media type, the media types that a client accepts.
struct OutcomesText {
  private let operation: OperationModel

  init(_ operation: OperationModel) { self.operation = operation }

  /// Whether answering takes a suspension.
  static func isStream(_ outcomes: [OperationModel.Outcome]) -> Bool {
    outcomes.contains { outcome in
      switch outcome.content {
      case .events, .lines: true
      default: false
      }
    }
  }

  func write(to text: inout SwiftText) {
    text.line()
    text.doc("What \(operation.method.uppercased()) \(operation.path) can answer.")
    text.block("public enum \(SwiftName.escaped(operation.namespace)) {") { text in
      var isFirst = true
      func separate(_ text: inout SwiftText) {
        if !isFirst { text.line() }
        isFirst = false
      }
      if let body = operation.body, !body.isUniform {
        separate(&text)
        write(body, &text)
      }
      if let offer = operation.offer {
        separate(&text)
        write(offer, &text)
      }
      if !operation.returnsContent {
        separate(&text)
        write("Response: Sendable", operation.successes, &text)
      }
      if !operation.failures.isEmpty {
        separate(&text)
        write("Failure: Error, Sendable", operation.failures, &text)
      }
    }
  }

  private func write(_ body: OperationModel.Body, _ text: inout SwiftText) {
    text.doc("The content of a request, by its media type.")
    text.block("public enum Body: Sendable {") { text in
      for alternative in body.alternatives {
        text.line("/// `\(alternative.mediaType)`")
        text.line("case \(SwiftName.escaped(alternative.name))(\(alternative.format.swift))")
      }
    }
  }

  private func write(_ offer: [(name: String, mediaType: String)], _ text: inout SwiftText) {
    text.doc("The media type that the client wants most of those that the contract offers.")
    text.block("public enum Accepted: Int, Sendable {") { text in
      for entry in offer {
        text.line("/// `\(entry.mediaType)`")
        text.line("case \(SwiftName.escaped(entry.name))")
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
      let isStream = Self.isStream(outcomes)
      let function = isStream
        ? "nonisolated(nonsending) func respond(_ context: Context) async throws {"
        : "func respond(_ context: Context) throws {"
      text.block(function) { text in
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

extension OperationModel {
  /// The media types of a success that has several; the service is told which one the client wants.
  var offer: [(name: String, mediaType: String)]? {
    for outcome in successes {
      let variants = successes.filter { $0.status == outcome.status }
      if variants.count < 2 { continue }
      var names: [String] = []
      return variants.compactMap { variant in
        guard let type = variant.content.mediaType else { return nil }
        let parts = type.split(separator: "/")
        let word = parts.last == "*" ? parts.first == "*" ? "any" : parts[0] : parts.last
        let subtype = SwiftName.member(word.map(String.init) ?? type)
        var name = subtype
        var number = 2
        while names.contains(name) {
          name = "\(subtype)\(number)"
          number += 1
        }
        names.append(name)
        return (name, type)
      }
    }
    return nil
  }
}

extension OperationModel.Outcome.Content {
  /// The type of the content; nil for none.
  var swift: String? {
    switch self {
    case .none, .problem: nil
    case .value(let value, _): value.swift
    case .text: "String"
    case .bytes: "[UInt8]"
    case .events(nil): "ResponseStream<ServerSentEvent>"
    case .events(let value?), .lines(let value, _): "ResponseStream<\(value.swift)>"
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
    if case .problem = content {
      if case .code = status {
        items.append(Item(declaration: "detail: String = \"\"", binding: "let detail"))
      } else {
        items.append(Item(declaration: "Problem", binding: "let problem"))
      }
    } else {
      if case .code = status {} else { items.append(Item(declaration: "Status", binding: "let status")) }
      if let swift = content.swift { items.append(Item(declaration: swift, binding: "let content")) }
      if mediaRange != nil {
        items.append(Item(declaration: "contentType: MediaType", binding: "let contentType"))
      }
    }
    for field in fields {
      let name = SwiftName.escaped(field.name)
      items.append(
        Item(declaration: "\(name): \(field.value.swift)\(field.isRequired ? "" : "? = nil")", binding: "let \(name)")
      )
    }
    return items
  }

  /// The statements that answer with it; its associated values are in scope.
  func respond(_ text: inout SwiftText) {
    if case .range(let hundreds) = status {
      let subject = if case .problem = content { "problem.status" } else { "status" }
      text.line(
        "precondition(\(subject).rawValue / 100 == \(hundreds), \"the contract documents \(hundreds)XX here\")")
    }
    if let mediaRange { text.line("try contentType.require(\(swiftLiteral(mediaRange)))") }
    for field in fields { set(field, &text) }
    var status = "status"
    if case .code(let code) = self.status { status = String(code) }
    switch content {
    case .none: text.line("context.respond(\(status))")
    case .problem:
      if case .code = self.status {
        text.line("context.respond(Problem(\(status), detail: detail.isEmpty ? nil : detail))")
      } else {
        text.line("context.respond(problem)")
      }
    case .value(let value, let mediaType):
      let type = mediaType == "application/json" ? "" : ", as: \(swiftLiteral(mediaType))"
      if value.isEncodable { return text.line("try context.respond(\(status), json: content\(type))") }
      text.block("try context.respond(\(status)\(type)) { (json: inout JSONWriter) in") {
        WriterText.write(value, "content", to: &$0)
      }
    case .text(let mediaType), .bytes(let mediaType):
      let type = mediaRange == nil ? swiftLiteral(mediaType) : "contentType"
      text.line("context.respond(content, as: \(type), status: \(status))")
    case .events(nil): text.line("try await context.respond(events: content)")
    case .events(let value?):
      if value.isEncodable { return text.line("try await context.respond(jsonEvents: content)") }
      text.line("try await context.respond(jsonEvents: content, encode: {")
      write(value, &text)
      text.line("})")
    case .lines(let value, let mediaType):
      let call = "try await context.respond(jsonLines: content, as: \(swiftLiteral(mediaType)), status: \(status))"
      if value.isEncodable { return text.line(call) }
      text.line(call + " {")
      write(value, &text)
      text.line("}")
    }
  }

  /// The inside of a closure that writes one element of a stream.
  private func write(_ value: ValueModel, _ text: inout SwiftText) {
    text.indented { text in
      text.line("(content: \(value.swift), json: inout JSONWriter) in")
      WriterText.write(value, "content", to: &text)
    }
  }

  private func set(_ field: OperationModel.Field, _ text: inout SwiftText) {
    let name = SwiftName.escaped(field.name)
    let header = swiftLiteral(field.header)
    let call: String
    switch field.value {
    case .scalar(.scalar(let scalar)) where scalar.swift == "String": call = "context.setField(\(header), \(name))"
    case .object:
      let open = field.isRequired ? "" : "if let \(name) { "
      let head = "\(open)context.setField(\(header), isExploded: \(field.isExploded)) { (members: inout FieldMembers) in"
      text.block(head, close: open.isEmpty ? "}" : "} }") { text in
        for member in field.members {
          text.line("members.add(\(swiftLiteral(member.key)), \(name).\(SwiftName.escaped(member.name)))")
        }
      }
      return
    case .list: call = "context.setField(\(header), list: \(name))"
    case .map: call = "context.setField(\(header), isExploded: \(field.isExploded), map: \(name))"
    case .json(let value), .loose(let value, _):
      let open = field.isRequired ? "" : "if let \(name) { "
      let label = if case .loose = field.value { "scalar" } else { "json" }
      let head = "\(open)context.setField(\(header), \(label): { (json: inout JSONWriter) in"
      text.block(head, close: open.isEmpty ? "})" : "}) }") {
        WriterText.write(value, name, to: &$0)
      }
      return
    default: call = "context.setField(\(header), value: \(name))"
    }
    text.line(field.isRequired ? call : "if let \(name) { \(call) }")
  }
}

extension ValueModel {
  /// Whether its Swift type writes itself.
  var isEncodable: Bool {
    switch bare {
    case .type, .any: true
    case .array(let item, _, _): item.isEncodable
    case .scalar, .words, .map, .optional, .checked: false
    }
  }
}
