/// An operation input outside of the body.
public struct Parameter: Sendable {
  public enum Place: String, Sendable, CaseIterable { case path, query, header, cookie }

  public enum Style: String, Sendable, CaseIterable {
    case matrix, label, simple, form, spaceDelimited, pipeDelimited, deepObject
  }

  public let name: Located<String>
  public let place: Place
  public let isRequired: Bool
  public let isDeprecated: Bool
  public let allowsEmptyValue: Bool
  public let allowsReserved: Bool
  public let description: String?
  /// As written, or the default of the place.
  public let style: Located<Style>
  /// As written, or the default of the style.
  public let explode: Bool
  /// Exactly one value.
  public let value: ParameterValue
  public let example: Node?
  public let examples: [NamedNode]
  /// Its name under `components.parameters` when it was reached by reference.
  public let componentName: String?
  public let extensions: Extensions
  public let location: Location
  public let node: Node
}

/// How the text of a parameter or header is described.
public enum ParameterValue: Sendable {
  case schema(SchemaRef)
  /// One media type, for values that are documents of their own (JSON in a query parameter).
  case content(MediaType)

  /// What an `example` beside it must satisfy; examples of `content` are texts of its media type.
  var exampleSchema: SchemaRef? { if case .schema(let schema) = self { schema } else { nil } }

  public var schema: SchemaRef? {
    switch self {
    case .schema(let schema): schema
    case .content(let media): media.schema
    }
  }
}

/// A response header. Its style is always `simple`.
public struct Header: Sendable {
  public internal(set) var name: Located<String>
  public let isRequired: Bool
  public let isDeprecated: Bool
  public let explode: Bool
  public let description: String?
  public let value: ParameterValue
  public let componentName: String?
  public let extensions: Extensions
  public let node: Node
}

/// A named part the model keeps as it was written: an example, a link.
public struct NamedNode: Sendable {
  public let name: Located<String>
  /// References already followed.
  public let node: Node
}
