import CKatana
import CKatanaPostgres
import Katana
import KatanaSQL

/// A PostgreSQL database: a pool of connections on each reactor that asks for one.
///
/// Statements outside of transactions share connections with those of other requests: what is run in one turn of a
/// reactor goes out in one write, and nobody waits for somebody else's answer. A transaction, a stream and a COPY have
/// a connection for themselves meanwhile.
///
/// Statements are prepared when a connection first runs them; parameters and results are binary. What is prepared
/// belongs to a session, so that a pooler between here and the server must keep sessions apart: PgBouncer with
/// `pool_mode = session`, or from release 1.21 on with `max_prepared_statements`. ``check()`` finds out where that is
/// not so. Where it was not asked, statements fail with SQLSTATE 26000 or 42P05; none is taken for another one. The
/// server's timeouts of ``PostgresOptions`` are startup parameters, which PgBouncer refuses or ignores
/// (`ignore_startup_parameters = options`): set them on the server then.
public final class PostgresDatabase: SQLExecutor {
  let native: Native

  public var dialect: SQLDialect { .postgres }

  /// Connects to nothing yet: ``check()`` does.
  ///
  /// - Parameter url: `postgres://user@host:5432/database`, `postgres://user@/database?host=/run/postgresql` for a Unix
  ///   socket, several hosts separated by commas, with libpq's parameters (`sslmode`, `target_session_attrs`, …).
  ///   What it leaves out is taken from the environment (`PGHOST`, `PGPASSWORD`, …). Names of hosts are looked up by a
  ///   worker's thread; those in a service file (`service=`) are not: write addresses there.
  /// - Throws: ``PostgresConfigurationError``.
  public init(_ url: String, options: PostgresOptions = PostgresOptions()) throws(PostgresConfigurationError) {
    var error = [CChar](repeating: 0, count: Int(KT_PG_ERROR_SIZE))
    let created = url.withCString { url in
      withUnsafePointer(to: options.native(url)) { kt_pg_create($0, &error, error.count) }
    }
    guard let created else { throw PostgresConfigurationError(description: text(error)) }
    native = Native(created)
  }

  /// Whether the server answers. Blocks, ``PostgresOptions/connectTimeoutMilliseconds`` at most: for the start of a
  /// program, not for handlers.
  ///
  /// - Throws: ``PostgresConfigurationError`` which says which server, why, and what to do.
  public func check() throws(PostgresConfigurationError) {
    var error = [CChar](repeating: 0, count: 1024)
    if !kt_pg_check(native.pg, &error, error.count) { throw PostgresConfigurationError(description: text(error)) }
  }

  /// Of all reactors; from any thread.
  public var counters: PostgresCounters { PostgresCounters(kt_pg_counters_of(native.pg)) }

  public nonisolated(nonsending) func run(
    _ statement: SQLStatement,
    variant: UInt64,
    _ parameters: borrowing SQLParameters,
    _ context: borrowing Context
  ) async throws -> SQLResult {
    let call = try Call(native, statement, variant: variant, parameters, KT_PG_RUN, context)
    await call.wait(on: nil)
    return try call.result()
  }

  public nonisolated(nonsending) func runEach(
    _ statement: SQLStatement,
    _ parameters: borrowing SQLParameters,
    _ context: borrowing Context
  ) async throws -> [SQLResult] {
    if parameters.setCount == 0 { return [] }
    let call = try Call(native, statement, variant: 0, parameters, KT_PG_RUN, context)
    await call.wait(on: nil)
    return try call.results()
  }

  public nonisolated(nonsending) func stream(
    _ statement: SQLStatement,
    variant: UInt64,
    _ parameters: borrowing SQLParameters,
    _ context: borrowing Context,
    _ row: nonisolated(nonsending) (borrowing SQLRow) async throws -> Void
  ) async throws {
    let call = try Call(native, statement, variant: variant, parameters, KT_PG_STREAM, context)
    let lease = try await Lease(native, context)
    defer { lease.end() }
    try await call.stream(on: lease, row)
  }

  public nonisolated(nonsending) func copy(
    _ statement: SQLStatement,
    _ parameters: borrowing SQLParameters,
    _ context: borrowing Context
  ) async throws -> Int {
    if parameters.setCount == 0 { return 0 }
    let call = try Call(native, statement, variant: 0, parameters, KT_PG_COPY, context)
    let lease = try await Lease(native, context)
    defer { lease.end() }
    await call.wait(on: lease)
    return try call.result().affected
  }

  public nonisolated(nonsending) func begin(
    _ options: SQLTransactionOptions,
    _ context: borrowing Context
  ) async throws -> any SQLTransaction {
    let begin = try native.prepared(.begin(options), variant: 0, context.native)
    let lease = try await Lease(native, context)
    lease.open(with: begin)
    return PostgresTransaction(native, lease)
  }
}

/// What is wrong with a connection string or its options, or why the server does not answer.
public struct PostgresConfigurationError: Error, CustomStringConvertible, Sendable {
  public let description: String
}

func text(_ buffer: [CChar]) -> String {
  String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
