extension Diagnostic {
  /// Longest stretch of a source line that is shown; contracts are sometimes one line of megabytes.
  private static let frameWidth = 100

  /// The finding as text, without a final newline:
  ///
  /// ```
  /// api.yaml:12:7: error[KT0203]: unknown field 'sumary' in an operation
  ///    12 |       sumary: List users
  ///       |       ^
  ///    help: did you mean 'summary'?
  /// ```
  public func rendered() -> String {
    var lines = ["\(location): \(severity.rawValue)[\(id)]: \(message)"]
    lines += frame()
    for step in refChain { lines.append("   via $ref \(quoted(step.reference)) at \(step.location)") }
    if let remedy { lines.append("   help: \(remedy)") }
    return lines.joined(separator: "\n")
  }

  private func frame() -> [String] {
    guard let line = location.source.line(location.line), !line.isEmpty else { return [] }
    let scalars = Array(line.unicodeScalars)
    let caret = min(location.column - 1, scalars.count)
    let start = scalars.count <= Self.frameWidth ? 0 : max(0, caret - Self.frameWidth / 2)
    let end = min(scalars.count, start + Self.frameWidth)
    var text = String.UnicodeScalarView()
    for scalar in scalars[start..<end] { text.append(scalar.isPrintable ? scalar : " ") }
    let number = String(location.line)
    let gutter = String(repeating: " ", count: max(0, 5 - number.count)) + number
    let blank = String(repeating: " ", count: gutter.count)
    return [
      "\(gutter) | \(String(text))",
      "\(blank) | \(String(repeating: " ", count: caret - start))^",
    ]
  }
}
