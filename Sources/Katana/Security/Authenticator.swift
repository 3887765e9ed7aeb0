import CKatana

/// Judges the credentials of one security scheme.
///
/// ```swift
/// struct Keys: Authenticator {
///   let accounts: [(key: String, account: Account)]
///
///   func authenticate(_ credential: Credential, _ context: Context) -> Authentication<Account> {
///     for (key, account) in accounts where credential.matches(key) { return .granted(account) }
///     return .refused()
///   }
/// }
///
/// router.authenticate("api_key", with: Keys(accounts: accounts))
/// ```
///
/// It runs on the reactor before the content is read, suspends nothing and must not block. An error that it throws is
/// answered 500 and logged; ``AuthenticationUnavailable`` is 503; a ``Problem`` is the answer as it is.
public protocol Authenticator: Sendable {
  associatedtype Principal: Sendable

  func authenticate(_ credential: Credential, _ context: Context) throws -> Authentication<Principal>
}

/// An ``Authenticator`` that has to wait: for a database, or an authorisation server. The content is read when it has
/// decided. Operations that need it are served on a task of the reactor.
public protocol AsyncAuthenticator: Sendable {
  associatedtype Principal: Sendable

  nonisolated(nonsending) func authenticate(
    _ credential: Credential,
    _ context: Context
  ) async throws -> Authentication<Principal>
}

/// What an authenticator found out.
public enum Authentication<Principal: Sendable>: Sendable {
  /// The credential is this one's, who may act within these scopes.
  case granted(Principal, scopes: [String] = [])
  /// 401. The description is told to clients of bearer tokens (RFC 6750 §3) and must not carry secrets.
  case refused(_ description: String? = nil)
}

/// Whoever knows cannot be asked now: 503, with Retry-After when there are seconds.
public struct AuthenticationUnavailable: Error {
  public var retryAfterSeconds: Int?

  public init(retryAfterSeconds: Int? = nil) { self.retryAfterSeconds = retryAfterSeconds }
}

/// What a request shows of one scheme. A view that cannot outlive its handler.
public struct Credential: ~Escapable {
  private let first: Text
  private let second: Text

  @_lifetime(immortal)
  init(user: Text, secret: Text) {
    first = user
    second = secret
  }

  /// The user of HTTP basic; the subject of a client's certificate, in RFC 4514 form; else empty.
  public var user: RawSpan {
    @_lifetime(copy self)
    get { unsafe _overrideLifetime(UnsafeRawBufferPointer(first).bytes, copying: self) }
  }

  /// The API key, the password, the token, or what follows the name of another scheme; SHA-256 of a client's
  /// certificate.
  public var secret: RawSpan {
    @_lifetime(copy self)
    get { unsafe _overrideLifetime(UnsafeRawBufferPointer(second).bytes, copying: self) }
  }

  /// Whether the secret is `expected`. The time that this takes tells nothing of `expected`.
  public func matches(_ expected: String) -> Bool {
    var expected = expected
    return expected.withUTF8 { kt_equal_secret(second.baseAddress, second.count, $0.baseAddress, $0.count) }
  }
}

/// Whether two secrets are equal, in a time that depends on the length of `given` only.
public func isEqualSecret(_ given: RawSpan, _ expected: RawSpan) -> Bool {
  given.withUnsafeBytes { given in
    expected.withUnsafeBytes { expected in
      kt_equal_secret(
        given.baseAddress?.assumingMemoryBound(to: UInt8.self),
        given.count,
        expected.baseAddress?.assumingMemoryBound(to: UInt8.self),
        expected.count
      )
    }
  }
}

extension Router {
  /// Registers who judges the credentials of a scheme. A server whose routes need a scheme without an authenticator
  /// does not start.
  public mutating func authenticate(_ scheme: String, with authenticator: some Authenticator) {
    authenticators[scheme] = .sync(TypedJudge(authenticator))
  }

  public mutating func authenticate(_ scheme: String, with authenticator: some AsyncAuthenticator) {
    authenticators[scheme] = .async(TypedAsyncJudge(authenticator))
  }
}

/// How a principal is kept is known where its type is.
enum Judge: Sendable {
  case sync(SyncJudge)
  case async(AsyncJudge)
}

enum Judgement {
  case granted
  case refused(String?)
}

class SyncJudge: @unchecked Sendable {
  func judge(_ credential: Credential, _ context: Context, scheme: Int) throws -> Judgement { fatalError("abstract") }
}

final class TypedJudge<A: Authenticator>: SyncJudge, @unchecked Sendable {
  private let authenticator: A

  init(_ authenticator: A) { self.authenticator = authenticator }

  override func judge(_ credential: Credential, _ context: Context, scheme: Int) throws -> Judgement {
    try context.keep(authenticator.authenticate(credential, context), scheme: scheme)
  }
}

class AsyncJudge: @unchecked Sendable {
  nonisolated(nonsending) func judge(
    _ credential: Credential,
    _ context: Context,
    scheme: Int
  ) async throws -> Judgement { fatalError("abstract") }
}

final class TypedAsyncJudge<A: AsyncAuthenticator>: AsyncJudge, @unchecked Sendable {
  private let authenticator: A

  init(_ authenticator: A) { self.authenticator = authenticator }

  override nonisolated(nonsending) func judge(
    _ credential: Credential,
    _ context: Context,
    scheme: Int
  ) async throws -> Judgement {
    let result = try await authenticator.authenticate(credential, context)
    return try context.keep(result, scheme: scheme)
  }
}

extension Context {
  fileprivate func keep(_ result: Authentication<some Sendable>, scheme: Int) throws -> Judgement {
    switch result {
    case .refused(let description): return .refused(description)
    case .granted(let principal, let scopes):
      try PrincipalRecord.add(principal, scopes: scopes, scheme: scheme, to: exchange)
      return .granted
    }
  }
}
