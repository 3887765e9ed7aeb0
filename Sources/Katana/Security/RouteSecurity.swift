import CKatana

/// The security of a route with the judges of its schemes, as it is asked for each request.
///
/// A request passes by the first alternative whose requirements all hold. One without requirements passes requests that
/// show no credentials; what is shown must hold, so that no client with a broken token passes for an anonymous one.
final class RouteSecurity: Sendable {
  struct Requirement {
    let scheme: Int
    let scopes: [String]
  }

  let schemes: [(scheme: SecurityScheme, judge: Judge)]
  let alternatives: [[Requirement]]
  private let realm: String
  /// The route, for the log.
  private let name: String

  init(
    _ security: [[SecurityRequirement]],
    _ judges: [String: Judge],
    realm: String,
    name: String
  ) {
    var schemes: [(scheme: SecurityScheme, judge: Judge)] = []
    alternatives = security.map { alternative in
      alternative.map { requirement in
        let name = requirement.scheme.name
        if let index = schemes.firstIndex(where: { $0.scheme.name == name }) {
          return Requirement(scheme: index, scopes: requirement.scopes)
        }
        schemes.append((requirement.scheme, judges[name]!))
        return Requirement(scheme: schemes.count - 1, scopes: requirement.scopes)
      }
    }
    self.schemes = schemes
    self.realm = realm
    self.name = name
  }

  var isAsync: Bool {
    schemes.contains { if case .async = $0.judge { true } else { false } }
  }

  /// One function for all routes, with the security as its context.
  static let entry: kt_authorise_fn = { context, exchange in
    Unmanaged<RouteSecurity>.fromOpaque(context!)._withUnsafeGuaranteedRef { $0.authorise(exchange) }
  }

  /// False: the request was answered.
  private func authorise(_ exchange: OpaquePointer) -> Bool {
    let context = Context(exchange)
    var trial = SecurityTrial(self, exchange)
    do {
      while let (index, user, secret) = trial.next() {
        guard case .sync(let judge) = schemes[index].judge else {
          fatalError("an asynchronous judge on a synchronous way")
        }
        trial.note(try judge.judge(Credential(user: user, secret: secret), context, scheme: index), of: index)
      }
    } catch {
      fail(context, error)
      return false
    }
    return conclude(context, trial)
  }

  nonisolated(nonsending) func authorise(_ exchange: OpaquePointer) async -> Bool {
    var trial = SecurityTrial(self, exchange)
    do {
      while let (index, user, secret) = trial.next() {
        let judgement: Judgement
        switch schemes[index].judge {
        case .sync(let judge):
          judgement = try judge.judge(Credential(user: user, secret: secret), Context(exchange), scheme: index)
        case .async(let judge):
          judgement = try await judge.judge(Credential(user: user, secret: secret), Context(exchange), scheme: index)
        }
        trial.note(judgement, of: index)
      }
    } catch {
      fail(Context(exchange), error)
      return false
    }
    return conclude(Context(exchange), trial)
  }

  private func fail(_ context: Context, _ error: any Error) {
    if let unavailable = error as? AuthenticationUnavailable {
      if let seconds = unavailable.retryAfterSeconds { context.setField("Retry-After", String(seconds)) }
      context.respond(Problem(.serviceUnavailable, detail: "credentials cannot be checked now"))
    } else if error is Problem || error is RequestCancelled {
      context.fail(error, in: name)
    } else {
      context.fail(error, in: "an authenticator of \(name)")
    }
  }

  private func conclude(_ context: Context, _ trial: SecurityTrial) -> Bool {
    switch trial.verdict {
    case .passes(let alternative):
      activate(alternative.map { alternatives[$0] } ?? [], context.exchange)
      return true
    case .lacksScopes(let alternative):
      for requirement in alternatives[alternative] where schemes[requirement.scheme].scheme.isBearer {
        let scope = quoted(requirement.scopes.joined(separator: " "))
        context.setField(
          "WWW-Authenticate", "Bearer realm=\(quoted(realm)), error=\"insufficient_scope\", scope=\(scope)")
      }
      context.respond(Problem(.forbidden, detail: "the credentials lack a scope that this operation needs"))
    case .malformed:
      challenge(context, trial)
      context.respond(Problem(.badRequest, detail: "the credentials are malformed or given more than once"))
    case .missing:
      challenge(context, trial)
      context.respond(Problem(.unauthorized, detail: "this operation needs credentials"))
    case .refused:
      challenge(context, trial)
      context.respond(Problem(.unauthorized, detail: "the credentials are not valid"))
    }
    return false
  }

  private func activate(_ alternative: [Requirement], _ exchange: OpaquePointer) {
    var next = PrincipalRecord.first(of: exchange)
    while let record = next {
      record.pointee.isActive = alternative.contains { $0.scheme == record.pointee.scheme }
      next = record.pointee.next
    }
  }

