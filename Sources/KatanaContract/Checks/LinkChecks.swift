/// A link, kept until every operation is known.
struct PendingLink {
  let operationID: Located<String>?
  let operationReference: Located<String>?
  let parameters: [Located<String>]
  let chain: [Diagnostic.ReferenceStep]
}

extension DocumentReader {
  func checkLink(_ node: Node) {
    guard let fields = fields(node, .link) else { return }
    _ = fields.text("description")
    let id = fields.string("operationId")
    let reference = fields.string("operationRef")
    fields.exclude("operationRef", "operationId")
    if !fields.has("operationRef"), !fields.has("operationId") {
      error(.missingField, at: node.location, "a link has neither 'operationId' nor 'operationRef'")
    }
    let parameters = fields.entries("parameters")
    let body = fields.mapping.entry("requestBody")
    for entry in parameters + (body.map { [$0] } ?? []) {
      // Other text is a constant, whatever signs it has.
      guard let text = entry.value.string,
        text.hasPrefix("$request") || text.hasPrefix("$response") || text.contains("{$"),
        let flaw = RuntimeExpression.flaw(in: text)
      else { continue }
      error(.runtimeExpression, at: entry.value.location, "\(quoted(text)) \(flaw)")
    }
    if let server = fields.mapping["server"] { _ = readServer(server) }
    _ = fields.extensions()
    pendingLinks.append(
      PendingLink(
        operationID: id,
        operationReference: reference,
        parameters: parameters.map { Located($0.key, at: $0.keyLocation) },
        chain: chain
      )
    )
  }

  func checkPendingLinks() {
    for link in pendingLinks {
      chain = link.chain
      if let id = link.operationID {
        if let parameters = operationParameters[id.value] {
          checkLinkParameters(link, parameters, id.value)
        } else {
          error(
            .linkTarget,
            at: id.location,
            "no operation is called \(quoted(id.value))",
            remedy: suggestion(for: id.value, in: operationIDs.keys)
          )
        }
      } else if let reference = link.operationReference {
        checkOperationReference(reference)
      }
    }
    chain = []
  }

  /// `id`, or `path.id` where names of several places are equal.
  private func checkLinkParameters(_ link: PendingLink, _ parameters: [Parameter], _ id: String) {
    let names = parameters.flatMap { [$0.name.value, "\($0.place.rawValue).\($0.name.value)"] }
    for name in link.parameters where !names.contains(name.value) {
      error(
        .linkTarget,
        at: name.location,
        "the operation \(quoted(id)) has no parameter \(quoted(name.value))",
        remedy: suggestion(for: name.value, in: parameters.map(\.name.value))
      )
    }
  }

  /// A reference to another host cannot be checked here.
  private func checkOperationReference(_ reference: Located<String>) {
    do throws(Reference.Failure) {
      _ = try Reference(reference.value)
    } catch {
      if error != .syntax { return }
    }
    let text = Node(
      content: .scalar(Scalar(text: reference.value, style: .doubleQuoted, tag: .string)),
      location: reference.location
    )
    let entry = Mapping.Entry(key: "$ref", keyLocation: reference.location, value: text)
    let use = Node(content: .mapping(Mapping(entries: [entry])), location: reference.location)
    guard let target = follow(use, .operation), let pointer = target.pointer else { return }
    let isOperation = HTTPMethod(rawValue: pointer.tokens.last ?? "") != nil && target.node.mapping != nil
    guard !isOperation else { return }
    error(
      .linkTarget,
      at: reference.location,
      "\(quoted(reference.value)) is not an operation",
      remedy: "write the path and the method: '#/paths/~1users~1{id}/get'"
    )
  }
}
