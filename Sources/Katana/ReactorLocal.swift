import CKatana

/// A value of its own for each reactor: a database connection, a cache. Handlers use it without a lock, because only
/// the reactor's own thread reaches its value.
public final class ReactorLocal<Value>: @unchecked Sendable {
  @usableFromInline let make: @Sendable () throws -> Value
  /// One slot per reactor, touched by that reactor's thread only.
  @usableFromInline let slots: UnsafeMutablePointer<Value?>
  /// More reactors than a process can have processors here.
  private static var slotCount: Int { 1024 }

  /// `make` runs once per reactor, on its thread, when a handler first asks.
  public init(_ make: @escaping @Sendable () throws -> Value) {
    self.make = make
    slots = .allocate(capacity: Self.slotCount)
    slots.initialize(repeating: nil, count: Self.slotCount)
  }

  deinit {
    slots.deinitialize(count: Self.slotCount)
    slots.deallocate()
  }

  /// The value of the reactor that serves this request.
  ///
  /// - Throws: what `make` throws; the next request tries again.
  @inlinable
  public func value(for context: Context) throws -> Value {
    let slot = slots + context.reactorIndex
    if let value = slot.pointee { return value }
    let value = try make()
    slot.pointee = value
    return value
  }
}
