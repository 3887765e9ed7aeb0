import KatanaContract
import KatanaScalars

extension ModelBuilder {
  /// Where a schema is used: what its type is called when it has no name of its own, and which way it travels.
  struct Use {
    var hint: String
    var direction: Direction
    /// Nil for JSON.
    var form: TextForm?
    /// A part of a multipart body, where binary text is a file.
    var isPart = false
    /// A part that is a file by its media type.
    var isFile = false
    /// The schema itself is meant, not those that extend it.
    var isAlone = false
  }

  /// A value and whether null may stand in its place.
  struct Value {
    var model: ValueModel
    var isNullable: Bool

    /// With null as part of the type.
    var whole: ValueModel { isNullable ? .optional(model) : model }
  }

  func schema(_ reference: SchemaRef) -> Schema { document.resolve(reference)! }

  // MARK: References

  /// The component that an alias stands for.
  func canonical(_ name: String) -> String { families.canonical(name) }

  /// The reference without wrappers that say nothing about values.
  func unwrapped(_ reference: SchemaRef) -> (reference: SchemaRef, isNullable: Bool) { families.unwrapped(reference) }

  mutating func markUsed(_ reference: SchemaRef) {
    if let name = reference.name {
      used.insert(name)
      used.insert(canonical(name))
    }
    let schema = schema(reference)
    guard visited.insert(ObjectIdentifier(schema)).inserted else { return }
    let composition = schema.composition
    for member in composition.allOf + composition.oneOf + composition.anyOf { markUsed(member) }
    let others = [
      composition.not, composition.ifThenElse?.condition, composition.ifThenElse?.then,
      composition.ifThenElse?.otherwise, schema.array.contains, schema.object.propertyNames,
    ]
    for case let member? in others { markUsed(member) }
    for member in schema.array.prefixItems + schema.object.patternProperties.map(\.schema) { markUsed(member) }
  }

  /// Everything that holds for a value of all these schemas; nil, with an error, when nothing can.
  mutating func flat(_ references: [SchemaRef]) -> FlatSchema? {
    var flat = FlatSchema(at: references[0].location)
    return fold(references, into: &flat) ? flat : nil
  }

  private mutating func fold(_ references: [SchemaRef], into flat: inout FlatSchema) -> Bool {
    do {
      for reference in references {
        markUsed(reference)
        try flat.fold(reference, in: document)
      }
      return true
    } catch {
      self.error(.schemaConflict, error.location, error.message)
      return false
    }
  }

  // MARK: Values

  /// The value of a schema; nil when it was refused.
  mutating func value(_ reference: SchemaRef, _ use: Use) -> Value? { value([reference], use) }

  /// The value that meets all of the schemas.
  mutating func value(_ references: [SchemaRef], _ use: Use) -> Value? {
    nesting += 1
    defer { nesting -= 1 }
    if nesting > Self.nestingMax {
      error(.recursion, references[0].location, "more than \(Self.nestingMax) schemas are nested here")
      return nil
    }
    references.forEach { markUsed($0) }
    references.forEach { noteModes($0) }
    if let value = looseValue(references, use) { return value }
    let targets = references.map { unwrapped($0) }
    var use = use
    if let name = swiftName(schema(references[0]).extensions), references[0].name == nil { use.hint = name }
    let isNullable = targets.contains { $0.isNullable }
    if targets.count == 1, !use.isAlone, let (name, family) = families.family(of: targets[0].reference) {
      return self.family(name, family, use).map { Value(model: $0, isNullable: isNullable) }
    }
    guard let flat = flat(targets.map(\.reference)) else { return nil }
    let component = targets.count == 1 ? targets[0].reference.name.map(canonical) : nil
    use.isAlone = false
    guard var value = value(flat, component, use) else { return nil }
    if case .any = value.model.bare { return value }
    if isNullable { value.isNullable = true }
    return value
  }

  mutating func value(_ flat: FlatSchema, _ component: String?, _ use: Use) -> Value? {
    var flat = flat
    if let fault = flat.contradiction {
      error(.schemaConflict, fault.location, fault.message)
      return nil
    }
    var isNullable = flat.isNullable
    if case .form(let encoding)? = use.form, !mergeAlternatives(&flat, encoding, isMultipart: use.isPart) { return nil }
    guard settleChoices(&flat, &isNullable) else { return nil }
    if let only = flat.standIn {
      guard var value = value(only, use) else { return nil }
      if case .any = value.model.bare { return value }
      value.isNullable = value.isNullable || isNullable
      return value
    }
    if flat.isNullOnly || flat.types?.isEmpty == true || flat.values?.allSatisfy(\.isNull) == true {
      let schema = addSchema("{\"type\":\"null\"}", hint: "null", at: flat.location)
      return Value(model: .checked(.any, schema: schema), isNullable: false)
    }
    let isTyped = flat.parts.contains { !$0.types.isEmpty && !$0.isNullable }
    if !isTyped, flat.values?.contains(where: \.isNull) == true { isNullable = true }
    guard let model = model(flat, component, use) else { return nil }
    if case .any = model.bare { isNullable = false }  // null is one of its values
    return Value(model: model, isNullable: isNullable)
  }

