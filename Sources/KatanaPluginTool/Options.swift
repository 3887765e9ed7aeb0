import KatanaCodegen
import KatanaContract

/// The settings of a target that say how its code looks.
struct Options {
  private(set) var access = GeneratedAccess.internal
  private(set) var values = ValueOptions()
  private(set) var isStrict = false
  private(set) var isForSQLite = false

  private static let names = ["access", "alloc", "document", "json", "shards", "sql", "sqlite", "strict"]

  init(_ settings: Settings) throws {
    for setting in settings.options {
      func choice<Choice: RawRepresentable<String> & CaseIterable>() throws -> Choice {
        if let choice = Choice(rawValue: setting.value) { return choice }
        let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        throw settings.problem(setting.line, "'\(setting.name)' is one of \(words)")
      }
      switch setting.name {
      case "access": access = try choice()
      case "json": values.json = try choice()
      case "alloc": values.allocation = try choice()
      case "strict": isStrict = try choice() == Truth.true
      case "sqlite": isForSQLite = try choice() == Truth.true
      default:
        let names = Self.names.joined(separator: ", ")
        throw settings.problem(setting.line, "there is no setting '\(setting.name)': there are \(names)")
      }
    }
  }

  private enum Truth: String, CaseIterable { case `true`, `false` }
}
