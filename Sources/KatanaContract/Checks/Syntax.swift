/// Texts whose form other standards define.
enum Syntax {
  /// The characters of RFC 3986, with complete percent escapes; letters outside of ASCII pass as in RFC 3987.
  static func isURL(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.indices.allSatisfy { index in
      let byte = bytes[index]
      if byte == UInt8(ascii: "%") {
        return index + 2 < bytes.count && bytes[index + 1].isHexDigit && bytes[index + 2].isHexDigit
      }
      return byte > 0x20 && byte != 0x7F && !"<>\"{}|\\^`".utf8.contains(byte)
    }
  }

  /// Something on both sides of an `@`, without space. The rest is for the mail server to judge.
  static func isEmail(_ text: String) -> Bool {
    guard let at = text.lastIndex(of: "@") else { return false }
    return at != text.startIndex && text[at...].count > 1 && !text.contains { $0.isWhitespace }
  }

  /// A header or cookie name: a token of RFC 9110.
  static func isToken(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(\.isTokenByte) }

  /// `type/subtype` of RFC 9110 tokens or `*`, anything after `;`.
  static func isMediaType(_ text: some StringProtocol) -> Bool {
    let parts = text.prefix { $0 != ";" }.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        let bytes = part.utf8.reversed().drop { $0 == 0x20 }
        return !bytes.isEmpty && bytes.allSatisfy(\.isTokenByte)
      }
  }
}

extension UInt8 {
  /// A byte of an RFC 9110 token.
  var isTokenByte: Bool {
    isDigit || (0x61...0x7A).contains(self | 0x20) || "!#$%&'*+-.^_`|~".utf8.contains(self)
  }
}

extension Fields {
  /// A string that should be a URL.
  func url(_ key: String) -> String? {
    guard let text = string(key) else { return nil }
    if !Syntax.isURL(text.value) {
      reader.warning(
        .urlInvalid,
        at: text.location,
        "\(quoted(key)) in \(shape.name) is \(quoted(text.value)), which is not a URL"
      )
    }
    return text.value
  }

  func email(_ key: String) {
    guard let text = string(key), !Syntax.isEmail(text.value) else { return }
    reader.warning(
      .urlInvalid,
      at: text.location,
      "\(quoted(key)) in \(shape.name) is \(quoted(text.value)), which is not an e-mail address"
    )
  }

  /// Reports fields that are written and mean nothing here.
  func ignore(_ keys: [String], _ why: String) {
    for key in keys {
      guard let location = mapping.location(of: key) else { continue }
      reader.warning(.keywordWithoutEffect, at: location, "\(quoted(key)) has no effect \(why)")
    }
  }
}
