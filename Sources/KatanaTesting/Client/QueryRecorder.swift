import Katana
import Synchronization

/// Counts the statements that each request sends to its databases, so that a test notices when a list of N rows asks
/// 1 + N times.
///
/// ```swift
/// let recorder = QueryRecorder()
/// router.use { recorder }
/// …
/// _ = try await client.get("/orders?limit=50")
/// #expect(recorder.take() == [2])
/// ```
public final class QueryRecorder: Middleware {
  private let counts = Mutex<[Int]>([])

  public init() {}

  /// What was counted since the last call, a number for each request, in the order in which they ended.
  public func take() -> [Int] {
    counts.withLock { counts in
      defer { counts = [] }
      return counts
    }
  }

  public func begin(_ context: Context) -> Void? { () }

  public func end(_ state: Void, _ context: Context, _ error: (any Error)?) throws {
    counts.withLock { $0.append(context.queryCount) }
    if let error { throw error }
  }
}
