/// Where a statement begins behind its WITH.
enum StatementBody {
  private static let verbs = ["select", "insert", "update", "delete", "merge", "values", "table"]

  /// The byte of the SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES or TABLE that gives the rows, or of the bracket
  /// before it. Nil for any other statement.
  static func start(of text: String) -> (offset: Int, isInWith: Bool)? {
    guard let tokens = try? Tokens(scanning: Array(text.utf8)) else { return nil }
    let words = tokens.all.filter { !$0.isComment }
    guard let first = words.first else { return nil }
    func isVerb(_ token: Token) -> Bool { verbs.contains { tokens.isWord(token, $0) } }
    guard tokens.isWord(first, "with") else {
      return isVerb(first) || tokens.isSymbol(first, "(") ? (first.range.lowerBound, false) : nil
    }
    var depth = 0
    for (before, token) in zip(words, words.dropFirst()) {
      // The queries of WITH stand in brackets, and have names that may be verbs: WITH update AS (…), insert AS (…)
      let isName = tokens.isWord(before, "with") || tokens.isWord(before, "recursive") || tokens.isSymbol(before, ",")
      let isBracket = tokens.isSymbol(token, "(") && tokens.isSymbol(before, ")")
      if depth == 0, isBracket || isVerb(token) && !isName { return (token.range.lowerBound, true) }
      if tokens.isSymbol(token, "(") { depth += 1 }
      if tokens.isSymbol(token, ")") { depth -= 1 }
    }
    return nil
  }
}
