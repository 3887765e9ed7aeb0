/// Texts that an ECMA-262 pattern matches, for the patterns that contracts have: characters, classes, groups,
/// alternatives and quantifiers. What is beyond that (assertions, back references, properties) is passed over, so that
/// the text may not match.
struct PatternSampler {
  private let pattern: [Character]
  private var at = 0
  /// Repetitions of what has no upper bound.
  private static let repetitionsMax = 4

  static func text(_ pattern: String, _ random: inout Randomness) -> String {
    var sampler = PatternSampler(pattern: Array(pattern))
    return sampler.alternatives(&random)
  }

  private init(pattern: [Character]) { self.pattern = pattern }

  private var peek: Character? { at < pattern.count ? pattern[at] : nil }

  private mutating func alternatives(_ random: inout Randomness) -> String {
    var texts = [sequence(&random)]
    while peek == "|" {
      at += 1
      texts.append(sequence(&random))
    }
    return random.pick(texts)
  }

  private mutating func sequence(_ random: inout Randomness) -> String {
    var text = ""
    while let next = peek, next != "|", next != ")" { text += repeatedAtom(&random) }
    return text
  }

  /// An atom is read once for each of its repetitions, so that they differ.
  private mutating func repeatedAtom(_ random: inout Randomness) -> String {
    let start = at
    let first = atom(&random)
    guard let (low, high) = quantifier() else { return first }
    let end = at
    let count = Int.random(in: low...max(low, min(high, low + Self.repetitionsMax)), using: &random)
    var text = ""
    for index in 0..<count {
      at = start
      text += index == 0 ? first : atom(&random)
    }
    at = end
    return text
  }

  private mutating func quantifier() -> (Int, Int)? {
    var bounds: (Int, Int)
    switch peek {
    case "*": bounds = (0, .max - 8)
    case "+": bounds = (1, .max - 8)
    case "?": bounds = (0, 1)
    case "{":
      guard let close = pattern[at...].firstIndex(of: "}") else { return nil }
      let parts = String(pattern[(at + 1)..<close]).split(separator: ",", omittingEmptySubsequences: false)
      guard let low = Int(parts[0]) else { return nil }
      bounds = (low, parts.count == 1 ? low : Int(parts[1]) ?? .max - 8)
      at = close
    default: return nil
    }
    at += 1
    if peek == "?" { at += 1 }  // a lazy one matches the same texts
    return bounds
  }

  private mutating func atom(_ random: inout Randomness) -> String {
    let next = pattern[at]
    at += 1
    switch next {
    case "^", "$": return ""
    case ".": return String(random.pick(Array("aZ5 -é")))
    case "(":
      if peek == "?" {
        // (?: and the names of groups are for who reads the match; assertions take no text.
        let isAssertion = at + 1 < pattern.count && "=!".contains(pattern[at + 1])
        while let character = peek, !":=!>".contains(character) { at += 1 }
        if peek != nil { at += 1 }
        let text = alternatives(&random)
        if peek == ")" { at += 1 }
        return isAssertion ? "" : text
      }
      let text = alternatives(&random)
      if peek == ")" { at += 1 }
      return text
    case "[": return String(random.pick(characterClass()))
    case "\\": return random.pick(escaped()).map(String.init) ?? ""
    default: return String(next)
    }
  }

  /// The characters that the escape stands for; one nil for those that stand for none.
  private mutating func escaped() -> [Character?] {
    guard let next = peek else { return [nil] }
    at += 1
    switch next {
    case "d": return Array("0123456789")
    case "w": return Array("abcXYZ019_")
    case "s": return [" "]
    case "D", "W": return ["-"]
    case "S": return Array("aB3-")
    case "b", "B": return [nil]
    case "t": return ["\t"]
    case "n": return ["\n"]
    case "r": return ["\r"]
    case "u" where at + 4 <= pattern.count:
      let digits = String(pattern[at..<(at + 4)])
      at += 4
      return [UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init).map(Character.init)]
    default: return [next]
    }
  }

  private mutating func characterClass() -> [Character] {
    let isNegated = peek == "^"
    if isNegated { at += 1 }
    var members: [Character] = []
    while let next = peek, next != "]" {
      at += 1
      let these = next == "\\" ? escaped().compactMap(\.self) : [next]
      if these.count == 1, peek == "-", at + 1 < pattern.count, pattern[at + 1] != "]" {
        at += 1
        var last = pattern[at]
        at += 1
        if last == "\\" { last = escaped().compactMap(\.self).first ?? last }
        members += Self.range(these[0], last)
      } else {
        members += these
      }
    }
    if peek == "]" { at += 1 }
    if isNegated { return Array("aZ5-_ é").filter { !members.contains($0) } + ["~"] }
    return members.isEmpty ? ["a"] : members
  }

  private static func range(_ first: Character, _ last: Character) -> [Character] {
    guard let low = first.unicodeScalars.first?.value, let high = last.unicodeScalars.first?.value, low <= high else {
      return [first]
    }
    // The ends and a few between are enough.
    let step = max(1, (high - low) / 16)
    let scalars = stride(from: low, through: high, by: Int(step)).compactMap { Unicode.Scalar($0) }
    return scalars.map(Character.init) + [last]
  }
}
