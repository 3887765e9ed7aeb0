import KatanaContract

/// What a contract says about one operation, as lines of a table.
struct OperationCases {
  private let operation: OperationModel
  private let model: ServiceModel
  private let document: OpenAPIDocument
  private var samples: SampleJSON
  /// Shared by the operations of a suite.
  private(set) var schemas: SchemaText
  private(set) var lines: [ContractLine] = []
  /// Lines that there was no room for.
  private(set) var leftOut = 0

  /// Lines to an operation; an operation with more has more of the same.
  static let linesMax = 250
  /// Longer targets and fields are left out: servers have limits of their own.
  private static let fieldSizeMax = 2000

  init(_ operation: OperationModel, _ model: ServiceModel, _ document: OpenAPIDocument, _ schemas: SchemaText) {
    self.operation = operation
    self.schemas = schemas
    self.model = model
    self.document = document
    samples = SampleJSON(model)
    build()
  }

  /// What the operation documents: `200`, `4XX`, `default`.
  var statuses: [String] {
    var result: [String] = []
    for outcome in operation.successes + operation.failures {
      let text =
        switch outcome.status {
        case .code(let code): String(code)
        case .range(let hundreds): "\(hundreds)XX"
        case .any: "default"
        }
      if !result.contains(text) { result.append(text) }
    }
    return result
  }

  /// The credentials of the first alternative that a client without a certificate can show; nil when there is none.
  var credentials: [String]? {
    if operation.security.isEmpty || operation.security.contains(where: \.isEmpty) { return [] }
    for alternative in operation.security {
      let shown = alternative.compactMap { credential($0.scheme) }
      if shown.count == alternative.count { return shown }
    }
    return nil
  }

  private func credential(_ name: String) -> String? {
    guard let key = model.securitySchemes.first(where: { $0.name == name })?.key,
      let scheme = document.components.securityScheme(named: key)
    else { return nil }
    let label = swiftLiteral(key)
    switch scheme.kind {
    case .apiKey(let parameter, let place):
      return place == .path ? nil : ".\(place.rawValue)(\(label), name: \(swiftLiteral(parameter.value)))"
    case .http(let name, _):
      switch name.value {
      case "basic": return ".basic(\(label))"
      case "bearer": return ".bearer(\(label))"
      default: return ".authorization(\(label), scheme: \(swiftLiteral(name.value)))"
      }
    case .oauth2, .openIDConnect: return ".bearer(\(label))"
    case .mutualTLS: return nil
    }
  }

  // MARK: Lines

  private mutating func build() {
    guard credentials != nil, var base = plainRequest() else { return }
    let contents = contents()
    let first = contents.first { !$0.isDoubtful } ?? contents.first
    base.mediaType = first?.mediaType
    base.body = first?.body
    let isSure = first.map { !$0.isDoubtful } ?? true
    if contents.isEmpty, operation.body?.isRequired == true { return addStrangers(base) }
    if isSure {
      for content in contents where !content.isDoubtful {
        var request = base
        request.mediaType = content.mediaType
        request.body = content.body
        add(.accepts, content.name, request)
      }
      if contents.isEmpty { add(.accepts, "a plain request", base) }
      if first != nil, operation.body?.isRequired == false {
        var request = base
        request.body = nil
        request.mediaType = nil
        add(.accepts, "without content", request)
      }
    }
    addNegotiation(base, isSure)
    addMethod(base)
    addStrangers(base)
    addParameters(base, isSure)
    for (index, alternative) in (operation.body?.alternatives ?? []).enumerated() {
      if case .json(let value) = alternative.format { addJSON(value, alternative, index, base) }
    }
  }

  private mutating func add(_ kind: ContractLine.Kind, _ name: String, _ request: ContractRequest) {
    let isTooLong = request.target.utf8.count > Self.fieldSizeMax
      || request.fields.contains { $0.value.utf8.count > Self.fieldSizeMax }
    if isTooLong { return }
    if lines.count >= Self.linesMax {
      leftOut += 1
    } else {
      lines.append(ContractLine(kind: kind, name: name, request: request))
    }
  }

