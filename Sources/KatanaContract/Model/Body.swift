public struct RequestBody: Sendable {
  public let description: String?
  public let isRequired: Bool
  /// At least one.
  public let content: [MediaType]
  public let componentName: String?
  public let extensions: Extensions
  public let location: Location
  public let node: Node
}

/// One entry of a `content` mapping.
public struct MediaType: Sendable {
  /// How one property of a form or multipart body travels.
  public struct Encoding: Sendable {
    public let property: Located<String>
    public let contentType: String?
    public let headers: [Header]
    public let style: Parameter.Style?
    public let explode: Bool?
    public let allowsReserved: Bool
    public let node: Node
  }

  /// As written, for example `application/json; charset=utf-8` or `image/*`.
  public let name: Located<String>
  public let schema: SchemaRef?
  public let example: Node?
  public let examples: [NamedNode]
  public let encodings: [Encoding]
  public let extensions: Extensions
  public let node: Node

  /// Lower-case `type/subtype` without parameters.
  public var essence: String {
    let bare = name.value.prefix { $0 != ";" }
    return String(bare.filter { $0 != " " && $0 != "\t" }).lowercased()
  }

  /// `application/json`, or any type with the `+json` suffix.
  public var isJSON: Bool { essence == "application/json" || essence.hasSuffix("+json") }
}

public struct Response: Sendable {
  public enum Status: Sendable, Hashable {
    case code(Int)
    /// `4XX` is `range(4)`.
    case range(Int)
    case `default`

    /// `404`, `4XX`, `default`.
    public var text: String {
      switch self {
      case .code(let code): String(code)
      case .range(let hundreds): "\(hundreds)XX"
      case .default: "default"
      }
    }

    /// Whether the whole class is 2xx. `default` is not.
    public var isSuccess: Bool {
      switch self {
      case .code(let code): (200..<300).contains(code)
      case .range(let hundreds): hundreds == 2
      case .default: false
      }
    }
  }

  public internal(set) var status: Located<Status>
  public let description: String
  public let headers: [Header]
  public let content: [MediaType]
  public let links: [NamedNode]
  public let componentName: String?
  public let extensions: Extensions
  public let node: Node
}
