/// Names for schemas that are referred to and do not stand under `components.schemas` of the document. Each becomes a
/// component of the model, so that recursion of any kind is recursion through names.
struct SchemaPlaces {
  struct Pending {
    let name: String
    let pointer: Pointer
    let node: Node
    /// The references that led there first.
    let chain: [Diagnostic.ReferenceStep]
  }

  private(set) var pending: [Pending] = []
  private var names: [Pointer: String] = [:]
  private var taken: Set<String> = []
  /// The next number to try for a name that is taken.
  private var suffixes: [String: Int] = [:]

  func name(of pointer: Pointer) -> String? { names[pointer] }

  /// A name under `components.schemas`.
  mutating func reserve(_ name: String) { taken.insert(name) }

  /// A component that is only a reference lends its name to what it refers to. The first one wins.
  mutating func bind(_ name: String, to pointer: Pointer) {
    if names[pointer] == nil { names[pointer] = name }
  }

  /// Gives the place `wish`, or `wish` with a number.
  mutating func add(_ wish: String, _ pointer: Pointer, _ node: Node, _ chain: [Diagnostic.ReferenceStep]) -> String {
    var name = wish
    while !taken.insert(name).inserted {
      let suffix = suffixes[wish, default: 2]
      suffixes[wish] = suffix + 1
      name = "\(wish)\(suffix)"
    }
    names[pointer] = name
    pending.append(Pending(name: name, pointer: pointer, node: node, chain: chain))
    return name
  }
}

extension DocumentReader {
  /// Names of the document's own schemas come before all others, whatever is read first.
  func reserveSchemaNames() {
    let schemas = root.mapping?["components"]?.mapping?["schemas"]?.mapping
    for entry in schemas?.entries ?? [] { places.reserve(entry.key) }
    for entry in schemas?.entries ?? [] where isPlainReference(entry.value) {
      guard let pointer = follow(entry.value, .schema)?.pointer else { continue }
      if pointer.componentName(in: "schemas") == nil { places.bind(entry.key, to: pointer) }
    }
  }

  /// The name of the schema a reference led to.
  func schemaName(_ target: Target, _ pointer: Pointer) -> String {
    if let name = pointer.componentName(in: "schemas") ?? places.name(of: pointer) { return name }
    let wish = Self.componentName(pointer.tokens.last ?? FilePath.baseName(files.name(pointer.file)))
    let steps = Array((chain + target.steps).suffix(DocumentLimits.referenceStepsMax))
    let name = places.add(wish, pointer, target.node, steps)
    if name != wish {
      findings.append(
        Diagnostic(
          .warning,
          ContractRule.schemaRenamed,
          at: target.node.location,
          "this schema is called \(quoted(name)), because \(quoted(wish)) is another one",
          remedy: "give it a name under components.schemas of the document",
          refChain: steps
        )
      )
    }
    return name
  }

  /// Reads the schemas that got a name on the way, and those they refer to.
  func readPendingSchemas() -> [ComponentSchema] {
    var components: [ComponentSchema] = []
    var next = 0
    while next < places.pending.count {
      let place = places.pending[next]
      next += 1
      chain = place.chain
      guard let schema = schema(at: place.pointer, place.node) else { continue }
      let name = Located(place.name, at: place.node.location)
      components.append(ComponentSchema(name: name, schema: schema, aliasOf: nil))
    }
    chain = []
    return components
  }

  /// Letters, digits, `.`, `_` and `-`, as names under `components` have them.
  private static func componentName(_ text: String) -> String {
    let bytes = text.utf8.map { $0.isComponentNameByte ? $0 : UInt8(ascii: "_") }
    return bytes.isEmpty ? "Schema" : String(decoding: bytes, as: UTF8.self)
  }
}

extension UInt8 {
  var isComponentNameByte: Bool { isDigit || (0x61...0x7A).contains(self | 0x20) || "._-".utf8.contains(self) }
}
