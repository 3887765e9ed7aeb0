import CKatana
import CKatanaPostgres
import Katana
import KatanaSQL

/// A connection for one request only. Reactor's thread only.
final class Lease: @unchecked Sendable {
  private var pointer: OpaquePointer?

  nonisolated(nonsending) init(_ native: Native, _ context: borrowing Context) async throws {
    let call = try Call(native, context.native, KT_PG_LEASE, nil)
    await call.wait(on: nil)
    if let lease = call.op.pointee.lease { pointer = lease }
    try call.check()
  }

  deinit { end() }

  var native: OpaquePointer { pointer! }
  var isUnused: Bool { kt_pg_lease_is_unused(native) }
  var isAlive: Bool { pointer.map { kt_pg_lease_is_alive($0) } ?? false }
  var hasEnded: Bool { pointer == nil }

  func open(with begin: OpaquePointer) { kt_pg_lease_open(native, begin) }

  /// Ends the connection, and with it the session.
  func close() {
    guard let pointer else { return }
    self.pointer = nil
    kt_pg_lease_close(pointer)
  }

  /// Gives the connection back; what it left open is rolled back. Later calls do nothing.
  func end() {
    guard let pointer else { return }
    self.pointer = nil
    kt_pg_lease_end(pointer)
  }
}
