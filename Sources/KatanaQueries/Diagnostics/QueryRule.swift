import KatanaContract

/// The rules of this room. Ids are stable: a retired rule leaves a gap.
///
/// `KT30` files and the server, `KT31` annotations, `KT32` parameters, `KT33` what PostgreSQL says, `KT34` results.
public enum QueryRule: String, DiagnosticRule {
  case fileUnreadable = "KT3001"
  case noQueries = "KT3002"
  case noSchema = "KT3003"
  case migrationVersion = "KT3004"
  case migrationMarks = "KT3005"
  case lockStale = "KT3006"
  case lockUnreadable = "KT3007"
  case serverUnavailable = "KT3008"
  case fileNameDuplicate = "KT3009"

  case nameSyntax = "KT3101"
  case kindUnknown = "KT3102"
  case nameDuplicate = "KT3103"
  case statementMissing = "KT3104"
  case statementUnnamed = "KT3105"
  case statementsMany = "KT3106"
  case annotationUnknown = "KT3107"
  case deadlineInvalid = "KT3108"
  case nestInvalid = "KT3109"
  case nestOrder = "KT3110"
  case prefetchInvalid = "KT3111"
  case filterInvalid = "KT3112"
  case sortInvalid = "KT3113"
  case copyInvalid = "KT3114"
  case batchWithoutParameters = "KT3115"
  case kindUnfit = "KT3116"
  case statementUnfit = "KT3117"
  case oneOfMany = "KT3118"

  case sqlcFunction = "KT3201"
  case placeholder = "KT3202"
  case parameterGap = "KT3203"
  case parameterMarks = "KT3204"
  case parameterOutside = "KT3205"
  case elementMark = "KT3206"
  case parameterIdle = "KT3207"

  case sqlSyntax = "KT3301"
  case migrationRefused = "KT3302"
  case statementRefused = "KT3303"
  case parameterUntyped = "KT3304"
  case typeUnsupported = "KT3305"

  case notProved = "KT3401"
}

/// Every id this module can emit, with its explanation.
public enum QueryRegistry {
  public static let entries: [(id: String, explanation: String)] =
    QueryRule.allCases.map { ($0.rawValue, $0.explanation) }
}
