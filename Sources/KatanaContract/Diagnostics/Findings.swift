/// Collects diagnostics while a document is read, at most ``DocumentLimits/diagnosticsMax`` of them. A finding that is
/// met again on another way, through a shared part or a YAML alias, is kept once, with the first `$ref` chain.
struct Findings {
  private(set) var diagnostics: [Diagnostic] = []
  private(set) var hasErrors = false
  private(set) var isFull = false
  private var seen: Set<Identity> = []

  private struct Identity: Hashable {
    let id: String
    let location: Location
    let message: String
  }

  mutating func append(_ diagnostic: Diagnostic) {
    if diagnostic.severity == .error { hasErrors = true }
    guard !isFull else { return }
    let identity = Identity(id: diagnostic.id, location: diagnostic.location, message: diagnostic.message)
    guard seen.insert(identity).inserted else { return }
    guard diagnostics.count < DocumentLimits.diagnosticsMax else {
      isFull = true
      diagnostics.append(
        Diagnostic(
          .note,
          ContractRule.tooManyDiagnostics,
          at: diagnostic.location,
          "more than \(DocumentLimits.diagnosticsMax) findings; the rest is not shown"
        )
      )
      return
    }
    diagnostics.append(diagnostic)
  }

  mutating func error(_ rule: ContractRule, at location: Location, _ message: String, remedy: String? = nil) {
    append(Diagnostic(.error, rule, at: location, message, remedy: remedy))
  }

  mutating func warning(_ rule: ContractRule, at location: Location, _ message: String, remedy: String? = nil) {
    append(Diagnostic(.warning, rule, at: location, message, remedy: remedy))
  }

  /// In document order.
  var sorted: [Diagnostic] { diagnostics.sorted(by: Diagnostic.isOrderedBefore) }
}
