import CKatana
import Synchronization

/// Runs Swift tasks on one reactor's thread.
///
/// Jobs enqueued on the reactor's own thread go to a plain queue that the reactor empties at the end of its turn;
/// jobs from other threads come through the reactor's task ring and a wake-up. Nothing reaches the global pool.
///
/// Workload: a handful of jobs per turn, each enqueued and run once, in order.
final class ReactorExecutor: TaskExecutor, @unchecked Sendable {
  private let reactor: OpaquePointer
  // One thread touches these, so the runtime need not look for overlapping accesses.
  /// Jobs enqueued on this thread. `next` is the first that has not run. Reactor thread only.
  @exclusivity(unchecked) private var queue: [UnownedJob] = []
  @exclusivity(unchecked) private var next = 0
  /// Workers without a request. Reactor thread only.
  @exclusivity(unchecked) private var idle: [Worker] = []
  /// Once set, jobs from other threads are dropped: their reactor has ended and so have their requests.
  private let closed = Mutex(false)

  init(reactor: OpaquePointer) {
    self.reactor = reactor
    queue.reserveCapacity(256)
  }

  /// The executor of the reactor that runs on this thread.
  static var current: ReactorExecutor? {
    guard let reactor = kt_reactor_current(), let data = kt_reactor_data(reactor) else { return nil }
    return Unmanaged<ReactorExecutor>.fromOpaque(data).takeUnretainedValue()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if kt_reactor_current() == reactor {
      queue.append(job)
      kt_reactor_want_jobs(reactor)
    } else {
      post(job)
    }
  }

  private func post(_ job: UnownedJob) {
    closed.withLock { closed in
      if closed { return }
      kt_reactor_post(
        reactor,
        { executor, job in
          let executor = Unmanaged<ReactorExecutor>.fromOpaque(executor!).takeUnretainedValue()
          executor.run(unsafeBitCast(job!, to: UnownedJob.self))
        },
        Unmanaged.passUnretained(self).toOpaque(), unsafeBitCast(job, to: UnsafeMutableRawPointer.self))
    }
  }

  @inline(__always)
  private func run(_ job: UnownedJob) {
    job.runSynchronously(on: asUnownedTaskExecutor())
  }

  /// Runs what is queued now and what that enqueues.
  func drain() {
    while next < queue.count {
      let job = queue[next]
      next += 1
      run(job)
    }
    queue.removeAll(keepingCapacity: true)
    next = 0
  }

  /// Starts `handler` on a pooled task; it runs when the reactor next empties its jobs.
  func start(_ handler: AsyncHandler, on exchange: OpaquePointer) {
    if let worker = idle.popLast() {
      worker.resume(handler, exchange)
    } else {
      let worker = Worker(handler, exchange)
      worker.task = Task(executorPreference: self) {
        await Worker.$current.withValue(worker) { await worker.run(on: self) }
      }
    }
  }

  func park(_ worker: Worker) { idle.append(worker) }

  /// Lets idle workers end and refuses jobs from other threads from now on.
  func close() {
    closed.withLock { $0 = true }
    for worker in idle { worker.end() }
    idle.removeAll()
    drain()
  }
}

/// A task that serves one request after another and is parked on a continuation between them, which costs no
/// allocation per request. Touched on its reactor's thread only.
final class Worker: @unchecked Sendable {
  /// Whose task this is. Bound once in the life of a worker.
  @TaskLocal static var current: Worker?

  @exclusivity(unchecked) fileprivate var task: Task<Void, Never>?
  /// A cancelled task stays cancelled, so it serves no other request.
  @exclusivity(unchecked) private var isCancelled = false
  @exclusivity(unchecked) private var handler: AsyncHandler?
  @exclusivity(unchecked) private var exchange: OpaquePointer?
  @exclusivity(unchecked) private var parked: UnsafeContinuation<Void, Never>?

  init(_ handler: AsyncHandler, _ exchange: OpaquePointer) {
    self.handler = handler
    self.exchange = exchange
  }

  func resume(_ handler: AsyncHandler, _ exchange: OpaquePointer) {
    self.handler = handler
    self.exchange = exchange
    wake()
  }

  func end() { wake() }

  func cancel() {
    isCancelled = true
    task?.cancel()
  }

  private func wake() {
    let continuation = parked
    parked = nil
    continuation?.resume()
  }

  func run(on executor: ReactorExecutor) async {
    while let handler, let exchange {
      self.handler = nil
      self.exchange = nil
      await handler.serve(exchange)
      if isCancelled { return }
      await withUnsafeContinuation { continuation in
        parked = continuation
        executor.park(self)
      }
    }
  }
}

extension Context {
  /// From here on the handler's task is cancelled when the client leaves. What it waits for, the next element of a
  /// sequence, may never come, and nothing else would end it.
  @usableFromInline
  func cancelWithClient() {
    guard let worker = Worker.current else { return }
    if isCancelled { return worker.cancel() }
    kt_exchange_on_cancel(
      exchange, { Unmanaged<Worker>.fromOpaque($0!).takeUnretainedValue().cancel() },
      Unmanaged.passUnretained(worker).toOpaque())
  }

  /// The sequence has ended: by itself, or because the client left.
  @usableFromInline
  func endOfElements() throws(RequestCancelled) {
    kt_exchange_on_cancel(exchange, nil, nil)
    try checkCancellation()
  }
}
