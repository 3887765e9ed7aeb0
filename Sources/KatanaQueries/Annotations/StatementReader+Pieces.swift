import KatanaContract

/// Cuts a statement into pieces.
extension StatementReader {
  func cut(
    _ draft: inout QueryDraft,
    _ reader: inout QueryFileReader,
    sort: (text: Substring, place: Int, line: Int)?
  ) {
    var conditions = [Piece.Condition](repeating: .none, count: words.count)
    // A line that begins with WHERE leaves a WHERE behind.
    var whereWords: Set<Int> = []
    for (line, place) in filterLines.sorted(by: { $0.key < $1.key }) {
      let indices = words.indices.filter { words[$0].line == line }
      guard let parameters = checkFilter(indices, place, draft, &reader), let first = indices.first else { continue }
      let index = draft.filters.count
      draft.filters.append(Filter(parameters: parameters.map { draft.parameters[$0].name ?? "" }))
      for parameter in parameters { draft.parameters[parameter].isFilter = true }
      for word in indices { conditions[word] = .filter(index) }
      if tokens.isWord(words[first].token, "where") { whereWords.insert(first) }
    }
    checkParametersOfFilters(conditions, draft, &reader)
    var alternatives: [(text: String, origin: Int)] = []
    if let sort, let range = sortRange(sort.line, sort.place, &reader) {
      alternatives = sortAlternatives(sort.text, sort.place, range, &draft, &reader)
      for word in range { conditions[word] = .sort(0) }
    }
    var end: Int?
    for (index, word) in words.enumerated() {
      var text = MappedText()
      if let end { text.append(gap(end..<word.range.lowerBound), for: end) }
      end = word.range.upperBound
      if whereWords.contains(index) {
        text.append("WHERE true", for: word.range.lowerBound)
        append(text, .none, &draft)
        text = MappedText()
        text.append(" AND", for: word.range.lowerBound)
      } else if let replacement = word.replacement {
        text.append(replacement, for: word.range.lowerBound)
      } else {
        text.append(tokens.bytes[word.range])
      }
      append(text, conditions[index], &draft)
      if case .sort = conditions[index], index + 1 == words.count || conditions[index + 1] != conditions[index] {
        for (number, alternative) in alternatives.enumerated() {
          var text = MappedText()
          text.append(" " + alternative.text, for: alternative.origin)
          draft.pieces.append(.init(text: text, condition: .sort(number + 1)))
        }
      }
    }
  }

  private func append(_ text: MappedText, _ condition: Piece.Condition, _ draft: inout QueryDraft) {
    if let last = draft.pieces.indices.last, draft.pieces[last].condition == condition {
      draft.pieces[last].text.append(text)
    } else {
      draft.pieces.append(.init(text: text, condition: condition))
    }
  }

  /// What separates two words: nothing, a space, or a new line with its indentation.
  private func gap(_ range: Range<Int>) -> String {
    guard !range.isEmpty else { return "" }
    let gap = tokens.bytes[range]
    guard gap.contains(UInt8(ascii: "\n")), let newline = gap.lastIndex(of: UInt8(ascii: "\n")) else { return " " }
    let indentation = gap[(newline + 1)...].prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    return "\n" + String(decoding: indentation, as: UTF8.self)
  }

