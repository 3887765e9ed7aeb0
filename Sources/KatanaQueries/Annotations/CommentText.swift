/// What a comment says, without `--` or `/* */`.
struct CommentText {
  let lines: [String]
  /// An annotation is a line.
  private let isOneLine: Bool

  init(_ text: String) {
    isOneLine = !text.utf8.contains(UInt8(ascii: "\n"))
    if text.hasPrefix("/*") {
      lines = Lines.of(text.dropFirst(2).dropLast(2))
        .map { Self.trimmed(Self.withoutStar($0)) }.filter { !$0.isEmpty }
    } else {
      lines = [Self.trimmed(text.dropFirst(2))]
    }
  }

  /// The words after `key:`. The text of a comment of one line only, and the key in its place.
  func value(of key: String) -> Substring? {
    guard isOneLine, let line = lines.first, line.hasPrefix(key) else { return nil }
    let rest = line.dropFirst(key.count).drop { $0 == " " }
    return rest.first == ":" ? Self.trimmed(rest.dropFirst())[...] : nil
  }

  static let keys = ["name", "deadline", "nest", "prefetch", "sort"]

  var isAnnotation: Bool {
    Self.keys.contains { value(of: $0) != nil } || isFilter || lines.first?.hasPrefix("@sqlc") == true
  }

  var isFilter: Bool { isOneLine && lines.count == 1 && (lines[0] == "filter" || lines[0] == "filter:") }

  /// The word before a colon when it is nearly a key: `deadlin`, `Nest`, `sorts`.
  var nearlyKey: (written: String, meant: String)? {
    guard isOneLine, lines.count == 1, !isFilter else { return nil }
    let colon = lines[0].firstIndex(of: ":")
    let written = String(colon.map { lines[0][..<$0] } ?? lines[0][...])
    guard !written.contains(where: \.isWhitespace), !written.isEmpty else { return nil }
    // Short words are near to many: a test is no nest.
    let keys = colon == nil ? ["filter"] : Self.keys + ["filter"]
    let meant = keys.first { key in
      let word = written.lowercased()
      return written != key && (word == key || word == key + "s" || key.count > 4 && Self.distance(word, key) <= 2)
    }
    return meant.map { (written, $0) }
  }

  private static func withoutStar(_ line: Substring) -> Substring {
    let rest = line.drop { $0 == " " || $0 == "\t" }
    return rest.hasPrefix("* ") || rest == "*" ? rest.dropFirst() : rest
  }

  static func trimmed(_ text: some StringProtocol) -> String {
    let start = text.drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }

  /// Letters to put in, leave out or exchange.
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (i, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in right.indices {
        let next = min(diagonal + (letter == right[j] ? 0 : 1), row[j] + 1, row[j + 1] + 1)
        diagonal = row[j + 1]
        row[j + 1] = next
      }
    }
    return row[right.count]
  }
}