  /// A challenge for each scheme, in a field line of its own (RFC 9110 §11.6.1). API keys and certificates have no
  /// registered one, yet a 401 must have a challenge.
  private func challenge(_ context: Context, _ trial: SecurityTrial) {
    for (index, entry) in schemes.enumerated() {
      let realm = "realm=\(quoted(realm))"
      switch entry.scheme.kind {
      case .basic: context.setField("WWW-Authenticate", "Basic \(realm), charset=\"UTF-8\"")
      case .http(let name): context.setField("WWW-Authenticate", "\(name) \(realm)")
      case .mutualTLS: context.setField("WWW-Authenticate", "ClientCertificate \(realm)")
      case .apiKey(let source):
        let place = source.description.prefix { $0 != "/" }
        context.setField(
          "WWW-Authenticate",
          "ApiKey \(realm), in=\"\(place)\", name=\(quoted(source.name.description))"
        )
      case .bearer, .oauth2, .openIDConnect:
        context.setField("WWW-Authenticate", "Bearer \(realm)\(bearerParameters(index, trial))")
      }
    }
  }

  /// RFC 6750 §3: no error when nothing was shown.
  private func bearerParameters(_ index: Int, _ trial: SecurityTrial) -> String {
    let bit: UInt64 = 1 << UInt64(index)
    var text = ""
    let scopes = alternatives.lazy.flatMap(\.self).first { $0.scheme == index }?.scopes ?? []
    if !scopes.isEmpty { text += ", scope=\(quoted(scopes.joined(separator: " ")))" }
    if trial.malformed & bit != 0 {
      text += ", error=\"invalid_request\""
    } else if trial.refused & bit != 0 {
      text += ", error=\"invalid_token\""
      if let description = trial.description { text += ", error_description=\(quoted(description))" }
    }
    return text
  }
}

/// A quoted-string (RFC 9110 §5.6.4) of printable ASCII; what cannot stand in one is left out.
private func quoted(_ text: String) -> String {
  var result = "\""
  for byte in text.utf8 where byte >= 0x20 && byte < 0x7F {
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { result.append("\\") }
    result.unicodeScalars.append(Unicode.Scalar(byte))
  }
  return result + "\""
}

/// One request before the alternatives of its route. Says which scheme is to be judged next; each is judged once.
struct SecurityTrial {
  enum Verdict {
    /// Nil: as an anonymous one.
    case passes(alternative: Int?)
    case lacksScopes(alternative: Int)
    case malformed, missing, refused
  }

  private let security: RouteSecurity
  private let exchange: OpaquePointer
  // A bit for each scheme.
  private var granted: UInt64 = 0
  private(set) var refused: UInt64 = 0
  private(set) var malformed: UInt64 = 0
  private var alternative = 0
  private var lacking: Int?
  private var passing: Int?
  private var hasAnonymous = false
  /// What the authenticator says that refused last.
  private(set) var description: String?

  init(_ security: RouteSecurity, _ exchange: OpaquePointer) {
    self.security = security
    self.exchange = exchange
  }

  /// The next scheme to judge and what is shown of it; nil when the verdict is there.
  mutating func next() -> (scheme: Int, user: Text, secret: Text)? {
    while passing == nil, alternative < security.alternatives.count {
      let requirements = security.alternatives[alternative]
      if requirements.isEmpty {
        hasAnonymous = true
      } else if let question = examine(requirements) {
        return question
      }
      alternative += 1
    }
    return nil
  }

  /// Nil when the alternative is decided. Nobody is asked before all credentials are there.
  private mutating func examine(
    _ requirements: [RouteSecurity.Requirement]
  ) -> (scheme: Int, user: Text, secret: Text)? {
    var question: (scheme: Int, user: Text, secret: Text)?
    for requirement in requirements {
      let bit: UInt64 = 1 << UInt64(requirement.scheme)
      if (refused | malformed) & bit != 0 { return nil }
      if granted & bit != 0 { continue }
      switch security.schemes[requirement.scheme].scheme.credential(in: exchange) {
      case .none: return nil
      case .malformed:
        malformed |= bit
        return nil
      case .shown(let user, let secret):
        if question == nil { question = (requirement.scheme, user, secret) }
      }
    }
    if question == nil {
      if requirements.allSatisfy({ hasScopes($0) }) {
        passing = alternative
      } else if lacking == nil {
        lacking = alternative
      }
    }
    return question
  }

  mutating func note(_ judgement: Judgement, of scheme: Int) {
    switch judgement {
    case .granted: granted |= 1 << UInt64(scheme)
    case .refused(let text):
      refused |= 1 << UInt64(scheme)
      description = text
    }
  }

  private func hasScopes(_ requirement: RouteSecurity.Requirement) -> Bool {
    if requirement.scopes.isEmpty { return true }
    var next = PrincipalRecord.first(of: exchange)
    while let record = next {
      if record.pointee.scheme == requirement.scheme {
        return requirement.scopes.allSatisfy { record.pointee.scopes.contains($0) }
      }
      next = record.pointee.next
    }
    return false
  }

  var verdict: Verdict {
    if let passing { return .passes(alternative: passing) }
    if let lacking { return .lacksScopes(alternative: lacking) }
    if refused != 0 { return .refused }
    if malformed != 0 { return isBearerMalformed ? .malformed : .refused }
    return hasAnonymous ? .passes(alternative: nil) : .missing
  }

  /// RFC 6750 §3.1 answers 400; other schemes know 401 only.
  private var isBearerMalformed: Bool {
    security.schemes.indices.contains { malformed & (1 << UInt64($0)) != 0 && security.schemes[$0].scheme.isBearer }
  }
}
