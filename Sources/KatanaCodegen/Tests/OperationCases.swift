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

  /// The fields that the part of a member must have; nil when one is not a text.
  private mutating func fields(
    of member: String, _ properties: [PropertyModel]
  ) -> [(name: String, value: String)]? {
    var result: [(name: String, value: String)] = []
    for property in properties {
      guard let part = property.part, part.member == member, part.isRequired else { continue }
      guard let text = samples.sample(property.value, property.example).plain, !samples.isDoubtful else { return nil }
      result.append((part.header, text))
    }
    return result
  }

  /// The required members of a form; nil when one is not a text or a file.
  private mutating func pairs(
    _ value: TextModel, _ encoding: FormEncoding
  ) -> [Pair]? {
    guard case .object(let name) = value, case .object(let properties, _) = samples.type(named: name).shape else {
      return nil
    }
    var result: [Pair] = []
    var isDoubtful = false
    for property in properties where property.isRequired {
      if case .scalar(let scalar) = property.value.bare, scalar.method == "file" {
        let types = encoding.members[property.key]?.types?.split(separator: ",") ?? []
        let type = types.first.map { Self.concrete(String($0)) }
        guard let fields = fields(of: property.key, properties) else { return nil }
        result.append(
          Pair(
            key: property.key, value: content(scalar.fileSize), fileType: type ?? "application/octet-stream",
            fields: fields))
        continue
      }
      let sample = samples.sample(property.value, property.example)
      isDoubtful = isDoubtful || samples.isDoubtful
      let isJSON = encoding.members[property.key]?.isJSON == true
      guard let text = isJSON ? sample.text : sample.plain, !property.value.isOptional else { return nil }
      guard let fields = fields(of: property.key, properties) else { return nil }
      result.append(Pair(key: property.key, value: text, fields: fields))
    }
    if result.isEmpty, let one = optionalPair(properties, encoding) { result.append(one) }
    return isDoubtful ? nil : result
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
    var texts: [Int: [String]] = [:]
    for (index, parameter) in operation.parameters.enumerated() {
      guard case .required = parameter.need else { continue }
      guard let text = sampleTexts(parameter), isExpressible(parameter, text) else { return nil }
      texts[index] = text
    }
    return request(texts)
  }

  /// The texts of a valid value; several of a list.
  private mutating func sampleTexts(_ parameter: OperationModel.Parameter) -> [String]? {
    guard parameter.style == nil else { return nil }
    let sample: JSONSample
    switch parameter.value {
    case .scalar(let value), .loose(let value, _): sample = samples.sample(value, parameter.example)
    case .json(let value): sample = .string(samples.sample(value, parameter.example).text)
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

  private func request(_ texts: [Int: [String]], _ base: ContractRequest? = nil) -> ContractRequest {
    var request = base ?? ContractRequest(target: "")
    request.fields = []
    var path = operation.path
    var query: [String] = []
    var cookies: [String] = []
    for (index, parameter) in operation.parameters.enumerated() {
      guard let texts = texts[index] else { continue }
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
    }
    if !cookies.isEmpty { request.fields.append(("Cookie", cookies.joined(separator: "; "))) }
    request.target = operation.basePath + path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    return request
  }

  private mutating func addParameters(_ base: ContractRequest, _ isSure: Bool) {
    var texts: [Int: [String]] = [:]
    for (index, parameter) in operation.parameters.enumerated() {
      if case .required = parameter.need { texts[index] = sampleTexts(parameter) }
    }
    for (index, parameter) in operation.parameters.enumerated() where parameter.style == nil {
      let label = "\(parameter.place.rawValue)/\(parameter.key)"
      if case .required = parameter.need, parameter.place != .path {
        var without = texts
        without[index] = nil
        add(.violatesParameter(label, code: "required"), "\(label) is missing", request(without, base))
      } else if parameter.place != .path, isSure, let plain = sampleTexts(parameter), isExpressible(parameter, plain) {
        add(.accepts, "\(label) is there", request(texts.merging([index: plain]) { $1 }, base))
      }
      for (name, values, outcome) in changes(parameter) where isExpressible(parameter, values) {
        let changed = request(texts.merging([index: values]) { $1 }, base)
        switch outcome {
        case .valid: if isSure { add(.accepts, "\(label) \(name)", changed) }
        case .violation(let code): add(.violatesParameter(label, code: code), "\(label) \(name)", changed)
        }
      }
    }
  }

  private mutating func changes(
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

/// Everything but RFC 3986's unreserved characters is escaped.
private func percent(_ text: String) -> String {
  var result = ""
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      result.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      let hex = String(byte, radix: 16, uppercase: true)
      result += "%" + (hex.count == 1 ? "0" : "") + hex
    }
  }
  return result
}
