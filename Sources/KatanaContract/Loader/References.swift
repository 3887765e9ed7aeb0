/// The end of a chain of references.
struct Target {
  let node: Node
  /// Of the first and of the last reference; `nil` when the node was no reference.
  let first: Pointer?
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

  /// What a link refers to; operations have no section of components.
  static let operation = ReferenceKind(section: "paths", name: "an operation")

  /// What a reference of this kind looks like.
  var sample: String { section == "paths" ? "#/paths/~1users~1{id}/get" : "#/components/\(section)/Name" }

  static let sections = ObjectShape.components.fields.union(ObjectShape.components.fieldsOf31)
}

extension DocumentReader {
  private static let referenceHopsMax = 32

  /// Follows `$ref` until a node that has none. `nil` after an error was reported.
  func follow(_ start: Node, _ kind: ReferenceKind) -> Target? {
    var node = start
    var first: Pointer?
    var pointer: Pointer?
    var steps: [Diagnostic.ReferenceStep] = []
    while let entry = node.mapping?.entry("$ref") {
      // A schema that adds rules beside its reference is one of its own.
      if kind.section == "schemas", pointer != nil, !isPlainReference(node) { break }
      guard let text = entry.value.string else {
        wrongType(entry.value, expected: "a string", in: "'$ref'")
        return nil
      }
      let use = Diagnostic.ReferenceStep(reference: text, location: entry.value.location)
      if let start = steps.firstIndex(where: { $0.location == use.location }) {
        reportCycle(steps[start...])
        return nil
      }
      if steps.count == Self.referenceHopsMax {
        reportLength(start.location, steps)
        return nil
      }
      guard let place = place(of: use, kind, after: steps), let next = lookUp(place, from: use, after: steps) else {
        return nil
      }
      if place.tokens.isEmpty, next.mapping?.entry("openapi") != nil {
        let file = use.reference.prefix { $0 != "#" }
        report(
          .refWrongKind,
          at: use.location,
          steps,
          "\(quoted(use.reference)) is a whole OpenAPI document; \(kind.name) is expected here",
          remedy: "point into it: '\(printable(String(file)))#/components/\(kind.section)/Name'"
        )
        return nil
      }
      reportIgnoredSiblings(node, kind)
      steps.append(use)
      first = first ?? place
      pointer = place
      node = next
    }
    return Target(node: node, first: first, pointer: pointer, steps: steps)
  }

  /// Does something with the end of a chain; what it finds carries the chain.
  func within<Result>(_ target: Target, _ body: () -> Result) -> Result {
    chain += target.steps
    defer { chain.removeLast(target.steps.count) }
    return body()
  }

  /// Decodes one `$ref` and opens its file. Checks that it is of the right kind.
  private func place(
    of use: Diagnostic.ReferenceStep,
    _ kind: ReferenceKind,
    after steps: [Diagnostic.ReferenceStep]
  ) -> Pointer? {
    let reference: Reference
    do throws(Reference.Failure) {
      reference = try Reference(use.reference)
    } catch {
      report(error, use, kind, steps)
      return nil
    }
    let base = files.number(of: use.location)
    var file = base
    if let path = reference.path {
      guard let number = open(path, base, use, steps) else { return nil }
      file = number
    }
    switch reference.fragment {
    case .pointer(let tokens):
      if tokens.count == 3, tokens[0] == "components", ReferenceKind.sections.contains(tokens[1]),
        tokens[1] != kind.section
      {
        report(
          .refWrongKind,
          at: use.location,
          steps,
          "\(quoted(use.reference)) is not \(kind.name); \(kind.name) is expected here",
          remedy: "refer to something under '#/components/\(kind.section)/'"
        )
        return nil
      }
      return Pointer(file: file, tokens: tokens)
    case .anchor(let name):
      if kind.section == "schemas", version == .v31, let tokens = files.place(ofAnchor: name, in: file) {
        return Pointer(file: file, tokens: tokens)
      }
      report(
        .refSyntax,
        at: use.location,
        steps,
        "\(quoted(use.reference)) is not a JSON Pointer, and no schema has the '$anchor' \(quoted(name))",
        remedy: "write '\(kind.sample)'"
      )
      return nil
    }
  }

