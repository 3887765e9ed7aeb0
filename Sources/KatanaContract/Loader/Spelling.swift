/// Finds the name that was probably meant.
enum Spelling {
  /// Longer words are not looked up, and of a long list only the beginning is searched: a hostile document may pair
  /// a hundred thousand mistakes with as many names.
  private static let wordMax = 40
  private static let namesMax = 4_096

  /// The nearest known name within a third of the word's length, so none for one or two letters. Ties go to the first
  /// in the alphabet.
  static func nearest(to word: String, in known: some Sequence<String>) -> String? {
    let letters = Array(word.lowercased().utf8)
    let limit = letters.count / 3
    guard limit > 0, letters.count <= wordMax else { return nil }
    let near = known.prefix(namesMax).filter { abs($0.utf8.count - letters.count) <= limit }
    let ranked = near.map { (distance: distance(letters, Array($0.lowercased().utf8)), name: $0) }
    return ranked.filter { $0.distance <= limit }.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
  }

  /// Levenshtein distance of two short words.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, byte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let next = min(row[j] + 1, row[j + 1] + 1, diagonal + (byte == other ? 0 : 1))
        diagonal = row[j + 1]
        row[j + 1] = next
      }
    }
    return row[right.count]
  }
}
