import CKatana

extension Context {
  /// Runs work that blocks, a file or a library that waits, on a thread of the server's own and resumes here.
  ///
  /// There are ``ServerConfiguration/workers`` such threads and room for ``ServerConfiguration/workQueueMax`` pieces of
  /// work that wait for one.
  ///
  /// - Throws: What `work` throws; a ``Problem`` with 503 and Retry-After when there is no room; ``RequestCancelled`` when
  ///   the request ends first: then work that has not begun does not run, and work that runs is not waited for.
  public nonisolated(nonsending) func offload<Result: Sendable>(
    _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    let exchange = exchange
    if kt_exchange_cancelled(exchange) { throw RequestCancelled() }
    let offloaded = Offloaded(work)
    await withUnsafeContinuation { offloaded.submit(from: exchange, resuming: $0) }
    kt_exchange_on_cancel(exchange, nil, nil)
    if offloaded.isRefused {
      setField("Retry-After", "1")
      throw Problem(.serviceUnavailable, detail: "all threads for work that blocks are busy")
    }
    guard let result = offloaded.result, !kt_exchange_cancelled(exchange) else { throw RequestCancelled() }
    return try result.get()
  }
}

/// The worker writes the result, the reactor reads it after it was told; everything else is the reactor's.
private final class Offloaded<Result: Sendable>: OffloadedWork, @unchecked Sendable {
  private let work: @Sendable () throws -> Result
  var result: Swift.Result<Result, any Error>?

  init(_ work: @escaping @Sendable () throws -> Result) { self.work = work }

  override func run() { result = Swift.Result(catching: work) }
}

private class OffloadedWork: @unchecked Sendable {
  private let native = UnsafeMutablePointer<kt_work>.allocate(capacity: 1)
  private var waiter: Waiter?
  private(set) var isRefused = false

  deinit { native.deallocate() }

  func run() {}

  func submit(from exchange: OpaquePointer, resuming waiter: Waiter) {
    self.waiter = waiter
    let unmanaged = Unmanaged.passRetained(self)  // until the core says that it is done with the work
    native.initialize(
      to: kt_work(
        run: { OffloadedWork.of($0).takeUnretainedValue().run() },
        done: { OffloadedWork.of($0).takeRetainedValue().resume() },
        context: unmanaged.toOpaque(), reactor: nil, next: nil, state: 0))
    guard kt_reactor_offload(kt_exchange_reactor(exchange), native) == KT_OK else {
      isRefused = true
      resume()
      unmanaged.release()
      return
    }
    kt_exchange_on_cancel(
      exchange, { Unmanaged<OffloadedWork>.fromOpaque($0!).takeUnretainedValue().cancel() }, unmanaged.toOpaque())
  }

  private static func of(_ work: UnsafeMutablePointer<kt_work>) -> Unmanaged<OffloadedWork> {
    Unmanaged.fromOpaque(work.pointee.context)
  }

  private func cancel() {
    kt_work_cancel(native)
    resume()
  }

  private func resume() {
    let waiter = waiter
    self.waiter = nil
    waiter?.resume()
  }
}
