import KatanaContract

/// Turns the tokens of a statement into what PostgreSQL is sent: named parameters become numbers, sqlc's functions what
/// they stand for, lines with `-- filter` and `-- sort` pieces of their own. Comments are left out.
struct StatementReader {
  /// One token, or several that became one.
  struct Word {
    /// Bytes of the file.
    var range: Range<Int>
    /// Nil for a token as it is.
    var replacement: String?
    var token: Token
    /// Of the first byte.
    var line: Int
    /// How many round and square brackets are open before it.
    var depth: Int
    /// Indices into the draft's parameters.
    var parameter: Int?
  }

  let tokens: Tokens
  private var items: [Token]
  private var position = 0
  private(set) var words: [Word] = []
  /// Whether each open bracket is a square one that indexes, where a colon makes a slice.
  private var brackets: [Bracket] = []
  /// Those that `$n` takes; names get the others.
  private let takenNumbers: Set<Int>
  /// Lines with `-- filter`, and the comment's place.
  let filterLines: [Int: Int]

  private enum Bracket { case round, constructor, subscripting }

  /// Only operators that take an operand on their right lose an '@' at their end: `=@name`.
  private static let operators: Set<String> = [
    "=", ">", ">=", "<=", "<>", "!=", "+", "-", "*", "/", "%", "^", "||", "~", "~*", "!~", "!~*", "~~", "~~*", "!~~",
    "!~~*", "&", "|", "&&", "@>", "->", "->>", "#>", "#>>",
  ]

  static func read(_ range: Range<Int>, _ draft: inout QueryDraft, _ reader: inout QueryFileReader) {
    var marks: [Int: Int] = [:]
    var sortComment: (text: Substring, place: Int, line: Int)?
    for index in range.lowerBound..<reader.tokens.all.count {
      let token = reader.tokens.all[index]
      guard token.kind == .lineComment else { continue }
      let comment = CommentText(reader.tokens.text(token))
      if comment.value(of: "name") != nil { break }
      let line = reader.line(token.range.lowerBound)
      if comment.isFilter { marks[line] = token.range.lowerBound }
      if let text = comment.value(of: "sort") {
        if sortComment != nil {
          reader.error(.sortInvalid, at: token.range.lowerBound, "'\(draft.name)' has two sorts", remedy: "keep one")
          return
        }
        sortComment = (text, token.range.lowerBound, line)
      }
    }
    var statement = StatementReader(tokens: reader.tokens, range, filters: marks)
    let count = reader.diagnostics.count
    statement.rewrite(&draft, &reader)
    statement.checkNumbers(&draft, &reader)
    guard !reader.diagnostics[count...].contains(where: { $0.severity == .error }) else { return }
    statement.warnOfIdle(&reader)
    draft.origin = statement.words.first?.range.lowerBound ?? 0
    statement.cut(&draft, &reader, sort: sortComment)
  }

  private init(tokens: Tokens, _ range: Range<Int>, filters: [Int: Int]) {
    self.tokens = tokens
    items = tokens.all[range].filter { !$0.isComment }
    filterLines = filters
    takenNumbers = Set(items.filter { $0.kind == .parameter }.map { Int(tokens.text($0).dropFirst()) ?? 0 })
  }

  private func text(_ index: Int) -> String { items.indices.contains(index) ? tokens.text(items[index]) : "" }

  private func follows(_ index: Int) -> Bool {
    items.indices.contains(index) && index > 0 && items[index - 1].range.upperBound == items[index].range.lowerBound
  }

  private func isName(_ index: Int) -> Bool {
    guard items.indices.contains(index), items[index].kind == .identifier || items[index].kind == .keyword,
      let first = tokens.bytes[items[index].range].first
    else { return false }
    return first.isLetter || first == UInt8(ascii: "_")
  }

  private mutating func rewrite(_ draft: inout QueryDraft, _ reader: inout QueryFileReader) {
    while position < items.count {
      let token = items[position]
      if readSQLC(&draft, &reader) || readNamed(&draft, &reader) { continue }
      if isPlaceholder(position) {
        reader.error(
          .placeholder,
          at: token.range.lowerBound,
          "'?' is no parameter",
          remedy: "write '@name', ':name' or '$1'"
        )
      }
      if token.kind == .parameter {
        let number = Int(text(position).dropFirst()) ?? 0
        let index = register(nil, number, .none, token.range.lowerBound, &draft, &reader)
        append(token.range, nil, token, &reader, parameter: index)
      } else {
        append(token.range, nil, token, &reader)
      }
      position += 1
    }
  }

