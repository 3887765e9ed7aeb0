/// What the name of a file says of the migration in it, in the manners of the tools that write such files:
/// `0001_users.up.sql` (golang-migrate, sqlx), `20240101120000_users.sql` (goose, dbmate), `V1.2__users.sql` (Flyway),
/// `2024-01-01-000000_users/up.sql` (Diesel) and `20240101120000_users/migration.sql` (Prisma).
struct MigrationName: Equatable {
  /// What orders the migrations: numbers with points between them, else the whole name.
  private(set) var version: String
  private(set) var name: String
  /// It is another migration's way back.
  private(set) var isDown: Bool
  /// Flyway's `R__views.sql`.
  private(set) var isRepeatable = false

  init(path: String) {
    let parts = path.split(separator: "/")
    var stem = parts.last ?? ""
    isDown = stem.hasSuffix(".down.sql")
    for suffix in [".sql", ".up", ".down"] where stem.hasSuffix(suffix) { stem = stem.dropLast(suffix.count) }
    if let folder = parts.dropLast().last, folder.first?.isNumber == true, ["migration", "up", "down"].contains(stem) {
      isDown = stem == "down"
      stem = folder
    }
    var rest = stem
    let isFlyways = stem.contains("__")
    if let first = stem.first?.lowercased(), ["v", "b"].contains(first) || first == "u" && isFlyways,
      stem.dropFirst().first?.isNumber == true
    {
      isDown = isDown || first == "u"
      rest = stem.dropFirst()
    } else {
      isRepeatable = stem.hasPrefix("R__")
    }
    guard let (version, end) = Self.version(rest, isFlyways: rest != stem && isFlyways) else {
      self.version = String(stem)
      name = String(stem)
      return
    }
    self.version = version
    let tail = rest[end...].drop { "_-. ".contains($0) }
    name = String(tail.isEmpty ? stem : tail)
  }

  /// The number that a name begins with. Points go on with it, in Flyway's names underscores, too; a day's date is one
  /// number with the time behind it.
  private static func version(_ text: Substring, isFlyways: Bool) -> (String, end: Substring.Index)? {
    func digits(_ from: Substring.Index) -> Substring { text[from...].prefix { $0.isASCII && $0.isNumber } }
    func next(_ end: Substring.Index, _ separators: String) -> Substring? {
      guard end < text.endIndex, separators.contains(text[end]) else { return nil }
      let number = digits(text.index(after: end))
      let isWhole = number.endIndex == text.endIndex || !text[number.endIndex].isLetter
      return number.isEmpty || !isWhole ? nil : number
    }
    let first = digits(text.startIndex)
    guard !first.isEmpty else { return nil }
    if first.count == 4, first.endIndex < text.endIndex, "-_".contains(text[first.endIndex]) {
      let separator = String(text[first.endIndex])
      if let month = next(first.endIndex, separator), month.count == 2, let day = next(month.endIndex, separator),
        day.count == 2
      {
        let time = next(day.endIndex, separator) ?? text[day.endIndex..<day.endIndex]
        return (String(first + month + day + time), time.endIndex)
      }
    }
    var version = String(first)
    var end = first.endIndex
    while let number = next(end, isFlyways ? "._" : ".") {
      version += "." + number
      end = number.endIndex
    }
    return (version, end)
  }

  /// Orders versions as text: numbers by value before names, `1.9` before `1.10`.
  static func order(of version: String) -> String {
    let numbers = version.split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isASCII && $0.isNumber } }) else {
      return "1" + version
    }
    return "0"
      + numbers.map { number in
        let digits = number.drop { $0 == "0" }
        let count = String(digits.count)
        return String(repeating: "0", count: max(0, 3 - count.count)) + count + digits
      }.joined(separator: ".")
  }
}
