import KatanaContract

/// Schemas that others extend by `allOf` and tell apart by a discriminator: OpenAPI's inheritance. Where such a schema
/// is referred to, a value is it or one of those that extend it.
struct Families {
  struct Member {
    var name: String
    var reference: SchemaRef
    /// What the discriminator may hold for it.
    var values: [String]
  }

  struct Fault {
    var location: Location
    var message: String
    var remedy: String
  }

  struct Family {
    var discriminator: Discriminator
    /// The schema itself, unless no value of the discriminator leads to it, then the others in the document's order.
    var members: [Member]
    /// All schemas that belong to it.
    var references: [SchemaRef]
    var faults: [Fault]
  }

  private let document: OpenAPIDocument
  private let aliases: [String: String]
  private(set) var byName: [String: Family] = [:]
  /// Every schema of a family. One that only names another one is a member all the same.
  private var schemas: Set<ObjectIdentifier> = []

  init(_ document: OpenAPIDocument) {
    self.document = document
    aliases = Self.aliases(document)
    if !document.components.schemas.contains(where: { Self.isBase($0.schema) }) { return }
    var children: [String: [String]] = [:]
    var parents: [String: [String]] = [:]
    for component in document.components.schemas where component.aliasOf == nil {
      let name = component.name.value
      // What only lets null in is no kind of its own.
      let schema = component.schema
      let isWrapper = schema.isNullable && Self.isAnnotation(schema, besides: ["$ref", "allOf", "type"])
      parents[name] = isWrapper ? [] : extended(schema, depth: 0)
      for parent in parents[name]! { children[parent, default: []].append(name) }
    }
    let references = Dictionary(
      document.components.schemas.map { ($0.name.value, $0.reference) }, uniquingKeysWith: { first, _ in first })
    let order = document.components.schemas.map(\.name.value)
    for component in document.components.schemas where component.aliasOf == nil {
      let name = component.name.value
      let heirs = reached(from: name, children)
      guard !heirs.isEmpty, let discriminator = discriminator(of: name, parents) else { continue }
      schemas.insert(ObjectIdentifier(component.schema))
      let names = [name] + order.filter { heirs.contains($0) }
      for heir in names { schemas.insert(ObjectIdentifier(document.schema(named: heir)!)) }
      byName[name] = family(names.map { ($0, references[$0]!) }, discriminator, of: component)
    }
  }

  /// The family that a reference means; nil for any other schema.
  func family(of reference: SchemaRef) -> (name: String, family: Family)? {
    guard !byName.isEmpty, let name = unwrapped(reference).reference.name.map(canonical) else { return nil }
    return byName[name].map { (name, $0) }
  }

  /// Whether a schema is extended by components or extends one.
  func isMember(_ schema: Schema) -> Bool { schemas.contains(ObjectIdentifier(schema)) }

  /// Whether `alternatives` name the family's schemas themselves, so that the one behind `reference` stands alone.
  func isAlone(_ reference: SchemaRef, among alternatives: [SchemaRef]) -> Bool {
    guard let (name, family) = family(of: reference) else { return true }
    let others = Set(family.members.map(\.name)).subtracting([name])
    return alternatives.contains { other in
      unwrapped(other).reference.name.map { others.contains(canonical($0)) } ?? false
    }
  }

  // MARK: Names and wrappers

  func canonical(_ name: String) -> String { aliases[name] ?? name }

  /// The reference without wrappers that say nothing about values: an `allOf` of one part, an annotation beside a
  /// `$ref`. A schema that extends another one is none, even if it adds nothing.
  func unwrapped(_ reference: SchemaRef) -> (reference: SchemaRef, isNullable: Bool) {
    var current = reference
    var isNullable = false
    for _ in 0..<Self.wrappersMax {
      let schema = document.resolve(current)!
      isNullable = isNullable || schema.isNullable
      if schemas.contains(ObjectIdentifier(schema)) { break }
      guard !schema.composition.allOf.isEmpty, Self.isAnnotation(schema, besides: ["$ref", "allOf", "type"]) else {
        break
      }
      let parts = schema.composition.allOf.filter { !Self.isAnnotation(document.resolve($0)!, besides: []) }
      guard parts.count == 1 else { break }
      let part = document.resolve(parts[0])!
      if let type = schema.type, part.type != type, part.type != nil || Self.hasOpenType(part) { break }
      for part in schema.composition.allOf where document.resolve(part)!.isNullable { isNullable = true }
      current = parts[0]
    }
    return (current, isNullable)
  }

  /// Whether nothing in a schema says what type its values have, so that a type beside it does.
  private static func hasOpenType(_ schema: Schema) -> Bool {
    schema.types.isEmpty && schema.composition.isEmpty && schema.object.properties.isEmpty
      && schema.object.required.isEmpty && schema.array.items == nil && schema.enumValues == nil
      && schema.constValue == nil
  }

  private static let wrappersMax = 64

  /// Whether a schema only describes, apart from the keywords `besides`.
  private static func isAnnotation(_ schema: Schema, besides: Set<String>) -> Bool {
    guard let mapping = schema.node.mapping else { return false }
    return mapping.entries.allSatisfy { entry in
      annotations.contains(entry.key) || besides.contains(entry.key) || entry.key.hasPrefix("x-")
    }
  }

  static let annotations: Set<String> = [
    "title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "externalDocs",
    "xml", "nullable", "$comment",
  ]

