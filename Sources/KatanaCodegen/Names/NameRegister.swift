import KatanaContract

/// Names that are taken in one scope. A second claim gets a number, the first free one, and the reader a warning with
/// both originals; the order of claims is that of the document, so the outcome is stable.
struct NameRegister {
  private var owners: [String: String]

  init(reserved: some Sequence<String> = []) {
    owners = Dictionary(reserved.map { ($0, "the name of Katana or Swift") }, uniquingKeysWith: { first, _ in first })
  }

  /// Takes names that something else has.
  mutating func reserve(_ names: some Sequence<String>, for owner: String) {
    for name in names where owners[name] == nil { owners[name] = owner }
  }

  /// - Parameter remedy: what gives the name's owner another one.
  mutating func claim(
    _ wanted: String, for original: String, at location: Location, _ findings: inout [Diagnostic],
    remedy: String = "give it a name of your own with 'x-swift-name'"
  ) -> String {
    guard let owner = owners[wanted] else {
      owners[wanted] = "'\(original)'"
      return wanted
    }
    var number = 2
    while owners["\(wanted)\(number)"] != nil { number += 1 }
    let name = "\(wanted)\(number)"
    owners[name] = "'\(original)'"
    findings.append(
      Diagnostic(
        .warning, CodegenRule.nameCollision, at: location,
        "'\(original)' is named \(name) in Swift, because \(wanted) is \(owner)",
        remedy: remedy))
    return name
  }

  /// Public types of Katana and the standard library that generated code names.
  static let types: Set<String> = [
    "Accepted", "Alternatives", "Any", "Array", "Body", "Bool", "Boxed", "BoxedOptional", "BoxedPatch",
    "Character", "CodingKey", "Collection", "Context",
    "ContractEnum", "Dictionary", "Double", "Equatable", "Error", "Failure", "FieldMembers", "Float", "Hashable", "Instant",
    "Int", "Int32", "Int64", "JSONDecodable", "JSONEncodable", "JSONLines", "JSONReader", "JSONSchema", "JSONShape",
    "JSONTable", "JSONTabled", "JSONValue", "JSONWord", "JSONWriter",
    "MediaType", "Method", "Never", "Optional", "ParameterMembers", "ParameterSource", "ParameterText", "Patch",
    "Pattern", "Patterns", "Problem", "Protocol", "RawSpan", "Request", "RequestBody", "RequestReader",
    "Response", "ResponseStream", "Result", "Route", "Router", "Schemas", "SecurityRequirement", "SecurityScheme",
    "SecuritySchemes", "Self", "Sendable", "Sequence", "Server", "ServerSentEvent", "Set", "Span", "StaticString",
    "Status", "String", "StringFormat", "Substring", "Task", "Type", "UInt64", "UInt8", "UploadedFile", "UUID",
    "Violation", "Void",
  ]
}
