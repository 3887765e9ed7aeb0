import KatanaContract

extension ModelBuilder {
  // MARK: Requests

  mutating func body(_ operation: Operation, _ execution: OperationModel.Execution) -> OperationModel.Body? {
    guard let body = operation.requestBody else { return nil }
    let hint = SwiftName.type(operationName(operation)) + "Body"
    var names = NameRegister()
    var nameFindings: [Diagnostic] = []
    var alternatives: [OperationModel.Body.Alternative] = []
    var leftOut: [MediaType] = []
    for media in body.content {
      if isDocument(media) {
        leftOut.append(media)
        continue
      }
      let isAlone = body.content.count == 1
      guard let format = format(media, hint, streams: isAlone && execution == .async) else { return nil }
      let name = names.claim(Self.formatName(format), for: media.name.value, at: media.name.location, &nameFindings)
      alternatives.append(
        OperationModel.Body.Alternative(
          name: name, mediaType: media.essence, format: format, schema: media.schema, examples: examples(media)))
    }
    for media in leftOut {
      if !alternatives.isEmpty {
        warn(.mediaTypeLeftOut, media.name.location, "a request body of type '\(media.name.value)' is answered 415")
      } else {
        warn(.mediaTypeLeftOut, media.name.location, "a request body of type '\(media.name.value)' is read as bytes")
        let isStream = leftOut.count == 1 && execution == .async
        let format: OperationModel.Body.Format = isStream ? .stream(SizeBounds()) : .bytes(SizeBounds())
        alternatives.append(
          OperationModel.Body.Alternative(name: "bytes", mediaType: media.essence, format: format))
      }
    }
    if alternatives.isEmpty { return nil }
    let result = OperationModel.Body(
      alternatives: alternatives, isRequired: body.isRequired, documentation: body.description)
    // Alternatives of one type are no cases, so that nobody sees their names.
    if !result.isUniform { findings += nameFindings }
    return result
  }

  private func examples(_ media: MediaType) -> [Node] {
    (media.example.map { [$0] } ?? []) + media.examples.compactMap { $0.node.mapping?["value"] }
  }

  /// Media types whose schema says what Katana has no codec for: XML, YAML.
  private func isDocument(_ media: MediaType) -> Bool {
    let type = media.essence
    return type == "application/xml" || type == "text/xml" || type.hasSuffix("+xml") || type == "application/yaml"
      || type == "application/x-yaml" || type == "text/yaml" || type.hasSuffix("+yaml")
  }

  private static func formatName(_ format: OperationModel.Body.Format) -> String {
    switch format {
    case .json: "json"
    case .form: "form"
    case .multipart: "multipart"
    case .text: "text"
    case .bytes, .stream: "bytes"
    case .lines, .documents: "lines"
    }
  }

  private mutating func format(_ media: MediaType, _ hint: String, streams: Bool) -> OperationModel.Body.Format? {
    let use = Use(hint: hint, direction: .request)
    if Self.isLines(media.essence) {
      let isSequence = media.essence.hasSuffix("json-seq")
      guard let value = media.schema.map({ self.value($0, use)?.whole }) ?? .any else { return nil }
      return streams ? .lines(value, isSequence: isSequence) : .documents(value, isSequence: isSequence)
    }
    switch media.essence {
    case "application/x-www-form-urlencoded", "multipart/form-data":
      let isMultipart = media.essence == "multipart/form-data"
      guard let value = form(media, use, isMultipart: isMultipart) else { return nil }
      return isMultipart ? .multipart(value.form, value.encoding) : .form(value.form, value.encoding)
    case let type where media.isJSON || type == "*/*" && media.schema.map { !isBinary($0) } == true:
      guard let reference = media.schema else { return .json(.any) }
      return content(reference, use).map { .json($0) }
    case let type where type.hasPrefix("text/"):
      guard let reference = media.schema, case .scalar(let scalar)? = value(reference, use)?.model.bare,
        scalar.method == "string"
      else {
        reportSchema(media, "a request body", "read as text")
        return .text(Self.plainText)
      }
      return .text(scalar)
    default:
      reportSchema(media, "a request body", "read as bytes")
      let size = size(media)
      if streams, size.min > 0 {
        warn(
          .notChecked, media.name.location, "'minLength' is not checked of a body that is streamed",
          remedy: "check it in the service, or give the operation 'x-katana-execution: sync'")
      }
      return streams ? .stream(size) : .bytes(size)
    }
  }

