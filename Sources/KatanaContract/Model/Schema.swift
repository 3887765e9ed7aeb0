/// Where a schema is used: by the name of a component or in place.
///
/// References are not followed into the tree, so that recursion through names cannot loop and a generator can name
/// types. A schema in another file or elsewhere in the document is a component, too, once a reference leads to it.
public enum SchemaRef: Sendable {
  case named(SchemaName)
  case inline(Schema)

  /// Where the reference or the schema is written.
  public var location: Location {
    switch self {
    case .named(let name): name.location
    case .inline(let schema): schema.location
    }
  }

  public var name: String? { if case .named(let name) = self { name.name } else { nil } }
}

/// A use of a schema by reference.
public struct SchemaName: Sendable {
  /// Of a component of the model.
  public let name: String
  /// The `$ref` as written, which need not be `#/components/schemas/<name>`.
  public let reference: String
  /// Where the `$ref` is written.
  public let location: Location
  /// A 3.1 description beside the `$ref`.
  public let description: String?
}

public enum SchemaType: String, Sendable, CaseIterable {
  case string, integer, number, boolean, array, object
}

/// One schema object. Keywords of one JSON type are grouped, as they only apply to it.
public final class Schema: Sendable {
  public let node: Node
  public let location: Location
  /// 3.1 `true` and `false` schemas; every other field is then empty.
  public let boolean: Bool?
  /// Without `null`. Empty: any type, or none but `null` when ``isNullOnly``. More than one only in 3.1.
  public let types: [Located<SchemaType>]
  /// 3.0 `nullable: true`, or `null` among the 3.1 types. A `null` in `enum` or `const` alone does not set it.
  public let isNullable: Bool
  /// 3.1 `type: "null"`: the value can be nothing else. ``isNullable`` is then set, too.
  public let isNullOnly: Bool
  public let format: Located<String>?
  public let enumValues: [Node]?
  public let constValue: Node?
  public let defaultValue: Node?
  public let number: NumberRules
  public let string: StringRules
  public let array: ArrayRules
  public let object: ObjectRules
  public let composition: Composition
  public let annotations: SchemaAnnotations
  /// `$defs`, for tools that list them; references reach them by pointer.
  public let definitions: [(name: Located<String>, schema: SchemaRef)]
  /// Keywords without a field here: `$comment`, `$schema` and the like, and words that JSON Schema does not know. None
  /// of them changes which values are valid.
  public let otherKeywords: [Located<String>]
  public let extensions: Extensions

  init(
    node: Node,
    boolean: Bool?,
    types: [Located<SchemaType>],
    isNullable: Bool,
    isNullOnly: Bool,
    format: Located<String>?,
    enumValues: [Node]?,
    constValue: Node?,
    defaultValue: Node?,
    number: NumberRules,
    string: StringRules,
    array: ArrayRules,
    object: ObjectRules,
    composition: Composition,
    annotations: SchemaAnnotations,
    definitions: [(name: Located<String>, schema: SchemaRef)],
    otherKeywords: [Located<String>],
    extensions: Extensions
  ) {
    self.node = node
    self.location = node.location
    self.boolean = boolean
    self.types = types
    self.isNullable = isNullable
    self.isNullOnly = isNullOnly
    self.format = format
    self.enumValues = enumValues
    self.constValue = constValue
    self.defaultValue = defaultValue
    self.number = number
    self.string = string
    self.array = array
    self.object = object
    self.composition = composition
    self.annotations = annotations
    self.definitions = definitions
    self.otherKeywords = otherKeywords
    self.extensions = extensions
  }

  /// The only type; `nil` when there is none or a choice.
  public var type: SchemaType? { types.count == 1 ? types[0].value : nil }

  /// Where a keyword is written, for example `oneOf`; `nil` when it is absent.
  public func location(of keyword: String) -> Location? { node.mapping?.location(of: keyword) }
}
