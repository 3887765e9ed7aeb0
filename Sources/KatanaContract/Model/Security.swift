public struct SecurityScheme: Sendable {
  public enum Kind: Sendable {
    case apiKey(parameter: Located<String>, place: Parameter.Place)
    /// The scheme in lower case: `bearer`, `basic`.
    case http(scheme: Located<String>, bearerFormat: String?)
    case oauth2([OAuthFlow])
    case openIDConnect(url: Located<String>)
    /// 3.1 only.
    case mutualTLS
  }

  public let name: Located<String>
  public let kind: Kind
  public let description: String?
  public let extensions: Extensions
  public let node: Node
}

public struct OAuthFlow: Sendable {
  public enum Kind: String, Sendable, CaseIterable { case implicit, password, clientCredentials, authorizationCode }

  public let kind: Kind
  public let authorizationURL: String?
  public let tokenURL: String?
  public let refreshURL: String?
  public let scopes: [(name: Located<String>, description: String)]
}

/// Schemes that must all be satisfied. No scheme at all means that anonymous access is allowed.
public struct SecurityRequirement: Sendable {
  public let schemes: [(name: Located<String>, scopes: [Located<String>])]
  public let location: Location
}