  private mutating func addNegotiation(_ base: ContractRequest, _ isSure: Bool) {
    if let body = operation.body {
      var request = base
      if body.isRequired, !body.isStream, !body.mayBeEmpty {
        request.body = ""
        add(.answers(400, method: nil, has: nil), "no content", request)
      }
      request.body = base.body ?? "?"
      if !body.alternatives.contains(where: { $0.mediaType.contains("*") }) {
        request.mediaType = "application/x-katana-unknown"
        add(.answers(415, method: nil, has: "Accept"), "content of another type", request)
        if body.isRequired {
          request.mediaType = nil
          add(.answers(415, method: nil, has: "Accept"), "content without a type", request)
        }
      }
    }
    if operation.offer != nil, isSure {
      var request = base
      request.fields.append(("Accept", "application/x-katana-unknown"))
      add(.answers(406, method: nil, has: nil), "nothing that is offered is accepted", request)
    }
  }

  private mutating func addMethod(_ base: ContractRequest) {
    let path = base.target.prefix { $0 != "?" }.dropFirst(operation.basePath.utf8.count)
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    var known: Set<String> = []
    for other in model.groups.flatMap(\.operations) {
      let template = other.path.split(separator: "/", omittingEmptySubsequences: false)
      let isMatch = template.count == segments.count
        && zip(template, segments).allSatisfy { $0 == $1 || $0.contains("{") }
      if isMatch { known.insert(other.method.uppercased()) }
    }
    guard let method = ["PATCH", "DELETE", "PUT", "POST", "GET"].first(where: { !known.contains($0) }) else { return }
    add(.answers(405, method: method, has: "Allow"), "a method that the path does not have", base)
  }

  private mutating func addStrangers(_ base: ContractRequest) {
    guard let credentials, !credentials.isEmpty else { return }
    lines.append(ContractLine(kind: .refusesStrangers, request: base))
  }

  // MARK: Content

  private struct Content {
    var name: String
    var mediaType: String
    var body: String
    var isDoubtful: Bool
  }

  private mutating func contents() -> [Content] {
    var result: [Content] = []
    for alternative in operation.body?.alternatives ?? [] {
      let type = Self.concrete(alternative)
      switch alternative.format {
      case .json(let value):
        for (index, example) in alternative.examples.enumerated() {
          let sample = samples.sample(value, example)
          let name = alternative.examples.count == 1 ? "the example" : "example \(index + 1)"
          result.append(Content(name: name, mediaType: type, body: sample.text, isDoubtful: samples.isDoubtful))
        }
        let sample = samples.sample(value)
        result.append(
          Content(name: "plain content", mediaType: type, body: sample.text, isDoubtful: samples.isDoubtful))
      case .form(let value, let encoding):
        guard let pairs = pairs(value, encoding) else { continue }
        let body = pairs.map { "\(percent($0.key))=\(percent($0.value))" }.joined(separator: "&")
        // Nothing at all is no content, which may be required.
        result.append(
          Content(name: "a form", mediaType: type, body: body, isDoubtful: samples.isDoubtful || body.isEmpty))
      case .multipart(let value, let encoding):
        guard let pairs = pairs(value, encoding) else { continue }
        let parts = pairs.map { pair in
          let name = pair.key.replacing("\"", with: "%22")
          let file = pair.fileType.map { "; filename=\"file\"\r\nContent-Type: \($0)" } ?? ""
          let fields = pair.fields.map { "\r\n\($0.name): \($0.value)" }.joined()
          return "--katana\r\nContent-Disposition: form-data; name=\"\(name)\"\(file)\(fields)\r\n\r\n\(pair.value)\r\n"
        }
        result.append(
          Content(
            name: "a form in parts", mediaType: type + "; boundary=katana", body: parts.joined() + "--katana--\r\n",
            isDoubtful: samples.isDoubtful || parts.isEmpty))
      case .text(let scalar):
        let sample = samples.sample(.scalar(scalar), alternative.examples.first)
        let text = sample.plain ?? ""
        result.append(
          Content(name: "a text", mediaType: type, body: text, isDoubtful: samples.isDoubtful || text.isEmpty))
      case .lines(let value, let isSequence), .documents(let value, let isSequence):
        let sample = samples.sample(value, alternative.examples.first)
        let line = (isSequence ? "\u{1E}" : "") + sample.text + "\n"
        result.append(
          Content(name: "two documents", mediaType: type, body: line + line, isDoubtful: samples.isDoubtful))
      case .bytes(let size), .stream(let size):
        let body = content(size)
        result.append(Content(name: "some bytes", mediaType: type, body: body, isDoubtful: body.isEmpty))
      }
    }
    return result
  }

