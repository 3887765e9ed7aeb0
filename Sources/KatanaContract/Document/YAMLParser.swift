/// Builds the tree from libyaml's events: one document, unique scalar keys, no merge keys, aliases expanded within
/// ``DocumentLimits``.
///
/// Invariant: `nodes` counts every node of the tree as a walker would meet it, shared subtrees each time.
struct YAMLParser {
  /// A finished node with what its use costs.
  private struct Built {
    let node: Node
    /// Nodes in the subtree, aliases expanded.
    var weight = 1
    /// Levels of collections in it; 0 for a scalar.
    var height = 0
  }

  private let events: YAMLEvents
  private var anchors: [String: Built] = [:]
  private var openAnchors: Set<String> = []
  private(set) var nodes = 0
  private let nodesMax: Int
  private(set) var findings: [Diagnostic] = []

  init(source: SourceFile, nodesMax: Int) {
    self.nodesMax = nodesMax
    events = YAMLEvents(source: source)
  }

  mutating func parse() throws(SyntaxError) -> Node {
    _ = try events.next()
    let start = try events.next()
    guard case .documentStart = start.kind else {
      throw SyntaxError(rule: .documentEmpty, location: start.location, message: "the document is empty")
    }
    let root = try build(try events.next(), depth: 0)
    _ = try events.next()
    let next = try events.next()
    guard case .streamEnd = next.kind else {
      throw SyntaxError(
        rule: .yamlMultipleDocuments,
        location: next.location,
        message: "a second document begins here",
        remedy: "keep one document per file"
      )
    }
    return root.node
  }

  private mutating func build(_ event: YAMLEvent, depth: Int) throws(SyntaxError) -> Built {
    if case .alias(let name) = event.kind { return try alias(name, event.location, depth: depth) }
    try count(1, event.location)
    if let anchor = event.anchor { openAnchors.insert(anchor) }
    let built: Built
    switch event.kind {
    case .scalar(let text, let style):
      built = Built(node: try scalar(text, style, event))
    case .sequenceStart:
      try checkCollectionTag(event, "tag:yaml.org,2002:seq")
      built = try sequence(event.location, depth: depth + 1)
    case .mappingStart:
      try checkCollectionTag(event, "tag:yaml.org,2002:map")
      built = try mapping(event.location, depth: depth + 1)
    default: fatalError("libyaml produced an end where a node must begin")
    }
    if let anchor = event.anchor {
      openAnchors.remove(anchor)
      anchors[anchor] = built
    }
    return built
  }

  private mutating func sequence(_ start: Location, depth: Int) throws(SyntaxError) -> Built {
    try checkDepth(depth, start)
    var items: [Node] = []
    var weight = 1
    var height = 0
    while true {
      let event = try events.next()
      if case .sequenceEnd = event.kind { break }
      let item = try build(event, depth: depth)
      items.append(item.node)
      weight += item.weight
      height = max(height, item.height)
    }
    return Built(node: Node(content: .sequence(items), location: start), weight: weight, height: height + 1)
  }

  private mutating func mapping(_ start: Location, depth: Int) throws(SyntaxError) -> Built {
    try checkDepth(depth, start)
    var entries: [Mapping.Entry] = []
    var seen = KeyRegister()
    var weight = 1
    var height = 0
    while true {
      let event = try events.next()
      if case .mappingEnd = event.kind { break }
      let key = try self.key(event)
      let value = try build(try events.next(), depth: depth)
      weight += value.weight
      height = max(height, value.height)
      if isMergeKey(key, event) {
        findings.append(mergeKey(event.location))
      } else if let duplicate = seen.insert(key, event.location) {
        findings.append(duplicate)
      } else {
        entries.append(Mapping.Entry(key: key, keyLocation: event.location, value: value.node))
      }
    }
    let node = Node(content: .mapping(Mapping(entries: entries)), location: start)
    return Built(node: node, weight: weight, height: height + 1)
  }

