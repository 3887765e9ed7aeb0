import Glibc

/// An object of its own for each thread, made when the thread first asks and released when it ends.
package final class ThreadLocal<Value: AnyObject>: Sendable {
  /// Nil when the process has no key left; then every call makes an object.
  private let key: pthread_key_t?
  private let make: @Sendable () -> Value

  /// Keys are never given back: use it for a `static let` only.
  package init(_ make: @escaping @Sendable () -> Value) {
    var key = pthread_key_t()
    let status = pthread_key_create(&key) { Unmanaged<AnyObject>.fromOpaque($0!).release() }
    self.key = status == 0 ? key : nil
    self.make = make
  }

  package var value: Value {
    guard let key else { return make() }
    if let known = pthread_getspecific(key) { return Unmanaged<Value>.fromOpaque(known).takeUnretainedValue() }
    let value = make()
    let retained = Unmanaged.passRetained(value)
    if pthread_setspecific(key, retained.toOpaque()) != 0 { retained.release() }
    return value
  }
}
