import KatanaContract

// Files among the alternatives of a `oneOf` or `anyOf`. A part has no JSON type that tells alternatives apart.

extension ModelBuilder {
  func file(_ minLength: Int?, _ maxLength: Int?) -> ValueModel {
    var file = ScalarModel(method: "file", swift: "UploadedFile", neutral: "")
    file.facts.minLength = minLength ?? 0
    file.facts.maxLength = maxLength ?? .max
    return .scalar(file)
  }

  /// A part of which some alternatives are files: a file, or a list of them where one alternative is a list. Nil when
  /// none is.
  mutating func fileChoice(_ flat: FlatSchema) -> ValueModel? {
    guard flat.choices.count == 1 else { return nil }
    var files: [FlatSchema] = []
    var lists: [(list: FlatSchema, item: FlatSchema)] = []
    for alternative in flat.choices[0].alternatives {
      guard let own = self.flat([unwrapped(alternative).reference]) else { return nil }
      if isFile(own) {
        files.append(own)
      } else if own.type == .array, own.items.count == 1, let item = self.flat([unwrapped(own.items[0]).reference]),
        isFile(item)
      {
        lists.append((own, item))
      }
    }
    let all = files + lists.map(\.item)
    if all.isEmpty { return nil }
    let isWhole = files.count + lists.count == flat.choices[0].alternatives.count
    if !isWhole {
      warn(
        .notChecked, flat.location, "the alternatives that are no files are not checked; a part of any kind is a file",
        remedy: "send what is no file as a member of its own")
    }
    let isBounded = isWhole && all.allSatisfy { $0.maxLength != nil }
    let (shortest, longest) = (all.map { $0.minLength ?? 0 }.min(), all.compactMap(\.maxLength).max())
    let file = file(isWhole ? shortest : nil, isBounded ? longest : nil)
    if lists.isEmpty { return file }
    let low = (files.isEmpty ? [] : [1]) + lists.map { $0.list.minItems ?? 0 }
    let isCounted = lists.allSatisfy { $0.list.maxItems != nil }
    let high = (files.isEmpty ? [] : [1]) + lists.compactMap(\.list.maxItems)
    return .array(file, minItems: isWhole ? low.min() : nil, maxItems: isWhole && isCounted ? high.max() : nil)
  }

  /// Makes one object of a form that is one of several with files or styles: it has the members of all, and an
  /// evaluator sees that those of one alternative are there. False when members of one name differ.
  mutating func mergeAlternatives(_ flat: inout FlatSchema, _ encoding: FormEncoding, isMultipart: Bool) -> Bool {
    var alternatives: [FlatSchema] = []
    var pending = flat.choices.flatMap(\.alternatives)
    var seen: Set<ObjectIdentifier> = []
    while !pending.isEmpty {
      let next = unwrapped(pending.removeFirst()).reference
      if !seen.insert(ObjectIdentifier(schema(next))).inserted { continue }
      guard let own = self.flat([next]) else { return false }
      alternatives.append(own)
      pending = own.choices.flatMap(\.alternatives) + pending
    }
    let isOfObjects = alternatives.allSatisfy { $0.type == .object || $0.type == nil && !$0.choices.isEmpty }
    let hasFiles = isMultipart && alternatives.contains { $0.properties.contains { hasFile($0.schemas) } }
    if alternatives.isEmpty || !isOfObjects || !hasFiles && encoding.members.isEmpty { return true }
    let count = flat.properties.count
    for property in alternatives.flatMap(\.properties) {
      guard let known = flat.properties.first(where: { $0.name.value == property.name.value }) else {
        flat.properties.append(property)
        continue
      }
      if text(known.schemas) != text(property.schemas) {
        refuse(
          "a form of several objects with files or styles, whose members '\(property.name.value)' differ, is",
          property.name.location, remedy: "describe the member alike in each of them")
        return false
      }
    }
    for choice in flat.choices {
      let keyword = choice.isExclusive ? "oneOf" : "anyOf"
      for part in flat.parts where part.location(of: keyword) == choice.location { flat.assert([keyword], part) }
    }
    flat.choices = []
    flat.types = [.object]
    flat.isMerged = flat.properties.count > count
    return true
  }

  private func text(_ schemas: [SchemaRef]) -> [String] { schemas.map { jsonText(schema($0).node) } }
}
