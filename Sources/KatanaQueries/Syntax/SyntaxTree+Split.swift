import CPGQuery

extension SyntaxTree {
  /// The bytes of each statement of a text, by tokens only: the statements need not be understood.
  static func split(_ text: String) throws(Tokens.Failure) -> [Range<Int>] {
    let result = pg_query_split_with_scanner(text)
    defer { pg_query_free_split_result(result) }
    if let error = result.error {
      throw Tokens.Failure(
        message: error.pointee.message.map { String(cString: $0) } ?? "the text is not SQL",
        offset: byteOffset(ofCharacter: Int(error.pointee.cursorpos), in: text)
      )
    }
    var ranges = (0..<Int(result.n_stmts)).map { index in
      let statement = result.stmts[index]!.pointee
      return Int(statement.stmt_location)..<Int(statement.stmt_location + statement.stmt_len)
    }
    // One that lacks its end, a bracket say, is none to the scanner; the server says what is wrong with it.
    let bytes = Array(text.utf8)
    let end = ranges.last?.upperBound ?? 0
    let rest = try Tokens(scanning: Array(bytes[end...]))
    if let first = rest.all.first(where: { !$0.isComment && rest.text($0) != ";" }) {
      ranges.append(end + first.range.lowerBound..<bytes.count)
    }
    return ranges
  }
}
