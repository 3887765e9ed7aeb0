/// A loaded OpenAPI 3.0, 3.1 or 3.2 document. Every `$ref` in it resolves, and every part knows where it was written.
///
/// The model holds all that the standard defines; what a generator cannot use it must refuse itself, at the location
/// the model keeps. Parts the model does not interpret stay reachable as ``Node``.
public struct OpenAPIDocument: Sendable {
  public let version: Located<OpenAPIVersion>
  public let info: Info
  public let servers: [ServerURL]
  public let tags: [Tag]
  /// In document order.
  public let paths: [PathItem]
  /// 3.1 only. Their `path` holds the webhook's name and is not a path template.
  public let webhooks: [PathItem]
  public let components: Components
  /// Requirements of operations that state none of their own.
  public let security: [SecurityRequirement]
  public let extensions: Extensions
  public let root: Node

  /// Operations of ``paths`` in document order.
  public var operations: [Operation] { paths.flatMap(\.operations) }

  /// The schema of that name in ``Components/schemas``, aliases followed.
  public func schema(named name: String) -> Schema? { components.schema(named: name) }

  /// The schema a reference stands for, aliases followed. A loaded document has no dangling reference.
  public func resolve(_ reference: SchemaRef) -> Schema? {
    switch reference {
    case .inline(let schema): schema
    case .named(let named): schema(named: named.name)
    }
  }

  /// Why a value is none of a schema, as deep as both go; nil when it is one.
  public func fault(of value: Node, _ schema: SchemaRef) -> ValueFault? {
    var judge = ValueJudge(components)
    return judge.fault(of: value, schema, isOneWay: false)
  }
}

public enum OpenAPIVersion: String, Sendable {
  case v30 = "3.0"
  case v31 = "3.1"
  /// Read by the rules of 3.1; what is new in 3.2 is left out of the model, with a warning at its place.
  case v32 = "3.2"
}

public struct Info: Sendable {
  public let title: Located<String>
  public let version: Located<String>
  public let summary: String?
  public let description: String?
  public let termsOfService: String?
  public let contact: Node?
  public let license: Node?
  public let extensions: Extensions
  public let node: Node
}

public struct ServerURL: Sendable {
  public struct Variable: Sendable {
    public let name: Located<String>
    public let defaultValue: String
    public let values: [String]
    public let description: String?
  }

  /// May be relative and may hold `{variables}`.
  public let url: Located<String>
  public let description: String?
  public let variables: [Variable]
  public let extensions: Extensions
  public let node: Node
}

public struct Tag: Sendable {
  public let name: Located<String>
  public let description: String?
  public let extensions: Extensions
  public let node: Node
}
