import KatanaContract

// `x-katana-json` and `x-katana-alloc`: how the values of a schema are read, and where they lie.

/// What the contract says about it, and where.
struct ModeMarks {
  private(set) var json: [String: Located<KatanaExtensions.JSONMode>] = [:]
  private(set) var allocation: [String: Located<KatanaExtensions.Allocation>] = [:]
  /// What stands at each type.
  private(set) var ofType: [Int: Set<String>] = [:]
  /// Those that are followed.
  var followed: Set<String> = []

  static func key(_ location: Location) -> String { "\(location.file):\(location.line):\(location.column)" }

  mutating func note(_ schema: Schema) {
    let katana = schema.extensions.katana
    if let mode = katana.json { json[Self.key(mode.location)] = mode }
    if let mode = katana.allocation { allocation[Self.key(mode.location)] = mode }
  }

  mutating func note(_ flat: FlatSchema, _ type: Int) {
    for part in flat.parts { ofType[type, default: []].formUnion(Self.keys(part)) }
  }

  static func keys(_ schema: Schema) -> [String] {
    let katana = schema.extensions.katana
    return [katana.json?.location, katana.allocation?.location].compactMap { $0.map(key) }
  }
}

extension ModelBuilder {
  /// The schema where it is used, and what it refers to.
  private func places(_ reference: SchemaRef) -> [Schema] {
    [schema(reference), schema(unwrapped(reference).reference)]
  }

  mutating func noteModes(_ reference: SchemaRef) { for place in places(reference) { modes.note(place) } }

  /// What the contract says about the values of a schema.
  private func mode(_ reference: SchemaRef) -> Located<KatanaExtensions.JSONMode>? {
    places(reference).lazy.compactMap { $0.extensions.katana.json }.first
  }

  // MARK: Any JSON

  /// The value of schemas one of which is to be read to `JSONValue`, which an evaluator checks.
  mutating func looseValue(_ references: [SchemaRef], _ use: Use) -> Value? {
    guard use.form == nil, references.contains(where: { mode($0)?.value == .dom }) else { return nil }
    return Value(model: loose(references, use), isNullable: false)
  }

  private mutating func loose(_ references: [SchemaRef], _ use: Use) -> ValueModel {
    var value = ValueModel.any
    for reference in references {
      for place in places(reference) { modes.followed.formUnion(ModeMarks.keys(place)) }
      markAllUsed(reference)
      if use.direction == .response { continue }
      let library = library(use.direction, boundsIntegers: true)
      let schema = libraries[library]!.text.shared(reference)
      let name = addSchema(schema, library, hint: SwiftName.member(use.hint), at: reference.location)
      value = .checked(value, schema: name)
    }
    return value
  }

  /// Everything that the schema leads to, of which no type is made.
  private mutating func markAllUsed(_ reference: SchemaRef) {
    var pending = [reference]
    var seen: Set<ObjectIdentifier> = []
    while let next = pending.popLast() {
      markUsed(next)
      let schema = schema(next)
      if seen.insert(ObjectIdentifier(schema)).inserted { pending += schema.composition.allOf + values(schema) }
    }
  }

  // MARK: Content

  /// The value of content of JSON; nil when it was refused.
  mutating func content(_ reference: SchemaRef, _ use: Use) -> ValueModel? {
    if mode(reference) == nil, options.json == .dom { return loose([reference], use) }
    return value(reference, use)?.whole
  }

  /// Makes views of the bodies that are to be read so, once it is known what every type is made of.
  mutating func settleViews() {
    var types: Set<Int> = []
    for group in model.groups.indices {
      for operation in model.groups[group].operations.indices {
        let found = model.groups[group].operations[operation]
        guard let alternative = found.body?.alternatives.first(where: { wantsView($0) }) else { continue }
        let keys = alternative.schema.map { places($0).flatMap(ModeMarks.keys) } ?? []
        modes.followed.formUnion(keys)
        if let view = view(found, alternative) {
          model.groups[group].operations[operation].body!.view = view
          markViewed(view.type, &types)
          viewed.formUnion(keys)
        } else {
          let location = alternative.schema.flatMap { mode($0)?.location } ?? alternative.schema?.location
          warn(
            .modeWithoutEffect, location ?? document.root.location,
            "the body of '\(found.id ?? found.name)' is read to Swift values: \(obstacle(found, alternative))")
        }
      }
    }
    for type in types { viewed.formUnion(modes.ofType[type] ?? []) }
    reportModes()
  }

