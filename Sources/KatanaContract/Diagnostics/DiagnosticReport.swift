/// Findings in the form that somebody reads them in.
public struct DiagnosticReport: Sendable {
  public enum Format: String, Sendable, CaseIterable {
    /// Source frames for people.
    case text
    /// For scripts: one object with `errors`, `warnings` and `notes`, the counts, and `diagnostics`. Each of those has
    /// `file`, `line` and `column` (from 1, in code points), `id`, `severity` (`error`, `warning` or `note`),
    /// `message`, `remedy` where there is one, and `chain`: the references that led there, outermost first, each with
    /// `reference`, `file`, `line` and `column`.
    case json
    /// SARIF 2.1.0, which code hosts and editors show beside the source.
    case sarif
  }

  public let diagnostics: [Diagnostic]

  /// With `isStrict`, warnings count as errors.
  public init(_ diagnostics: [Diagnostic], isStrict: Bool = false) {
    self.diagnostics = isStrict ? diagnostics.map(\.strict) : diagnostics
  }

  public func count(_ severity: Diagnostic.Severity) -> Int { diagnostics.count { $0.severity == severity } }

  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// `2 errors, 1 warning`; `no findings`.
  public var summary: String {
    let counts = [Diagnostic.Severity.error, .warning, .note].compactMap { severity -> String? in
      let count = count(severity)
      return count == 0 ? nil : "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
    }
    return counts.isEmpty ? "no findings" : counts.joined(separator: ", ")
  }

  /// Without a final newline. `rules` explains the ids for SARIF; ids that it lacks have no explanation there.
  public func rendered(
    _ format: Format,
    rules: [(id: String, explanation: String)] = DiagnosticRegistry.entries
  ) -> String {
    switch format {
    case .text: diagnostics.map { $0.rendered() }.joined(separator: "\n")
    case .json: json.rendered
    case .sarif: sarif(rules).rendered
    }
  }

  private var json: JSONText {
    .object([
      ("errors", .integer(count(.error))),
      ("warnings", .integer(count(.warning))),
      ("notes", .integer(count(.note))),
      ("diagnostics", .array(diagnostics.map(\.json))),
    ])
  }
}

extension Diagnostic {
  /// As `--strict` judges it.
  fileprivate var strict: Diagnostic { severity == .warning ? with(severity: .error) : self }

  fileprivate var json: JSONText {
    var members = location.json
    members += [("id", .string(id)), ("severity", .string(severity.rawValue)), ("message", .string(message))]
    if let remedy { members.append(("remedy", .string(remedy))) }
    let steps = refChain.map { JSONText.object([("reference", .string($0.reference))] + $0.location.json) }
    members.append(("chain", .array(steps)))
    return .object(members)
  }
}

extension Location {
  fileprivate var json: [(String, JSONText)] {
    [("file", .string(file)), ("line", .integer(line)), ("column", .integer(column))]
  }
}