  private static func concrete(_ alternative: OperationModel.Body.Alternative) -> String {
    if case .json = alternative.format, alternative.mediaType.hasSuffix("/*") { return "application/json" }
    return concrete(alternative.mediaType)
  }

  private static func concrete(_ range: String) -> String {
    let parts = range.split(separator: "/")
    guard parts.count == 2, parts[1] == "*" else { return range }
    return parts[0] == "*" ? "application/octet-stream" : "\(parts[0])/x-katana"
  }

  /// Bytes of a size that is allowed; none where only a large one is.
  private func content(_ size: SizeBounds) -> String {
    let plain = "Katana"
    if let max = size.max, max < plain.count { return String(plain.prefix(max)) }
    if size.min <= plain.count { return plain }
    return size.min > Mutations.lengthMax ? "" : String(repeating: "k", count: size.min)
  }

  /// A member of a form.
  private struct Pair {
    var key: String
    var value: String
    var fileType: String?
    /// What the head of its part must have.
    var fields: [(name: String, value: String)] = []
  }

  /// The fields that the part of a member must have; nil when one cannot be written.
  private mutating func fields(
    of member: String, _ properties: [PropertyModel]
  ) -> [(name: String, value: String)]? {
    var result: [(name: String, value: String)] = []
    for property in properties {
      guard let part = property.part, part.member == member, part.isRequired else { continue }
      guard let value = Self.value(part.text) else { return nil }
      let sample = samples.sample(value, property.example)
      var writing = ParameterWriting(place: .header, key: part.header, style: .simple, isExploded: part.isExploded)
      if case .json = part.text { writing.isJSON = true }
      guard !samples.isDoubtful, let pieces = writing.pieces(sample) else { return nil }
      result.append((part.header, pieces[0].value))
    }
    return result
  }

  /// The members of a form that must be there, or that its example has; nil when one cannot be written.
  private mutating func pairs(_ value: TextModel, _ encoding: FormEncoding) -> [Pair]? {
    switch value {
    case .object(let name): return pairs(name, encoding)
    case .document(let value, _, _):
      guard case .members(let members) = samples.sample(value), !samples.isDoubtful else { return nil }
      return members.flatMap { Self.pairs($0.key, $0.value, encoding) }
    case .map(let item):
      guard let value = Self.value(item) else { return nil }
      let sample = samples.sample(value)
      return samples.isDoubtful ? nil : Self.pairs("member", sample, encoding)
    default: return nil
    }
  }

  private mutating func pairs(_ name: String, _ encoding: FormEncoding) -> [Pair]? {
    let type = samples.type(named: name)
    guard case .object(let properties, _) = type.shape, type.check == nil || type.example != nil else { return nil }
    var result: [Pair] = []
    for property in properties where property.part == nil {
      let example = type.example?.mapping?[property.key]
      if !property.isRequired, example == nil { continue }
      guard let pairs = pairs(property, example ?? property.example, properties, encoding) else { return nil }
      result += pairs
    }
    if result.isEmpty, let one = optionalPair(properties, encoding) { result.append(one) }
    return result
  }

