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
    var seen: [String: Location] = [:]
    return owner.entries("content").compactMap { entry in
      let name = entry.key.lowercased().filter { $0 != " " }
      if let first = seen.updateValue(entry.keyLocation, forKey: name) {
        warning(
          .mediaTypeDuplicate,
          at: entry.keyLocation,
          "\(quoted(entry.key)) is the media type at \(first.mentioned(at: entry.keyLocation)) in other letters"
        )
      }
      return readMediaType(entry)
    }
  }

  private func readMediaType(_ entry: Mapping.Entry) -> MediaType? {
    let name = Located(entry.key, at: entry.keyLocation)
    if !Syntax.isMediaType(entry.key) {
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
    let media = MediaType(
      name: name,
      schema: schema,
      example: fields.mapping["example"],
      examples: readExamples(fields),
      encodings: readEncodings(fields, schema),
      extensions: fields.extensions(),
      node: entry.value
    )
    if media.isJSON { keepExamples(fields, media.examples, schema) }
    checkEncodings(fields, media.essence)
    return media
  }

  private static let form = "application/x-www-form-urlencoded"

  private func checkEncodings(_ media: Fields, _ essence: String) {
    let isForm = essence == Self.form
    let isMultipart = essence.hasPrefix("multipart/")
    guard isForm || isMultipart else {
      return media.ignore(["encoding"], "in a body that is neither form nor multipart")
    }
    for entry in media.mapping["encoding"]?.mapping?.entries ?? [] {
      guard let mapping = entry.value.mapping else { continue }
      let encoding = Fields(reader: self, node: entry.value, mapping: mapping, shape: .encoding)
      if isForm { encoding.ignore(["headers"], "in a form body") }
      if isMultipart, version == .v30 || essence != "multipart/form-data" {
        encoding.ignore(["style", "explode", "allowReserved"], "in a body of the type '\(essence)'")
      }
    }
  }

  private func readEncodingStyle(_ fields: Fields) -> Parameter.Style? {
    guard let style = fields.word("style", Parameter.Style.self) else { return nil }
    let allowed: [Parameter.Style] = [.form, .spaceDelimited, .pipeDelimited, .deepObject]
    if !allowed.contains(style.value) {
      error(
        .parameterStyle,
        at: style.location,
        "the style \(quoted(style.value.rawValue)) does not exist in encodings",
        remedy: "use \(alternatives(allowed.map(\.rawValue)))"
      )
    }
    return style.value
  }

  /// A list of media types and ranges, separated by commas.
  private func readEncodingType(_ fields: Fields) -> String? {
    guard let text = fields.string("contentType") else { return nil }
    let names = text.value.split(separator: ",", omittingEmptySubsequences: false)
    for name in names.map({ $0.drop { $0 == " " } }) where !Syntax.isMediaType(name) {
      error(.mediaTypeInvalid, at: text.location, "\(quoted(String(name))) is not a media type")
    }
    return text.value
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
        contentType: readEncodingType(fields),
        headers: readHeaders(fields),
        style: readEncodingStyle(fields),
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
}
