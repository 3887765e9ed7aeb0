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
    return (0..<Int(result.n_stmts)).map { index in
      let statement = result.stmts[index]!.pointee
      return Int(statement.stmt_location)..<Int(statement.stmt_location + statement.stmt_len)
    }
  }
}
