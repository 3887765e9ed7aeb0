import CKatana

/// The next piece of a request's content, or nil at its end. Its connection's buffer stays with the exchange until the
/// handler returns, whatever becomes of the client; the next call overwrites it.
nonisolated(nonsending) func nextBytes(
  of exchange: OpaquePointer
) async throws(RequestCancelled) -> UnsafeRawBufferPointer? {
  var chunk = kt_bytes()
  while true {
    switch kt_exchange_read(exchange, &chunk) {
    case KT_OK: return UnsafeRawBufferPointer(start: chunk.p, count: chunk.n)
    case KT_END: return nil
    case KT_AGAIN: break
    default: throw RequestCancelled()
    }
    await withUnsafeContinuation { (waiter: Waiter) in
      kt_exchange_wait(exchange, resumeWaiter, pointer(to: waiter))
    }
  }
}
