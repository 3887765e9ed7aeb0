import Foundation
import Glibc
import Katana
import KatanaPostgres
import KatanaQueries
import KatanaSQL
import TestSupport
import Testing

/// What lies between a service and its server: TLS, other servers, a pooler.
@Suite(.serialized) struct NetworkTests {
  /// A server that speaks TLS with the certificate of an authority of the test's own, for the name localhost.
  private static func secureServer() -> NetworkServer {
    let server = NetworkServer()
    let folder = server.folder
    server.asOwner(
      """
      set -e; umask 077; cd \(folder)
      new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
      for ca in ca other; do
        openssl req -x509 $new -days 2 -subj "/CN=test authority $ca" -keyout $ca.key -out $ca.crt
      done
      openssl req $new -subj /CN=localhost -keyout data/server.key -out server.csr
      printf 'subjectAltName=DNS:localhost' > san
      openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san \\
        -out data/server.crt
      chmod 644 ca.crt other.crt; chmod 711 .
      echo "ssl = on" >> data/postgresql.conf
      """)
    server.stopInOrder()
    server.start()
    return server
  }

  @Test func `TLS goes to the server that its authority vouches for, by its name, and to no other`() async throws {
    let server = Self.secureServer()
    defer { server.remove() }
    func url(_ host: String, _ authority: String, _ mode: String = "verify-full") -> String {
      "postgres://postgres@\(host):\(server.port)/postgres?sslmode=\(mode)&sslrootcert=\(server.folder)/\(authority)"
    }
    let database = try PostgresDatabase(url("localhost", "ca.crt"))
    try database.check()
    let cipher = SQLStatement(
      "cipher", [.init("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl")], columns: [.text])
    try await handling { context in
      let result = try await database.call(cipher, in: context)
      #expect(result.rowCount == 1)
      let version = try result.withRow(0) { row throws(SQLError) in try row.value(0, as: String.self) }
      #expect(version == "TLSv1.3")
    }
    for (url, cause, remedy) in [
      (url("localhost", "other.crt"), "certificate verify failed", "sslrootcert"),
      (url("127.0.0.1", "ca.crt"), "does not match host name", "by the name"),
      (url("localhost", "none.crt"), "root certificate file", "sslrootcert"),
    ] {
      var options = PostgresOptions()
      options.queueTimeoutMilliseconds = 1000
      let database = try PostgresDatabase(url, options: options)
      let told = #expect(throws: PostgresConfigurationError.self) { try database.check() }?.description ?? ""
      #expect(told.contains(cause), "\(told)")
      #expect(told.split(separator: "remedy:").last?.contains(remedy) == true, "\(told)")
      try await handling { context in
        let error = await #expect(throws: SQLError.self) {
          _ = try await database.number(Statements.addOne, Int32(1), in: context)
        }
        #expect(error?.kind == .unavailable && error?.message.contains(cause) == true, "\(error?.message ?? "")")
      }
    }
    // A server without TLS is no server for who asks for it.
    let plain = NetworkServer()
    defer { plain.remove() }
    let refused = try PostgresDatabase("postgres://postgres@localhost:\(plain.port)/postgres?sslmode=require")
    let told = #expect(throws: PostgresConfigurationError.self) { try refused.check() }?.description ?? ""
    #expect(told.contains("does not support SSL") && told.contains("ssl = on"), "\(told)")
  }

  @Test func `statements go to the server that takes writes, and to the other one when it changes`() async throws {
    let first = NetworkServer()
    defer { first.remove() }
    let second = NetworkServer()
    defer { second.remove() }
    for (server, name) in [(first, "first"), (second, "second")] {
      server.psql("CREATE TABLE who (name text); INSERT INTO who VALUES ('\(name)')")
    }
    @Sendable func setReadOnly(_ server: NetworkServer, _ value: String) {
      server.psql("ALTER SYSTEM SET default_transaction_read_only = \(value)")
      server.psql("SELECT pg_reload_conf()")
    }
    setReadOnly(first, "on")
    let database = try PostgresDatabase(
      "postgres://postgres@127.0.0.1:\(first.port),127.0.0.1:\(second.port)/postgres?target_session_attrs=read-write",
      options: .patient)
    let who = SQLStatement("who", [.init("SELECT name FROM who")], columns: [.text], isReadOnly: true)
    let write = SQLStatement("write_who", [.init("UPDATE who SET name = name")])
    try await handling { context in
      func name(_ context: borrowing Context) async throws -> String {
        let result = try await database.call(who, in: context)
        return try result.withRow(0) { row throws(SQLError) in try row.value(0, as: String.self) }
      }
      let before = try await name(context)
      #expect(before == "second")
      _ = try await database.call(write, in: context)
      // The writer goes; the other one is made the writer.
      second.stop()
      first.psql("SET default_transaction_read_only = off; ALTER SYSTEM SET default_transaction_read_only = off")
      first.psql("SET default_transaction_read_only = off; SELECT pg_reload_conf()")
      let after = try await name(context)
      #expect(after == "first")
      _ = try await database.call(write, in: context)
      // Both are back, and the roles are the old ones.
      second.start()
      setReadOnly(first, "on")
      // The server takes its time to hear of its role.
      var last = ""
      while last != "second" {
        do {
          _ = try await database.call(write, in: context)
        } catch let error as SQLError {
          #expect(error.state == "25006", "\(error)")
        }
        try await context.sleep(milliseconds: 10)
        last = try await name(context)
      }
    }
    #expect(database.counters.connects >= 3)
  }

  // MARK: PgBouncer

  /// PgBouncer in front of a server, with sessions that two clients share where the mode lets them.
  private final class Pooler: @unchecked Sendable {
    let port = NetworkServer.freePort()
    private let watcher: UnsafeMutablePointer<FILE>

    init(_ server: EphemeralPostgres, mode: String) throws {
      let file = "\(server.folder)/pgbouncer-\(port).ini"
      let settings = """
        [databases]
        * = host=\(server.folder) port=5432 user=postgres
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = \(port)
        unix_socket_dir =
        auth_type = any
        pool_mode = \(mode)
        default_pool_size = 2
        """
      try settings.write(toFile: file, atomically: false, encoding: .utf8)
      chmod(file, 0o644)
      // It refuses root; as the server's owner it reads what lies in the server's folder. It goes with this process.
      let owner = geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups " : ""
      let start = "\(owner)/usr/sbin/pgbouncer -q \(file) </dev/null >/dev/null 2>&1 9>&- & p=$!"
      watcher = popen("cd /tmp; \(start); cat >/dev/null; kill -9 $p", "we")!
      try blockUntil { (try? Client(port: port)) != nil }
    }

    deinit { pclose(watcher) }
  }

  @Test func `a pooler that shares sessions is told at the start, with what to do`() async throws {
    let server = try SharedPostgres.server()
    let pooler = try Pooler(server, mode: "transaction")
    let database = try PostgresDatabase("postgres://postgres@127.0.0.1:\(pooler.port)/postgres?sslmode=disable")
    let found = #expect(throws: PostgresConfigurationError.self) { try database.check() }
    #expect(found?.description.contains("pool_mode = session") == true, "\(found?.description ?? "")")
    var options = PostgresOptions()
    options.statementTimeoutMilliseconds = 100
    let timed = try PostgresDatabase(
      "postgres://postgres@127.0.0.1:\(pooler.port)/postgres?sslmode=disable", options: options)
    let parameter = #expect(throws: PostgresConfigurationError.self) { try timed.check() }
    #expect(parameter?.description.contains("ignore_startup_parameters") == true, "\(parameter?.description ?? "")")
  }

  @Test func `where sessions are shared all the same, no statement is taken for another one`() async throws {
    let server = try SharedPostgres.server()
    let pooler = try Pooler(server, mode: "transaction")
    var options = PostgresOptions.patient
    options.connectionsMax = 2
    let databases = try (0..<3).map { _ in
      try PostgresDatabase("postgres://postgres@127.0.0.1:\(pooler.port)/postgres?sslmode=disable", options: options)
    }
    // The same place in the list of statements, and another text in each client.
    let statements = (0..<3).map { n in
      SQLStatement(
        "same_place", [.init(["SELECT $1 + 100", "SELECT $1 + 200", "SELECT $1 + 300"][n])], parameters: [.int4],
        columns: [.int4], isReadOnly: true)
    }
    @Sendable nonisolated(nonsending) func ask(_ n: Int, _ value: Int, _ context: borrowing Context) async throws {
      do {
        let found = try await databases[n].number(statements[n], Int32(value), in: context)
        #expect(found == value + 100 * (n + 1))
      } catch let error as SQLError {
        // What is prepared may be gone; it is never another's.
        #expect(error.state == "26000" || error.state == "42P05", "\(error)")
      }
    }
    try await handling { context in
      try await ask(0, 1, context)
      // While a transaction has that session, the second client prepares its statement on another one.
      try await databases[2].withTransaction(context) { transaction, context in
        _ = try await transaction.number(statements[2], Int32(2), in: context)
        try await ask(1, 3, context)
      }
      // The session that was used last comes first: the second client meets the first one's.
      try await ask(1, 4, context)
      for round in 0..<60 { try await ask(round % 3, round, context) }
    }
  }

  @Test func `a pooler that keeps sessions apart is a server like any other`() async throws {
    let server = try SharedPostgres.server()
    let pooler = try Pooler(server, mode: "session")
    var options = PostgresOptions.patient
    options.connectionsMax = 2
    let database = try PostgresDatabase(
      "postgres://postgres@127.0.0.1:\(pooler.port)/postgres?sslmode=disable", options: options)
    try database.check()
    try await handling { context in
      for n in 0..<20 {
        let found = try await database.number(Statements.addOne, Int32(n), in: context)
        #expect(found == n + 1)
      }
      try await database.withTransaction(context) { transaction, context in
        let found = try await transaction.number(Statements.addOne, Int32(1), in: context)
        #expect(found == 2)
      }
    }
  }
}
