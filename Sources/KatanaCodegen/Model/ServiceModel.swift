import KatanaContract

/// A contract in the terms of Swift: everything that is left to do is to write it down.
struct ServiceModel {
  var title: String
  var version: String
  var types: [TypeModel] = []
  var groups: [GroupModel] = []
  var patterns: [PatternModel] = []
  var schemas: [SchemaModel] = []
  /// What the schemas lead to, a schema with `$defs` for each direction in which they are used.
  var definitions: [(name: String, text: String)] = []
  var securitySchemes: [SecuritySchemeModel] = []
}

/// A way to show who one is; `name` is its member of `SecuritySchemes`.
struct SecuritySchemeModel {
  var name: String
  var key: String
  /// A Swift expression.
  var kind: String
  var documentation: String?
}

/// A string pattern; `name` is its member of `Patterns`.
struct PatternModel {
  var name: String
  var source: String
  /// Nil for a pattern that no automaton decides, which the runtime's regular expressions take.
  var automaton: Automaton?
}

/// A JSON Schema that the runtime evaluates; `name` is its member of `Schemas`.
struct SchemaModel {
  var name: String
  var text: String
  /// Where the schema stands when it leads to others: which of the definitions it is, and of which text.
  var definition: (name: String, library: String)?
  /// A value that the schema accepts, where it lists its values.
  var sample: Node?
}

/// A named Swift type.
struct TypeModel {
  enum Shape {
    case object([PropertyModel], AdditionalModel)
    case words([WordModel])
    case union(UnionModel)
  }

  var name: String
  var documentation: String?
  var shape: Shape
  var example: Node?
  /// The member of `Schemas` that a value must meet besides.
  var check: String?
  var isRead = false
  /// Whether there are views of it.
  var isViewed = false
  /// Whether its defaults hold values of it.
  var isInItsDefaults = false
  var isWritten = false
  /// What members as text it is read from.
  var textForms: Set<TextForm> = []
}

/// Where the members of an object stand as text.
enum TextForm: Hashable {
  case parameter
  /// A form of either media type: members that are objects are JSON unless the encoding says otherwise.
  case form(FormEncoding)

  /// The generated function that reads the members.
  var function: String {
    switch self {
    case .parameter: "decodeParameter"
    case .form(let encoding): encoding.function
    }
  }
}

/// How the members of one form travel, where the contract says it (the Encoding Object).
struct FormEncoding: Hashable {
  struct Member: Hashable {
    /// Nil: repeated for each item of an array, JSON for an object.
    var style: String?
    var isExploded = true
    /// A JSON document, whatever the value is.
    var isJSON = false
    /// A file, though the schema alone does not say so.
    var isFile = false
    /// The media types and ranges that a part may state, with commas between; any when nil.
    var types: String?
    /// What the head of the member's part may hold beside its media type.
    var fields: [Field] = []

    /// The members of an object stand among those of the form.
    var isSpread: Bool { style == "form" && isExploded }
  }

  /// A field in the head of a part.
  struct Field: Hashable {
    var name: String
    var isRequired: Bool
    /// Where the contract describes it.
    var place: String
  }

  /// The function that reads the form: forms of one type may travel differently.
  var function = "decodeForm"
  var members: [String: Member] = [:]

  /// The members that are files because of how they travel.
  var files: [String] { members.filter(\.value.isFile).map(\.key).sorted() }
  /// The fields of all parts, for a key.
  var fields: [String] {
    members.flatMap { member in member.value.fields.map { "\(member.key) \($0.place)" } }.sorted()
  }
}

/// What an object does with members that it does not declare.
enum AdditionalModel {
  case ignored
  case refused
  /// Kept in the property of this name.
  case kept(ValueModel, name: String)
}

/// One value of a string enum.
struct WordModel {
  var name: String
  var text: String
}

/// A value that is one of several.
struct UnionModel {
  struct Case {
    /// Without back-ticks.
    var name: String
    var value: ValueModel
    var documentation: String?
    var isIndirect = false
  }

  /// How the alternatives of one JSON type are told apart.
  enum Choice {
    case only(Int)
    /// By the value of a member.
    case tag(String, [(value: String, index: Int)], otherwise: [(schema: String, index: Int)])
    /// By the member that only one of them requires.
    case keys([(name: String, index: Int)], otherwise: [(schema: String, index: Int)])
    /// By evaluating each.
    case schemas([(schema: String, index: Int)])
  }

