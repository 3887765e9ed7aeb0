import KatanaContract
import KatanaScalars

/// Translates a contract to Swift's terms, refusing what has no translation yet at the place where it is written.
///
/// Files beside this one extend it: schemas, strings and numbers, parameters, operations.
struct ModelBuilder {
  /// Which way a value travels: `readOnly` members are left out of requests, `writeOnly` ones out of responses.
  enum Direction { case request, response }

  let document: OpenAPIDocument
  let options: ValueOptions
  var findings: [Diagnostic] = []
  var typeNames = NameRegister(reserved: NameRegister.types)
  var patternNames = NameRegister()
  var model: ServiceModel

  /// Index in `model.types` of each schema that became a type.
  var typeIndex: [TypeKey: Int] = [:]
  var typesByName: [String: Int] = [:]
  var patternIndex: [String: Int] = [:]
  var schemaNames = NameRegister()
  var securityNames = NameRegister()
  /// The member of `Schemas` for each text.
  var schemaIndex: [String: String] = [:]
  /// By direction and use.
  var libraries: [Int: Library] = [:]
  /// Unions whose alternatives only an evaluator tells apart.
  var ambiguities: [(type: String, location: Location, alternatives: [String])] = []
  /// The fields of parts, by their place.
  var partHeaders: [String: Header] = [:]
  /// Arrays and dictionaries that are being translated.
  var openContainers: Set<[ObjectIdentifier]> = []
  /// Those that hold themselves, each told once.
  var selfContaining: Set<[ObjectIdentifier]> = []
  /// Values that are being translated inside each other.
  var nesting = 0
  static let nestingMax = 1000
  /// Objects so deep inside others get their members later, so that schemas may lead into each other without end.
  static let nestingUntilLater = 400
  var unfilled: [UnfilledObject] = []
  var directionMemo: [ObjectIdentifier: Bool] = [:]
  let families: Families
  var componentNames: [String: String] = [:]
  /// What there is to say about the name of a component, once a type is made of it.
  var componentFindings: [String: [Diagnostic]] = [:]
  var used: Set<String> = []

  var visited: Set<ObjectIdentifier> = []
  var modes = ModeMarks()
  /// Where modes stand of which there are views.
  var viewed: Set<String> = []
  private var knownFindings: Set<String> = []

  /// What a type was made of: all of the schemas that hold for it, the JSON types that were left of them, and, when
  /// the directions differ, the direction.
  struct TypeKey: Hashable {
    var schemas: [ObjectIdentifier]
    var types: [String]
    var isInput: Bool
    var hasFiles = false
    var isMerged = false
    /// Members that are files because of how a form travels.
    var files: [String] = []
    /// What the heads of parts hold.
    var fields: [String] = []
    /// A schema with those that extend it.
    var isFamily = false

    init(_ flat: FlatSchema, isInput: Bool) {
      schemas = flat.parts.map { ObjectIdentifier($0) }
      types = flat.types?.map(\.rawValue) ?? []
      isMerged = flat.isMerged
      self.isInput = isInput
    }
  }

  init(_ document: OpenAPIDocument, _ options: ValueOptions) {
    self.document = document
    self.options = options
    families = Families(document)
    model = ServiceModel(title: document.info.title.value, version: document.info.version.value)
  }

  static func build(
    _ document: OpenAPIDocument, _ options: ValueOptions = ValueOptions()
  ) -> (ModelBuilder, [Diagnostic]) {
    var builder = ModelBuilder(document, options)
    LargeStack.run { builder.run() }
    return (builder, builder.findings.sorted(by: Diagnostic.isOrderedBefore))
  }

  private mutating func run() {
    // Components claim their names first, so that a name does not depend on what uses the schema; those that are called
    // like that go before those that only become it, so that a schema keeps its name when another one is added.
    let named = document.components.schemas.filter { $0.aliasOf == nil && isNamed($0.schema) }
      .map { ($0, swiftName($0.schema.extensions) ?? SwiftName.type($0.name.value)) }
    let isExact = { (component: ComponentSchema, wanted: String) in
      component.name.value == wanted || component.schema.extensions["x-swift-name"] != nil
    }
    for (component, wanted) in named.filter({ isExact($0, $1) }) + named.filter({ !isExact($0, $1) }) {
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
    if document.operations.isEmpty {
      warn(.noOperation, document.root.location, "the contract has no operations; nothing is generated")
    }
    buildGroups()
    while let object = unfilled.popLast() { fill(object) }
    Containment.settle(&model.types)
    settleDefaults()
    settleViews()
    settleEmptyForms()
    settleLibraries()
    reportAmbiguities()
    for component in document.components.schemas where !used.contains(component.name.value) {
      warn(
        .schemaUnused,
        component.name.location,
        "no operation uses the schema '\(component.name.value)'; no type is generated"
      )
    }
  }

  private mutating func refuseDocumentParts() {
    for webhook in document.webhooks {
      warn(.notCalled, webhook.location, "no client is generated for the webhook '\(webhook.path.text)'")
    }
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
    let location = finding.location
    let key = "\(finding.id) \(location.file):\(location.line):\(location.column) \(finding.message)"
    if knownFindings.insert(key).inserted { findings.append(finding) }
  }

  /// The name that the contract asks for, when it is one.
  mutating func swiftName(_ extensions: Extensions) -> String? {
    guard let entry = extensions["x-swift-name"] else { return nil }
    if let name = entry.node.string, SwiftName.isIdentifier(name) { return name }
    error(.swiftNameInvalid, entry.node.location, "'x-swift-name' must be a Swift identifier")
    return nil
  }

  // MARK: Types

  /// Whether a component surely becomes a type of its own; the others are written where they are used.
  func isNamed(_ schema: Schema) -> Bool {
    let isWords = schema.type == .string && (schema.enumValues != nil || schema.constValue != nil)
    return isWords || families.isMember(schema) || schema.type == .object
      || schema.type == nil && !schema.object.properties.isEmpty || schema.composition.allOf.count > 1
      || schema.composition.oneOf.count > 1 || schema.composition.anyOf.count > 1
      || schema.types.count > 1
  }

  mutating func addPattern(_ source: String, hint: String, at location: Location) -> String? {
    if let index = patternIndex[source] { return model.patterns[index].name }
    let automaton = try? Automaton(pattern: source)
    if automaton == nil {
      do { _ = try CompiledExpression(source) } catch {
        self.error(.patternNotSupported, location, "the pattern '\(source)' cannot be used: \(error)")
        return nil
      }
    }
    var unheard: [Diagnostic] = []  // a second pattern of one name is nobody's concern
    let name = patternNames.claim(hint, for: hint, at: location, &unheard)
    patternIndex[source] = model.patterns.count
    model.patterns.append(PatternModel(name: name, source: source, automaton: automaton))
    return name
  }
}