  /// Whether '?' stands where an operand would, as other databases have it; between operands it is an operator.
  private func isPlaceholder(_ index: Int) -> Bool {
    guard text(index) == "?" else { return false }
    guard index + 1 < items.count else { return true }
    return [",", ")", ";", "::"].contains(text(index + 1)) || items[index + 1].kind == .keyword
  }

  private mutating func append(
    _ range: Range<Int>,
    _ replacement: String?,
    _ token: Token,
    _ reader: inout QueryFileReader,
    parameter: Int? = nil
  ) {
    let closes = tokens.isSymbol(token, ")") || tokens.isSymbol(token, "]")
    if closes { _ = brackets.popLast() }
    words.append(
      Word(
        range: range,
        replacement: replacement,
        token: token,
        line: reader.line(range.lowerBound),
        depth: brackets.count,
        parameter: parameter
      )
    )
    if tokens.isSymbol(token, "(") { brackets.append(.round) }
    if tokens.isSymbol(token, "[") {
      let before = words.dropLast().last
      let isConstructor =
        before.map { tokens.isWord($0.token, "array") } == true
        || brackets.last == .constructor
          && before.map { tokens.isSymbol($0.token, "[") || tokens.isSymbol($0.token, ",") } == true
      brackets.append(isConstructor ? .constructor : .subscripting)
    }
  }

  /// `@name`, `:name`, with a mark or without.
  private mutating func readNamed(_ draft: inout QueryDraft, _ reader: inout QueryFileReader) -> Bool {
    let token = items[position]
    guard follows(position + 1), isName(position + 1) else { return false }
    let sign = text(position)
    var start = token.range.lowerBound
    if sign == ":" {
      if brackets.last == .subscripting { return false }
    } else if token.kind == .op, sign.hasSuffix("@") {
      if sign != "@" {
        guard Self.operators.contains(String(sign.dropLast())) else { return false }
        start = token.range.upperBound - 1
        append(token.range.lowerBound..<start, nil, token, &reader)
      }
    } else {
      return false
    }
    let name = text(position + 1)
    var end = items[position + 1].range.upperBound
    position += 2
    let elements = readElementMark()
    if elements != nil { end = items[position - 1].range.upperBound }
    var mark = QueryDraft.DraftParameter.Mark.none
    if items.indices.contains(position), follows(position), ["?", "!"].contains(text(position)) {
      mark = text(position) == "?" ? .optional : .required
      end = items[position].range.upperBound
      position += 1
    }
    let index = register(name, nil, mark, start, &draft, &reader)
    if elements == "?" { draft.parameters[index].hasNullElements = true }
    let number = draft.parameters[index].index
    append(start..<end, "$\(number)", token, &reader, parameter: index)
    return true
  }

  /// `[?]` or `[!]` at a parameter that is an array; nil where nothing such follows.
  private mutating func readElementMark() -> String? {
    let mark = text(position + 1)
    guard text(position) == "[", mark == "?" || mark == "!", text(position + 2) == "]",
      follows(position), follows(position + 1), follows(position + 2)
    else { return nil }
    position += 3
    return mark
  }

