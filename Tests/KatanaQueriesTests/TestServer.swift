import Synchronization

@testable import KatanaQueries

/// One PostgreSQL server for all tests of the process, which ends with it.
enum TestServer {
  static let shared: Result<EphemeralPostgres, EphemeralPostgres.Failure> = {
    do throws(EphemeralPostgres.Failure) {
      return .success(try EphemeralPostgres.start())
    } catch {
      return .failure(error)
    }
  }()

  private static let count = Mutex(0)

  /// The address of a new database.
  static func emptyDatabase() throws -> String {
    let server = try shared.get()
    let number = count.withLock { count in
      count += 1
      return count
    }
    try Connection(url: server.url).rows("CREATE DATABASE test\(number)")
    return server.url.replacing("/postgres?", with: "/test\(number)?")
  }
}
