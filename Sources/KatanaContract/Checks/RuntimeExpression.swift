/// The runtime expressions of callbacks and links: `$request.body#/url`, `{$request.query.to}/data`.
enum RuntimeExpression {
  /// Why the text of a callback or link value is no expression and holds none that is valid, to follow its name in a
  /// sentence; `nil` when it is fine. Text without `$` and braces is a constant.
  static func flaw(in text: String) -> String? {
    if text.hasPrefix("$") { return isValid(text[...]) ? nil : "is not a runtime expression" }
    var rest = text[...]
    while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
      if rest[brace] == "}" { return "closes '}' that was not opened" }
      let inner = rest[rest.index(after: brace)...]
      guard let end = inner.firstIndex(of: "}") else { return "does not close '{'" }
      if !isValid(inner[..<end]) { return "holds \(quoted(String(inner[..<end]))), which is not a runtime expression" }
      rest = inner[inner.index(after: end)...]
    }
    return nil
  }

  private static func isValid(_ text: Substring) -> Bool {
    if ["$url", "$method", "$statusCode"].contains(text) { return true }
    guard let source = text.dropPrefix("$request.") ?? text.dropPrefix("$response.") else { return false }
    if source == "body" { return true }
    if let pointer = source.dropPrefix("body#") { return pointer.isEmpty || Pointer.tokens(pointer) != nil }
    if let name = source.dropPrefix("header.") { return !name.isEmpty && name.utf8.allSatisfy(\.isTokenByte) }
    if let name = source.dropPrefix("query.") ?? source.dropPrefix("path.") { return !name.isEmpty }
    return false
  }
}

extension Substring {
  fileprivate func dropPrefix(_ prefix: String) -> Substring? {
    hasPrefix(prefix) ? dropFirst(prefix.count) : nil
  }
}
