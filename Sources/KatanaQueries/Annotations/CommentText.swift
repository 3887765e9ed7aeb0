/// What a comment says, without `--` or `/* */`.
struct CommentText {
  let lines: [String]

  init(_ text: String) {
    if text.hasPrefix("/*") {
      lines = text.dropFirst(2).dropLast(2).split(separator: "\n", omittingEmptySubsequences: false)
        .map { Self.trimmed(Self.withoutStar($0)) }.filter { !$0.isEmpty }
    } else {
      lines = [Self.trimmed(text.dropFirst(2))]
    }
  }

  /// The words after `key:`. The text of a comment of one line only, and the key in its place.
  func value(of key: String) -> Substring? {
    guard lines.count == 1, let line = lines.first, line.hasPrefix(key) else { return nil }
    let rest = line.dropFirst(key.count).drop { $0 == " " }
    return rest.first == ":" ? Self.trimmed(rest.dropFirst())[...] : nil
  }

  static let keys = ["name", "deadline", "nest", "prefetch", "sort"]

  var isAnnotation: Bool {
    Self.keys.contains { value(of: $0) != nil } || isFilter || lines.first?.hasPrefix("@sqlc") == true
  }

  var isFilter: Bool { lines.count == 1 && (lines[0] == "filter" || lines[0] == "filter:") }

  /// The word before a colon when it is nearly a key: `deadlin`, `Nest`.
  var nearlyKey: (written: String, meant: String)? {
    guard lines.count == 1, let colon = lines[0].firstIndex(of: ":") else {
      if lines.count == 1, lines[0].count < 9, !isFilter, Self.distance(lines[0].lowercased(), "filter") <= 1 {
        return (lines[0], "filter")
      }
      return nil
    }
    let written = String(lines[0][..<colon])
    guard !written.contains(" "), value(of: written) != nil else { return nil }
    let meant = (Self.keys + ["filter"]).first {
      written != $0 && Self.distance(written.lowercased(), $0) <= ($0.count > 5 ? 2 : 1)
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
