import Glibc
import Katana
import Logging

/// Runs a server with these routes on a free port while `body` talks to it, then drains it.
func serving<R: Sendable>(
  _ router: Router, reactors: UInt16 = 1, configure: (inout ServerConfiguration) -> Void = { _ in },
  _ body: @escaping @Sendable (Int) async throws -> R
) async throws -> R {
  var configuration = ServerConfiguration()
  configuration.port = 0
  configuration.reactors = reactors
  configuration.pinsReactors = false
  configuration.io = getenv("KATANA_IO").map { String(cString: $0) } ?? "auto"
  configuration.drainTimeoutMilliseconds = 2000
  configure(&configuration)
  let server = try Server(router: router, configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  return try await withThrowingTaskGroup(of: R?.self) { group in
    group.addTask {
      try await server.run()
      return nil
    }
    group.addTask { try await body(server.port) }
    while let result = try await group.next() {
      guard let result else { continue }
      group.cancelAll()
      try await group.waitForAll()
      return result
    }
    throw ClientError.ended
  }
}