  /// The parameters of a filter, as indices of the draft's. Nil after an error.
  private func checkFilter(
    _ indices: [Int],
    _ place: Int,
    _ draft: QueryDraft,
    _ reader: inout QueryFileReader
  ) -> [Int]? {
    guard let first = indices.first, let last = indices.last else {
      reader.error(
        .filterInvalid,
        at: place,
        "there is no condition on the line of this filter",
        remedy: "put '-- filter' at the end of the condition's line"
      )
      return nil
    }
    let start = words[first].range.lowerBound
    let isWhere = tokens.isWord(words[first].token, "where")
    guard isWhere || tokens.isWord(words[first].token, "and") else {
      reader.error(
        .filterInvalid,
        at: start,
        "the line of a filter begins with AND or WHERE",
        remedy: "write 'AND condition -- filter' on a line of its own"
      )
      return nil
    }
    guard isWhere || isOfCondition(first) else {
      reader.error(
        .filterInvalid,
        at: start,
        "a filter is a condition of WHERE, ON or HAVING itself",
        remedy: "move it out of the brackets or of CASE"
      )
      return nil
    }
    let depth = words[first].depth
    let stop: Set<String> = ["or", "where", "group", "order", "limit", "having", "union", "on", "returning", "from"]
    for index in indices.dropFirst() where words[index].depth <= depth {
      let word = tokens.text(words[index].token).lowercased()
      if words[index].depth < depth || words[index].token.kind == .keyword && stop.contains(word) {
        reader.error(
          .filterInvalid,
          at: words[index].range.lowerBound,
          "'\(word)' ends the condition of this filter",
          remedy: "put the condition on a line of its own, in brackets when it has OR"
        )
        return nil
      }
    }
    let open = indices.map { words[$0] }.reduce(0) { count, word in
      let opens = tokens.isSymbol(word.token, "(") || tokens.isSymbol(word.token, "[")
      let closes = tokens.isSymbol(word.token, ")") || tokens.isSymbol(word.token, "]")
      return count + (opens ? 1 : 0) - (closes ? 1 : 0)
    }
    let next = words.indices.contains(last + 1) ? words[last + 1] : nil
    if open != 0 || next.map({ tokens.isWord($0.token, "or") && $0.depth == depth }) == true || last == first {
      reader.error(
        .filterInvalid,
        at: start,
        "the condition of this filter does not end with the line",
        remedy: "write the condition on one line, and put what has OR in brackets"
      )
      return nil
    }
    let parameters = indices.compactMap { words[$0].parameter }.reduce(into: [Int]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    guard !parameters.isEmpty else {
      reader.error(
        .filterInvalid,
        at: start,
        "this filter has no parameter, so that nothing could ask for it",
        remedy: "use a parameter, or remove '-- filter'"
      )
      return nil
    }
    if parameters.contains(where: { draft.parameters[$0].name == nil }) {
      reader.error(
        .filterInvalid,
        at: start,
        "the parameters of filters have names",
        remedy: "write '@name' in place of '$1'"
      )
      return nil
    }
    return parameters
  }

  /// Whether AND joins a condition to those of a WHERE, ON or HAVING. Inside of `NOT (…)` the condition would let rows
  /// through rather than drop them, and what is proved of the rows without it would not hold with it.
  private func isOfCondition(_ index: Int) -> Bool {
    var cases = 0
    for word in words[..<index].reversed() {
      if word.depth < words[index].depth { return false }
      guard word.depth == words[index].depth, word.token.kind == .keyword else { continue }
      switch tokens.text(word.token).lowercased() {
      case "end": cases += 1
      case "case" where cases > 0: cases -= 1
      case "where", "on", "having": if cases == 0 { return true }
      case "case", "when", "then", "else", "select", "set": if cases == 0 { return false }
      default: break
      }
    }
    return false
  }

  private func checkParametersOfFilters(
    _ conditions: [Piece.Condition],
    _ draft: QueryDraft,
    _ reader: inout QueryFileReader
  ) {
    for (index, word) in words.enumerated() {
      guard let parameter = word.parameter, draft.parameters[parameter].isFilter else { continue }
      if case .filter = conditions[index] { continue }
      reader.error(
        .filterInvalid,
        at: word.range.lowerBound,
        "'\(draft.parameters[parameter].name ?? "")' decides about a filter and stands outside of filters, too",
        remedy: "use another parameter here"
      )
    }
  }

  /// The words after ORDER BY on the line.
  private func sortRange(_ line: Int, _ place: Int, _ reader: inout QueryFileReader) -> Range<Int>? {
    let indices = words.indices.filter { words[$0].line == line }
    guard let last = indices.last,
      let by = indices.first(where: { index in
        index > 0 && tokens.isWord(words[index].token, "by") && tokens.isWord(words[index - 1].token, "order")
      }),
      by < last
    else {
      reader.error(
        .sortInvalid,
        at: place,
        "there is no ORDER BY on the line of this sort",
        remedy: "write 'ORDER BY id -- sort: name, price DESC' on a line of its own"
      )
      return nil
    }
    guard words[by].depth == 0 else {
      reader.error(
        .sortInvalid,
        at: words[by].range.lowerBound,
        "only the outermost SELECT can be sorted by choice",
        remedy: "move the ORDER BY to the outermost SELECT"
      )
      return nil
    }
    let ends: Set<String> = ["limit", "offset", "fetch", "for"]
    for index in (by + 1)...last where words[index].depth == 0 {
      let word = tokens.text(words[index].token).lowercased()
      if words[index].token.kind == .keyword && ends.contains(word) {
        reader.error(
          .sortInvalid,
          at: words[index].range.lowerBound,
          "'\(word)' stands on the line of a sort",
          remedy: "put it on the next line"
        )
        return nil
      }
    }
    let next = words.indices.contains(last + 1) ? words[last + 1] : nil
    if let next, tokens.isSymbol(next.token, ",") || words[last].token.range.isEmpty || next.depth > 0 {
      reader.error(
        .sortInvalid,
        at: next.range.lowerBound,
        "the ORDER BY of a sort goes on after its line",
        remedy: "write it on one line"
      )
      return nil
    }
    if let parameter = words[(by + 1)...last].first(where: { $0.parameter != nil }) {
      reader.error(
        .parameterOutside,
        at: parameter.range.lowerBound,
        "a parameter cannot stand in the line of a sort",
        remedy: "sort by columns"
      )
      return nil
    }
    return (by + 1)..<(last + 1)
  }

  private func sortAlternatives(
    _ text: Substring,
    _ place: Int,
    _ range: Range<Int>,
    _ draft: inout QueryDraft,
    _ reader: inout QueryFileReader
  ) -> [(text: String, origin: Int)] {
    guard let list = SortList(String(text)) else {
      reader.error(
        .sortInvalid,
        at: place,
        "the alternatives of this sort cannot be read",
        remedy: "write '-- sort: name, price DESC, (created_at DESC, id)'"
      )
      return []
    }
    let bytes = tokens.bytes[words[range.lowerBound].range.lowerBound..<words[range.upperBound - 1].range.upperBound]
    let standard = String(decoding: bytes, as: UTF8.self)
    let written = SortList(standard)?.alternatives.map { SortList.name(of: $0) }.joined(separator: "_")
    draft.sorts = [Sort(name: written ?? "standard", text: standard)]
    let offset = tokens.bytes[place...].firstIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? place
    for alternative in list.alternatives {
      let sort = Sort(name: SortList.name(of: alternative), text: alternative)
      if draft.sorts.contains(where: { $0.name == sort.name }) {
        reader.error(
          .sortInvalid,
          at: place,
          "the alternative '\(alternative)' of this sort is there already",
          remedy: "remove it"
        )
      }
      draft.sorts.append(sort)
    }
    return list.alternatives.map { alternative in
      let found = String(decoding: tokens.bytes[offset...], as: UTF8.self).firstRange(of: alternative)
      let text = String(decoding: tokens.bytes[offset...], as: UTF8.self)
      return (alternative, offset + (found.map { text.utf8.distance(from: text.startIndex, to: $0.lowerBound) } ?? 0))
    }
  }
}

/// `name, price DESC, (created_at DESC, id)`
struct SortList {
  let alternatives: [String]

