/// A way in which a request can show who makes it: one entry of `components.securitySchemes`.
public struct SecurityScheme: Sendable {
  public enum Kind: Sendable {
    /// A secret in a header, the query or a cookie.
    case apiKey(ParameterSource)
    /// User and password (RFC 7617).
    case basic
    /// A token in Authorization (RFC 6750).
    case bearer
    /// Another scheme of Authorization, by its name.
    case http(StaticString)
    /// A bearer token with scopes.
    case oauth2
    /// A bearer token with scopes; the URL is that of the provider's discovery document.
    case openIDConnect(url: String)
    /// A certificate of the client that TLS verified.
    case mutualTLS
  }

  /// The name in the contract, for which an authenticator is registered.
  public let name: String
  public let kind: Kind

  public init(_ name: String, _ kind: Kind) {
    self.name = name
    self.kind = kind
  }

  var isBearer: Bool {
    switch kind {
    case .bearer, .oauth2, .openIDConnect: true
    default: false
    }
  }
}

/// A scheme that must be satisfied, with the scopes or roles that the authenticator must have granted.
///
/// ``Route/security`` has alternatives of which one must hold, each a list of requirements that must all hold. An empty
/// alternative lets requests pass that show no credentials.
public struct SecurityRequirement: Sendable {
  public var scheme: SecurityScheme
  public var scopes: [String]

  public init(_ scheme: SecurityScheme, scopes: [String] = []) {
    self.scheme = scheme
    self.scopes = scopes
  }
}
