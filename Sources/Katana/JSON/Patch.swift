/// A member that may be absent, null or a value, where the three differ: an optional and nullable property.
public enum Patch<Value: Sendable>: Sendable {
  case absent
  case null
  case value(Value)

  /// The value, nil when it is absent or null.
  public var value: Value? { if case .value(let value) = self { value } else { nil } }
}

extension Patch: Equatable where Value: Equatable {}
