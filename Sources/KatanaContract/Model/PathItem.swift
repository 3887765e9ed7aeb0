/// One entry of `paths`, or one webhook or callback expression.
public struct PathItem: Sendable {
  public let path: PathTemplate
  public let summary: String?
  public let description: String?
  /// Shared parameters as written; each operation already holds them merged with its own.
  public let parameters: [Parameter]
  public let servers: [ServerURL]
  public let operations: [Operation]
  public let extensions: Extensions
  public let location: Location
  public let node: Node
}

/// A path split into its literal and parameter parts: `/users/{id}.json` is `/users/`, `{id}`, `.json`.
public struct PathTemplate: Sendable {
  public enum Part: Sendable, Hashable {
    case literal(String)
    case parameter(String)
  }

  public let text: String
  public let parts: [Part]
  public let location: Location

  /// Parameter names from left to right; unique in a loaded document.
  public var parameterNames: [String] {
    parts.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
  }

  /// The template with its parameter names removed: two paths of equal shape match the same requests.
  public var shape: String {
    parts.map { if case .literal(let text) = $0 { text } else { "{}" } }.joined()
  }
}

public enum HTTPMethod: String, Sendable, CaseIterable {
  case get, put, post, delete, options, head, patch, trace

  /// `GET`, as it travels.
  public var token: String { rawValue.uppercased() }
}

public struct Operation: Sendable {
  public let method: HTTPMethod
  public let path: PathTemplate
  /// Unique in the document.
  public let operationID: Located<String>?
  public let tags: [Located<String>]
  public let summary: String?
  public let description: String?
  public let isDeprecated: Bool
  /// The path item's parameters with the operation's own in their place, own ones last. Unique by name and place.
  public let parameters: [Parameter]
  public let requestBody: RequestBody?
  /// Empty only where a 3.1 document leaves `responses` out, which is a warning.
  public let responses: [Response]
  public let callbacks: [Callback]
  /// What applies to this operation: its own list or the document's. Empty means no authentication; any one suffices.
  public let security: [SecurityRequirement]
  /// Whether the operation wrote its own `security`, even an empty one.
  public let hasOwnSecurity: Bool
  public let servers: [ServerURL]
  public let extensions: Extensions
  /// Where the method key is written.
  public let location: Location
  public let node: Node

  /// `GET /users/{id}`, for messages.
  public var title: String { "\(method.token) \(path.text)" }
}

/// Requests the service may send; each expression is a runtime expression, not a path.
public struct Callback: Sendable {
  public internal(set) var name: Located<String>
  public let expressions: [PathItem]
  public let node: Node
}
