import Glibc
import Katana
import Logging
import Synchronization

extension ServerConfiguration {
  /// One reactor on a free port of its own, on the driver that KATANA_IO names, which gives up on nobody who is slow.
  package static var patient: ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.port = 0
    configuration.reactors = 1
    configuration.pinsReactors = false
    configuration.io = getenv("KATANA_IO").map { String(cString: $0) } ?? "auto"
    let milliseconds = UInt32(patienceSeconds) * 1000
    configuration.headTimeoutMilliseconds = milliseconds
    configuration.idleTimeoutMilliseconds = milliseconds
    configuration.contentTimeoutMilliseconds = milliseconds
    configuration.contentRateMin = 0
    configuration.writeTimeoutMilliseconds = milliseconds
    configuration.requestTimeoutMilliseconds = milliseconds
    configuration.drainTimeoutMilliseconds = milliseconds
    return configuration
  }
}

/// The I/O drivers that this kernel has.
package let ioDrivers = ["epoll", "uring"].filter { io in
  var configuration = ServerConfiguration.patient
  configuration.io = io
  return (try? Server(router: Router(), configuration: configuration)) != nil
}

/// Runs a server with these routes on a free port while `body` talks to it, then drains it.
package func serving<R: Sendable>(
  _ router: Router, reactors: UInt16 = 1, logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
  configure: (inout ServerConfiguration) -> Void = { _ in },
  _ body: @escaping @Sendable (Int) async throws -> R
) async throws -> R {
  var configuration = ServerConfiguration.patient
  configuration.reactors = reactors
  configure(&configuration)
  let server = try Server(router: router, configuration: configuration, logger: logger)
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

/// What was logged, a line each.
package final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])

  package init() {}

  package var all: [String] { lines.withLock { $0 } }
  package var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

  private struct Handler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.lines.withLock { $0.append("\(event.level) \(event.message)") } }
  }
}
