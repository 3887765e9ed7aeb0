/// A schema under `components.schemas`, or one elsewhere, in this or another file, that a reference leads to. The
/// latter is named after the last token of its pointer or after its file.
public struct ComponentSchema: Sendable {
  /// Unique. Its location tells the file.
  public let name: Located<String>
  public let schema: Schema
  /// Set when the component is only a `$ref` to another one; `schema` is then the target's.
  public let aliasOf: String?

  /// A reference to it, located where it is declared.
  public var reference: SchemaRef {
    let pointer = name.value.replacing("~", with: "~0").replacing("/", with: "~1")
    return .named(
      SchemaName(
        name: name.value, reference: "#/components/schemas/\(pointer)", location: name.location, description: nil))
  }
}

/// The shared parts of a document, in document order.
public struct Components: Sendable {
  /// Those of the document's own `components.schemas`, then the others in the order of their first use.
  public let schemas: [ComponentSchema]
  public let parameters: [(name: String, parameter: Parameter)]
  public let requestBodies: [(name: String, body: RequestBody)]
  /// Their status is `default`: the operation that refers to one gives it its status.
  public let responses: [(name: String, response: Response)]
  public let headers: [Header]
  public let securitySchemes: [SecurityScheme]
  public let examples: [NamedNode]
  public let links: [NamedNode]
  public let callbacks: [Callback]
  public let pathItems: [PathItem]
  let schemaIndex: [String: Int]

  public func schema(named name: String) -> Schema? { schemaIndex[name].map { schemas[$0].schema } }
  /// A reference to the schema of that name.
  public func reference(to name: String) -> SchemaRef? { schemaIndex[name].map { schemas[$0].reference } }
  public func securityScheme(named name: String) -> SecurityScheme? {
    securitySchemes.first { $0.name.value == name }
  }
}
