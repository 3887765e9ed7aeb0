import CKatana
import Glibc
import Synchronization

/// Counts jobs that are enqueued on Swift's global pool, through the runtime's own hook: all of them, and those that one
/// reactor's thread enqueues, as other tests run at the same time.
enum GlobalPool {
  private static let count = Atomic<Int>(0)
  private static let watched = Atomic<UInt>(0)
  private static let countOfWatched = Atomic<Int>(0)
  static var enqueued: Int { count.load(ordering: .relaxed) }
  static var enqueuedByWatched: Int { countOfWatched.load(ordering: .relaxed) }

  private static var reactor: UInt { UInt(bitPattern: kt_reactor_current().map { UnsafeRawPointer($0) }) }

  /// From now on, the reactor on whose thread this is called is the one that is watched.
  static func watchThisReactor() { watched.store(reactor, ordering: .relaxed) }

  private typealias Original = @convention(c) (UnsafeMutableRawPointer) -> Void

  /// Starts counting, once, and gives the count so far. Swift's calling convention passes these two arguments as C's
  /// does.
  static func watch() -> Int {
    _ = installed
    return enqueued
  }

  private static let installed: Bool = {
    let hook: @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Void = { job, original in
      count.add(1, ordering: .relaxed)
      let enqueuing = reactor
      if enqueuing != 0 && enqueuing == watched.load(ordering: .relaxed) { countOfWatched.add(1, ordering: .relaxed) }
      unsafeBitCast(original, to: Original.self)(job)
    }
    let slot = dlsym(nil, "swift_task_enqueueGlobal_hook")!
    slot.assumingMemoryBound(to: UnsafeMutableRawPointer?.self).pointee = unsafeBitCast(hook, to: UnsafeMutableRawPointer.self)
    return true
  }()
}

enum Thread {
  /// Runs `work` on a thread of its own.
  static func detach(_ work: @escaping @Sendable () -> Void) {
    final class Box {
      let work: @Sendable () -> Void
      init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      {
        Unmanaged<Box>.fromOpaque($0!).takeRetainedValue().work()
        return nil
      }, Unmanaged.passRetained(Box(work)).toOpaque())
    pthread_detach(thread)
  }
}
