/// A method that answers with the example of its first success.
struct StubText {
  private let operation: OperationModel
  private let samples: SampleText

  init(_ operation: OperationModel, _ samples: SampleText) {
    self.operation = operation
    self.samples = samples
  }

  func write(to text: inout SwiftText) {
    text.doc(operation.documentation)
    let signature = GroupText.signature(operation)
    text.list(signature.head, signature.parameters, signature.tail + " {")
    text.indented { text in
      if let body = operation.body, body.isStream {
        let isTyped = if case .lines = body.alternatives[0].format { true } else { false }
        text.line("while try await body.\(isTyped ? "next" : "nextChunk")() != nil {}")
      }
      let outcome = operation.successes[0]
      if operation.returnsContent {
        content(outcome)?.write("return ", "", to: &text)
      } else {
        let items = items(outcome)
        let name = ".\(SwiftName.escaped(outcome.name))"
        let result = items.isEmpty ? Layout.text(name) : .list(name + "(", items, ")")
        result.write("return ", "", to: &text)
      }
    }
    text.line("}")
  }

  private func items(_ outcome: OperationModel.Outcome) -> [(label: String, item: Layout)] {
    var items: [(label: String, item: Layout)] = []
    let status =
      switch outcome.status {
      case .range(let hundreds): hundreds * 100
      case .code, .any: 200
      }
    if case .problem = outcome.content {
      if case .code = outcome.status {} else { items.append(("", .text("Problem(\(status))"))) }
    } else {
      if case .code = outcome.status {} else { items.append(("", .text(String(status)))) }
      if let content = content(outcome) { items.append(("", content)) }
      if let range = outcome.mediaRange { items.append(("contentType: ", .text(swiftLiteral(Self.concrete(range))))) }
    }
    for field in outcome.fields where field.isRequired {
      items.append(("\(SwiftName.label(field.name)): ", value(field.value)))
    }
    return items
  }

  /// A media type of the range; a service is to say its own.
  private static func concrete(_ range: String) -> String {
    switch range {
    case "text/*": "text/plain"
    case "image/*": "image/png"
    case "audio/*": "audio/mpeg"
    case "video/*": "video/mp4"
    case "font/*": "font/woff2"
    case "*/*", "application/*": "application/octet-stream"
    default: "\(range.dropLast())x-unknown"
    }
  }

  private func content(_ outcome: OperationModel.Outcome) -> Layout? {
    switch outcome.content {
    case .none, .problem: return nil
    case .value(let value, _): return samples.expression(value, outcome.example)
    case .text: return .text(swiftLiteral(outcome.example?.string ?? outcome.documentation))
    case .bytes: return .text("Array(\(swiftLiteral(outcome.example?.string ?? outcome.documentation)).utf8)")
    case .events(nil): return stream("ServerSentEvent", .text("ServerSentEvent(data: \(swiftLiteral(outcome.documentation)))"))
    case .events(let value?), .lines(let value, _):
      return stream(value.swift, samples.expression(value, outcome.example))
    }
  }

  private func stream(_ type: String, _ element: Layout) -> Layout {
    .text("ResponseStream(AsyncStream<\(type)> { stream in stream.yield(\(element.line)); stream.finish() })")
  }

  private func value(_ text: TextModel) -> Layout {
    switch text {
    case .scalar(let value), .loose(let value, _), .json(let value), .document(let value, _, _): samples.expression(value, nil)
    case .list, .documents, .files: .text("[]")
    case .map: .text("[:]")
    case .object(let name): samples.expression(.type(name), nil)
    case .file: preconditionFailure("no response has a file among its fields")
    }
  }
}
