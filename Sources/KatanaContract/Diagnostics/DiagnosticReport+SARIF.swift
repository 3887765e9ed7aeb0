/// The OASIS Static Analysis Results Interchange Format 2.1.0: one run of one tool.
extension DiagnosticReport {
  func sarif(_ rules: [(id: String, explanation: String)]) -> JSONText {
    let used = Set(diagnostics.map(\.id)).sorted()
    var explanations: [String: String] = [:]
    for rule in rules { explanations[rule.id] = rule.explanation }
    var indices: [String: Int] = [:]
    for (index, id) in used.enumerated() { indices[id] = index }
    let driver = JSONText.object([
      ("name", .string("katana")),
      ("rules", .array(used.map { Self.rule($0, explanations[$0]) })),
    ])
    let run = JSONText.object([
      ("tool", .object([("driver", driver)])),
      ("columnKind", .string("unicodeCodePoints")),
      ("results", .array(diagnostics.map { Self.result($0, indices[$0.id] ?? -1) })),
    ])
    return .object([
      ("$schema", .string("https://json.schemastore.org/sarif-2.1.0.json")),
      ("version", .string("2.1.0")),
      ("runs", .array([run])),
    ])
  }

  private static func rule(_ id: String, _ explanation: String?) -> JSONText {
    guard let explanation else { return .object([("id", .string(id))]) }
    return .object([
      ("id", .string(id)),
      ("shortDescription", message(firstSentence(explanation))),
      ("fullDescription", message(explanation)),
      ("help", message("\(explanation)\n\nkatana explain \(id)")),
    ])
  }

  private static func firstSentence(_ text: String) -> String {
    guard let end = text.firstRange(of: ". ") else { return text }
    return String(text[..<end.lowerBound]) + "."
  }

  private static func result(_ diagnostic: Diagnostic, _ index: Int) -> JSONText {
    let text = diagnostic.remedy.map { "\(diagnostic.message). Help: \($0)" } ?? diagnostic.message
    var members: [(String, JSONText)] = [
      ("ruleId", .string(diagnostic.id)),
      ("ruleIndex", .integer(index)),
      ("level", .string(diagnostic.severity.rawValue)),
      ("message", message(text)),
      ("locations", .array([.object([("physicalLocation", place(diagnostic.location))])])),
    ]
    if !diagnostic.refChain.isEmpty {
      let steps = diagnostic.refChain.enumerated().map { index, step in
        JSONText.object([
          ("id", .integer(index)),
          ("physicalLocation", place(step.location)),
          ("message", message("via $ref \(quoted(step.reference))")),
        ])
      }
      members.append(("relatedLocations", .array(steps)))
    }
    return .object(members)
  }

  private static func message(_ text: String) -> JSONText { .object([("text", .string(text))]) }

  private static func place(_ location: Location) -> JSONText {
    .object([
      ("artifactLocation", .object([("uri", .string(uri(location.file)))])),
      ("region", .object([("startLine", .integer(location.line)), ("startColumn", .integer(location.column))])),
    ])
  }

  /// Relative paths stay relative, so that a code host finds the file in its checkout.
  private static func uri(_ path: String) -> String {
    var text = path.hasPrefix("/") ? "file://" : ""
    for byte in path.utf8 {
      let isPlain = byte.isDigit || (0x61...0x7A).contains(byte | 0x20) || "-._~/".utf8.contains(byte)
      if isPlain {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return text
  }
}