  private mutating func key(_ event: YAMLEvent) throws(SyntaxError) -> String {
    var key = event
    if case .alias(let name) = event.kind, let text = anchors[name]?.node.scalar?.text {
      key = YAMLEvent(kind: .scalar(text: text, style: .doubleQuoted), location: event.location)
    }
    guard case .scalar(let text, let style) = key.kind else {
      throw SyntaxError(
        rule: .yamlKeyNotScalar,
        location: event.location,
        message: "a mapping key must be a string",
        remedy: "quote text that begins with '{' or '['"
      )
    }
    if let anchor = event.anchor { anchors[anchor] = Built(node: try scalar(text, style, event)) }
    return text
  }

  private func isMergeKey(_ key: String, _ event: YAMLEvent) -> Bool {
    guard key == "<<", case .scalar(_, .plain) = event.kind else { return false }
    return true
  }

  private func mergeKey(_ location: Location) -> Diagnostic {
    Diagnostic(
      .error,
      ContractRule.yamlMergeKey,
      at: location,
      "merge keys are not part of YAML 1.2",
      remedy: "write the fields out, or share them with $ref"
    )
  }
}

extension YAMLParser {
  private mutating func alias(_ name: String, _ location: Location, depth: Int) throws(SyntaxError) -> Built {
    if openAnchors.contains(name) {
      throw SyntaxError(
        rule: .yamlAlias,
        location: location,
        message: "the alias \(quoted("*" + name)) stands inside its own anchor",
        remedy: "use $ref for recursive schemas"
      )
    }
    guard let built = anchors[name] else {
      throw SyntaxError(rule: .yamlAlias, location: location, message: "no anchor \(quoted("&" + name)) comes before")
    }
    try checkDepth(depth + built.height, location)
    try count(built.weight, location)
    return built
  }

  private mutating func count(_ added: Int, _ location: Location) throws(SyntaxError) {
    nodes += added
    if nodes > nodesMax {
      throw SyntaxError(
        rule: .tooManyNodes,
        location: location,
        message: "the document has more than \(DocumentLimits.nodesMax) values, aliases expanded"
      )
    }
  }

  private func checkDepth(_ depth: Int, _ location: Location) throws(SyntaxError) {
    if depth > DocumentLimits.depthMax {
      throw SyntaxError(
        rule: .nestingTooDeep,
        location: location,
        message: "values are nested deeper than \(DocumentLimits.depthMax) levels"
      )
    }
  }

  private func checkCollectionTag(_ event: YAMLEvent, _ expected: String) throws(SyntaxError) {
    guard let tag = event.tag, tag != expected, tag != "!" else { return }
    throw unsupportedTag(tag, event.location)
  }

  private func scalar(_ text: String, _ style: Scalar.Style, _ event: YAMLEvent) throws(SyntaxError) -> Node {
    let meaning = CoreSchema.tag(ofPlain: text)
    let tag: Scalar.Tag
    switch event.tag {
    case nil: tag = style == .plain ? meaning : .string
    case "!", "tag:yaml.org,2002:str": tag = .string
    case "tag:yaml.org,2002:null" where meaning == .null: tag = .null
    case "tag:yaml.org,2002:bool" where meaning == .bool: tag = .bool
    case "tag:yaml.org,2002:int" where meaning == .int: tag = .int
    case "tag:yaml.org,2002:float" where meaning == .int || meaning == .float: tag = .float
    case let other?: throw unsupportedTag(other, event.location)
    }
    return Node(content: .scalar(Scalar(text: text, style: style, tag: tag)), location: event.location)
  }

  private func unsupportedTag(_ tag: String, _ location: Location) -> SyntaxError {
    SyntaxError(
      rule: .yamlTag,
      location: location,
      message: "the tag \(quoted(tag)) does not fit this value or is not known",
      remedy: "remove the tag; only the tags of the YAML 1.2 core schema are read"
    )
  }
}
