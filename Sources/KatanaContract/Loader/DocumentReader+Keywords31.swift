/// Keywords that came with JSON Schema 2020-12. In a 3.0 document they are reported where unknown fields are, and read
/// as absent.
extension DocumentReader {
  func schema31(_ fields: Fields, _ key: String) -> SchemaRef? {
    version == .v31 ? fields.mapping[key].flatMap(readSchemaRef) : nil
  }

  /// The entries of `patternProperties`, `dependentSchemas` and `$defs`.
  func readNamedSchemas(_ fields: Fields, _ key: String) -> [(name: Located<String>, schema: SchemaRef)] {
    guard version == .v31 else { return [] }
    return fields.entries(key).compactMap { entry in
      readSchemaRef(entry.value).map { (Located(entry.key, at: entry.keyLocation), $0) }
    }
  }

  func readDependentRequired(_ fields: Fields) -> [(name: Located<String>, required: [Located<String>])] {
    guard version == .v31 else { return [] }
    return fields.entries("dependentRequired").compactMap { entry in
      guard let items = entry.value.sequence else {
        wrongType(entry.value, expected: "a sequence", in: "'dependentRequired' in a schema")
        return nil
      }
      let names = items.compactMap { item -> Located<String>? in
        if let text = item.string { return Located(text, at: item.location) }
        wrongType(item, expected: "a string", in: "'dependentRequired' in a schema")
        return nil
      }
      return (Located(entry.key, at: entry.keyLocation), names)
    }
  }

  func readConditional(_ fields: Fields) -> Conditional? {
    let condition = schema31(fields, "if")
    let then = schema31(fields, "then")
    let otherwise = schema31(fields, "else")
    guard version == .v31 else { return nil }
    if !fields.has("if") {
      for key in ["then", "else"] { reportWithoutEffect(fields, key, without: "'if'") }
    } else if !fields.has("then"), !fields.has("else") {
      reportWithoutEffect(fields, "if", without: "'then' or 'else'")
    }
    guard let condition, then != nil || otherwise != nil else { return nil }
    return Conditional(condition: condition, then: then, otherwise: otherwise)
  }

  func reportWithoutEffect(_ fields: Fields, _ key: String, without other: String) {
    guard let location = fields.mapping.location(of: key) else { return }
    warning(.keywordWithoutEffect, at: location, "'\(key)' has no effect without \(other)")
  }

  /// What gives schemas other names and other bases than their place in a file.
  func checkIdentity(_ fields: Fields) {
    guard version == .v31 else { return }
    if let location = fields.mapping.location(of: "$dynamicRef") {
      error(
        .dynamicReference,
        at: location,
        "'$dynamicRef' is not followed",
        remedy: "write '$ref' with the schema that is meant"
      )
    }
    if let location = fields.mapping.location(of: "$id") {
      warning(
        .schemaIdentifier,
        at: location,
        "'$id' is not honoured: references are resolved against the file that holds them"
      )
    }
    if let dialect = fields.string("$schema") { checkDialect(dialect) }
  }

  private static let dialects: Set = [
    "https://json-schema.org/draft/2020-12/schema", "https://spec.openapis.org/oas/3.1/dialect/base",
    "https://spec.openapis.org/oas/3.2/dialect/2025-09-17",
  ]

  func checkDialect(_ dialect: Located<String>) {
    let name = dialect.value.hasSuffix("#") ? String(dialect.value.dropLast()) : dialect.value
    guard !Self.dialects.contains(name) else { return }
    warning(
      .schemaDialect,
      at: dialect.location,
      "the dialect \(quoted(dialect.value)) is not known; schemas are read as JSON Schema 2020-12"
    )
  }

  func otherKeywords(_ fields: Fields) -> [Located<String>] {
    let entries = fields.mapping.entries.filter {
      !$0.key.hasPrefix("x-") && !Schema.keywordsWithField.contains($0.key)
    }
    return entries.map { Located($0.key, at: $0.keyLocation) }
  }
}
