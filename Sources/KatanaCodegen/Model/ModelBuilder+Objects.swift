import KatanaContract

/// The members of an object, gathered from its `allOf`.
struct ObjectParts {
  var properties: [ObjectRules.Property] = []
  var required: Set<String> = []
  var isClosed = false
}

extension ModelBuilder {
  /// One flat list of members; nil when parts contradict each other.
  mutating func flattened(_ schema: Schema) -> ObjectParts? {
    var parts = ObjectParts()
    return gather(schema, into: &parts, []) ? parts : nil
  }

  private mutating func gather(_ schema: Schema, into parts: inout ObjectParts, _ seen: Set<ObjectIdentifier>) -> Bool {
    if seen.contains(ObjectIdentifier(schema)) { return true }
    for reference in schema.composition.allOf {
      markUsed(reference)
      let member = self.schema(reference)
      if member.type != .object, member.type != nil || !member.types.isEmpty {
        refuse("an 'allOf' member that is not an object is", reference.location)
        return false
      }
      for keyword in ["oneOf", "anyOf", "not"] {
        guard let location = member.location(of: keyword) else { continue }
        refuse("'\(keyword)' is", location)
        return false
      }
      if !gather(member, into: &parts, seen.union([ObjectIdentifier(schema)])) { return false }
    }
    if case .forbidden(let location) = schema.object.additional {
      // A closed member refuses the properties of its siblings (JSON Schema §10.3.2.3): nothing would be valid.
      if !seen.isEmpty || !schema.composition.allOf.isEmpty {
        refuse("'additionalProperties: false' together with 'allOf' is", location)
        return false
      }
      parts.isClosed = true
    }
    for property in schema.object.properties {
      if parts.properties.contains(where: { $0.name.value == property.name.value }) {
        error(.propertyConflict, property.name.location, "'\(property.name.value)' is declared twice in this 'allOf'")
        return false
      }
      parts.properties.append(property)
    }
    parts.required.formUnion(schema.object.required.map(\.value))
    return true
  }
}