  /// Names that cases would take from the generated code.
  static let reserved = ["init", "self", "encode", "decode", "json", "none", "some"]

  var cases: [Case]
  /// By the name of the JSON type.
  var choices: [(type: String, choice: Choice)]
  var isExclusive: Bool
}

/// Where a field of a multipart form stands.
struct PartField {
  /// The name of the member.
  var member: String
  var header: String
  var isRequired: Bool
  /// Several parts of the member make a list, with an item for each.
  var isList: Bool
  /// How one is read.
  var text: TextModel
  var isExploded: Bool
}

struct PropertyModel {
  /// How absence and null are told apart.
  enum Presence {
    case required
    case optional
    case nullable
    case patch
    /// A value of its own when it is absent; a Swift expression.
    case defaulted(String)
  }

  /// Without back-ticks.
  var name: String
  var key: String
  var documentation: String?
  var value: ValueModel
  var presence: Presence
  /// What the contract gives as an example.
  var example: Node?
  /// Held behind a reference, because its type contains this one.
  var isBoxed = false
  /// What ``Presence/defaulted(_:)`` writes in Swift, in the contract.
  var defaultValue: Node?
  /// A field in the head of the part of a member, not a member.
  var part: PartField?

  var isAlwaysWritten: Bool {
    switch presence {
    case .required, .nullable, .defaulted: true
    case .optional, .patch: false
    }
  }

  var isRequired: Bool {
    switch presence {
    case .required, .nullable: true
    default: false
    }
  }

  var isNullable: Bool { if case .nullable = presence { true } else { false } }
  var isDefaulted: Bool { if case .defaulted = presence { true } else { false } }
}

/// What a value is and what it must meet. Rules are arguments of the runtime's read methods, ready to write.
indirect enum ValueModel {
  /// `method` of the reader and writer, and its arguments.
  case scalar(ScalarModel)
  /// An enum of strings.
  case words(String)
  /// A generated struct or union.
  case type(String)
  case array(ValueModel, minItems: Int?, maxItems: Int?)
  /// An object whose members are all alike.
  case map(ValueModel)
  /// A value or null.
  case optional(ValueModel)
  /// Any JSON.
  case any
  /// A value that must also meet the named member of `Schemas`.
  case checked(ValueModel, schema: String)

  var swift: String {
    switch self {
    case .scalar(let scalar): scalar.swift
    case .words(let name), .type(let name): SwiftName.escaped(name)
    case .array(let item, _, _): "[\(item.swift)]"
    case .map(let value): "[String: \(value.swift)]"
    case .optional(let value): value.swift + "?"
    case .any: "JSONValue"
    case .checked(let value, _): value.swift
    }
  }

  /// Whether reading gives an optional: nil after a violation.
  var isFallible: Bool {
    switch self {
    case .words, .type, .any: true
    case .checked(let value, _): value.isFallible
    case .scalar, .array, .map, .optional: false
    }
  }

  var isOptional: Bool {
    if case .optional = bare { return true }
    return false
  }

  /// Without the checks around it.
  var bare: ValueModel {
    if case .checked(let value, _) = self { return value.bare }
    return self
  }
}

struct ScalarModel {
  /// The name of the runtime's method: `string`, `int64`, …
  var method: String
  /// The Swift type.
  var swift: String
  /// A Swift expression that stands in while a value is wrong.
  var neutral: String
  /// `minLength: 1, maxLength: 20`
  var rules: [String] = []
  /// What a value that meets the rules is made of.
  var facts = ScalarFacts()

  /// The bytes that a file may have.
  var fileSize: SizeBounds { SizeBounds(min: facts.minLength, max: facts.maxLength == .max ? nil : facts.maxLength) }
}

/// The rules of a scalar once more, for who makes values instead of reading them.
struct ScalarFacts {
  var minLength = 0
  var maxLength = Int.max
  /// ECMA-262 source.
  var pattern: String?
  var format: String?
  var minimum: Double?
  var maximum: Double?
  var exclusiveMinimum: Double?
  var exclusiveMaximum: Double?
  var multipleOf: Double?
}
