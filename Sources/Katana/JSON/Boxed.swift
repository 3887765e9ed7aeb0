/// Holds a value behind a reference, so that a type can contain itself. Copies share it until one of them changes.
@propertyWrapper
public struct Boxed<Value> {
  private final class Box {
    let value: Value

    init(_ value: Value) { self.value = value }
  }

  private let box: Box

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

/// An optional whose value is ``Boxed``. Nil takes no memory of its own.
@propertyWrapper
public struct BoxedOptional<Value> {
  private var boxed: Boxed<Value>?

  public init(wrappedValue: Value?) { boxed = wrappedValue.map(Boxed.init(wrappedValue:)) }

  public var wrappedValue: Value? {
    get { boxed?.wrappedValue }
    set { self = BoxedOptional(wrappedValue: newValue) }
  }
}

extension BoxedOptional: Sendable where Value: Sendable {}
extension BoxedOptional: Equatable where Value: Equatable {}

/// A ``Patch`` whose value is ``Boxed``. Absence and null take no memory of their own.
@propertyWrapper
public struct BoxedPatch<Value: Sendable>: Sendable {
  private var boxed: Patch<Boxed<Value>>

  public init(wrappedValue: Patch<Value>) {
    switch wrappedValue {
    case .absent: boxed = .absent
    case .null: boxed = .null
    case .value(let value): boxed = .value(Boxed(wrappedValue: value))
    }
  }

  public var wrappedValue: Patch<Value> {
    get {
      switch boxed {
      case .absent: .absent
      case .null: .null
      case .value(let value): .value(value.wrappedValue)
      }
    }
    set { self = BoxedPatch(wrappedValue: newValue) }
  }
}

extension BoxedPatch: Equatable where Value: Equatable {}
