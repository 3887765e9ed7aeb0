// The members of a view, as generated code declares them: what each holds and which slot it lies in.

/// A number, a boolean, a word of an enum, a ``UUID`` or an ``Instant``.
public struct JSONField<Value: Sendable>: Sendable {
  @usableFromInline let index: Int
  @inlinable public init(_ index: Int) { self.index = index }
}

/// A string.
public struct JSONTextField: Sendable {
  @usableFromInline let index: Int
  @inlinable public init(_ index: Int) { self.index = index }
}

/// An object that has views.
public struct JSONObjectField<Value: JSONViewed>: Sendable {
  @usableFromInline let index: Int
  @inlinable public init(_ index: Int) { self.index = index }
}

/// An array of what a ``JSONField`` holds.
public struct JSONArrayField<Item: Sendable>: Sendable {
  @usableFromInline let index: Int
  @inlinable public init(_ index: Int) { self.index = index }
}

/// An array of strings.
public struct JSONTextArrayField: Sendable {
  @usableFromInline let index: Int
  @inlinable public init(_ index: Int) { self.index = index }
}

/// An array of objects that have views.
public struct JSONObjectArrayField<Item: JSONViewed>: Sendable {
  @usableFromInline let index: Int
  @inlinable public init(_ index: Int) { self.index = index }
}

/// Anything else: a value that is checked with the others and made of its JSON each time it is asked for.
public struct JSONDecodedField<Value: Equatable & Sendable>: Sendable {
  @usableFromInline let index: Int
  @inlinable public init(_ index: Int) { self.index = index }
}

/// A member that may be absent or null.
public struct JSONOptional<Field: Sendable>: Sendable {
  @usableFromInline let field: Field
  @inlinable public init(_ field: Field) { self.field = field }
}
