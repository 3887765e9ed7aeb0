extension DocumentReader {
  func readRequestBody(_ node: Node) -> RequestBody? {
    shared(node, .requestBody, \.requestBodies, readRequestBody)
  }

  func readRequestBody(_ node: Node, _ componentName: String?) -> RequestBody? {
    guard let fields = fields(node, .requestBody) else { return nil }
    if fields.require("content"), fields.mapping["content"]?.mapping?.isEmpty == true {
      error(.contentEmpty, at: fields.mapping.location(of: "content")!, "'content' of a request body has no media type")
    }
    return RequestBody(
      description: fields.text("description"),
      isRequired: fields.flag("required"),
      content: readContent(fields),
      componentName: componentName,
      extensions: fields.extensions(),
      location: node.location,
      node: node
    )
  }

  func readContent(_ owner: Fields) -> [MediaType] {
    owner.entries("content").compactMap(readMediaType)
  }

  private func readMediaType(_ entry: Mapping.Entry) -> MediaType? {
    let name = Located(entry.key, at: entry.keyLocation)
    if !Self.isMediaType(entry.key) {
      error(
        .mediaTypeInvalid,
        at: name.location,
        "\(quoted(entry.key)) is not a media type",
        remedy: "write 'type/subtype', for example 'application/json'"
      )
    }
    if is32, let reference = entry.value.mapping?.location(of: "$ref") {
      reportNotHonoured(.bodyOf32, reference, "'$ref' in place of a media type")
      return nil
    }
    guard let fields = fields(entry.value, .mediaType) else { return nil }
    fields.exclude("example", "examples")
    let schema = fields.mapping["schema"].flatMap(readSchemaRef)
    return MediaType(
      name: name,
      schema: schema,
      example: fields.mapping["example"],
      examples: readExamples(fields),
      encodings: readEncodings(fields, schema),
      extensions: fields.extensions(),
      node: entry.value
    )
  }

  private func readEncodings(_ media: Fields, _ schema: SchemaRef?) -> [MediaType.Encoding] {
    let properties = knownProperties(schema)
    return media.entries("encoding").compactMap { entry in
      if let properties, !properties.contains(entry.key) {
        warning(
          .encodingUnknown,
          at: entry.keyLocation,
          "the schema has no property \(quoted(entry.key)) to encode",
          remedy: suggestion(for: entry.key, in: properties)
        )
      }
      guard let fields = fields(entry.value, .encoding) else { return nil }
      return MediaType.Encoding(
        property: Located(entry.key, at: entry.keyLocation),
        contentType: fields.text("contentType"),
        headers: readHeaders(fields),
        style: fields.word("style", Parameter.Style.self)?.value,
        explode: fields.bool("explode"),
        allowsReserved: fields.flag("allowReserved"),
        node: entry.value
      )
    }
  }

  /// `nil` when the properties cannot be told here.
  private func knownProperties(_ schema: SchemaRef?) -> Set<String>? {
    guard case .inline(let schema)? = schema, schema.composition.isEmpty, schema.boolean == nil else { return nil }
    return Set(schema.object.properties.map(\.name.value))
  }

  /// `type/subtype` of RFC 9110 tokens or `*`, anything after `;`.
  private static func isMediaType(_ text: String) -> Bool {
    let parts = text.prefix { $0 != ";" }.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        let bytes = part.utf8.reversed().drop { $0 == 0x20 }
        return !bytes.isEmpty && bytes.allSatisfy(\.isTokenByte)
      }
  }
}

extension UInt8 {
  /// A byte of an RFC 9110 token.
  var isTokenByte: Bool {
    isDigit || (0x61...0x7A).contains(self | 0x20) || "!#$%&'*+-.^_`|~".utf8.contains(self)
  }
}