  private mutating func model(_ flat: FlatSchema, _ component: String?, _ use: Use) -> ValueModel? {
    if use.isPart, let choice = fileChoice(flat) { return choice }
    if !flat.choices.isEmpty { return union(flat, component, use) }
    if use.isPart, use.isFile && flat.type != .array || isFile(flat) { return file(flat.minLength, flat.maxLength) }
    if isWords(flat) { return words(flat, component, use) }
    let model: ValueModel?
    switch flat.type {
    case .string: model = string(flat, use)
    case .integer: model = integer(flat, use)
    case .number: model = number(flat, use)
    case .boolean: model = .scalar(ScalarModel(method: "boolean", swift: "Bool", neutral: "false"))
    case .array: model = array(flat, use)
    case .object: return object(flat, component, use)
    case nil:
      if flat.types?.count ?? 0 > 1 { return unionOfTypes(flat, component, use) }
      return evaluated(flat, use)
    }
    var assertions = flat.assertions
    if flat.values != nil { assertions += flat.parts.filter { $0.enumValues != nil || $0.constValue != nil }.map {
      FlatSchema.Assertion(schema: $0, keywords: ["enum", "const"]) }
    }
    return model.map { checked($0, schema: check(assertions, of: flat.parts, use)) }
  }

  /// What is left to check of a schema without a type: everything it says.
  private func wholeAssertions(_ flat: FlatSchema) -> [FlatSchema.Assertion] {
    flat.parts.compactMap { part in
      let keywords = Set(part.node.mapping?.keys ?? []).subtracting(Families.annotations)
        .subtracting(["allOf", "nullable", "discriminator"])
      return keywords.isEmpty ? nil : FlatSchema.Assertion(schema: part, keywords: keywords)
    }
  }

  /// The value with an evaluator's check of what its type does not say.
  func checked(_ value: ValueModel, schema: String?) -> ValueModel {
    schema.map { .checked(value, schema: $0) } ?? value
  }

  /// The member of `Schemas` that holds the assertions; nil when there are none. `parts` are all schemas of the value.
  mutating func check(_ assertions: [FlatSchema.Assertion], of parts: [Schema] = [], _ use: Use) -> String? {
    if assertions.isEmpty { return nil }
    // A type of responses only is never read.
    if use.direction == .response, parts.contains(where: { differsByDirection($0) }) { return nil }
    let library = library(use.direction)
    let schema = libraries[library]!.text.shared(assertions, of: parts)
    if schema.text == "{}" { return nil }
    let sample = assertions.lazy.compactMap { $0.keywords.contains("enum") ? $0.schema : nil }
      .compactMap { $0.enumValues?.first ?? $0.constValue }.first
    let location = assertions[0].schema.location
    return addSchema(schema, library, hint: SwiftName.member(use.hint), at: location, sample: sample)
  }

  mutating func addSchema(_ text: String, hint: String, at location: Location, sample: Node? = nil) -> String {
    if let name = schemaIndex[text] { return name }
    var unheard: [Diagnostic] = []
    let name = schemaNames.claim(hint, for: hint, at: location, &unheard)
    schemaIndex[text] = name
    model.schemas.append(SchemaModel(name: name, text: text, definition: nil, sample: sample))
    return name
  }

  // MARK: Schemas that lead to others

  /// Schemas of one contract lead to each other. Each with all that it leads to would be the contract as often as there
  /// are schemas: they share their definitions.
  struct Library {
    var text: SchemaText
    let name: String
  }

  /// The index of the definitions for a direction.
  mutating func library(_ direction: Direction, boundsIntegers: Bool = false) -> Int {
    let index = (direction == .request ? 0 : 1) + (boundsIntegers ? 2 : 0)
    if libraries[index] == nil {
      let hint = (direction == .request ? "request" : "response") + (boundsIntegers ? "Value" : "") + "Definitions"
      var unheard: [Diagnostic] = []
      let name = schemaNames.claim(hint, for: hint, at: document.root.location, &unheard)
      let text = SchemaText(document, direction, families, boundsIntegers: boundsIntegers)
      libraries[index] = Library(text: text, name: name)
    }
    return index
  }

