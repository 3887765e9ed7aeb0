import Synchronization

/// Tells changes of stock to whoever watches, on whatever reactor.
final class StockFeed: Sendable {
  /// One watcher more ends the stream of the oldest, whose client connects again if it is still there.
  static let watcherCountMax = 1000
  /// A watcher that does not keep up misses the oldest.
  static let pendingEventCountMax = 256

  private struct Watcher {
    let number: Int
    let stream: AsyncStream<StockEvent>.Continuation
  }

  private struct State {
    var watchers: [Watcher] = []
    var nextNumber = 0
  }

  private let state = Mutex(State())

  func publish(_ row: ProductsRow) {
    let event = StockEvent(productId: row.id, stock: row.stock, version: row.version)
    // Outside of the lock, which the termination of a stream takes while its task is held, and a yield waits for the task.
    for watcher in state.withLock({ $0.watchers }) { watcher.stream.yield(event) }
  }

  func watch() -> AsyncStream<StockEvent> {
    let (events, stream) = AsyncStream.makeStream(
      of: StockEvent.self, bufferingPolicy: .bufferingNewest(Self.pendingEventCountMax))
    let (number, oldest) = state.withLock { state in
      let oldest = state.watchers.count < Self.watcherCountMax ? nil : state.watchers.removeFirst()
      let number = state.nextNumber
      state.nextNumber += 1
      state.watchers.append(Watcher(number: number, stream: stream))
      return (number, oldest)
    }
    stream.onTermination = { [weak self] _ in
      self?.state.withLock { state in state.watchers.removeAll { $0.number == number } }
    }
    // Outside of the lock, which its termination takes.
    oldest?.stream.finish()
    return events
  }
}
