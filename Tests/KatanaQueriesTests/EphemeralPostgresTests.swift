import Glibc
import Testing

@testable import KatanaQueries

@Suite(.serialized)
struct EphemeralPostgresTests {
  @Test func `a server answers on a private socket, and nothing of it remains`() throws {
    let server = try EphemeralPostgres.start()
    var status = stat()
    #expect(stat(server.folder, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
    let connection = try Connection(url: server.url)
    #expect(try connection.rows("select 1 + 1").first == ["2"])
    #expect(try connection.rows("show listen_addresses").first == [""])
    server.stop()
    server.stop()
    #expect(stat(server.folder, &status) != 0)
    #expect(throws: Connection.Failure.self) { try connection.rows("select 1") }
  }

  @Test func `a server that crashed starts again with what it had`() throws {
    let server = try EphemeralPostgres.start(settings: ["synchronous_commit": "on"])
    defer { server.stop() }
    _ = try Connection(url: server.url).rows("create table t as select 7 as x")
    _ = try Connection(url: server.url).rows("checkpoint")
    try server.crash()
    #expect(throws: Connection.Failure.self) { try Connection(url: server.url) }
    try server.restart()
    #expect(try Connection(url: server.url).rows("select x from t").first == ["7"])
  }

  @Test func `a setting that the server refuses is an error with the server's words`() throws {
    do {
      _ = try EphemeralPostgres.start(settings: ["max_connections": "many"])
      Issue.record("the server started")
    } catch {
      #expect(error.description.contains("max_connections"))
    }
  }

  @Test func `a server ends with the process that wanted it, even while it starts`() throws {
    let account = try ServerAccount.choose()
    for milliseconds: UInt32 in [0, 100, 300, 600, 1_000] {
      let folder = try EphemeralPostgres.makeFolder(for: account)
      let (supervisor, channel) = try EphemeralPostgres.spawn(try PostgresPrograms.find(), account, folder, [:])
      usleep(milliseconds * 1_000)
      // What the kernel does for a process that is killed.
      close(channel)
      var status: CInt = 0
      #expect(waitpid(supervisor, &status, 0) == supervisor)
      #expect(status == 0)
      var entry = stat()
      #expect(stat(folder, &entry) != 0)
    }
  }

  @Test func `where there is no server the error says how to get one`() {
    #expect {
      try PostgresPrograms.find(named: "/nonexistent")
    } throws: {
      "\($0)".contains("KATANA_POSTGRES is '/nonexistent'")
    }
  }
}
