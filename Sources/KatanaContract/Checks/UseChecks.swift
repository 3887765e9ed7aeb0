/// What can only be judged when every schema is read: values and styles beside a schema, and discriminators.
struct PendingUses {
  struct Value {
    enum Kind: String { case `default`, example }

    let kind: Kind
    let value: Node
    let schema: SchemaRef
    let chain: [Diagnostic.ReferenceStep]
  }

  struct Style {
    let style: Located<Parameter.Style>
    let schema: SchemaRef
    let chain: [Diagnostic.ReferenceStep]
  }

  struct Prefetch {
    let names: [Located<String>]
    /// Of the successful responses.
    let schemas: [SchemaRef]
    let chain: [Diagnostic.ReferenceStep]
  }

  /// How a schema speaks of a property.
  enum Declaration: Int, Comparable {
    case absent, declared, required

    static func < (left: Declaration, right: Declaration) -> Bool { left.rawValue < right.rawValue }
  }

  struct Declared: Hashable {
    let schema: ObjectIdentifier
    let property: String
  }

  var values: [Value] = []
  var styles: [Style] = []
  var prefetches: [Prefetch] = []
  /// What is known of members of `allOf`.
  var declared: [Declared: Declaration] = [:]
  var discriminators: [(schema: Schema, chain: [Diagnostic.ReferenceStep])] = []
}

extension DocumentReader {
  /// `example` and the inline `examples` of a parameter, header or media type.
  func keepExamples(_ owner: Fields, _ examples: [NamedNode], _ schema: SchemaRef?) {
    guard let schema else { return }
    let values = examples.compactMap { $0.node.mapping?["value"] } + [owner.mapping["example"]].compactMap { $0 }
    for value in values {
      uses.values.append(PendingUses.Value(kind: .example, value: value, schema: schema, chain: chain))
    }
  }

  func checkUses(_ components: Components) {
    defer { chain = [] }
    func resolve(_ reference: SchemaRef) -> Schema? {
      switch reference {
      case .inline(let schema): schema
      case .named(let name): components.schema(named: name.name)
      }
    }
    var judge = ValueJudge(components)
    for use in uses.values {
      chain = use.chain
      checkValue(use, resolve(use.schema), &judge)
    }
    for use in uses.styles {
      chain = use.chain
      if let schema = resolve(use.schema) { checkStyle(use.style, schema) }
    }
    for use in uses.prefetches {
      chain = use.chain
      checkPrefetch(use, resolve)
    }
    for (schema, chain) in uses.discriminators {
      self.chain = chain
      checkDiscriminator(schema, resolve)
    }
  }

  private func checkValue(_ use: PendingUses.Value, _ schema: Schema?, _ judge: inout ValueJudge) {
    let isExample = use.kind == .example
    guard let fault = judge.fault(of: use.value, use.schema, isOneWay: isExample) else { return }
    let isWhole = fault.node.location == use.value.location
    let (part, name) = (fault.node, use.kind.rawValue)
    let subject =
      switch (isWhole, part.scalar == nil) {
      case (true, true): "the \(name)"
      case (true, false): "the \(name) \(part.summary)"
      case (false, true): "\(part.kindName) in the \(name)"
      case (false, false): "\(part.summary) in the \(name)"
      }
    let effect = isExample ? "" : isWhole ? "; it is not applied" : "; the default is not applied"
    warning(
      isExample ? .exampleInvalid : .defaultInvalid, at: part.location, "\(subject) \(fault.reason)\(effect)",
      remedy: isWhole ? schema.flatMap { part.quoteRemedy($0) } : nil)
  }

  private func checkStyle(_ style: Located<Parameter.Style>, _ schema: Schema) {
    let types: Set<SchemaType> =
      switch style.value {
      case .deepObject: [.object]
      case .spaceDelimited, .pipeDelimited: [.array, .object]
      default: Set(SchemaType.allCases)
      }
    guard !schema.types.isEmpty, !schema.types.contains(where: { types.contains($0.value) }) else { return }
    let kinds = types.contains(.array) ? "arrays and objects" : "objects"
    warning(
      .parameterStyle,
      at: style.location,
      "the style \(quoted(style.value.rawValue)) is defined for \(kinds) only; the schema is of type "
        + quoted(schema.types[0].value.rawValue)
    )
  }

  /// Every alternative declares and requires the property, or the schema itself does, for those that extend it.
  private func checkDiscriminator(_ schema: Schema, _ resolve: (SchemaRef) -> Schema?) {
    guard let discriminator = schema.composition.discriminator else { return }
    let property = discriminator.property.value
    // Missing, which was reported.
    if property.isEmpty { return }
    let alternatives = schema.composition.oneOf + schema.composition.anyOf
    let isOwn = declares(schema, property, resolve, depth: 0)
    if alternatives.isEmpty, isOwn == .absent {
      return warnOfProperty(discriminator.property.location, "this schema does not declare", property)
    }
    for alternative in alternatives {
      guard case .named(let name) = alternative else {
        warning(
          .discriminatorProperty,
          at: alternative.location,
          "a schema in place has no name that the discriminator \(quoted(property)) could hold",
          remedy: "move it to components.schemas and refer to it"
        )
        continue
      }
      guard isOwn != .required, let target = resolve(alternative) else { continue }
      switch max(isOwn, declares(target, property, resolve, depth: 0)) {
      case .absent: warnOfProperty(name.location, "\(quoted(name.name)) does not declare", property)
      case .declared: warnOfProperty(name.location, "\(quoted(name.name)) does not require", property)
      case .required: break
      }
    }
  }

  private func warnOfProperty(_ location: Location, _ what: String, _ property: String) {
    warning(.discriminatorProperty, at: location, "\(what) the discriminator's property \(quoted(property))")
  }

  /// Members of `allOf` count. What may come from other compositions is taken to be there. Each schema is looked at
  /// once for a property: members may share members on many levels.
  private func declares(
    _ schema: Schema,
    _ property: String,
    _ resolve: (SchemaRef) -> Schema?,
    depth: Int
  ) -> PendingUses.Declaration {
    let depthMax = 32
    let composition = schema.composition
    let isOpen = schema.boolean != nil || composition.ifThenElse != nil || depth == depthMax
    if isOpen || depth > 0 && !(composition.oneOf + composition.anyOf).isEmpty { return .required }
    if schema.object.required.contains(where: { $0.value == property }) { return .required }
    var found = schema.object.property(property) == nil ? PendingUses.Declaration.absent : .declared
    let key = PendingUses.Declared(schema: ObjectIdentifier(schema), property: property)
    if depth > 0, let known = uses.declared[key] { return known }
    uses.declared[key] = found
    for member in composition.allOf {
      guard found != .required, let member = resolve(member) else { break }
      found = max(found, declares(member, property, resolve, depth: depth + 1))
    }
    uses.declared[key] = found
    return found
  }
}
