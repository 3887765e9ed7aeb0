/// One thing that is wrong with a request, as it stands in `errors` of its problem details.
///
/// A violation of the content has a `pointer`, a JSON pointer (RFC 6901) that is empty for the whole body; one of a
/// parameter has a `parameter` instead: the place and the name, such as `query/limit`. A field in the head of a form's
/// part has both: the part's pointer and `header/` with the field's name.
public struct Violation: Sendable, Equatable {
  /// More than this many are not reported; the last one then says so with ``Code/omitted``.
  public static let maximum = 32

  /// What rule was broken: stable words, for programs.
  public enum Code: String, Sendable {
    case required
    case type
    case minLength = "min_length"
    case maxLength = "max_length"
    case pattern
    case format
    case minimum
    case maximum
    case exclusiveMinimum = "exclusive_minimum"
    case exclusiveMaximum = "exclusive_maximum"
    case multipleOf = "multiple_of"
    case `enum`
    case minItems = "min_items"
    case maxItems = "max_items"
    case uniqueItems = "unique_items"
    case additionalProperty = "additional_property"
    case duplicateKey = "duplicate_key"
    case repeated
    case const
    case anyOf = "any_of"
    case oneOf = "one_of"
    case not
    case contains
    case minContains = "min_contains"
    case maxContains = "max_contains"
    case minProperties = "min_properties"
    case maxProperties = "max_properties"
    case propertyNames = "property_names"
    case dependentRequired = "dependent_required"
    case unevaluatedProperty = "unevaluated_property"
    case unevaluatedItem = "unevaluated_item"
    case falseSchema = "false_schema"
    case range
    case encoding
    case depth
    case syntax
    /// A schema would take more steps over the document than ``JSONSchema/Limits/steps``.
    case work
    case omitted
  }

  /// What the rule demands: the limit, the pattern, the name of the type.
  public enum Bound: Sendable {
    case integer(Int64)
    case number(Double)
    case text(StaticString)
    /// A text of a schema that was read at run time.
    case string(String)
  }

  public var pointer: String?
  public var parameter: String?
  public var code: Code
  /// One sentence for people.
  public var detail: String
  public var bound: Bound?

  init(pointer: String? = nil, parameter: String? = nil, _ code: Code, _ bound: Bound? = nil, detail: String? = nil) {
    self.pointer = pointer
    self.parameter = parameter
    self.code = code
    self.bound = bound
    self.detail = detail ?? code.sentence(bound?.description ?? "")
  }
}

extension Violation.Code {
  /// What ``minLength`` and ``maxLength`` say of bytes.
  func sentence(bytes: Int) -> String {
    "must have at \(self == .minLength ? "least" : "most") \(counted(String(bytes), "byte"))"
  }

  /// The rule that so many bytes break, and its bound.
  static func broken(by count: Int, min: Int, max: Int) -> (code: Self, bound: Int)? {
    count < min ? (.minLength, min) : count > max ? (.maxLength, max) : nil
  }
}

/// Everything that is wrong with a document.
public struct ViolationList: Error, Sendable, Equatable {
  public let violations: [Violation]

  @usableFromInline
  init(_ violations: [Violation]) { self.violations = violations }
}

extension Violation.Bound: Equatable, CustomStringConvertible {
  public static func == (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.integer(let a), .integer(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.text, .text), (.text, .string), (.string, .text), (.string, .string): left.description == right.description
    default: false
    }
  }

  public var description: String {
    switch self {
    case .integer(let value): String(value)
    case .number(let value): value.description
    case .text(let text): text.description
    case .string(let text): text
    }
  }
}

extension Violation.Code {
  /// The member of `params` that holds the bound.
  var boundName: StaticString {
    switch self {
    case .minLength, .minItems, .minContains, .minProperties, .minimum, .exclusiveMinimum: "min"
    case .maxLength, .maxItems, .maxContains, .maxProperties, .maximum, .exclusiveMaximum: "max"
    case .oneOf: "matched"
    case .dependentRequired: "with"
    case .work: "steps"
    case .type, .range: "expected"
    case .multipleOf: "divisor"
    case .pattern: "pattern"
    case .format: "format"
    case .omitted: "count"
    default: "offset"
    }
  }

  func sentence(_ bound: String) -> String {
    switch self {
    case .required: "is required"
    case .type: "must be of type \(bound)"
    case .minLength: "must have at least \(counted(bound, "character"))"
    case .maxLength: "must have at most \(counted(bound, "character"))"
    case .pattern: "must match \(bound)"
    case .format: "is not a valid \(bound)"
    case .minimum: "must be at least \(bound)"
    case .maximum: "must be at most \(bound)"
    case .exclusiveMinimum: "must be greater than \(bound)"
    case .exclusiveMaximum: "must be less than \(bound)"
    case .multipleOf: "must be a multiple of \(bound)"
    case .enum: "is not one of the allowed values"
    case .minItems: "must have at least \(counted(bound, "item"))"
    case .maxItems: "must have at most \(counted(bound, "item"))"
    case .uniqueItems: "must not have equal items"
    case .additionalProperty: "is not a property that the contract knows"
    case .duplicateKey: "is present more than once"
    case .repeated: "is given more than once"
    case .const: "is not the one allowed value"
    case .anyOf: "matches none of the alternatives"
    case .oneOf: "must match exactly one alternative and matches \(bound == "0" ? "none" : "several")"
    case .not: "matches what is not allowed"
    case .contains: "must have an item that matches"
    case .minContains: "must have at least \(counted(bound, "item")) that match"
    case .maxContains: "must have at most \(counted(bound, "item")) that match"
    case .minProperties: "must have at least \(counted(bound, "member"))"
    case .maxProperties: "must have at most \(counted(bound, "member"))"
    case .propertyNames: "has a name that is not allowed"
    case .dependentRequired: "is required where \(bound) is present"
    case .unevaluatedProperty: "is not a property that any part of the contract knows"
    case .unevaluatedItem: "is not an item that any part of the contract knows"
    case .falseSchema: "is not allowed"
    case .range: "is beyond the range of \(bound)"
    case .encoding: "is not valid UTF-8 (byte \(bound))"
    case .depth: "is nested too deeply\(bound.isEmpty ? "" : " (byte \(bound))")"
    case .syntax: "is malformed (byte \(bound))"
    case .work: "takes more than \(counted(bound, "step")) to check"
    case .omitted: "and \(bound) more"
    }
  }

  private func counted(_ number: String, _ noun: String) -> String {
    number == "1" ? "1 \(noun)" : "\(number) \(noun)s"
  }
}

extension Violation: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.literal("{")
    if let pointer {
      json.literal("\"pointer\":")
      json.string(pointer)
      json.literal(",")
    }
    if let parameter {
      json.literal("\"parameter\":")
      json.string(parameter)
      json.literal(",")
    }
    json.literal("\"code\":")
    json.string(code.rawValue)
    json.literal(",\"detail\":")
    json.string(detail)
    if let bound {
      json.literal(",\"params\":{")
      json.string(code.boundName)
      json.literal(":")
      switch bound {
      case .integer(let value): json.int64(value)
      case .number(let value): json.double(value)
      case .text(let text): json.string(text)
      case .string(let text): json.string(text)
      }
      json.literal("}")
    }
    json.literal("}")
  }
}
