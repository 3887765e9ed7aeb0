/// What one schema must satisfy on its own, whatever refers to it.
extension DocumentReader {
  func check(_ schema: Schema) {
    checkBounds(schema)
    checkValues(schema)
    checkRequired(schema)
    checkKeywordTypes(schema)
    if schema.annotations.isReadOnly, schema.annotations.isWriteOnly {
      error(
        .readOnlyAndWriteOnly,
        at: schema.location(of: "writeOnly") ?? schema.location,
        "a schema cannot be both readOnly and writeOnly"
      )
    }
    if version == .v30, schema.types.first?.value == .array, schema.location(of: "items") == nil {
      error(
        .arrayWithoutItems,
        at: schema.types[0].location,
        "an array has no 'items'",
        remedy: "add 'items' with the schema of its elements, or 'items: {}'"
      )
    }
  }

  private func checkBounds(_ schema: Schema) {
    checkOrder(schema.string.minLength, schema.string.maxLength, "minLength", "maxLength")
    checkOrder(schema.array.minItems, schema.array.maxItems, "minItems", "maxItems")
    checkOrder(schema.array.minContains, schema.array.maxContains, "minContains", "maxContains")
    checkOrder(schema.object.minProperties, schema.object.maxProperties, "minProperties", "maxProperties")
    let number = schema.number
    let lows = [number.minimum, number.exclusiveMinimum].compactMap { $0 }
    let highs = [number.maximum, number.exclusiveMaximum].compactMap { $0 }
    for low in lows {
      for high in highs where high.value.isLess(than: low.value) {
        error(
          .boundsContradict,
          at: high.location,
          "the maximum \(high.value.text) is below the minimum \(low.value.text), so no number is valid"
        )
        return
      }
    }
  }

  private func checkOrder(_ low: Located<Int>?, _ high: Located<Int>?, _ lowKey: String, _ highKey: String) {
    guard let low, let high, high.value < low.value else { return }
    error(
      .boundsContradict,
      at: high.location,
      "'\(highKey)' \(high.value) is below '\(lowKey)' \(low.value), so nothing is valid"
    )
  }

  private func checkValues(_ schema: Schema) {
    var seen = ValueSet()
    for value in schema.enumValues ?? [] {
      if !seen.insert(value) {
        warning(.enumInvalid, at: value.location, "\(value.summary) is already in 'enum'")
      }
      guard let reason = value.typeMismatch(schema) else { continue }
      let message = "\(value.summary) in 'enum' \(reason)"
      if value.isNull, schema.enumValues?.contains(where: { !$0.isNull }) == true {
        warning(.enumInvalid, at: value.location, message + "; it is left out", remedy: value.quoteRemedy(schema))
      } else {
        error(.enumInvalid, at: value.location, message, remedy: value.quoteRemedy(schema))
      }
    }
    if let value = schema.constValue, let reason = value.typeMismatch(schema) {
      error(.enumInvalid, at: value.location, "'const' \(value.summary) \(reason)", remedy: value.quoteRemedy(schema))
    }
    for value in schema.annotations.examples + [schema.annotations.example].compactMap({ $0 }) {
      uses.values.append(PendingUses.Value(kind: .example, value: value, schema: .inline(schema), chain: chain))
    }
    if let value = schema.defaultValue {
      uses.values.append(PendingUses.Value(kind: .default, value: value, schema: .inline(schema), chain: chain))
    }
  }

  /// Members of an `allOf` may require what a sibling declares; only a schema that stands alone is judged.
  private func checkRequired(_ schema: Schema) {
    guard schema.composition.isEmpty, !schema.object.properties.isEmpty else { return }
    guard schema.object.patternProperties.isEmpty else { return }
    let names = Set(schema.object.properties.map(\.name.value))
    let declared = Set(schema.node.mapping?["properties"]?.mapping?.keys ?? [])
    for name in schema.object.required where !declared.contains(name.value) {
      warning(
        .requiredUndeclared,
        at: name.location,
        "'required' names \(quoted(name.value)), which 'properties' lacks",
        remedy: suggestion(for: name.value, in: names)
      )
    }
  }

  /// The types that a keyword says something about.
  private static let typesOfKeyword: [String: Set<SchemaType>] = {
    let groups: [(types: Set<SchemaType>, keywords: [String])] = [
      ([.string], ["minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType", "contentSchema"]),
      ([.integer, .number], ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
      (
        [.array],
        [
          "items", "minItems", "maxItems", "uniqueItems", "prefixItems", "contains", "minContains", "maxContains",
          "unevaluatedItems",
        ]
      ),
      (
        [.object],
        [
          "properties", "required", "additionalProperties", "minProperties", "maxProperties", "patternProperties",
          "propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties",
        ]
      ),
    ]
    var types: [String: Set<SchemaType>] = [:]
    for group in groups { for keyword in group.keywords { types[keyword] = group.types } }
    return types
  }()

  private func checkKeywordTypes(_ schema: Schema) {
    guard let mapping = schema.node.mapping else { return }
    if version == .v31, mapping.entry("contains") == nil {
      for key in ["minContains", "maxContains"] {
        guard let location = mapping.location(of: key) else { continue }
        warning(.keywordWithoutEffect, at: location, "'\(key)' has no effect without 'contains'")
      }
    }
    guard let type = schema.types.first?.value else { return }
    for entry in mapping.entries {
      guard let types = Self.typesOfKeyword[entry.key], !schema.types.contains(where: { types.contains($0.value) })
      else { continue }
      // `required: true` in a property is reported for what it is where 'required' is read.
      if entry.key == "required", entry.value.bool != nil { continue }
      warning(
        .keywordWithoutEffect,
        at: entry.keyLocation,
        "'\(entry.key)' has no effect in a schema of type '\(type.rawValue)'"
      )
    }
  }
}
