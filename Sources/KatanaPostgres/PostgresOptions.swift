import CKatanaPostgres

/// The limits of a database's connections. Bounds are those of one reactor: a server with eight reactors opens up to
/// eight times ``connectionsMax`` connections, for which the server's `max_connections` must have room.
public struct PostgresOptions: Sendable {
  /// Connections that each reactor keeps open.
  public var connectionsMin: UInt16 = 1
  /// Beyond, transactions wait for one that is given back. One is always left for statements outside of transactions,
  /// unless it is the only one.
  public var connectionsMax: UInt16 = 4
  /// Statements under way on a connection that requests share.
  public var pipelineMax: UInt32 = 256
  /// Statements and transactions that wait for a connection; beyond, ``SQLError/Kind/poolExhausted``.
  public var queueMax: UInt32 = 4096
  /// How long they may wait; then ``SQLError/Kind/poolExhausted``, or ``SQLError/Kind/unavailable`` where there is
  /// none.
  public var queueTimeoutMilliseconds: UInt32 = 2000
  /// For one attempt to connect. The next one begins with another host of the URL.
  public var connectTimeoutMilliseconds: UInt32 = 5000
  /// Until a second attempt, less jitter; doubled each time.
  public var reconnectMinMilliseconds: UInt32 = 50
  public var reconnectMaxMilliseconds: UInt32 = 5000
  /// A connection that was silent for so long is asked for a sign of life; 0: never.
  public var healthIntervalMilliseconds: UInt32 = 30_000
  /// Without an answer to that, or to the cancelling of a statement, a connection is closed.
  public var healthTimeoutMilliseconds: UInt32 = 5000
  /// A connection beyond ``connectionsMin`` that was idle for so long is closed; 0: never.
  public var idleTimeoutMilliseconds: UInt32 = 60_000
  /// For the rollback of a transaction whose request has gone; its connection is closed then.
  public var rollbackTimeoutMilliseconds: UInt32 = 5000
  /// The server's `statement_timeout`, which also ends what this process does not; 0: as the server is configured.
  public var statementTimeoutMilliseconds: UInt32 = 0
  /// The server's `idle_in_transaction_session_timeout`; 0: as the server is configured.
  public var idleInTransactionTimeoutMilliseconds: UInt32 = 0

  public init() {}

  func native(_ url: UnsafePointer<CChar>) -> kt_pg_config {
    kt_pg_config(
      conninfo: url,
      connections_min: connectionsMin,
      connections_max: connectionsMax,
      pipeline_max: pipelineMax,
      queue_max: queueMax,
      queue_timeout_ms: queueTimeoutMilliseconds,
      connect_timeout_ms: connectTimeoutMilliseconds,
      reconnect_min_ms: reconnectMinMilliseconds,
      reconnect_max_ms: reconnectMaxMilliseconds,
      health_interval_ms: healthIntervalMilliseconds,
      health_timeout_ms: healthTimeoutMilliseconds,
      idle_timeout_ms: idleTimeoutMilliseconds,
      rollback_timeout_ms: rollbackTimeoutMilliseconds,
      statement_timeout_ms: statementTimeoutMilliseconds,
      idle_in_transaction_session_timeout_ms: idleInTransactionTimeoutMilliseconds
    )
  }
}

/// What the pools of all reactors have done, and what they do now.
public struct PostgresCounters: Sendable {
  /// Statements sent, those of transactions included.
  public var statements: UInt64
  /// Syncs sent: at most so many writes to sockets.
  public var roundTrips: UInt64
  /// Statements prepared, once per connection.
  public var prepared: UInt64
  /// Sent again: read-only statements whose connection ended or whose neighbour failed.
  public var resent: UInt64
  public var connects: UInt64
  public var connectFailures: UInt64
  /// Connections that ended by themselves.
  public var lost: UInt64
  /// Times that something was not sent in the turn that it came in.
  public var queueWaits: UInt64
  /// Refused as no connection had time, or none could be made.
  public var refused: UInt64
  public var cancels: UInt64
  public var open: UInt64
  public var leased: UInt64
  public var queued: UInt64
  public var inFlight: UInt64

  init(_ native: kt_pg_counters) {
    statements = native.statements
    roundTrips = native.round_trips
    prepared = native.prepared
    resent = native.resent
    connects = native.connects
    connectFailures = native.connect_failures
    lost = native.lost
    queueWaits = native.queue_waits
    refused = native.refused_full
    cancels = native.cancels
    open = native.open
    leased = native.leased
    queued = native.queued
    inFlight = native.in_flight
  }
}
