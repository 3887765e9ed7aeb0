/// The `x-` fields of one object.
public struct Extensions: Sendable {
  public struct Entry: Sendable {
    public let name: Located<String>
    public let node: Node
  }

  /// All of them, in document order, for tools of other vendors and for later rooms.
  public let entries: [Entry]
  public let katana: KatanaExtensions

  public subscript(name: String) -> Entry? { entries.first { $0.name.value == name } }
}

/// The validated `x-katana-` fields.
public struct KatanaExtensions: Sendable {
  public enum Execution: String, Sendable, CaseIterable { case sync, async, blocking }
  public enum Allocation: String, Sendable, CaseIterable { case arena, pmr, heap }
  public enum JSONMode: String, Sendable, CaseIterable {
    case ondemand, dom
    case zeroCopy = "zero-copy"
  }

  public struct Cache: Sendable {
    public let ttl: Located<Duration>
    public let jitter: Located<Duration>?
    public let staleWhileRevalidate: Located<Duration>?
    /// Names of parameters of the operation.
    public let keys: [Located<String>]
    /// Operation ids.
    public let invalidateOn: [Located<String>]
  }

  public struct Idempotency: Sendable {
    public let ttl: Located<Duration>
    public let keyFrom: Located<String>?
  }

  public struct RateLimit: Sendable {
    public let requests: Located<Int>
    public let window: Located<Duration>
    public let by: Located<String>?
  }

  public var execution: Located<Execution>?
  public var deadline: Located<Duration>?
  public var allocation: Located<Allocation>?
  public var json: Located<JSONMode>?
  public var cache: Located<Cache>?
  public var idempotency: Located<Idempotency>?
  public var rateLimit: Located<RateLimit>?
  /// Lists of the response that come with their parents in one more query.
  public var prefetch: [Located<String>] = []
  /// The SQL query behind the operation: `get_product` or `products.get_product`.
  public var query: Located<String>?
}