  /// `sqlc.arg(name)` and its like.
  private mutating func readSQLC(_ draft: inout QueryDraft, _ reader: inout QueryFileReader) -> Bool {
    let token = items[position]
    guard tokens.isWord(token, "sqlc"), text(position + 1) == ".", text(position + 3) == "(" else { return false }
    let function = text(position + 2).lowercased()
    let place = token.range.lowerBound
    guard ["arg", "narg", "slice", "embed"].contains(function) else {
      reader.error(
        .sqlcFunction,
        at: place,
        "'sqlc.\(function)' is not known",
        remedy: "use sqlc.arg, sqlc.narg, sqlc.slice or sqlc.embed"
      )
      position += 3
      return true
    }
    let argument = text(position + 4)
    let isString = items.indices.contains(position + 4) && items[position + 4].kind == .constant
    let isQuoted = isString && argument.hasPrefix("'") || argument.hasPrefix("\"")
    let name = isQuoted && function != "embed" ? String(argument.dropFirst().dropLast()) : argument
    guard text(position + 5) == ")", isName(position + 4) || isQuoted
    else {
      reader.error(
        .sqlcFunction,
        at: place,
        "'sqlc.\(function)' takes one name",
        remedy: "write sqlc.\(function)(name)"
      )
      position += 4
      return true
    }
    let range = place..<items[position + 5].range.upperBound
    position += 6
    if function == "embed" {
      let alias = name.hasPrefix("\"") ? String(name.dropFirst().dropLast()) : name.lowercased()
      var unique = alias
      var suffix = 2
      while draft.embeds.values.contains(unique) {
        unique = "\(alias)_\(suffix)"
        suffix += 1
      }
      draft.embeds[place] = unique
      append(range, name + ".*", token, &reader)
      return true
    }
    let isSlice = function == "slice"
    if isSlice, !takeIn(&reader) {
      reader.error(
        .sqlcFunction,
        at: place,
        "'sqlc.slice' stands in 'x IN (sqlc.slice(name))' only",
        remedy: "write 'x = ANY(@\(name))'"
      )
      return true
    }
    let index = register(name, nil, function == "narg" ? .optional : .none, place, &draft, &reader)
    draft.parameters[index].isSlice = isSlice
    append(range, "$\(draft.parameters[index].index)", token, &reader, parameter: index)
    return true
  }

  /// `IN (` becomes `= ANY (`.
  private mutating func takeIn(_ reader: inout QueryFileReader) -> Bool {
    guard let bracket = words.last, tokens.isSymbol(bracket.token, "("), words.count > 1, text(position) == ")" else {
      return false
    }
    var index = words.count - 2
    guard tokens.isWord(words[index].token, "in") else { return false }
    words[index].replacement = "= ANY"
    if index > 0, tokens.isWord(words[index - 1].token, "not") {
      index -= 1
      words[index].replacement = "<> ALL"
      words[index].range = words[index].range.lowerBound..<words[index + 1].range.upperBound
      words.remove(at: index + 1)
    }
    return true
  }

  /// - Returns: its index in the draft's parameters.
  private mutating func register(
    _ name: String?,
    _ number: Int?,
    _ mark: QueryDraft.DraftParameter.Mark,
    _ place: Int,
    _ draft: inout QueryDraft,
    _ reader: inout QueryFileReader
  ) -> Int {
    let known = draft.parameters.firstIndex { name != nil ? $0.name == name : $0.name == nil && $0.index == number }
    guard let known else {
      var free = 1
      while takenNumbers.contains(free) || draft.parameters.contains(where: { $0.index == free }) { free += 1 }
      draft.parameters.append(.init(name: name, index: number ?? free, mark: mark, origins: [place]))
      return draft.parameters.count - 1
    }
    let other = draft.parameters[known].mark
    if mark != .none, other != .none, mark != other {
      reader.error(
        .parameterMarks,
        at: place,
        "'\(name ?? "")' is marked with '?' and with '!'",
        remedy: "keep one of the marks"
      )
    }
    if mark != .none { draft.parameters[known].mark = mark }
    draft.parameters[known].origins.append(place)
    return known
  }

  /// Numbers leave none out. The parameters are in the order of their numbers from here on.
  private mutating func checkNumbers(_ draft: inout QueryDraft, _ reader: inout QueryFileReader) {
    let old = draft.parameters
    draft.parameters.sort { $0.index < $1.index }
    for (position, parameter) in draft.parameters.enumerated() where parameter.index != position + 1 {
      reader.error(
        .parameterGap,
        at: parameter.origins[0],
        parameter.index == 0
          ? "there is no parameter $0" : "'$\(parameter.index)' is used and '$\(position + 1)' is not",
        remedy: "number the parameters from 1 on"
      )
      return
    }
    for index in words.indices {
      if let parameter = words[index].parameter { words[index].parameter = old[parameter].index - 1 }
    }
  }
}
