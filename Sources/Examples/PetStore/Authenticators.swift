import Katana

/// The keeper, who shows the secret in X-API-Key.
struct KeyAuthenticator: Authenticator {
  let secret: String?

  func authenticate(_ credential: Credential, _ context: Context) -> Authentication<String> {
    guard let secret, credential.matches(secret) else { return .refused() }
    return .granted("keeper")
  }
}

/// Bearers of the secret, who may do everything, and of `read-` and the secret, who may not write.
struct TokenAuthenticator: Authenticator {
  let secret: String?

  func authenticate(_ credential: Credential, _ context: Context) -> Authentication<String> {
    guard let secret else { return .refused() }
    if credential.matches(secret) { return .granted("writer", scopes: ["pets:write", "pets:export"]) }
    if credential.matches("read-" + secret) { return .granted("reader", scopes: ["pets:export"]) }
    return .refused("the token is not one of this store")
  }
}
