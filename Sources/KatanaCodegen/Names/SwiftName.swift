/// Turns names of a contract into Swift names by one rule: words are split at what cannot stand in a Swift name and at
/// changes of case, and joined in camel case. `NOT_AVAILABLE` is `notAvailable`, `HTTPProxy` is `httpProxy`.
enum SwiftName {
  /// `userId`
  static func member(_ name: String) -> String {
    let words = words(name)
    guard let first = words.first else { return "_" }
    return identifier(first.lowercased() + words.dropFirst().map(capitalized).joined())
  }

  /// `UserId`
  static func type(_ name: String) -> String {
    let joined = words(name).map(capitalized).joined()
    return identifier(joined.isEmpty ? "_" : joined)
  }

  /// What no back-ticks make the name of a property that an initializer sets.
  static let unspeakable: Set<String> = ["self"]

  /// Back-ticks where Swift needs them.
  static func escaped(_ name: String) -> String { keywords.contains(name) ? "`\(name)`" : name }

  /// As the label of an argument, where Swift takes nearly every keyword as it is.
  static func label(_ name: String) -> String { name == "inout" ? "`\(name)`" : name }

  /// As the label of a parameter in a declaration.
  static func declaredLabel(_ name: String) -> String {
    ["inout", "let", "var"].contains(name) ? "`\(name)`" : name
  }

  /// Whether a name given by `x-swift-name` can stand in Swift.
  static func isIdentifier(_ name: String) -> Bool {
    !name.isEmpty && name != "_" && name == identifier(name) && name.unicodeScalars.allSatisfy { isWordScalar($0) || $0 == "_" }
  }

  private static func identifier(_ name: String) -> String {
    guard let first = name.unicodeScalars.first, ("0"..."9").contains(first) else { return name }
    return "_" + name
  }

  private static func capitalized(_ word: String) -> String {
    let isAcronym = word.count > 1 && word == word.uppercased() && word != word.lowercased()
    let rest = isAcronym ? word.dropFirst().lowercased() : String(word.dropFirst())
    return word.prefix(1).uppercased() + rest
  }

  private static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
    }
    return scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal
  }

  /// A sign is spelled before a number and where it is all that a name has; elsewhere it only separates.
  private static func words(_ name: String) -> [String] {
    if name.isEmpty { return ["empty"] }
    let scalars = name.unicodeScalars
    let isSigned = scalars.first == "-" || scalars.first == "+"
    if isSigned, let second = scalars.dropFirst().first, ("0"..."9").contains(second) {
      return [scalars.first == "-" ? "minus" : "plus"] + split(name)
    }
    let parts = split(name)
    if !parts.isEmpty { return parts }
    return name.unicodeScalars.map { spelled[$0] ?? "u" + String($0.value, radix: 16) }
  }

  private static func split(_ name: String) -> [String] {
    var words: [String] = []
    var current = ""
    let scalars = Array(name.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      guard isWordScalar(scalar) else {
        if !current.isEmpty { words.append(current) }
        current = ""
        continue
      }
      if let last = current.unicodeScalars.last, scalar.properties.isUppercase {
        let nextIsLower = index + 1 < scalars.count && scalars[index + 1].properties.isLowercase
        if !last.properties.isUppercase || nextIsLower {
          words.append(current)
          current = ""
        }
      }
      current.unicodeScalars.append(scalar)
    }
    if !current.isEmpty { words.append(current) }
    return words
  }

  private static let spelled: [Unicode.Scalar: String] = [
    "+": "plus", "-": "minus", "*": "star", "/": "slash", "<": "less", ">": "greater", "=": "equals", "!": "not",
    "%": "percent", "&": "and", "|": "or", ".": "dot", ",": "comma", "#": "hash", "@": "at", "$": "dollar",
    "?": "question",
    "_": "underscore", " ": "space", ":": "colon", "~": "tilde", "^": "caret",
  ]

  private static let keywords: Set<String> = [
    "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "deinit", "do", "else",
    "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import", "in", "init",
    "inout", "internal", "is", "let", "nil", "operator", "precedencegroup", "private", "protocol", "public", "repeat",
    "rethrows", "return", "self", "Self", "static", "struct", "subscript", "super", "switch", "throw", "throws", "true",
    "try", "typealias", "var", "where", "while", "Type", "Protocol", "Any", "await",
  ]
}
