import Katana

/// What runs statements: a database, or a transaction in it. Everything happens on the reactor of the context, and no
/// call moves to another thread for its caller.
public protocol SQLExecutor: Sendable {
  var dialect: SQLDialect { get }

  /// Runs a statement and waits for all its rows.
  ///
  /// - Parameter variant: bits of the ``SQLStatement/Piece``s that take part.
  nonisolated(nonsending) func run(
    _ statement: SQLStatement, variant: UInt64, _ parameters: borrowing SQLParameters, _ context: borrowing Context
  ) async throws -> SQLResult

  /// Runs a statement once for each set of parameters, all on their way before the first result is awaited, and in one
  /// transaction: when one fails, none had an effect.
  nonisolated(nonsending) func runEach(
    _ statement: SQLStatement, _ parameters: borrowing SQLParameters, _ context: borrowing Context
  ) async throws -> [SQLResult]

  /// Runs a statement and calls `row` for each row as it arrives; no more than a few are in memory.
  nonisolated(nonsending) func stream(
    _ statement: SQLStatement, variant: UInt64, _ parameters: borrowing SQLParameters, _ context: borrowing Context,
    _ row: nonisolated(nonsending) (borrowing SQLRow) async throws -> Void
  ) async throws

  /// Sends rows into a table (`COPY … FROM STDIN (FORMAT binary)`), which takes all or none of them. `parameters` has a
  /// set per row.
  ///
  /// - Returns: the number of rows.
  nonisolated(nonsending) func copy(
    _ statement: SQLStatement, _ parameters: borrowing SQLParameters, _ context: borrowing Context
  ) async throws -> Int

  /// Begins a transaction on a connection of its own; within a transaction, a savepoint.
  nonisolated(nonsending) func begin(
    _ options: SQLTransactionOptions, _ context: borrowing Context
  ) async throws -> any SQLTransaction
}

/// A transaction that has begun. Use ``SQLExecutor/withTransaction(_:_:_:)``, which ends it in every case.
public protocol SQLTransaction: SQLExecutor {
  nonisolated(nonsending) func commit(_ context: borrowing Context) async throws

  /// Ends it without an effect. Never fails: where the connection cannot be used any more, it is closed, which does the
  /// same.
  nonisolated(nonsending) func rollback(_ context: borrowing Context) async
}

/// How a transaction runs.
public struct SQLTransactionOptions: Sendable {
  /// SQLite's transactions are serializable whatever is asked for.
  public enum Isolation: Sendable { case readCommitted, repeatableRead, serializable }

  public var isolation = Isolation.readCommitted
  public var isReadOnly = false
  /// How often a transaction that failed to serialize is begun again.
  public var retryMax = 3

  public init(isolation: Isolation = .readCommitted, isReadOnly: Bool = false, retryMax: Int = 3) {
    self.isolation = isolation
    self.isReadOnly = isReadOnly
    self.retryMax = retryMax
  }
}

extension SQLExecutor {
  /// Runs `body` in a transaction: committed when it returns, rolled back when it throws or the request is cancelled,
  /// begun again when it could not be serialized with others. Within a transaction it is a savepoint.
  public nonisolated(nonsending) func withTransaction<R>(
    _ context: borrowing Context, _ options: SQLTransactionOptions = SQLTransactionOptions(),
    _ body: nonisolated(nonsending) (any SQLTransaction, borrowing Context) async throws -> R
  ) async throws -> R {
    var attempt = 0
    while true {
      let transaction = try await begin(options, context)
      do {
        let result = try await body(transaction, context)
        try context.checkCancellation()
        try await transaction.commit(context)
        return result
      } catch {
        await transaction.rollback(context)
        guard attempt < options.retryMax, !(self is any SQLTransaction), (error as? SQLError)?.isSerializationFailure == true
        else { throw error }
        attempt += 1
        // Two that met would meet again.
        try await context.sleep(milliseconds: .random(in: 0...(1 << UInt64(min(attempt, 6)))))
      }
    }
  }
}
