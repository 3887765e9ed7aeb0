import KatanaContract

/// Translates a contract to Swift's terms, refusing what has no translation yet at the place where it is written.
///
/// Files beside this one extend it: schemas, strings and numbers, parameters, operations.
struct ModelBuilder {
  /// Which way a value travels: `readOnly` members are left out of requests, `writeOnly` ones out of responses.
  enum Direction { case request, response }

  let document: OpenAPIDocument
  var findings: [Diagnostic] = []
  var typeNames = NameRegister(reserved: NameRegister.types)
  var patternNames = NameRegister()
  var model: ServiceModel

  /// Index in `model.types` of each schema that became a type, by schema and, when the directions differ, direction.
  var typeIndex: [TypeKey: Int] = [:]
  var patternIndex: [String: Int] = [:]
  /// Structs that are being translated, to find those that contain themselves.
  var open: [(name: String, isBehindArray: Bool)] = []
  var componentNames: [String: String] = [:]
  /// What there is to say about the name of a component, once a type is made of it.
  var componentFindings: [String: [Diagnostic]] = [:]
  var used: Set<String> = []

  struct TypeKey: Hashable {
    var schema: ObjectIdentifier
    var isInput: Bool
  }

  init(_ document: OpenAPIDocument) {
    self.document = document
    model = ServiceModel(title: document.info.title.value, version: document.info.version.value)
  }

  static func build(_ document: OpenAPIDocument) -> (ServiceModel, [Diagnostic]) {
    var builder = ModelBuilder(document)
    builder.run()
    return (builder.model, builder.findings.sorted(by: Diagnostic.isOrderedBefore))
  }

  private mutating func run() {
    // Components claim their names first, so that a name does not depend on what uses the schema.
    for component in document.components.schemas where component.aliasOf == nil && isNamed(component.schema) {
      let wanted = swiftName(component.schema.extensions) ?? SwiftName.type(component.name.value)
      var renamed: [Diagnostic] = []
      componentNames[component.name.value] = typeNames.claim(
        wanted,
        for: component.name.value,
        at: component.name.location,
        &renamed
      )
      componentFindings[component.name.value] = renamed
    }
    refuseDocumentParts()
    buildGroups()
    for component in document.components.schemas where !used.contains(component.name.value) {
      warn(
        .schemaUnused,
        component.name.location,
        "no operation uses the schema '\(component.name.value)'; no type is generated"
      )
    }
  }

  private mutating func refuseDocumentParts() {
    for webhook in document.webhooks { refuse("webhooks are", webhook.location) }
  }

  // MARK: Findings

  mutating func refuse(_ construct: String, _ location: Location, remedy: String? = nil) {
    error(.notSupported, location, "\(construct) not supported yet", remedy: remedy)
  }

  mutating func error(_ rule: CodegenRule, _ location: Location, _ message: String, remedy: String? = nil) {
    add(Diagnostic(.error, rule, at: location, message, remedy: remedy))
  }

  mutating func warn(_ rule: CodegenRule, _ location: Location, _ message: String, remedy: String? = nil) {
    add(Diagnostic(.warning, rule, at: location, message, remedy: remedy))
  }

  /// A shared part is visited once for each use and reported once.
  private mutating func add(_ finding: Diagnostic) {
    let isKnown = findings.contains {
      $0.location == finding.location && $0.id == finding.id && $0.message == finding.message
    }
    if !isKnown { findings.append(finding) }
  }

  /// The name that the contract asks for, when it is one.
  mutating func swiftName(_ extensions: Extensions) -> String? {
    guard let entry = extensions["x-swift-name"] else { return nil }
    if let name = entry.node.string, SwiftName.isIdentifier(name) { return name }
    error(.swiftNameInvalid, entry.node.location, "'x-swift-name' must be a Swift identifier")
    return nil
  }

  // MARK: Types

  /// Whether a schema becomes a type of its own; the others are written where they are used.
  func isNamed(_ schema: Schema) -> Bool {
    if isWords(schema) { return true }
    return schema.type == .object || schema.type == nil && !schema.object.properties.isEmpty
      || schema.composition.allOf.count > 1
  }

  func isWords(_ schema: Schema) -> Bool {
    schema.type == .string && (schema.enumValues != nil || schema.constValue != nil)
  }

  mutating func addPattern(_ source: String, hint: String, at location: Location) -> String? {
    if let index = patternIndex[source] { return model.patterns[index].name }
    do {
      let automaton = try Automaton(pattern: source)
      var unheard: [Diagnostic] = []  // a second pattern of one name is nobody's concern
      let name = patternNames.claim(hint, for: hint, at: location, &unheard)
      patternIndex[source] = model.patterns.count
      model.patterns.append(PatternModel(name: name, source: source, automaton: automaton))
      return name
    } catch {
      self.error(
        .patternNotSupported,
        location,
        "the pattern '\(source)' holds \(error.reason), which is not supported yet"
      )
      return nil
    }
  }
}