  /// The member of `Schemas` for a schema that a library has made.
  mutating func addSchema(
    _ schema: SchemaText.Shared, _ library: Int, hint: String, at location: Location, sample: Node? = nil
  ) -> String {
    guard schema.usesDefinitions else { return addSchema(schema.text, hint: hint, at: location, sample: sample) }
    let home = libraries[library]!.name
    let key = "\(home) \(schema.text)"
    if let name = schemaIndex[key] { return name }
    var unheard: [Diagnostic] = []
    let name = schemaNames.claim(hint, for: hint, at: location, &unheard)
    schemaIndex[key] = name
    var definition = SchemaText.definition(in: schema.text)
    if definition == nil {
      definition = "schema \(name)"
      libraries[library]!.text.define(definition!, schema.text)
    }
    model.schemas.append(
      SchemaModel(name: name, text: schema.text, definition: (definition!, home), sample: sample))
    return name
  }

  /// The definitions that are used, once all schemas are known.
  mutating func settleLibraries() {
    for index in libraries.keys.sorted() {
      let name = libraries[index]!.name
      guard model.schemas.contains(where: { $0.definition?.library == name }) else { continue }
      model.definitions.append((name, libraries[index]!.text.definitionLines()))
    }
  }

  // MARK: Arrays

  private mutating func array(_ flat: FlatSchema, _ use: Use) -> ValueModel? {
    let isTuple = flat.parts.contains { !$0.array.prefixItems.isEmpty }
    var item = Value(model: .any, isNullable: false)
    if !flat.items.isEmpty, !isTuple {
      guard enter(flat) else { return evaluated(flat, use) }
      defer { leave(flat) }
      let itemUse = Use(hint: use.hint + "Item", direction: use.direction, isPart: use.isPart, isFile: use.isFile)
      guard let value = value(flat.items, itemUse) else { return nil }
      item = value
      // A part is there or it is not: no part is null.
      if case .scalar(let scalar) = value.model.bare, scalar.method == "file" { item.isNullable = false }
    }
    return .array(item.whole, minItems: flat.minItems, maxItems: flat.maxItems)
  }

  /// Begins to translate what an array or a dictionary holds; false, with a warning, when it holds itself.
  mutating func enter(_ flat: FlatSchema) -> Bool {
    let parts = flat.parts.map { ObjectIdentifier($0) }
    if openContainers.insert(parts).inserted { return true }
    if selfContaining.insert(parts).inserted {
      warn(
        .recursion, flat.location, "this schema contains itself with no object between; there it is a 'JSONValue'",
        remedy: "put an object between, whose property holds it")
    }
    return false
  }

  /// Any JSON, which an evaluator holds against the whole schema.
  mutating func evaluated(_ flat: FlatSchema, _ use: Use) -> ValueModel {
    checked(.any, schema: check(wholeAssertions(flat), of: flat.parts, use))
  }

  mutating func leave(_ flat: FlatSchema) { openContainers.remove(flat.parts.map { ObjectIdentifier($0) }) }

  // MARK: Enums

  func isWords(_ flat: FlatSchema) -> Bool {
    guard flat.type == .string, let values = flat.values, flat.assertions.isEmpty else { return false }
    return values.contains { $0.string != nil }
  }

  private mutating func words(_ flat: FlatSchema, _ component: String?, _ use: Use) -> ValueModel? {
    let key = TypeKey(flat, isInput: false)
    if let index = typeIndex[key] {
      mark(index, use.direction)
      return .words(model.types[index].name)
    }
    var names = NameRegister(reserved: ["text", "init", "self", "hash", "hashValue", "none", "some"])
    var words: [WordModel] = []
    let given = givenNames(flat)
    for node in flat.values! where !node.isNull {
      guard let text = node.string else {
        error(.schemaConflict, node.location, "this value is not a string, as the type says")
        continue
      }
      if words.contains(where: { $0.text == text }) { continue }
      if !meetsRules(text, flat) {
        warn(.schemaConflict, node.location, "'\(text)' breaks another rule of its schema; it is left out")
        continue
      }
      let name = names.claim(
        given[text] ?? SwiftName.member(text), for: text, at: node.location, &findings,
        remedy: "name the words with 'x-enum-varnames', a list beside 'enum'")
      words.append(WordModel(name: name, text: text))
    }
    if words.isEmpty {
      error(.schemaConflict, flat.location, "none of the values meets the other rules of the schema")
      return nil
    }
    let index = add(flat, component, use, key, .words(words))
    mark(index, use.direction)
    return .words(model.types[index].name)
  }

  /// The names that the contract gives to words: `x-enum-varnames`, which other generators read, too.
  private mutating func givenNames(_ flat: FlatSchema) -> [String: String] {
    var result: [String: String] = [:]
    for part in flat.parts {
      guard let entry = part.extensions["x-enum-varnames"], let words = part.enumValues else { continue }
      guard let names = entry.node.sequence, names.count == words.count else {
        warn(
          .swiftNameInvalid, entry.node.location, "'x-enum-varnames' has not one name for each word; it is not used")
        continue
      }
      for (word, node) in zip(words, names) {
        guard let text = word.string, let name = node.string.map({ SwiftName.member($0) }) else { continue }
        result[text] = name
      }
    }
    return result
  }

