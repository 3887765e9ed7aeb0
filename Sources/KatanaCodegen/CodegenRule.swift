import KatanaContract

/// The rules of the generator. Ids are stable; `KT10` is this room.
public enum CodegenRule: String, DiagnosticRule {
  case notSupported = "KT1001"
  case nameCollision = "KT1002"
  case operationIDMissing = "KT1003"
  case patternNotSupported = "KT1004"
  case schemaUnused = "KT1005"
  case formatUnknown = "KT1006"
  case swiftNameInvalid = "KT1007"
  case noSuccess = "KT1008"
  case recursion = "KT1009"
  case propertyConflict = "KT1010"
  case formatInvalid = "KT1011"

  public var explanation: String {
    switch self {
    case .notSupported:
      "The contract is valid, but the generator cannot turn this construct into code yet. It says so instead of "
        + "leaving the construct out, because a service that ignores part of its contract is wrong. Express it "
        + "another way or remove it."
    case .nameCollision:
      "Two names of the contract become the same Swift name, or a name is taken by Swift or Katana. The later one "
        + "gets a number. Set 'x-swift-name' beside it to choose a name."
    case .operationIDMissing:
      "An operation without 'operationId' is named after its method and path, so its Swift name changes when the "
        + "path does. Give it an 'operationId'."
    case .patternNotSupported:
      "Patterns are compiled to automata that decide a text in one step for each byte. Look-around, back-references, "
        + "word boundaries and very large repetitions have no such automaton here. Simplify the pattern."
    case .schemaUnused:
      "No operation reads or writes this schema, so no type is generated for it. Remove it or use it."
    case .formatUnknown:
      "The value of 'format' is not one that Katana checks. The standard says that an unknown format is only an "
        + "annotation, so it is ignored. A 'pattern' would be checked."
    case .swiftNameInvalid: "'x-swift-name' must be a Swift identifier of letters, digits and underscores."
    case .noSuccess: "An operation must document at least one 2xx or 3xx response: it is what the Swift function returns."
    case .recursion:
      "A schema that contains itself has no size as a Swift struct. Put an array between: a struct may hold an array "
        + "of itself."
    case .propertyConflict: "Two members of an 'allOf' declare the same property, and it is not clear which rule holds."
    case .formatInvalid: "The format does not go with the type or with the other keywords of this schema."
    }
  }
}
