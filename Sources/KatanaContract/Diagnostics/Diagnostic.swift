/// One finding about a contract.
public struct Diagnostic: Sendable {
  public enum Severity: String, Sendable {
    /// The contract is not accepted.
    case error
    /// The contract is accepted; `--strict` turns these into errors.
    case warning
    case note
  }

  /// One `$ref` that was followed on the way to the finding.
  public struct ReferenceStep: Sendable {
    public let reference: String
    public let location: Location

    public init(reference: String, location: Location) {
      self.reference = reference
      self.location = location
    }
  }

  public let severity: Severity
  /// `KT` and four digits. Stable across releases; explained by ``DiagnosticRegistry``.
  public let id: String
  public let location: Location
  /// One line: what is wrong.
  public let message: String
  /// One line: what to do about it.
  public let remedy: String?
  /// Outermost reference first.
  public let refChain: [ReferenceStep]

  public init(
    _ severity: Severity,
    _ rule: some DiagnosticRule,
    at location: Location,
    _ message: String,
    remedy: String? = nil,
    refChain: [ReferenceStep] = []
  ) {
    self.init(severity, rule.rawValue, at: location, message, remedy: remedy, refChain: refChain)
  }

  private init(
    _ severity: Severity,
    _ id: String,
    at location: Location,
    _ message: String,
    remedy: String?,
    refChain: [ReferenceStep]
  ) {
    self.severity = severity
    self.id = id
    self.location = location
    self.message = message
    self.remedy = remedy
    self.refChain = refChain
  }

  func with(severity: Severity) -> Diagnostic {
    Diagnostic(severity, id, at: location, message, remedy: remedy, refChain: refChain)
  }

  package func with(remedy: String?) -> Diagnostic {
    Diagnostic(severity, id, at: location, message, remedy: remedy, refChain: refChain)
  }

  /// The same finding, in a file that references lead to.
  func reached(by chain: [ReferenceStep]) -> Diagnostic {
    Diagnostic(severity, id, at: location, message, remedy: remedy, refChain: chain + refChain)
  }

  /// Document order, so that two runs print the same text.
  public static func isOrderedBefore(_ left: Diagnostic, _ right: Diagnostic) -> Bool {
    if left.location != right.location { return left.location < right.location }
    return (left.id, left.message) < (right.id, right.message)
  }
}

/// A closed set of diagnostic ids. The enum is the registry of its room: an id that is not a case cannot be emitted.
public protocol DiagnosticRule: RawRepresentable<String>, CaseIterable, Sendable {
  /// One paragraph for `katana explain`: what the rule finds, why it matters, how to satisfy it.
  var explanation: String { get }
}

/// Every id this module can emit, with its explanation.
public enum DiagnosticRegistry {
  public static let entries: [(id: String, explanation: String)] =
    ContractRule.allCases.map { ($0.rawValue, $0.explanation) }

  public static func explanation(for id: String) -> String? {
    ContractRule(rawValue: id)?.explanation
  }
}
