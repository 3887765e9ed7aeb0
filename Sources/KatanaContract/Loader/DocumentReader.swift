/// Turns the tree of one document, and of the files it refers to, into the model, in one walk that reports everything
/// it finds.
///
/// Reading functions return placeholders after an error, so that the walk goes on; the loader hands out no document
/// then. Shared parts are read once, at their first use, and their findings carry the `$ref` chain of that use.
final class DocumentReader {
  let root: Node
  let files: ContractFiles
  var findings: Findings
  /// The rules that are read by: `.v30` or `.v31`, the latter for 3.2, too.
  var version = OpenAPIVersion.v31
  var is32 = false

  /// References being followed, outermost first.
  var chain: [Diagnostic.ReferenceStep] = []
  /// Pointers of the parts being read: meeting one again is a cycle.
  var openPointers: Set<Pointer> = []
  /// References of chains that were reported as too long.
  var deepReferences: Set<Location> = []
  /// Schemas that were reported to list those that extend them.
  var reportedBases: Set<String> = []
  /// Objects read so far, shared path items each time.
  private var objects = 0
  /// Schemas being read inside each other.
  var schemaDepth = 0

  // Parts that were reached by pointer; the inner optional is `nil` when reading failed.
  var parameters: [Pointer: Parameter?] = [:]
  var headers: [Pointer: Header?] = [:]
  var requestBodies: [Pointer: RequestBody?] = [:]
  var responses: [Pointer: Response?] = [:]
  var callbacks: [Pointer: Callback?] = [:]
  var schemas: [Pointer: Schema?] = [:]
  var places = SchemaPlaces()

  /// First use of every operation id.
  var operationIDs: [String: Location] = [:]
  /// Parameters of every operation that has an id.
  var operationParameters: [String: [Parameter]] = [:]
  /// Uses that can only be checked when the whole document is read.
  var uses = PendingUses()
  var pendingLinks: [PendingLink] = []
  var pendingOperationIDs: [Located<String>] = []
  var pendingSchemes: [(name: Located<String>, scopes: [Located<String>])] = []

  init(root: Node, files: ContractFiles, findings: Findings) {
    self.root = root
    self.files = files
    self.findings = findings
  }

  func error(_ rule: ContractRule, at location: Location, _ message: String, remedy: String? = nil) {
    findings.append(Diagnostic(.error, rule, at: location, message, remedy: remedy, refChain: chain))
  }

  func warning(_ rule: ContractRule, at location: Location, _ message: String, remedy: String? = nil) {
    findings.append(Diagnostic(.warning, rule, at: location, message, remedy: remedy, refChain: chain))
  }

  /// Reads a node that must be a mapping with the fields of `shape`. Reports unknown fields.
  func fields(_ node: Node, _ shape: ObjectShape) -> Fields? {
    guard let mapping = node.mapping else {
      wrongType(node, expected: "a mapping", in: shape.name)
      return nil
    }
    objects += 1
    guard objects <= DocumentLimits.objectsMax else {
      // Once: whatever is read from here on is not.
      if objects == DocumentLimits.objectsMax + 1 {
        error(
          .tooManyObjects,
          at: node.location,
          "the contract has more than \(DocumentLimits.objectsMax) objects, references followed",
          remedy: "a part that is referred to from many places may be very large"
        )
      }
      return nil
    }
    let fields = Fields(reader: self, node: node, mapping: mapping, shape: shape)
    for entry in mapping.entries where !shape.fields.contains(entry.key) && !entry.key.hasPrefix("x-") {
      unknownField(entry, shape)
    }
    return fields
  }

  /// A remedy that names what was probably meant. Not worth computing once findings are no longer shown.
  func suggestion(for word: String, in known: some Sequence<String>) -> String? {
    guard !findings.isFull else { return nil }
    return Spelling.nearest(to: word, in: known).map { "did you mean \(quoted($0))?" }
  }

  private func unknownField(_ entry: Mapping.Entry, _ shape: ObjectShape) {
    if shape.fieldsOf31.contains(entry.key) {
      if version == .v31 { return }
      return error(
        .fieldOfOtherVersion,
        at: entry.keyLocation,
        "\(quoted(entry.key)) in \(shape.name) needs OpenAPI 3.1",
        remedy: "set 'openapi: 3.1.0' or remove the field"
      )
    }
    if let rule = shape.fieldsOf32[entry.key] {
      if is32 { return reportNotHonoured(rule, entry.keyLocation, "\(quoted(entry.key)) in \(shape.name)") }
      return error(
        .fieldOfOtherVersion,
        at: entry.keyLocation,
        "\(quoted(entry.key)) in \(shape.name) needs OpenAPI 3.2",
        remedy: "set 'openapi: 3.2.0' or remove the field"
      )
    }
    let known = version == .v31 ? shape.fields.union(shape.fieldsOf31) : shape.fields
    let remedy = suggestion(for: entry.key, in: known)
    let message = "unknown field \(quoted(entry.key)) in \(shape.name)"
    // JSON Schema lets authors add keywords; everywhere else a field without "x-" is a mistake.
    if shape.allowsForeignFields(version) {
      warning(.unknownField, at: entry.keyLocation, message, remedy: remedy)
    } else {
      error(.unknownField, at: entry.keyLocation, message, remedy: remedy)
    }
  }

  func reportNotHonoured(_ rule: ContractRule, _ location: Location, _ what: String) {
    warning(rule, at: location, "\(what) is new in OpenAPI 3.2 and is not honoured")
  }

  func wrongType(_ node: Node, expected: String, in place: String) {
    var remedy: String?
    if expected == "a string", let scalar = node.scalar, scalar.tag != .null {
      remedy = "quote it: \"\(scalar.text)\""
    }
    // What YAML 1.1 called booleans.
    if expected == "a boolean", let text = node.string?.lowercased() {
      if ["yes", "on", "y", "true"].contains(text) { remedy = "write 'true'" }
      if ["no", "off", "n", "false"].contains(text) { remedy = "write 'false'" }
    }
    error(.wrongType, at: node.location, "\(place): expected \(expected), found \(node.kindName)", remedy: remedy)
  }
}
