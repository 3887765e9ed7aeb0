/// Where a database is.
public enum SQLiteLocation: Sendable, Hashable {
  /// A file, created when it is missing, in WAL mode: readers and the one writer do not wait for each other.
  case file(String)
  /// Memory that all connections of this process share by the name. It is gone with the last ``SQLiteDatabase`` of it.
  /// Here readers wait for a writer and a writer for readers.
  case memory(String)
}

extension SQLiteLocation: CustomStringConvertible {
  public var description: String {
    switch self {
    case .file(let path): path
    case .memory(let name): "memory '\(name)'"
    }
  }
}

/// How a database is used. Every limit counts for each ``SQLiteDatabase``.
public struct SQLiteOptions: Sendable {
  /// Where statements run.
  public enum Execution: Sendable {
    /// On the server's threads for work that blocks (`ServerConfiguration.workers`): a reactor serves others meanwhile,
    /// and a statement waits about ten microseconds for the hand-over.
    case worker
    /// On the reactor itself, without a hand-over: the quickest for statements that find their rows by an index in
    /// memory or in the page cache. Everything else on the reactor waits while a statement runs, or while a commit
    /// waits for the disk.
    case reactor
  }

  /// What a commit waits for.
  public enum Durability: Sendable {
    /// For the operating system: a commit outlives the process, however it ends, and may be lost when the machine
    /// loses power. The database is consistent in either case.
    case process
    /// For the disk.
    case power
  }

  public var execution = Execution.worker
  public var durability = Durability.process
  /// Connections of each reactor; statements beyond them wait.
  public var connectionsPerReactor = 4
  /// Statements that may wait for a connection of a reactor, and those that may wait for their turn to write; more are
  /// refused with ``SQLError/Kind/poolExhausted``.
  public var queueMax = 1024
  /// Bytes of a result that is not streamed; larger ones are refused with SQLSTATE 54000.
  public var resultSizeMax = 64 << 20
  /// Bytes of rows that a stream has in memory.
  public var streamBufferSize = 64 << 10
  /// Variants of one statement that a connection keeps prepared; the one that is prepared first goes first.
  public var preparedVariantsMax = 32

  public init() {}
}
