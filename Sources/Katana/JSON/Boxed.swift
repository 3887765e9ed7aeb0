/// Holds a value behind a reference, so that a type can contain itself. Copies share it until one of them changes.
@propertyWrapper
public struct Boxed<Value> {
  private let box: Box<Value>

  public init(wrappedValue: Value) { box = Box(wrappedValue) }

  public var wrappedValue: Value {
    get { box.value }
    set { self = Boxed(wrappedValue: newValue) }
  }
}

extension Boxed: @unchecked Sendable where Value: Sendable {}  // what is in the box never changes

extension Boxed: Equatable where Value: Equatable {
  public static func == (left: Self, right: Self) -> Bool {
    left.box === right.box || left.box.value == right.box.value
  }
}

/// Holds a value that may be absent behind a reference: an optional or a ``Patch``. Absence takes no memory of its own.
@propertyWrapper
public struct BoxedOptional<Value: BoxedAbsence> {
  private let box: Box<Value>?

  public init(wrappedValue: Value) { box = wrappedValue.isWithoutBox ? nil : Box(wrappedValue) }

  public var wrappedValue: Value {
    get { box?.value ?? .withoutBox }
    set { self = BoxedOptional(wrappedValue: newValue) }
  }

  var isWithoutBox: Bool { box == nil }
}

extension BoxedOptional: @unchecked Sendable where Value: Sendable {}  // what is in the box never changes

extension BoxedOptional: Equatable where Value: Equatable {
  public static func == (left: Self, right: Self) -> Bool {
    left.box === right.box || left.box?.value == right.box?.value
  }
}

/// A type of which one value, absence, takes no box.
public protocol BoxedAbsence {
  /// That value.
  static var withoutBox: Self { get }
  var isWithoutBox: Bool { get }
}

extension Optional: BoxedAbsence {
  public static var withoutBox: Wrapped? { nil }
  public var isWithoutBox: Bool { self == nil }
}

private final class Box<Value> {
  let value: Value

  init(_ value: Value) { self.value = value }
}
