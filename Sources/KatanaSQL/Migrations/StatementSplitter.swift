/// Takes a text apart into its statements, for those that have to be sent one by one. Knows strings, names in quotes,
/// dollar quotes and comments, in which a semicolon ends nothing.
enum StatementSplitter {
  static func split(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    var statements: [String] = []
    var start = 0
    var at = 0
    var hasWords = false
    func has(_ mark: StaticString, at index: Int) -> Bool {
      bytes[index...].starts(with: UnsafeBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount))
    }
    func finish(_ end: Int) {
      if hasWords { statements.append(String(decoding: bytes[start..<end], as: UTF8.self)) }
      hasWords = false
    }
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: ";"):
        finish(at)
        at += 1
        start = at
      case UInt8(ascii: "-") where has("--", at: at):
        while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { at += 1 }
      case UInt8(ascii: "/") where has("/*", at: at):
        var depth = 0
        repeat {
          if has("/*", at: at) {
            depth += 1
            at += 2
          } else if has("*/", at: at) {
            depth -= 1
            at += 2
          } else {
            at += 1
          }
        } while depth > 0 && at < bytes.count
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        hasWords = true
        let isEscaping =
          bytes[at] == UInt8(ascii: "'") && at > 0 && (bytes[at - 1] | 0x20) == UInt8(ascii: "e")
          && (at < 2 || !isWord(bytes[at - 2]))
        at = endOfQuotes(bytes, at, isEscaping)
      case UInt8(ascii: "$") where at == 0 || !isWord(bytes[at - 1]):
        hasWords = true
        at = endOfDollars(bytes, at)
      case 0x20, 0x09, 0x0a, 0x0d: at += 1
      default:
        hasWords = true
        at += 1
      }
    }
    finish(bytes.count)
    return statements
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || byte == 0x5f || byte >= 0x80
  }

  private static func endOfQuotes(_ bytes: [UInt8], _ start: Int, _ isEscaping: Bool) -> Int {
    let quote = bytes[start]
    var at = start + 1
    while at < bytes.count {
      if isEscaping, bytes[at] == UInt8(ascii: "\\") {
        at += 2
      } else if bytes[at] == quote {
        // A quote twice is one within the string; what seems a second string goes on the same way.
        return at + 1
      } else {
        at += 1
      }
    }
    return bytes.count
  }

  private static func endOfDollars(_ bytes: [UInt8], _ start: Int) -> Int {
    var end = start + 1
    while end < bytes.count, isWord(bytes[end]) { end += 1 }
    guard end < bytes.count, bytes[end] == UInt8(ascii: "$"),
      end == start + 1 || !(0x30...0x39).contains(bytes[start + 1])
    else { return start + 1 }
    let tag = bytes[start...end]
    var at = end + 1
    while at + tag.count <= bytes.count {
      if bytes[at..<(at + tag.count)].elementsEqual(tag) { return at + tag.count }
      at += 1
    }
    return bytes.count
  }
}
