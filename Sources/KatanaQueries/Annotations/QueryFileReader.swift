import KatanaContract

/// Reads a file of queries: finds the names, what is said about each, and its statement.
struct QueryFileReader {
  let source: SourceFile
  let tokens: Tokens
  private(set) var diagnostics: [Diagnostic] = []

  /// Nil, with the error, when the text is not even a sequence of tokens.
  static func read(_ source: SourceFile, name: String) -> (QueryFileDraft?, [Diagnostic]) {
    do throws(Tokens.Failure) {
      var reader = QueryFileReader(source: source, tokens: try Tokens(scanning: source.bytes))
      let queries = reader.queries()
      return (QueryFileDraft(name: name, path: source.name, queries: queries), reader.diagnostics)
    } catch {
      let location = source.location(atByte: error.offset)
      return (nil, [Diagnostic(.error, QueryRule.sqlSyntax, at: location, error.message.onOneLine)])
    }
  }

  /// Whether a comment of the text names a query.
  static func hasNames(_ source: SourceFile) -> Bool {
    guard let tokens = try? Tokens(scanning: source.bytes) else {
      return String(decoding: source.bytes, as: UTF8.self).contains("-- name:")
    }
    return tokens.all.contains { $0.isComment && CommentText(tokens.text($0)).value(of: "name") != nil }
  }

  private init(source: SourceFile, tokens: Tokens) {
    self.source = source
    self.tokens = tokens
  }

  mutating func error(_ rule: QueryRule, at offset: Int, _ message: String, remedy: String? = nil) {
    diagnostics.append(Diagnostic(.error, rule, at: source.location(atByte: offset), message, remedy: remedy))
  }

  mutating func warning(_ rule: QueryRule, at offset: Int, _ message: String, remedy: String? = nil) {
    diagnostics.append(Diagnostic(.warning, rule, at: source.location(atByte: offset), message, remedy: remedy))
  }

  func line(_ offset: Int) -> Int { source.location(atByte: offset).line }

  private mutating func queries() -> [QueryDraft] {
    let names = tokens.all.indices.filter { index in
      tokens.all[index].isComment && CommentText(tokens.text(tokens.all[index])).value(of: "name") != nil
    }
    if let stray = tokens.all.prefix(names.first ?? tokens.all.count).first(where: { !$0.isComment }), !names.isEmpty {
      error(
        .statementUnnamed,
        at: stray.range.lowerBound,
        "a statement stands above the first name",
        remedy: "put a line '-- name: … :exec' above it, or move it to a migration"
      )
    }
    var queries: [QueryDraft] = []
    var seen: [String: Location] = [:]
    for (position, index) in names.enumerated() {
      let end = position + 1 < names.count ? names[position + 1] : tokens.all.count
      guard var draft = header(at: index, end: end) else { continue }
      if let other = seen.updateValue(draft.location, forKey: draft.name) {
        diagnostics.append(
          Diagnostic(
            .error,
            QueryRule.nameDuplicate,
            at: draft.location,
            "the query '\(draft.name)' exists already, in line \(other.line)",
            remedy: "rename one of them"
          )
        )
      }
      guard let statement = statement(of: draft, in: (index + 1)..<end) else { continue }
      let count = diagnostics.count
      StatementReader.read(statement, &draft, &self)
      if !diagnostics[count...].contains(where: { $0.severity == .error }) { queries.append(draft) }
    }
    return queries
  }

