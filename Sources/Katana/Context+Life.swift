import CKatana

extension Context {
  /// The request's identity in logs and in other services: its `X-Request-Id` when that has 1 to 128 letters, digits
  /// and `-._~+/=:`, else one that no other request has. ``RequestIdentifier`` sends it back.
  public var requestID: String {
    let id = kt_exchange_request_id(exchange)
    return String(decoding: UnsafeBufferPointer(start: id.p, count: id.n), as: UTF8.self)
  }

  func sendRequestID() {
    let name: StaticString = "X-Request-Id"
    _ = kt_response_field(
      exchange,
      kt_bytes(p: name.utf8Start, n: name.utf8CodeUnitCount),
      kt_exchange_request_id(exchange)
    )
  }

  /// How long the response may take to begin before the client gets 504; zero when that has passed. For work that
  /// takes a limit of its own: a query, a call to another service.
  public var timeLeft: Duration {
    let now = kt_reactor_now_ns(kt_exchange_reactor(exchange))
    let deadline = kt_exchange_deadline_ns(exchange)
    return .nanoseconds(deadline > now ? Int64(clamping: deadline - now) : 0)
  }

  /// Ends a handler whose response nobody waits for.
  ///
  /// - Throws: ``RequestCancelled`` when ``isCancelled``.
  public func checkCancellation() throws(RequestCancelled) {
    if isCancelled { throw RequestCancelled() }
  }

  /// The status of the response, nil before it has begun.
  public var responseStatus: Status? {
    let status = kt_response_status(exchange)
    return status == 0 ? nil : Status(rawValue: status)
  }

  /// Queries that this request's handler has sent to databases so far.
  public var queryCount: Int { Int(kt_exchange_query_count(exchange)) }

  /// For drivers of databases: a query is on its way.
  public func countQuery() { kt_exchange_count_query(exchange) }
}
