/// A place in one of the contract's files: a decoded JSON Pointer (RFC 6901) and the file it points into.
struct Pointer: Hashable {
  /// Number of the file; 0 is the document itself.
  let file: Int
  let tokens: [String]

  init(file: Int, tokens: [String]) {
    self.file = file
    self.tokens = tokens
  }

  /// In the document itself.
  init(_ tokens: String...) { self.init(file: 0, tokens: tokens) }

  /// The name, when the place is `#/components/<section>/<name>` of the document itself.
  func componentName(in section: String) -> String? {
    file == 0 && tokens.count == 3 && tokens[0] == "components" && tokens[1] == section ? tokens[2] : nil
  }

  /// The tokens of `/a/b~1c`; `nil` when the escapes are broken or it does not begin with `/`.
  static func tokens(_ text: Substring) -> [String]? {
    guard text.first == "/" else { return nil }
    var tokens: [String] = []
    for raw in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard raw.utf8.contains(UInt8(ascii: "~")) else {
        tokens.append(String(raw))
        continue
      }
      guard hasValidEscapes(raw) else { return nil }
      tokens.append(String(raw).replacing("~1", with: "/").replacing("~0", with: "~"))
    }
    return tokens
  }

  private static func hasValidEscapes(_ token: Substring) -> Bool {
    let bytes = Array(token.utf8)
    return bytes.indices.allSatisfy { index in
      bytes[index] != UInt8(ascii: "~")
        || (index + 1 < bytes.count && (bytes[index + 1] == UInt8(ascii: "0") || bytes[index + 1] == UInt8(ascii: "1")))
    }
  }
}

/// A `$ref` taken apart.
struct Reference {
  enum Fragment {
    case pointer([String])
    /// The plain name of an `$anchor`.
    case anchor(String)
  }

  enum Failure: Error {
    /// Another scheme or host, or a path from the root of the file system.
    case remote, absolute
    case syntax
  }

  /// Decoded, as written; `nil` for the file that holds the reference.
  let path: String?
  let fragment: Fragment

  init(_ text: String) throws(Failure) {
    let raw = text.prefix { $0 != "#" }
    if Self.hasScheme(raw) || raw.hasPrefix("//") { throw .remote }
    if raw.hasPrefix("/") { throw .absolute }
    guard let path = Self.percentDecoded(raw), !path.utf8.contains(0),
      let fragment = Self.percentDecoded(text[raw.endIndex...].dropFirst())
    else { throw .syntax }
    self.path = path.isEmpty ? nil : path
    if fragment.isEmpty {
      // `""` is no reference at all, `"#"` is one to the whole file.
      if text.isEmpty { throw .syntax }
      self.fragment = .pointer([])
    } else if let tokens = Pointer.tokens(fragment[...]) {
      self.fragment = .pointer(tokens)
    } else if Self.isAnchor(fragment) {
      self.fragment = .anchor(fragment)
    } else {
      throw .syntax
    }
  }

  /// `https:`, `file:`, but not `a/b:c.yaml`.
  private static func hasScheme(_ text: Substring) -> Bool {
    guard let colon = text.firstIndex(of: ":"), let first = text.utf8.first, (0x61...0x7A).contains(first | 0x20) else {
      return false
    }
    return text[..<colon].utf8.allSatisfy {
      $0.isDigit || (0x61...0x7A).contains($0 | 0x20) || "+-.".utf8.contains($0)
    }
  }

  private static func isAnchor(_ text: String) -> Bool {
    guard let first = text.utf8.first, first == UInt8(ascii: "_") || (0x61...0x7A).contains(first | 0x20) else {
      return false
    }
    return text.utf8.allSatisfy { $0.isDigit || (0x61...0x7A).contains($0 | 0x20) || "_.-".utf8.contains($0) }
  }

  private static func percentDecoded(_ text: Substring) -> String? {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(String(digits)!, radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