  /// The pairs of one member; nil when its value is not known to be valid.
  private mutating func pairs(
    _ property: PropertyModel, _ example: Node?, _ properties: [PropertyModel], _ encoding: FormEncoding
  ) -> [Pair]? {
    guard let fields = fields(of: property.key, properties) else { return nil }
    var file: ScalarModel?
    if case .scalar(let scalar) = property.value.bare, scalar.method == "file" { file = scalar }
    var count = 1
    if case .array(let item, let minItems, _) = property.value.bare, case .scalar(let scalar) = item.bare,
      scalar.method == "file"
    {
      (file, count) = (scalar, max(1, minItems ?? 1))
      if case .checked = property.value, count > 1 { return nil }
    }
    if let file {
      let types = encoding.members[property.key]?.types?.split(separator: ",") ?? []
      let type = types.first.map { Self.concrete(String($0)) } ?? "application/octet-stream"
      let pair = Pair(key: property.key, value: content(file.fileSize), fileType: type, fields: fields)
      return [Pair](repeating: pair, count: count)
    }
    let sample = samples.sample(property.value, example)
    if samples.isDoubtful || property.value.isOptional { return nil }
    return Self.pairs(property.key, sample, encoding).map { pair in
      var pair = pair
      pair.fields = fields
      return pair
    }
  }

  /// A member as its encoding has it: items of a list one by one, other documents as JSON, unless a style is given.
  private static func pairs(_ key: String, _ sample: JSONSample, _ encoding: FormEncoding) -> [Pair] {
    let member = encoding.members[key] ?? FormEncoding.Member()
    if let style = member.style.flatMap({ Parameter.Style(rawValue: $0) }) {
      let writing = ParameterWriting(place: .query, key: key, style: style, isExploded: member.isExploded)
      return (writing.pieces(sample) ?? []).map { Pair(key: unescaped($0.name), value: unescaped($0.value)) }
    }
    if member.isJSON { return [Pair(key: key, value: sample.text)] }
    if case .list(let items) = sample { return items.map { Pair(key: key, value: $0.plain ?? $0.text) } }
    return [Pair(key: key, value: sample.plain ?? sample.text)]
  }

  /// Bodies escape what they must themselves.
  private static func unescaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let value = UInt8(String(Substring(rest.prefix(2))), radix: 16) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A member that makes a form more than no content, where none is required.
  private mutating func optionalPair(
    _ properties: [PropertyModel], _ encoding: FormEncoding
  ) -> Pair? {
    for property in properties where property.part == nil {
      if case .scalar(let scalar) = property.value.bare, scalar.method == "file" { continue }
      let sample = samples.sample(property.value, property.example)
      let isJSON = encoding.members[property.key]?.isJSON == true
      guard let text = isJSON ? sample.text : sample.plain, !samples.isDoubtful, !property.value.isOptional,
        fields(of: property.key, properties)?.isEmpty == true
      else { continue }
      return Pair(key: property.key, value: text)
    }
    samples.forgetDoubts()
    return nil
  }