  private func open(
    _ path: String,
    _ base: Int,
    _ use: Diagnostic.ReferenceStep,
    _ steps: [Diagnostic.ReferenceStep]
  ) -> Int? {
    var found = Findings()
    defer { for finding in found.diagnostics { findings.append(finding.reached(by: chain + steps + [use])) } }
    do throws(ContractFiles.Failure) {
      return try files.open(path, from: base, &found)
    } catch {
      let what = "the file of \(quoted(use.reference)) cannot be read"
      switch error {
      case .broken: break
      case .tooMany(let reason): report(.tooManyFiles, at: use.location, steps, "\(what): \(reason)")
      case .unreadable(let reason):
        let remedy = path.contains("\\") ? "write '/' between the parts of the path" : nil
        report(.refFileUnreadable, at: use.location, steps, "\(what): \(reason)", remedy: remedy)
      }
      return nil
    }
  }

  private func report(
    _ failure: Reference.Failure,
    _ use: Diagnostic.ReferenceStep,
    _ kind: ReferenceKind,
    _ steps: [Diagnostic.ReferenceStep]
  ) {
    let text = quoted(use.reference)
    switch failure {
    case .remote:
      report(
        .refExternal,
        at: use.location,
        steps,
        "\(kind.name) in \(text) is not fetched: only files are read",
        remedy: "download it beside the document and refer to the file"
      )
    case .absolute:
      report(
        .refExternal,
        at: use.location,
        steps,
        "\(text) begins at the root of the file system",
        remedy: "write the path from the folder of this file"
      )
    case .syntax:
      report(
        .refSyntax,
        at: use.location,
        steps,
        "\(text) is not a JSON Pointer",
        remedy: "write '\(kind.sample)'"
      )
    }
  }

  private func lookUp(_ pointer: Pointer, from use: Diagnostic.ReferenceStep, after: [Diagnostic.ReferenceStep])
    -> Node?
  {
    guard var node = files.root(pointer.file) else { return nil }
    for token in pointer.tokens {
      switch node.content {
      case .mapping(let mapping):
        guard let next = mapping[token] else {
          let remedy =
            mapping.entry("$ref") == nil
            ? suggestion(for: token, in: mapping.entries.lazy.map(\.key))
            : "the pointer passes through a '$ref'; refer to the schema behind it"
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

  /// Once for each chain, whichever of its references are used.
  private func reportLength(_ location: Location, _ steps: [Diagnostic.ReferenceStep]) {
    let isKnown = steps.contains { deepReferences.contains($0.location) }
    deepReferences.formUnion(steps.map(\.location))
    if isKnown { return }
    report(
      .refTooDeep, at: location, steps, "more than \(Self.referenceHopsMax) references lead to each other",
      remedy: "refer to the last of them")
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
    _ memo: ReferenceWritableKeyPath<DocumentReader, [Pointer: Part?]>,
    _ read: (_ node: Node, _ componentName: String?) -> Part?
  ) -> Part? {
    guard let target = follow(node, kind) else { return nil }
    guard let pointer = target.pointer else { return read(target.node, nil) }
    return within(target) { once(target.node, pointer, kind, memo, read) }
  }

  /// Reads the part at a pointer unless that was done before.
  func once<Part>(
    _ node: Node,
    _ pointer: Pointer,
    _ kind: ReferenceKind,
    _ memo: ReferenceWritableKeyPath<DocumentReader, [Pointer: Part?]>,
    _ read: (_ node: Node, _ componentName: String?) -> Part?
  ) -> Part? {
    if let known = self[keyPath: memo][pointer] { return known }
    guard openPointers.insert(pointer).inserted else {
      let use = chain.popLast()
      error(.refCycle, at: use?.location ?? node.location, "\(kind.name) contains itself")
      if let use { chain.append(use) }
      return nil
    }
    defer { openPointers.remove(pointer) }
    let part = read(node, pointer.componentName(in: kind.section))
    self[keyPath: memo][pointer] = .some(part)
    return part
  }
}