  private func wantsView(_ alternative: OperationModel.Body.Alternative) -> Bool {
    guard case .json = alternative.format, let schema = alternative.schema else { return false }
    return (mode(schema)?.value ?? options.json) == .zeroCopy
  }

  private func view(
    _ operation: OperationModel, _ alternative: OperationModel.Body.Alternative
  ) -> OperationModel.Body.View? {
    guard operation.execution != .blocking, operation.body?.alternatives.count == 1,
      case .json(let value) = alternative.format
    else { return nil }
    switch value {
    case .type(let name) where isViewable(name): return .object(name)
    case .array(.type(let name), let minItems, let maxItems) where isViewable(name):
      return .array(name, minItems: minItems, maxItems: maxItems)
    default: return nil
    }
  }

  /// Why there is no view.
  private func obstacle(_ operation: OperationModel, _ alternative: OperationModel.Body.Alternative) -> String {
    if operation.execution == .blocking { return "a view does not leave its thread, as a blocking operation does" }
    if operation.body?.alternatives.count != 1 { return "it is one of several media types" }
    return "views are of objects and of arrays of objects, whose members are all declared, at most 64, none both "
      + "optional and nullable"
  }

  private func isViewable(_ name: String) -> Bool { typeNamed(name).map { TableText.isViewable(model.types[$0]) } ?? false }

  private mutating func markViewed(_ name: String, _ seen: inout Set<Int>) {
    var pending = [name]
    while let name = pending.popLast() {
      guard let index = typeNamed(name), isViewable(name), seen.insert(index).inserted,
        case .object(let properties, _) = model.types[index].shape
      else { continue }
      model.types[index].isViewed = true
      for property in properties {
        var value = property.value.bare
        if case .array(let item, _, _) = value { value = item.bare }
        if case .type(let name) = value { pending.append(name) }
      }
    }
  }

  // MARK: What has no effect

  private mutating func reportModes() {
    for (key, mode) in modes.json {
      if mode.value == .ondemand || modes.followed.contains(key) || viewed.contains(key) { continue }
      warn(
        .modeWithoutEffect, mode.location,
        mode.value == .dom
          ? "'dom' has no effect here: parameters and forms come as text, which is read to the types of their members"
          : "'zero-copy' has no effect here: there are views of request bodies of JSON and of the objects in them, but "
            + "for those that their own defaults hold",
        remedy: "write it in the schema of a request body, or leave it out")
    }
    for (key, mode) in modes.allocation { report(mode.value, mode.location, isViewed: viewed.contains(key)) }
    if let allocation = options.allocation {
      report(allocation, document.root.location, isViewed: model.types.contains { $0.isViewed })
    }
  }

  /// There is no choice: a Swift `String` or `Array` has memory of its own, and a view lies in the arena.
  private mutating func report(_ allocation: KatanaExtensions.Allocation, _ location: Location, isViewed: Bool) {
    if allocation == .pmr {
      warn(.modeWithoutEffect, location, "'pmr' is taken for 'arena': Swift has no allocators to choose from")
    }
    switch (allocation, isViewed) {
    case (.heap, true):
      warn(
        .modeWithoutEffect, location, "'heap' has no effect on a view, which lies in the request's arena",
        remedy: "leave 'zero-copy' out for values on the heap")
    case (.arena, false), (.pmr, false):
      warn(
        .modeWithoutEffect, location, "'arena' has no effect: Swift's strings and arrays lie on the heap",
        remedy: "with 'zero-copy' the values of request bodies stay in the body and in the request's arena")
    default: break
    }
  }
}
