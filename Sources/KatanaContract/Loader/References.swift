/// A JSON Pointer inside the document, decoded.
struct Pointer: Hashable {
  let tokens: [String]

  /// One spelling for each target, whatever escapes the `$ref` used.
  var key: String {
    tokens.map { $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined(separator: "/")
  }

  /// The name, when the pointer is `#/components/<section>/<name>`.
  func componentName(in section: String) -> String? {
    tokens.count == 3 && tokens[0] == "components" && tokens[1] == section ? tokens[2] : nil
  }

  /// Reads `#`, `#/a/b~1c%20d`. `nil` when the escapes are broken or it does not begin with `#/`.
  init?(reference: String) {
    guard reference.first == "#", let decoded = Self.percentDecoded(reference.dropFirst()) else { return nil }
    guard !decoded.isEmpty else {
      tokens = []
      return
    }
    guard decoded.first == "/" else { return nil }
    var tokens: [String] = []
    for raw in decoded.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard Self.hasValidEscapes(raw) else { return nil }
      tokens.append(String(raw).replacing("~1", with: "/").replacing("~0", with: "~"))
    }
    self.tokens = tokens
  }

  init(_ tokens: String...) { self.tokens = tokens }

  private static func hasValidEscapes(_ token: Substring) -> Bool {
    let bytes = Array(token.utf8)
    return bytes.indices.allSatisfy { index in
      bytes[index] != UInt8(ascii: "~")
        || (index + 1 < bytes.count && (bytes[index + 1] == UInt8(ascii: "0") || bytes[index + 1] == UInt8(ascii: "1")))
    }
  }