  private mutating func addJSON(
    _ value: ValueModel, _ alternative: OperationModel.Body.Alternative, _ index: Int, _ base: ContractRequest
  ) {
    var request = base
    request.mediaType = Self.concrete(alternative)
    let sample = samples.sample(value, alternative.examples.first)
    let isDoubtful = samples.isDoubtful
    request.body = String(sample.text.dropLast()) + (sample.text.count == 1 ? "x" : "")
    add(.answers(400, method: nil, has: nil), "content that ends early", request)
    request.body = sample.text + "x"
    add(.answers(400, method: nil, has: nil), "content with something behind it", request)
    if let schema = alternative.schema {
      request.body = sample.text
      let text = schemas.value(schema)
      add(.documents(schema: text), "", request)
    }
    // Those of outer members first: they are kept when there are too many.
    let mutations = Mutations(samples: samples).of(value, sample, isSure: !isDoubtful)
    let depths = mutations.map { $0.pointer.count { $0 == "/" } }
    for index in mutations.indices.sorted(by: { (depths[$0], $0) < (depths[$1], $1) }) {
      let mutation = mutations[index]
      request.body = mutation.sample.text
      let place = mutation.pointer.isEmpty || mutation.pointer == Mutation.anywhere ? "the content" : mutation.pointer
      let name = "\(place) \(mutation.name)"
      switch mutation.outcome {
      case .valid: add(.accepts, name, request)
      case .violation where mutation.pointer == Mutation.anywhere:
        add(.answers(400, method: nil, has: nil), name, request)
      case .violation(let code): add(.violates(pointer: mutation.pointer, code: code), name, request)
      }
    }
  }

  // MARK: Parameters

  /// A request with all required parameters; nil when the value of one is not known to be valid.
  private mutating func plainRequest() -> ContractRequest? {
    var written: [Int: Written] = [:]
    for (index, parameter) in operation.parameters.enumerated() {
      guard case .required = parameter.need else { continue }
      guard let value = plain(parameter) else { return nil }
      written[index] = value
    }
    return request(written)
  }

  /// A parameter as a request has it.
  private enum Written {
    /// A single value, or the items of a list, in the style that the place has by itself.
    case texts([String])
    /// Names and values, escaped, in whatever style.
    case pieces([(name: String, value: String)])
  }

  /// A valid value of a parameter; nil when none is known or the place has no room for it.
  private mutating func plain(_ parameter: OperationModel.Parameter) -> Written? {
    if let texts = sampleTexts(parameter) { return isExpressible(parameter, texts) ? .texts(texts) : nil }
    guard let value = Self.value(parameter.value) else { return nil }
    var sample = samples.sample(value, parameter.example)
    if samples.isDoubtful { return nil }
    // An empty list is none.
    if case .list(let items) = sample, items.isEmpty, case .array(let item, _, _) = value.bare {
      sample = .list([samples.sample(item)])
    }
    return samples.isDoubtful ? nil : written(parameter, sample)
  }

  private func written(_ parameter: OperationModel.Parameter, _ sample: JSONSample) -> Written? {
    var isJSON = false
    if case .json = parameter.value { isJSON = true }
    let isForm = parameter.place == .query || parameter.place == .cookie
    let style = parameter.style.flatMap { Parameter.Style(rawValue: $0) } ?? (isForm ? .form : .simple)
    let writing = ParameterWriting(
      place: parameter.place, key: parameter.key, style: style, isExploded: parameter.isExploded, isJSON: isJSON)
    guard let pieces = writing.pieces(sample) else { return nil }
    // The members of an exploded object stand among the other parameters.
    let others = operation.parameters.filter { $0.place == parameter.place && $0.key != parameter.key }.map(\.key)
    if isForm, pieces.contains(where: { others.contains($0.name) }) { return nil }
    return .pieces(pieces)
  }

  /// What a parameter is read to, in terms of JSON; nil for files.
  private static func value(_ text: TextModel) -> ValueModel? {
    switch text {
    case .scalar(let value), .loose(let value, _), .json(let value), .document(let value, _, _): value
    case .list(let item, let minItems, let maxItems):
      value(item).map { .array($0, minItems: max(1, minItems ?? 1), maxItems: maxItems) }
    case .object(let name): .type(name)
    case .map(let item): value(item).map { .map($0) }
    case .documents, .file, .files: nil
    }
  }

