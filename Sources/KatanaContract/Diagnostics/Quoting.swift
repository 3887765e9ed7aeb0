/// Quotes text of the document for a message: control characters are spelled out, so that a contract cannot drive the
/// reader's terminal, and long text is cut.
func quoted(_ text: String) -> String {
  let shownMax = 80
  var result = "'"
  for scalar in text.unicodeScalars.prefix(shownMax) {
    if scalar.isPrintable { result.unicodeScalars.append(scalar) } else { result += scalar.escaped(asASCII: true) }
  }
  if text.unicodeScalars.count > shownMax { result += "…" }
  return result + "'"
}

/// Text of another's making, a file name for example, with control characters spelled out.
func printable(_ text: String) -> String {
  if text.unicodeScalars.allSatisfy(\.isPrintable) { return text }
  return text.unicodeScalars.map { $0.isPrintable ? String($0) : $0.escaped(asASCII: true) }.joined()
}

/// `'a', 'b' or 'c'`.
func alternatives(_ names: [String]) -> String {
  let quotedNames = names.map(quoted)
  guard let last = quotedNames.last, quotedNames.count > 1 else { return quotedNames.first ?? "" }
  return quotedNames.dropLast().joined(separator: ", ") + " or " + last
}

extension Unicode.Scalar {
  /// Not a control, format (bidirectional overrides), surrogate or line separator character.
  var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
    default: true
    }
  }
}
