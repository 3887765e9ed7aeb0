enum Lines {
  /// The lines of a text without the newlines. A carriage return before a newline is one character with it for Swift,
  /// and the last of its line here.
  static func of(_ text: some StringProtocol) -> [Substring] {
    Substring(text).utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Substring($0) }
  }
}