  private static func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(String(digits)!, radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

/// The end of a chain of references.
struct Target {
  let node: Node
  /// Of the last reference; `nil` when the node was no reference.
  let pointer: Pointer?
  let steps: [Diagnostic.ReferenceStep]
}

/// What a reference may point at: the section of `components` and how messages call its members.
struct ReferenceKind {
  let section: String
  let name: String

  static let schema = ReferenceKind(section: "schemas", name: "a schema")
  static let parameter = ReferenceKind(section: "parameters", name: "a parameter")
  static let requestBody = ReferenceKind(section: "requestBodies", name: "a request body")
  static let response = ReferenceKind(section: "responses", name: "a response")
  static let header = ReferenceKind(section: "headers", name: "a header")
  static let example = ReferenceKind(section: "examples", name: "an example")
  static let link = ReferenceKind(section: "links", name: "a link")
  static let callback = ReferenceKind(section: "callbacks", name: "a callback")
  static let pathItem = ReferenceKind(section: "pathItems", name: "a path item")
  static let securityScheme = ReferenceKind(section: "securitySchemes", name: "a security scheme")
}

extension DocumentReader {
  private static let referenceHopsMax = 32

  /// Follows `$ref` until a node that has none. `nil` after an error was reported.
  func follow(_ start: Node, _ kind: ReferenceKind) -> Target? {
    var node = start
    var pointer: Pointer?
    var steps: [Diagnostic.ReferenceStep] = []
    while let entry = node.mapping?.entry("$ref") {
      guard let step = step(entry, kind) else { return nil }
      let use = Diagnostic.ReferenceStep(reference: step.reference, location: entry.value.location)
      if let start = steps.firstIndex(where: { $0.location == use.location }) {
        reportCycle(steps[start...])
        return nil
      }
      if steps.count == Self.referenceHopsMax {
        report(
          .refTooDeep,
          at: start.location,
          steps,
          "more than \(Self.referenceHopsMax) references lead to each other"
        )
        return nil
      }
      guard let next = lookUp(step.pointer, from: use, after: steps) else { return nil }
      reportIgnoredSiblings(node, kind)
      steps.append(use)
      pointer = step.pointer
      node = next
    }
    return Target(node: node, pointer: pointer, steps: steps)
  }

  /// Decodes one `$ref`, checks that it is local and of the right kind.
  private func step(_ entry: Mapping.Entry, _ kind: ReferenceKind) -> (reference: String, pointer: Pointer)? {
    guard let reference = entry.value.string else {
      wrongType(entry.value, expected: "a string", in: "'$ref'")
      return nil
    }
    guard reference.hasPrefix("#") else {
      error(
        .refExternal,
        at: entry.value.location,
        "external references are not supported yet: \(kind.name) in \(quoted(reference))",
        remedy: "move it into this document under components.\(kind.section)"
      )
      return nil
    }
    guard let pointer = Pointer(reference: reference) else {
      error(
        .refSyntax,
        at: entry.value.location,
        "\(quoted(reference)) is not a JSON Pointer",
        remedy: "write '#/components/\(kind.section)/Name'"
      )
      return nil
    }
    if pointer.tokens.count == 3, pointer.tokens[0] == "components", pointer.tokens[1] != kind.section {
      error(
        .refWrongKind,
        at: entry.value.location,
        "\(quoted(reference)) is not \(kind.name); \(kind.name) is expected here",
        remedy: "refer to something under '#/components/\(kind.section)/'"
      )
      return nil
    }
    return (reference, pointer)
  }

  private func lookUp(_ pointer: Pointer, from use: Diagnostic.ReferenceStep, after: [Diagnostic.ReferenceStep])
    -> Node?
  {
    var node = root
    for token in pointer.tokens {
      switch node.content {
      case .mapping(let mapping):
        guard let next = mapping[token] else {
          let remedy = suggestion(for: token, in: mapping.entries.lazy.map(\.key))
          report(
            .refUnresolved,
            at: use.location,
            after,
            "nothing is at \(quoted(use.reference)): no \(quoted(token)) there",
            remedy: remedy
          )
          return nil
        }
        node = next
      case .sequence(let items):
        guard let index = Int(token), items.indices.contains(index), String(index) == token else {
          report(
            .refUnresolved,
            at: use.location,
            after,
            "nothing is at \(quoted(use.reference)): no item \(quoted(token))"
          )
          return nil
        }
        node = items[index]
      case .scalar:
        report(
          .refUnresolved,
          at: use.location,
          after,
          "nothing is at \(quoted(use.reference)): \(quoted(token)) is inside \(node.kindName)"
        )
        return nil
      }
    }
    return node
  }

  /// Once for each cycle, at the first of its references in the document.
  private func reportCycle(_ steps: ArraySlice<Diagnostic.ReferenceStep>) {
    guard let first = steps.min(by: { $0.location < $1.location }) else { return }
    let message = "the reference \(quoted(first.reference)) leads back to itself"
    findings.append(Diagnostic(.error, ContractRule.refCycle, at: first.location, message, refChain: Array(steps)))
  }

  private func report(
    _ rule: ContractRule,
    at location: Location,
    _ steps: [Diagnostic.ReferenceStep],
    _ message: String,
    remedy: String? = nil
  ) {
    findings.append(Diagnostic(.error, rule, at: location, message, remedy: remedy, refChain: chain + steps))
  }

  /// Beside a `$ref` the standard reads nothing (3.0) or only summary and description (3.1). Schemas have own rules.
  private func reportIgnoredSiblings(_ node: Node, _ kind: ReferenceKind) {
    guard kind.section != "schemas", kind.section != "pathItems", let mapping = node.mapping else { return }
    for entry in mapping.entries where entry.key != "$ref" {
      if version == .v31, entry.key == "summary" || entry.key == "description" { continue }
      warning(
        .refSiblingsIgnored,
        at: entry.keyLocation,
        "\(quoted(entry.key)) beside '$ref' has no effect",
        remedy: "remove it, or write \(kind.name) out here"
      )
    }
  }

  /// Reads a part that may be a reference. Parts behind references are read once and kept in `memo`.
  func shared<Part>(
    _ node: Node,
    _ kind: ReferenceKind,
    _ memo: ReferenceWritableKeyPath<DocumentReader, [String: Part?]>,
    _ read: (_ node: Node, _ componentName: String?) -> Part?
  ) -> Part? {
    guard let target = follow(node, kind) else { return nil }
    guard let pointer = target.pointer else { return read(target.node, nil) }
    chain += target.steps
    defer { chain.removeLast(target.steps.count) }
    return once(target.node, pointer, kind, memo, read)
  }

  /// Reads the part at a pointer unless that was done before.
  func once<Part>(
    _ node: Node,
    _ pointer: Pointer,
    _ kind: ReferenceKind,
    _ memo: ReferenceWritableKeyPath<DocumentReader, [String: Part?]>,
    _ read: (_ node: Node, _ componentName: String?) -> Part?
  ) -> Part? {
    let key = "\(kind.section):\(pointer.key)"
    if let known = self[keyPath: memo][key] { return known }
    guard openPointers.insert(key).inserted else {
      let use = chain.popLast()
      error(
        .refCycle,
        at: use?.location ?? node.location,
        "\(kind.name) contains itself",
        remedy: kind.section == "schemas" ? "give the schema a name under components.schemas" : nil
      )
      if let use { chain.append(use) }
      return nil
    }
    defer { openPointers.remove(key) }
    let part = read(node, pointer.componentName(in: kind.section))
    self[keyPath: memo][key] = .some(part)
    return part
  }
}