  private func meetsRules(_ text: String, _ flat: FlatSchema) -> Bool {
    let length = text.unicodeScalars.count
    guard length >= flat.minLength ?? 0, length <= flat.maxLength ?? .max else { return false }
    return flat.patterns.allSatisfy { pattern in
      if let automaton = try? Automaton(pattern: pattern.value) { return automaton.matches(text) }
      guard let expression = try? CompiledExpression(pattern.value) else { return true }
      var text = text
      var steps = Int.max
      return text.withUTF8 { expression.matches($0, steps: &steps) }
    }
  }

  // MARK: Types

  mutating func add(
    _ flat: FlatSchema, _ component: String?, _ use: Use, _ key: TypeKey, _ shape: TypeModel.Shape
  ) -> Int {
    var name = component.flatMap { componentNames[$0] }
    // The schema's name is that of the union with those that extend it.
    if let known = name, let component, !key.isFamily, families.byName[component] != nil { name = known + "Base" }
    var isOwn = name != nil && name == component.flatMap { componentNames[$0] }
    // One component is two types where it holds files in a form and text elsewhere.
    if isOwn, typesByName[name!] != nil || key.isMerged, !key.isInput {
      isOwn = false
      if key.hasFiles || key.isMerged || !key.files.isEmpty || !key.fields.isEmpty { name! += "Form" }
    }
    if let component { findings += componentFindings.removeValue(forKey: component) ?? [] }
    if !isOwn || key.isInput {
      name = typeNames.claim(
        (name ?? SwiftName.type(use.hint)) + (key.isInput && name != nil ? "Input" : ""),
        for: component ?? use.hint, at: flat.location, &findings)
    }
    typeIndex[key] = model.types.count
    typesByName[name!] = model.types.count
    var type = TypeModel(name: name!, documentation: flat.documentation, shape: shape)
    type.example = flat.parts.lazy.compactMap { $0.annotations.example ?? $0.annotations.examples.first }.first
    model.types.append(type)
    return model.types.count - 1
  }

  func typeNamed(_ name: String) -> Int? { typesByName[name] }

  mutating func mark(_ index: Int, _ direction: Direction) {
    switch direction {
    case .request: model.types[index].isRead = true
    case .response: model.types[index].isWritten = true
    }
  }

  /// A type that is used in another direction than before takes its members along.
  mutating func markDeep(_ index: Int, _ direction: Direction) {
    let type = model.types[index]
    if direction == .request ? type.isRead : type.isWritten { return }
    mark(index, direction)
    markMembers(index, direction)
  }

  mutating func markMembers(_ index: Int, _ direction: Direction) {
    switch model.types[index].shape {
    case .words: break
    case .union(let union): for alternative in union.cases { markDeep(alternative.value, direction) }
    case .object(let properties, let additional):
      for property in properties { markDeep(property.value, direction) }
      if case .kept(let value, _) = additional { markDeep(value, direction) }
    }
  }

  private mutating func markDeep(_ value: ValueModel, _ direction: Direction) {
    switch value {
    case .scalar, .any: break
    case .words(let name), .type(let name): if let index = typeNamed(name) { markDeep(index, direction) }
    case .array(let item, _, _): markDeep(item, direction)
    case .map(let item), .optional(let item), .checked(let item, _): markDeep(item, direction)
    }
  }

  /// A type that is read from text takes along what its members need.
  mutating func markText(_ index: Int, _ form: TextForm) {
    guard model.types[index].textForms.insert(form).inserted else { return }
    markMembers(index, form)
  }

  mutating func markMembers(_ index: Int, _ form: TextForm) {
    guard case .object(let properties, _) = model.types[index].shape else { return }
    for property in properties { markText(property.part?.text ?? memberText(property.value, form, property.key)) }
  }

  private mutating func markText(_ text: TextModel) {
    switch text {
    case .scalar(let value), .loose(let value, _), .json(let value), .documents(let value, _, _),
      .document(let value, _, _):
      markDeep(value, .request)
    case .list(let item, _, _), .map(let item): markText(item)
    case .object(let name): if let index = typeNamed(name) { markText(index, .parameter) }
    case .file, .files: break
    }
  }

  func documentation(_ reference: SchemaRef) -> String? {
    if case .named(let name) = reference { return name.description }
    let annotations = schema(reference).annotations
    let text = annotations.description ?? annotations.title
    return annotations.isDeprecated ? (text.map { $0 + "\n\nDeprecated." } ?? "Deprecated.") : text
  }
}
