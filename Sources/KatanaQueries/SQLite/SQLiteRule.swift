import KatanaContract

/// The rules of the translation to SQLite. Ids are stable; `KT35` is this room.
public enum SQLiteRule: String, DiagnosticRule {
  case notTranslated = "KT3501"
  case notCompiled = "KT3502"
  case leftOut = "KT3503"

  public var explanation: String {
    switch self {
    case .notTranslated:
      "SQLite has no equivalent of this construct, or none that would give the same rows, so the statement is not "
        + "translated. Write it another way, or leave SQLite out: a repository without a text for SQLite answers there "
        + "with an error of kind 'unsupported'."
    case .notCompiled:
      "The statement was translated, and SQLite does not accept the translation against the translated schema. The "
        + "message is SQLite's own."
    case .leftOut:
      "SQLite does without this: an index of a kind that only speeds up, a comment, an extension whose functions are "
        + "there anyhow. What the database answers is the same."
    }
  }
}

/// Every id of the translation, with its explanation.
public enum SQLiteRegistry {
  public static let entries: [(id: String, explanation: String)] =
    SQLiteRule.allCases.map { ($0.rawValue, $0.explanation) }
}

/// What cannot be translated, and where it stands in the text.
struct Untranslatable: Error {
  let offset: Int?
  let message: String
  let remedy: String
  /// It is the statement as a whole, of which PostgreSQL's parser does not say where it begins.
  let isStatement: Bool

  init(_ node: SyntaxNode?, _ message: String, remedy: String = "write it another way, or leave SQLite out") {
    offset = node?.firstOffset
    isStatement = node?.kind.hasSuffix("Stmt") ?? true
    self.message = message
    self.remedy = remedy
  }
}
