extension Diagnostic {
  /// Longest stretch of a source line that is shown.
  private static let frameWidth = 100

  /// How the first line is written.
  public enum Style: Sendable {
    case plain
    /// As the Swift compiler writes its own, so that what reads those finds the place:
    /// `api.yaml:12:7: error: unknown field 'sumary' in an operation [KT0203]`.
    case compiler
  }

  /// The finding as text, without a final newline:
  ///
  /// ```
  /// api.yaml:12:7: error[KT0203]: unknown field 'sumary' in an operation
  ///    12 |       sumary: List users
  ///       |       ^
  ///    help: did you mean 'summary'?
  /// ```
  public func rendered(as style: Style = .plain) -> String {
    let place = printable(location.description)
    var lines = [
      style == .plain
        ? "\(place): \(severity.rawValue)[\(id)]: \(message)" : "\(place): \(severity.rawValue): \(message) [\(id)]"
    ]
    lines += frame()
    for step in refChain {
      lines.append("   via $ref \(quoted(step.reference)) at \(printable(step.location.description))")
    }
    if let remedy { lines.append("   help: \(remedy)") }
    return lines.joined(separator: "\n")
  }

  private func frame() -> [String] {
    guard let excerpt = location.source.excerpt(around: location, width: Self.frameWidth) else { return [] }
    var text = String.UnicodeScalarView()
    for scalar in excerpt.text.unicodeScalars { text.append(scalar.isPrintable ? scalar : " ") }
    let number = String(location.line)
    let gutter = String(repeating: " ", count: max(0, 5 - number.count)) + number
    let blank = String(repeating: " ", count: gutter.count)
    return [
      "\(gutter) | \(String(text))",
      "\(blank) | \(String(repeating: " ", count: excerpt.caret))^",
    ]
  }
}