  /// What the schema of content that is taken as it is says of its length (OpenAPI 3.1 §4.8.14.3).
  private mutating func size(_ media: MediaType) -> SizeBounds {
    guard let reference = media.schema, let flat = flat([unwrapped(reference).reference]) else { return SizeBounds() }
    return SizeBounds(min: flat.minLength ?? 0, max: flat.maxLength)
  }

  /// Says that a schema has no effect, when it says more than that there is a text or that there are bytes.
  private mutating func reportSchema(_ media: MediaType, _ what: String, _ how: String) {
    guard let reference = media.schema else { return }
    markUsed(reference)
    let schema = schema(unwrapped(reference).reference)
    let isPlain = schema.type == .string || schema.types.isEmpty && schema.composition.isEmpty
      && schema.object.properties.isEmpty && schema.array.items == nil
    if isPlain { return }
    warn(
      .mediaTypeLeftOut, media.name.location, "\(what) of type '\(media.name.value)' is \(how), without its schema",
      remedy: "describe it as a string, or give it a media type of JSON")
  }

  /// JSON Lines under any of its names, or a JSON text sequence.
  private static func isLines(_ type: String) -> Bool {
    let names = ["jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "ndjson", "x-ndjson", "json-seq"]
    return names.contains { type == "application/" + $0 } || type.hasSuffix("+json-seq")
  }

  func isBinary(_ reference: SchemaRef) -> Bool { schema(unwrapped(reference).reference).format?.value == "binary" }

  // MARK: Responses

  mutating func outcomes(_ operation: Operation) -> [OperationModel.Outcome] {
    var names = NameRegister()
    var result: [OperationModel.Outcome] = []
    for response in operation.responses where !isInterim(response) {
      for var outcome in outcomes(response, operation) {
        outcome.name = names.claim(outcome.name, for: response.status.value.text, at: response.status.location, &findings)
        result.append(outcome)
      }
    }
    return result
  }

  /// Whether the response is none that an operation ends with (RFC 9110 §15.2).
  private func isInterim(_ response: Response) -> Bool {
    switch response.status.value {
    case .code(let code): code < 200
    case .range(let hundreds): hundreds == 1
    case .default: false
    }
  }

  /// Reports statuses of 1XX; true when the operation documents nothing else.
  mutating func isUpgrade(_ operation: Operation) -> Bool {
    let interim = operation.responses.filter { isInterim($0) }
    if interim.isEmpty { return false }
    let isWhole = interim.count == operation.responses.count
    for response in interim {
      warn(
        .interimResponse, response.status.location,
        "the status '\(response.status.value.text)' is no answer; "
          + (isWhole ? "\(operation.title) has no other, and no route is generated for it" : "it is left out"),
        remedy: isWhole ? "add the route in the service, as 'router.webSocket' for a WebSocket" : nil)
    }
    return isWhole
  }

  /// One for each media type that the service may answer with.
  private mutating func outcomes(_ response: Response, _ operation: Operation) -> [OperationModel.Outcome] {
    let status: OperationModel.Outcome.Status
    switch response.status.value {
    case .code(let code): status = .code(code)
    case .range(let hundreds): status = .range(hundreds)
    case .default: status = .any
    }
    let name = statusName(status)
    let hint = SwiftName.type(operationName(operation)) + SwiftName.type(name)
    let contents = contents(response, hint)
    var names = NameRegister(reserved: ["content", "contentType", "detail", "problem", "status", "context", "json"])
    var fields: [OperationModel.Field] = []
    for header in response.headers {
      guard var field = field(header) else { continue }
      let wanted = swiftName(header.extensions) ?? field.name
      field.name = names.claim(wanted, for: field.header, at: response.status.location, &findings)
      fields.append(field)
    }
    return contents.enumerated().map { index, content in
      OperationModel.Outcome(
        status: status, name: index == 0 ? name : name + Self.contentName(content), documentation: response.description,
        content: content, example: example(content, response), fields: fields)
    }
  }

  private func example(_ content: OperationModel.Outcome.Content, _ response: Response) -> Node? {
    let media = response.content.first { $0.essence == content.mediaType }
    if let media, let node = media.example ?? media.examples.first?.node.mapping?["value"] ?? media.examples.first?.node {
      return node
    }
    guard let schema = media?.schema.map({ self.schema(unwrapped($0).reference) }) else { return nil }
    return schema.annotations.example ?? schema.annotations.examples.first
  }

  private static func contentName(_ content: OperationModel.Outcome.Content) -> String {
    let subtype = content.mediaType?.split(separator: "/").last.map(String.init) ?? ""
    return SwiftName.type(subtype == "*" ? "any" : subtype)
  }

  private mutating func contents(_ response: Response, _ hint: String) -> [OperationModel.Outcome.Content] {
    if case .code(let code) = response.status.value, [204, 205, 304].contains(code) {
      if let media = response.content.first {
        warn(.mediaTypeLeftOut, media.name.location, "a response with the status \(code) has no content (RFC 9110 §15)")
      }
      return [.none]
    }
    var contents: [OperationModel.Outcome.Content] = []
    let offered = response.content.filter { !isDocument($0) }
    for media in response.content where isDocument(media) && !offered.isEmpty {
      warn(.mediaTypeLeftOut, media.name.location, "a response of type '\(media.name.value)' is not offered")
    }
    for media in offered.isEmpty ? response.content : offered {
      let before = findings.count
      if let content = content(media, response, hint) {
        // One value for several names of JSON is one content.
        if case .value(let value, _) = content,
          contents.contains(where: { if case .value(let other, _) = $0 { other.swift == value.swift } else { false } })
        {
          warn(.mediaTypeLeftOut, media.name.location, "a response of type '\(media.name.value)' is not offered")
          continue
        }
        contents.append(content)
      } else if findings.count == before {
        refuse(
          "a response of type '\(media.name.value)' is", media.name.location,
          remedy: "describe it as a string, or give it a media type of JSON")
      }
    }
    return contents.isEmpty ? [.none] : contents
  }

  private mutating func content(
    _ media: MediaType, _ response: Response, _ hint: String
  ) -> OperationModel.Outcome.Content? {
    let use = Use(hint: hint, direction: .response)
    let type = media.essence
    if type == "application/problem+json", !response.status.value.isSuccess {
      if let reference = media.schema { markUsed(reference) }
      return .problem
    }
    switch type {
    case "text/event-stream":
      guard let reference = media.schema, let value = value(reference, use) else { return .events(nil) }
      if case .scalar(let scalar) = value.model.bare, scalar.method == "string" { return .events(nil) }
      return .events(value.whole)
    case let type where Self.isLines(type):
      guard let reference = media.schema else { return .lines(.any, mediaType: type) }
      return value(reference, use).map { .lines($0.whole, mediaType: type) }
    default: break
    }
    if media.isJSON || type == "*/*" && media.schema.map({ !isBinary($0) }) == true {
      let mediaType = type == "*/*" ? "application/json" : type
      guard let reference = media.schema else { return .value(.any, mediaType: mediaType) }
      return self.content(reference, use).map { .value($0, mediaType: mediaType) }
    }
    reportSchema(media, "a response", type.hasPrefix("text/") ? "sent as text" : "sent as bytes")
    return type.hasPrefix("text/") ? .text(mediaType: type) : .bytes(mediaType: type)
  }

  private mutating func field(_ header: Header) -> OperationModel.Field? {
    if header.name.value.lowercased() == "content-type" { return nil }  // the media type says it (OpenAPI §4.8.21)
    let use = Use(hint: SwiftName.type(header.name.value) + "Field", direction: .response)
    let media: MediaType? = if case .content(let media) = header.value { media } else { nil }
    let isText = media.map { $0.essence.hasPrefix("text/") } ?? true
    if let media, !isText, !media.isJSON {
      refuse(
        "a response header of type '\(media.name.value)' is", media.name.location,
        remedy: "describe it as a string, or by 'content' with application/json")
      return nil
    }
    var text = isText ? TextModel.scalar(.scalar(Self.plainText)) : .json(.any)
    var members: [(key: String, name: String)] = []
    if let reference = header.value.schema {
      guard let value = value(reference, use) else { return nil }
      (text, members) = isText ? fieldText(value.model, reference) : (.json(value.whole), [])
    }
    return OperationModel.Field(
      name: SwiftName.member(header.name.value), header: header.name.value, value: text, isExploded: header.explode,
      isRequired: header.isRequired, members: members)
  }

  /// How a value stands in a field, in the style simple.
  private mutating func fieldText(
    _ value: ValueModel, _ reference: SchemaRef
  ) -> (text: TextModel, members: [(key: String, name: String)]) {
    switch value.bare {
    case .scalar, .words: return (.scalar(value.bare), [])
    case .any: return (.loose(value, types: []), [])
    case .array(let item, let minItems, let maxItems):
      switch item.bare {
      case .scalar, .words: return (.list(.scalar(item.bare), minItems: minItems, maxItems: maxItems), [])
      default: break
      }
    case .type(let name):
      if let members = fieldMembers(name) { return (.object(name), members) }
      if let index = typeNamed(name), case .union(let union) = model.types[index].shape,
        !union.choices.contains(where: { $0.type == "object" || $0.type == "array" })
      {
        return (.loose(value, types: []), [])
      }
    case .map(let item):
      switch item.bare {
      case .scalar, .words: return (.map(.scalar(item.bare)), [])
      default: break
      }
    case .optional, .checked: break
    }
    warn(
      .notStyled, reference.location, "no style writes this value; the header has it as a JSON document",
      remedy: "say so with 'content' instead of 'schema'")
    return (.json(value), [])
  }

  /// The members of an object that a header can hold; nil for what is none or holds more than scalars.
  private func fieldMembers(_ type: String) -> [(key: String, name: String)]? {
    guard let index = typeNamed(type), case .object(let properties, let additional) = model.types[index].shape else {
      return nil
    }
    if case .kept = additional { return nil }
    var members: [(key: String, name: String)] = []
    for property in properties {
      switch (property.value.bare, property.presence) {
      case (_, .patch): return nil
      case (.scalar, _), (.words, _): members.append((property.key, property.name))
      default: return nil
      }
    }
    return members.isEmpty ? nil : members
  }

  func statusName(_ status: OperationModel.Outcome.Status) -> String {
    switch status {
    case .any: "other"
    case .range(let hundreds): ["", "", "success", "redirection", "clientError", "serverError"][hundreds]
    case .code(let code): Self.statusNames[code] ?? "status\(code)"
    }
  }

  private static let statusNames: [Int: String] = [
    200: "ok", 201: "created", 202: "accepted", 204: "noContent", 205: "resetContent", 206: "partialContent",
    301: "movedPermanently", 302: "found", 303: "seeOther", 304: "notModified", 307: "temporaryRedirect",
    308: "permanentRedirect", 400: "badRequest", 401: "unauthorized", 402: "paymentRequired", 403: "forbidden",
    404: "notFound", 405: "methodNotAllowed", 406: "notAcceptable", 408: "requestTimeout", 409: "conflict",
    410: "gone", 411: "lengthRequired", 412: "preconditionFailed", 413: "contentTooLarge", 414: "uriTooLong",
    415: "unsupportedMediaType", 422: "unprocessableContent", 423: "locked", 425: "tooEarly",
    428: "preconditionRequired",
    429: "tooManyRequests", 500: "internalServerError", 501: "notImplemented", 502: "badGateway",
    503: "serviceUnavailable", 504: "gatewayTimeout",
  ]
}