  /// The component behind each alias.
  private static func aliases(_ document: OpenAPIDocument) -> [String: String] {
    var next: [String: String] = [:]
    for component in document.components.schemas { next[component.name.value] = component.aliasOf }
    var result: [String: String] = [:]
    for name in next.keys {
      var target = name
      while let further = next[target], further != name { target = further }
      result[name] = target
    }
    return result
  }

  // MARK: Who extends whom

  private static func isBase(_ schema: Schema) -> Bool {
    let composition = schema.composition
    return composition.discriminator != nil && composition.oneOf.isEmpty && composition.anyOf.isEmpty
  }

  /// The components among the members of an `allOf`.
  private func extended(_ schema: Schema, depth: Int) -> [String] {
    if depth > Self.wrappersMax { return [] }
    return schema.composition.allOf.flatMap { part in
      switch part {
      case .named(let name): [canonical(name.name)]
      case .inline(let schema): extended(schema, depth: depth + 1)
      }
    }
  }

  private func reached(from name: String, _ next: [String: [String]]) -> Set<String> {
    var found: Set<String> = []
    var pending = next[name] ?? []
    while let one = pending.popLast() {
      if one != name, found.insert(one).inserted { pending += next[one] ?? [] }
    }
    return found
  }

  /// Its own, or the nearest of what it extends.
  private func discriminator(of name: String, _ parents: [String: [String]]) -> Discriminator? {
    var seen: Set<String> = []
    var pending = [name]
    while !pending.isEmpty {
      let one = pending.removeFirst()
      guard seen.insert(one).inserted, let schema = document.schema(named: one) else { continue }
      if Self.isBase(schema) { return schema.composition.discriminator }
      pending += parents[one] ?? []
    }
    return nil
  }

  // MARK: What tells them apart

  private func family(
    _ all: [(name: String, reference: SchemaRef)], _ discriminator: Discriminator, of base: ComponentSchema
  ) -> Family {
    var family = Family(discriminator: discriminator, members: [], references: all.map(\.reference), faults: [])
    let property = discriminator.property.value
    let names = Set(all.map(\.name))
    if Self.isBase(base.schema) {
      for entry in discriminator.mapping where !names.contains(canonical(entry.schema.name)) {
        family.faults.append(
          Fault(
            location: entry.value.location,
            message: "'\(entry.value.value)' selects '\(entry.schema.name)', "
              + "which does not extend '\(base.name.value)'",
            remedy: "add '\(base.name.value)' to its 'allOf', or list the alternatives in a 'oneOf'"))
      }
    }
    let common = words(of: property, all[0].reference)
    // What is wrong with all of them is said of the first.
    let isBroken = common == .none || common == .noString
    for (name, reference) in all {
      let isBase = name == base.name.value
      let location = document.schema(named: name)!.location
      func fault(_ message: String, _ remedy: String) {
        family.faults.append(Fault(location: location, message: message, remedy: remedy))
      }
      let words = words(of: property, reference)
      if isBroken, !isBase, words == common { continue }
      switch words {
      case .none:
        fault("'\(name)' does not declare the discriminator '\(property)'", "add the property and require it")
        continue
      case .noString:
        fault("the discriminator '\(property)' of '\(name)' is no string", "make its type 'string'")
        continue
      case .any, .these: break
      }
      let mapped = discriminator.mapping.filter { canonical($0.schema.name) == name }.map(\.value.value)
      var values = mapped
      if mapped.isEmpty {
        if case .these(let own) = words, !own.contains(name), !isBase, words != common {
          values = own  // it says itself what it is called
        } else if !discriminator.mapping.contains(where: { $0.value.value == name }) {
          values = [name]
        }
      }
      if case .these(let own) = words, let other = values.first(where: { !own.contains($0) }) {
        // A schema that its own discriminator cannot name is there to be extended only.
        if isBase, mapped.isEmpty { continue }
        fault(
          "'\(other)' selects '\(name)', whose '\(property)' cannot be that",
          "give the discriminator a 'mapping' from a value that the property takes")
        continue
      }
      if values.isEmpty {
        if isBase { continue }
        fault(
          "no value of '\(property)' leads to '\(name)': the mapping gives its name to another schema",
          "add a value for it to the 'mapping'")
        continue
      }
      if let taken = family.members.first(where: { !Set($0.values).isDisjoint(with: values) }) {
        fault(
          "'\(name)' and '\(taken.name)' are selected by the same value of '\(property)'",
          "give each a value of its own in the discriminator's 'mapping'")
        continue
      }
      family.members.append(Member(name: name, reference: reference, values: values))
    }
    return family
  }

  /// What a member of an object may hold.
  private enum Words: Equatable {
    case none, noString, any
    case these([String])
  }

  private func words(of property: String, _ reference: SchemaRef) -> Words {
    var flat = FlatSchema(at: reference.location)
    // What cannot be folded is reported where it is translated.
    guard (try? flat.fold(reference, in: document)) != nil else { return .any }
    guard let own = flat.properties.first(where: { $0.name.value == property }) else { return .none }
    var value = FlatSchema(at: reference.location)
    for schema in own.schemas { guard (try? value.fold(schema, in: document)) != nil else { return .any } }
    if let type = value.type, type != .string { return .noString }
    guard let values = value.values else { return .any }
    return .these(values.compactMap(\.string))
  }
}
