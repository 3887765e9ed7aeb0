import KatanaContract

extension QueryFileReader {
  /// Takes `-- deadline`, `-- nest` and `-- prefetch` into the draft. False for a comment that is none of them.
  mutating func read(_ comment: CommentText, _ token: Token, _ draft: inout QueryDraft) -> Bool {
    let place = token.range.lowerBound
    let location = source.location(atByte: place)
    if let text = comment.value(of: "deadline") {
      guard let deadline = Self.milliseconds(text) else {
        error(.deadlineInvalid, at: place, "'\(text)' is not a deadline", remedy: "write '200ms', '2s' or '1m'")
        return true
      }
      if draft.deadlineMilliseconds != nil {
        error(.deadlineInvalid, at: place, "'\(draft.name)' has two deadlines", remedy: "remove one")
      }
      draft.deadlineMilliseconds = deadline
    } else if let text = comment.value(of: "nest") {
      if let nest = Self.nest(text) {
        draft.nests.append(.init(nest: nest, location: location))
      } else {
        error(
          .nestInvalid,
          at: place,
          "the nest cannot be read",
          remedy: "write '-- nest: items by id: item_id AS id, item_name AS name, quantity'"
        )
      }
    } else if let text = comment.value(of: "prefetch") {
      if let prefetch = Self.prefetch(text) {
        draft.prefetches.append(.init(prefetch: prefetch, location: location))
      } else {
        error(
          .prefetchInvalid,
          at: place,
          "the prefetch cannot be read",
          remedy: "write '-- prefetch: items = items_of_orders(order_ids: id) by order_id'"
        )
      }
    } else if let (written, meant) = comment.nearlyKey {
      warning(
        .annotationUnknown,
        at: place,
        "'\(written)' is not an annotation",
        remedy: "write '\(meant)' in small letters, or the comment in other words"
      )
      return false
    } else {
      return comment.isAnnotation
    }
    return true
  }

  private static func milliseconds(_ text: Substring) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let factor: Int? =
      switch CommentText.trimmed(text.dropFirst(digits.count)) {
      case "ms": 1
      case "s": 1_000
      case "m", "min": 60_000
      default: nil
      }
    guard let factor, let number = Int(digits), number > 0 else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }

  /// `items by id: item_id AS id, quantity`
  private static func nest(_ text: Substring) -> Nest? {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let head = text[..<colon].split(separator: " ", maxSplits: 2).map(String.init)
    guard head.count == 3, head[1].lowercased() == "by", isWord(head[0][...]) else { return nil }
    guard let key = words(head[2][...]), let parts = list(text[text.index(after: colon)...]) else { return nil }
    var members: [Nest.Member] = []
    for part in parts {
      let words = part.split(separator: " ").map(String.init)
      switch words.count {
      case 1: members.append(.init(column: words[0], name: words[0]))
      case 3 where words[1].lowercased() == "as": members.append(.init(column: words[0], name: words[2]))
      default: return nil
      }
      guard isWord(words[0][...]), isWord(words[words.count - 1][...]) else { return nil }
    }
    return Nest(property: head[0], key: key, members: members)
  }

  /// `items = items_of_orders(order_ids: id) by order_id`
  private static func prefetch(_ text: Substring) -> Prefetch? {
    guard let equals = text.firstIndex(of: "="), let open = text.firstIndex(of: "("),
      let close = text.lastIndex(of: ")"), equals < open, open < close
    else { return nil }
    let property = CommentText.trimmed(text[..<equals])
    let query = CommentText.trimmed(text[text.index(after: equals)..<open])
    let tail = text[text.index(after: close)...].split(separator: " ").map(String.init)
    guard isWord(property[...]), query.split(separator: ".").allSatisfy({ isWord($0) }), !query.isEmpty,
      tail.count == 2, tail[0].lowercased() == "by", isWord(tail[1][...]),
      let parts = list(text[text.index(after: open)..<close])
    else { return nil }
    var arguments: [Prefetch.Argument] = []
    for part in parts {
      let sides = part.split(separator: ":").map { CommentText.trimmed($0) }
      guard sides.count == 2, sides.allSatisfy({ isWord($0[...]) }) else { return nil }
      arguments.append(.init(parameter: sides[0], column: sides[1]))
    }
    return Prefetch(property: property, query: query, arguments: arguments, by: tail[1])
  }

  /// What commas separate; nil when a part is empty.
  private static func list(_ text: Substring) -> [String]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { CommentText.trimmed($0) }
    return parts.contains("") ? nil : parts
  }

  private static func words(_ text: Substring) -> [String]? {
    list(text).flatMap { parts in parts.allSatisfy { isWord($0[...]) } ? parts : nil }
  }

  private static func isWord(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") || $0 >= 0x80 }
  }
}