  /// What the comments of a query say. Nil after an error.
  private mutating func header(at index: Int, end: Int) -> QueryDraft? {
    let token = tokens.all[index]
    let comment = CommentText(tokens.text(token))
    let words = comment.value(of: "name")!.split(whereSeparator: \.isWhitespace)
    let example = "write '-- name: get_user :one'"
    guard let name = words.first, !name.hasPrefix(":") else {
      error(.nameSyntax, at: token.range.lowerBound, "the name of the query is missing", remedy: example)
      return nil
    }
    guard isName(name) else {
      error(
        .nameSyntax,
        at: token.range.lowerBound,
        "'\(name)' cannot name a query",
        remedy: "use letters, digits and underscores, a letter first"
      )
      return nil
    }
    guard words.count > 1 else {
      error(.nameSyntax, at: token.range.lowerBound, "what '\(name)' gives back is missing", remedy: example)
      return nil
    }
    guard let (kind, batchKind) = QueryKind.named(words[1]) else {
      error(
        .kindUnknown,
        at: token.range.lowerBound,
        "'\(words[1])' is not a kind of query",
        remedy: "use :one, :opt, :many, :exec, :execrows, :stream, :copy or :batch"
      )
      return nil
    }
    guard words.count == 2 else {
      error(.nameSyntax, at: token.range.lowerBound, "'\(words[2])' has no meaning after the kind", remedy: example)
      return nil
    }
    var draft = QueryDraft(
      name: String(name),
      kind: kind,
      batchKind: batchKind,
      documentation: [],
      source: source,
      location: source.location(atByte: token.range.lowerBound)
    )
    draft.documentation = linesAbove(index)
    var isBelow = true
    for position in (index + 1)..<max(end, index + 1) {
      let token = tokens.all[position]
      guard token.isComment else {
        isBelow = false
        continue
      }
      // Comments above the next name are its own.
      if !isBelow, belongsToNext(position, end: end) { break }
      let comment = CommentText(tokens.text(token))
      if read(comment, token, &draft) { continue }
      if isBelow { draft.documentation += comment.lines }
    }
    return draft
  }

  private func isName(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, first.isLetter || first == UInt8(ascii: "_") else { return false }
    return text.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
  }

  /// The comments that stand on the lines directly above, if they have these lines for themselves.
  private func linesAbove(_ index: Int) -> [String] {
    var first = index
    while first > 0, isAlone(first - 1),
      line(tokens.all[first - 1].range.upperBound) + 1 == line(tokens.all[first].range.lowerBound)
    {
      first -= 1
    }
    return tokens.all[first..<index].flatMap { token -> [String] in
      let comment = CommentText(tokens.text(token))
      return comment.isAnnotation ? [] : comment.lines
    }
  }

  private func belongsToNext(_ position: Int, end: Int) -> Bool {
    guard end < tokens.all.count else { return false }
    guard tokens.all[position..<end].allSatisfy(\.isComment), isAlone(position) else { return false }
    return (position..<end).allSatisfy {
      line(tokens.all[$0].range.upperBound) + 1 == line(tokens.all[$0 + 1].range.lowerBound)
    }
  }

  /// Whether a comment has its lines for itself.
  private func isAlone(_ index: Int) -> Bool {
    let token = tokens.all[index]
    guard token.isComment else { return false }
    if index > 0, line(tokens.all[index - 1].range.upperBound) == line(token.range.lowerBound) { return false }
    return true
  }

  /// The tokens of the one statement, without comments and semicolon; comments of filters and sorts are found by line.
  private mutating func statement(of draft: QueryDraft, in range: Range<Int>) -> Range<Int>? {
    var first: Int?
    var last = range.lowerBound
    var isOver = false
    for index in range where !tokens.all[index].isComment {
      let token = tokens.all[index]
      if tokens.isSymbol(token, ";") {
        if first != nil { isOver = true }
        continue
      }
      if isOver {
        error(
          .statementsMany,
          at: token.range.lowerBound,
          "a second statement stands below '\(draft.name)'",
          remedy: "give it a name of its own"
        )
        return nil
      }
      if first == nil { first = index }
      last = index
    }
    guard let first else {
      diagnostics.append(
        Diagnostic(
          .error,
          QueryRule.statementMissing,
          at: draft.location,
          "no statement stands below '\(draft.name)'",
          remedy: "write one, or remove the name"
        )
      )
      return nil
    }
    return first..<(last + 1)
  }
}

extension QueryKind {
  /// As written after the name, in Katana's words or in sqlc's.
  static func named(_ text: Substring) -> (QueryKind, batch: QueryKind?)? {
    switch text {
    case ":execresult": (.execrows, nil)
    case ":copyfrom": (.copy, nil)
    case ":batch": (.batch, nil)
    case ":batchexec": (.batch, .exec)
    case ":batchone": (.batch, .one)
    case ":batchmany": (.batch, .many)
    default: text.hasPrefix(":") ? QueryKind(rawValue: String(text.dropFirst())).map { ($0, nil) } : nil
    }
  }
}

extension UInt8 {
  var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
