/// Bounds are normalized: the 3.0 pair `minimum: 5, exclusiveMinimum: true` is held as `exclusiveMinimum` 5 alone.
public struct NumberRules: Sendable {
  public var minimum: Located<NumberLiteral>?
  public var maximum: Located<NumberLiteral>?
  public var exclusiveMinimum: Located<NumberLiteral>?
  public var exclusiveMaximum: Located<NumberLiteral>?
  /// Greater than zero.
  public var multipleOf: Located<NumberLiteral>?
}

/// Lengths count code points and are not negative.
public struct StringRules: Sendable {
  public var minLength: Located<Int>?
  public var maxLength: Located<Int>?
  /// ECMA-262 source, unanchored, not checked here.
  public var pattern: Located<String>?
  public var contentEncoding: Located<String>?
  public var contentMediaType: Located<String>?
  /// Of the document inside the string; needs `contentMediaType`. An annotation unless the reader decodes the text.
  public var contentSchema: SchemaRef?
}

public struct ArrayRules: Sendable {
  /// Elements after those of ``prefixItems``.
  public var items: SchemaRef?
  public var prefixItems: [SchemaRef] = []
  public var contains: SchemaRef?
  /// How many elements satisfy ``contains``: at least one unless written.
  public var minContains: Located<Int>?
  public var maxContains: Located<Int>?
  /// Elements that no other keyword, subschemas in place included, has looked at.
  public var unevaluatedItems: SchemaRef?
  public var minItems: Located<Int>?
  public var maxItems: Located<Int>?
  public var uniqueItems = false
}

public struct ObjectRules: Sendable {
  public struct Property: Sendable {
    public let name: Located<String>
    public let schema: SchemaRef
    public let isRequired: Bool
  }

  public enum Additional: Sendable {
    /// The keyword is absent; the standard then allows any value.
    case unspecified
    case allowed(Location)
    case forbidden(Location)
    case schema(SchemaRef)
  }

  /// In document order, unique names.
  public var properties: [Property] = []
  /// May name properties that are declared elsewhere in an `allOf`.
  public var required: [Located<String>] = []
  public var additional: Additional = .unspecified
  /// In document order. The patterns are ECMA-262 source, unanchored, not checked here.
  public var patternProperties: [(pattern: Located<String>, schema: SchemaRef)] = []
  /// For the names, as strings.
  public var propertyNames: SchemaRef?
  /// Names that must be there when `name` is.
  public var dependentRequired: [(name: Located<String>, required: [Located<String>])] = []
  /// What the whole object satisfies when it has the property `name`.
  public var dependentSchemas: [(name: Located<String>, schema: SchemaRef)] = []
  /// Properties that no other keyword, subschemas in place included, has looked at.
  public var unevaluatedProperties: Additional = .unspecified
  public var minProperties: Located<Int>?
  public var maxProperties: Located<Int>?

  public func property(_ name: String) -> Property? { properties.first { $0.name.value == name } }
}

public struct Composition: Sendable {
  /// A 3.1 `$ref` with siblings that constrain is held as the first member here.
  public var allOf: [SchemaRef] = []
  public var oneOf: [SchemaRef] = []
  public var anyOf: [SchemaRef] = []
  public var not: SchemaRef?
  public var ifThenElse: Conditional?
  public var discriminator: Discriminator?

  public var isEmpty: Bool {
    allOf.isEmpty && oneOf.isEmpty && anyOf.isEmpty && not == nil && ifThenElse == nil
  }
}

/// `if`, and what a value satisfies that passes it or fails it. At least one of the two is there.
public struct Conditional: Sendable {
  public let condition: SchemaRef
  public let then: SchemaRef?
  public let otherwise: SchemaRef?
}

public struct Discriminator: Sendable {
  public let property: Located<String>
  /// Values and the component schemas they select, in document order.
  public let mapping: [(value: Located<String>, schema: SchemaName)]
  public let location: Location
}

public struct SchemaAnnotations: Sendable {
  public var title: String?
  public var description: String?
  public var isReadOnly = false
  public var isWriteOnly = false
  public var isDeprecated = false
  public var example: Node?
  public var examples: [Node] = []
}
