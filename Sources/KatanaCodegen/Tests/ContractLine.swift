/// One line of a table of cases, in the terms of `KatanaTesting.ContractTable`.
struct ContractLine {
  enum Kind {
    case accepts
    case violates(pointer: String, code: String?)
    case violatesParameter(String, code: String?)
    case answers(Int, method: String?, has: String?)
    case refusesStrangers
    case documents(schema: String)
  }

  var kind: Kind
  var name = ""
  var request: ContractRequest
}

struct ContractRequest {
  var target: String
  var fields: [(name: String, value: String)] = []
  var mediaType: String?
  var body: String?
}

extension ContractLine {
  /// Writes the line, and before it the request that lines are about from here on when it is not `base` any more.
  func write(_ base: inout ContractRequest?, to text: inout SwiftText) {
    if !isVariation(of: base) {
      base = request
      text.list("table.request", requestArguments, "")
    }
    var arguments: [String] = []
    var method = ""
    switch kind {
    case .accepts: method = "accepts"
    case .violates, .violatesParameter: method = "violates"
    case .answers(let status, _, _):
      method = "answers"
      arguments.append(String(status))
    case .refusesStrangers: method = "refusesStrangers"
    case .documents: method = "documents"
    }
    func add(_ label: String, _ value: String?) {
      arguments.append("\(label): \(value.map(rawLiteral) ?? "nil")")
    }
    if !name.isEmpty { arguments.append(swiftLiteral(name)) }
    if request.target != base?.target { add("target", request.target) }
    if request.body != base?.body { add("body", request.body) }
    if let fields = fieldsArgument, fields != base.flatMap({ ContractLine(kind: kind, request: $0).fieldsArgument }) {
      arguments.append("fields: " + fields)
    }
    switch kind {
    case .accepts, .refusesStrangers: break
    case .violates(let pointer, let code):
      add("pointer", pointer)
      add("code", code)
    case .violatesParameter(let parameter, let code):
      add("parameter", parameter)
      add("code", code)
    case .answers(_, let method, let field):
      if let method { add("method", method) }
      if let field { add("has", field) }
    case .documents(let schema): add("schema", schema)
    }
    text.list("table.\(method)", arguments, "")
  }

  /// Whether the request is another one with another target, more or other fields, or other content of its type.
  private func isVariation(of base: ContractRequest?) -> Bool {
    guard let base, request.mediaType == base.mediaType else { return false }
    guard (request.body == nil) == (base.body == nil) else { return false }
    return !request.fields.isEmpty || base.fields.isEmpty
  }

  private var fieldsArgument: String? {
    if request.fields.isEmpty { return nil }
    return "[\(request.fields.map { "\(rawLiteral($0.name)): \(rawLiteral($0.value))" }.joined(separator: ", "))]"
  }

  private var requestArguments: [String] {
    var arguments = [rawLiteral(request.target)]
    if let type = request.mediaType { arguments.append("type: \(swiftLiteral(type))") }
    if let body = request.body { arguments.append("body: \(rawLiteral(body))") }
    if let fields = fieldsArgument { arguments.append("fields: " + fields) }
    return arguments
  }
}

/// A Swift expression for a text: a raw literal where that spares escapes, with long runs of a character counted.
func rawLiteral(_ text: String) -> String {
  let runMin = 48
  let scalars = text.unicodeScalars
  var parts: [String] = []
  var plain = scalars.startIndex
  func flush(until end: String.Index) {
    if plain < end { parts.append(unbrokenLiteral(String(scalars[plain..<end]))) }
  }
  var index = plain
  while index < scalars.endIndex {
    let first = scalars[index]
    var end = index
    var count = 0
    while end < scalars.endIndex, scalars[end] == first {
      scalars.formIndex(after: &end)
      count += 1
    }
    if count >= runMin {
      flush(until: index)
      parts.append("repeated(\(unbrokenLiteral(String(first))), \(count))")
      plain = end
    }
    index = end
  }
  flush(until: scalars.endIndex)
  return parts.isEmpty ? "\"\"" : parts.joined(separator: " + ")
}

private func unbrokenLiteral(_ text: String) -> String {
  let escaped = swiftLiteral(text)
  let bare = text.filter { $0 != "\"" && $0 != "\\" }
  guard escaped.contains("\\"), swiftLiteral(bare).utf8.count == bare.utf8.count + 2 else { return escaped }
  var hashes = "#"
  while text.contains("\"" + hashes) || text.contains("\\" + hashes) { hashes += "#" }
  return "\(hashes)\"\(text)\"\(hashes)"
}
