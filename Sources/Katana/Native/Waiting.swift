import CKatana

// Continuations travel through C as the pointer that they are, so waiting allocates nothing.

typealias Waiter = UnsafeContinuation<Void, Never>

@inline(__always)
func pointer(to waiter: Waiter) -> UnsafeMutableRawPointer {
  unsafeBitCast(waiter, to: UnsafeMutableRawPointer.self)
}

/// Resumes the continuation in `context`. The task runs when the reactor next empties its jobs.
let resumeWaiter: kt_ready_fn = { context in
  unsafeBitCast(context!, to: Waiter.self).resume()
}