  init?(_ text: String) {
    guard let tokens = try? Tokens(scanning: Array(text.utf8)) else { return nil }
    var alternatives: [String] = []
    var depth = 0
    var start = 0
    func add(_ end: Int) {
      var part = CommentText.trimmed(String(decoding: tokens.bytes[start..<end], as: UTF8.self))
      if part.hasPrefix("("), part.hasSuffix(")"), part.dropFirst().dropLast().contains(",") {
        part = CommentText.trimmed(part.dropFirst().dropLast())
      }
      alternatives.append(part)
    }
    for token in tokens.all {
      if token.isComment || token.kind == .parameter || tokens.isSymbol(token, ";") { return nil }
      if tokens.isSymbol(token, "(") { depth += 1 }
      if tokens.isSymbol(token, ")") { depth -= 1 }
      if depth < 0 { return nil }
      if depth == 0, tokens.isSymbol(token, ",") {
        add(token.range.lowerBound)
        start = token.range.upperBound
      }
    }
    add(tokens.bytes.count)
    guard depth == 0, !alternatives.contains("") else { return nil }
    self.alternatives = alternatives
  }

  /// `price_desc` for `p.price DESC`.
  static func name(of alternative: String) -> String {
    var words: [String] = []
    var word = ""
    for character in alternative.lowercased() + " " {
      if character == "." {
        word = ""
      } else if character.isLetter || character.isNumber || character == "_" {
        word.append(character)
      } else if !word.isEmpty {
        if word != "asc" { words.append(word) }
        word = ""
      }
    }
    return words.joined(separator: "_")
  }
}
