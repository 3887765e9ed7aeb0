/// Parameters that PostgreSQL takes and that do nothing.
extension StatementReader {
  func warnOfIdle(_ reader: inout QueryFileReader) {
    for index in words.indices {
      if words[index].parameter != nil, let clause = constantClause(index) {
        reader.warning(
          .parameterIdle,
          at: words[index].range.lowerBound,
          "\(clause) has the same value in every row here, as a parameter is no column",
          remedy: "let the caller choose with 'ORDER BY id -- sort: name, price DESC', or write CASE WHEN"
        )
      }
      if words[index].token.kind == .constant, words[index].replacement == nil,
        let name = quotedParameter(tokens.text(words[index].token))
      {
        reader.warning(
          .parameterIdle,
          at: words[index].range.lowerBound,
          "'\(name)' stands in a text, where it is no parameter",
          remedy: "write '%' || @word || '%', or make_interval(days => @days)"
        )
      }
    }
  }

  /// `ORDER BY` or `GROUP BY` where a parameter, with a cast or without, is all that stands behind it.
  private func constantClause(_ index: Int) -> String? {
    guard index > 1, tokens.isWord(words[index - 1].token, "by") else { return nil }
    let clause = ["order", "group"].first { tokens.isWord(words[index - 2].token, $0) }
    var next = index + 1
    while next + 1 < words.count, tokens.text(words[next].token) == "::" { next += 2 }
    let ends = ["asc", "desc", "nulls", "limit", "offset", "fetch", "for", "having", "order"]
    let isEnd =
      next >= words.count || [",", ")", ";"].contains(tokens.text(words[next].token))
      || ends.contains { tokens.isWord(words[next].token, $0) }
    return isEnd ? clause.map { $0.uppercased() + " BY" } : nil
  }

  /// `:word` of `'%:word%'`, `$1` of `'$1 days'`. An `@` may be a part of addresses, so that it counts only in a
  /// statement without parameters.
  private func quotedParameter(_ text: String) -> String? {
    guard text.hasPrefix("'"), text.count > 2 else { return nil }
    let content = text.dropFirst().dropLast()
    let inner = String(String(content.drop { $0 == "%" }.reversed()).drop { $0 == "%" }.reversed())
    guard let sign = inner.first else { return nil }
    let rest = inner.dropFirst()
    if sign == "$" {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      let tail = rest.dropFirst(digits.count).first
      let isUsed = words.contains { tokens.text($0.token) == "$" + digits }
      return !digits.isEmpty && (tail == nil || tail == " ") && !isUsed ? "$" + digits : nil
    }
    let isWord = rest.first?.isLetter == true && rest.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    guard isWord, sign == ":" || sign == "@" && content != inner && !words.contains(where: { $0.parameter != nil })
    else { return nil }
    return inner
  }
}