  /// The texts of a valid value, several of a list, in the place's own style.
  private mutating func sampleTexts(_ parameter: OperationModel.Parameter) -> [String]? {
    guard parameter.style == nil else { return nil }
    let sample: JSONSample
    switch parameter.value {
    case .scalar(let value), .loose(let value, _): sample = samples.sample(value, parameter.example)
    case .document(let value, .list, _):
      guard case .list(let items) = samples.sample(value, parameter.example), !items.isEmpty, !samples.isDoubtful else {
        return nil
      }
      let texts = items.compactMap(\.plain)
      return texts.count == items.count && !texts.contains { $0.contains(",") } ? texts : nil
    case .list(.scalar(let item), let minItems, _), .list(.loose(let item, _), let minItems, _):
      let one = samples.sample(item, parameter.example?.sequence?.first)
      guard let text = one.plain, !samples.isDoubtful, !text.contains(",") else { return nil }
      return [String](repeating: text, count: max(1, minItems ?? 1))
    default: return nil
    }
    guard let text = sample.plain, !samples.isDoubtful else { return nil }
    return [text]
  }

  /// Whether a text can stand where the parameter is: paths have no empty segments, fields have ASCII here.
  private func isExpressible(_ parameter: OperationModel.Parameter, _ texts: [String]) -> Bool {
    switch parameter.place {
    case .path: texts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    case .query: !parameter.allowsEmptyValue || texts.allSatisfy { !$0.isEmpty }
    case .header, .cookie:
      texts.allSatisfy { text in
        !text.isEmpty && text.first != " " && text.last != " "
          && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\",;\\".utf8.contains($0) }
      }
    }
  }

  private func request(_ written: [Int: Written], _ base: ContractRequest? = nil) -> ContractRequest {
    var request = base ?? ContractRequest(target: "")
    request.fields = []
    var path = operation.path
    var query: [String] = []
    var cookies: [String] = []
    for (index, parameter) in operation.parameters.enumerated() {
      switch written[index] {
      case nil: continue
      case .texts(let texts):
        let joined = texts.map(percent).joined(separator: ",")
        switch parameter.place {
        case .path: path = path.replacing("{\(parameter.key)}", with: joined)
        case .query:
          if parameter.isExploded {
            query += texts.map { "\(percent(parameter.key))=\(percent($0))" }
          } else {
            query.append("\(percent(parameter.key))=\(joined)")
          }
        case .header: request.fields.append((parameter.key, texts.joined(separator: ",")))
        case .cookie:
          cookies += parameter.isExploded
            ? texts.map { "\(parameter.key)=\($0)" } : ["\(parameter.key)=\(texts.joined(separator: ","))"]
        }
      case .pieces(let pieces):
        let pairs = pieces.map { "\($0.name)=\($0.value)" }
        switch parameter.place {
        case .path: path = path.replacing("{\(parameter.key)}", with: pieces[0].value)
        case .query: query += pairs
        case .header: request.fields.append((parameter.key, pieces[0].value))
        case .cookie: cookies += pairs
        }
      }
    }
    if !cookies.isEmpty { request.fields.append(("Cookie", cookies.joined(separator: "; "))) }
    request.target = operation.basePath + path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    return request
  }

  private mutating func addParameters(_ base: ContractRequest, _ isSure: Bool) {
    var required: [Int: Written] = [:]
    for (index, parameter) in operation.parameters.enumerated() {
      if case .required = parameter.need { required[index] = plain(parameter) }
    }
    for (index, parameter) in operation.parameters.enumerated() {
      let label = "\(parameter.place.rawValue)/\(parameter.key)"
      if case .required = parameter.need, parameter.place != .path {
        var without = required
        without[index] = nil
        add(.violatesParameter(label, code: "required"), "\(label) is missing", request(without, base))
      } else if parameter.place != .path, isSure, let plain = plain(parameter) {
        add(.accepts, "\(label) is there", request(required.merging([index: plain]) { $1 }, base))
      }
      for change in changes(parameter) {
        let changed = request(required.merging([index: change.written]) { $1 }, base)
        let place = label + change.pointer
        switch change.outcome {
        case .valid: if isSure { add(.accepts, "\(place) \(change.name)", changed) }
        case .violation where change.pointer == Mutation.anywhere:
          add(.answers(400, method: nil, has: nil), "\(label) \(change.name)", changed)
        case .violation(let code): add(.violatesParameter(place, code: code), "\(place) \(change.name)", changed)
        }
      }
    }
  }

  private struct Change {
    var name: String
    /// From the parameter's value to what is special.
    var pointer = ""
    var written: Written
    var outcome: Mutation.Outcome
  }

  private mutating func changes(_ parameter: OperationModel.Parameter) -> [Change] {
    if parameter.style == nil {
      switch parameter.value {
      case .scalar, .list(.scalar, _, _), .loose, .list(.loose, _, _), .document(_, .list, _):
        return textChanges(parameter).filter { isExpressible(parameter, $0.1) }
          .map { Change(name: $0.0, written: .texts($0.1), outcome: $0.2) }
      default: break
      }
    }
    guard let value = Self.value(parameter.value) else { return [] }
    var mutations = Mutations(samples: samples)
    if case .json = parameter.value {} else { mutations.isOfTexts = true }
    if parameter.place == .header || parameter.place == .cookie { mutations.filling = "a" }
    let sample = samples.sample(value, parameter.example)
    let isForm = parameter.style == nil && (parameter.place == .query || parameter.place == .cookie)
    let isShared = isForm && parameter.isExploded
    return mutations.of(value, sample, isSure: !samples.isDoubtful).compactMap { mutation in
      // Nothing tells a member too many of an exploded object from another parameter. Places in texts have no escapes.
      if isShared, mutation.isExtra || mutation.pointer.isEmpty { return nil }
      guard !mutation.pointer.contains("~"), let written = written(parameter, mutation.sample) else { return nil }
      var pointer = mutation.pointer
      // Items that are read one by one have the place of their list.
      if !parameter.value.isDocument, let last = pointer.split(separator: "/").last, Int(last) != nil {
        pointer.removeLast(last.count + 1)
      }
      return Change(name: mutation.name, pointer: pointer, written: written, outcome: mutation.outcome)
    }
  }

  private mutating func textChanges(
    _ parameter: OperationModel.Parameter
  ) -> [(String, [String], Mutation.Outcome)] {
    switch parameter.value {
    case .scalar(let value):
      var result: [(String, [String], Mutation.Outcome)] = []
      let isText = Self.isText(value)
      if !isText { result.append(("is a word", ["x"], .violation("type"))) }
      var mutations = Mutations(samples: samples)
      if parameter.place == .header || parameter.place == .cookie { mutations.filling = "a" }
      for mutation in mutations.of(value, samples.sample(value, parameter.example)) {
        switch mutation.sample {
        case .string(let text) where isText: result.append((mutation.name, [text], mutation.outcome))
        case .raw(let text) where !isText && text != "null" && text != "true":
          result.append((mutation.name, [text], mutation.outcome))
        default: break
        }
      }
      return result
    case .list(.scalar(let item), let minItems, let maxItems):
      let one = samples.sample(item, parameter.example?.sequence?.first)
      guard let text = one.plain, !samples.isDoubtful, !text.contains(",") else { return [] }
      var result: [(String, [String], Mutation.Outcome)] = []
      func list(_ count: Int) -> [String] { [String](repeating: text, count: count) }
      if let minItems, minItems > 1 {
        result.append(("has fewer items than its minimum", list(minItems - 1), .violation("min_items")))
        result.append(("has its minimum of items", list(minItems), .valid))
      }
      if let maxItems, maxItems > 0, maxItems < 200 {
        result.append(("has its maximum of items", list(maxItems), .valid))
        result.append(("has more items than its maximum", list(maxItems + 1), .violation("max_items")))
      }
      return result
    default: return []
    }
  }

  private static func isText(_ value: ValueModel) -> Bool {
    guard case .scalar(let scalar) = value.bare else { return true }
    return !["boolean", "int32", "int64", "double", "float"].contains(scalar.method)
  }
}
