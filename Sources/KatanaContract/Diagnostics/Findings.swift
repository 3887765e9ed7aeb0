/// Collects diagnostics while a document is read, at most ``DocumentLimits/diagnosticsMax`` of them.
struct Findings {
  private(set) var diagnostics: [Diagnostic] = []
  private(set) var hasErrors = false
  private var isFull = false

  mutating func append(_ diagnostic: Diagnostic) {
    if diagnostic.severity == .error { hasErrors = true }
    guard !isFull else { return }
    guard diagnostics.count < DocumentLimits.diagnosticsMax else {
      isFull = true
      diagnostics.append(
        Diagnostic(
          .note, ContractRule.tooManyDiagnostics, at: diagnostic.location,
          "more than \(DocumentLimits.diagnosticsMax) findings; the rest is not shown"))
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
