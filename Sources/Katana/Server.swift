import Dispatch
import Glibc
import Logging
import ServiceLifecycle

/// An HTTP server: reactors that share nothing, each with its own listener, connections and handlers' tasks.
///
/// Creating a server binds its port, so that a wrong address or a busy port is an error at once. ``run()`` serves
/// until graceful shutdown or cancellation; run it in a `ServiceGroup` to have signals do that.
public final class Server: Service {
  private let native: NativeServer
  private let configuration: ServerConfiguration
  private let logger: Logger

  /// The port that the server listens on.
  public var port: Int { Int(native.port) }
  /// Reactors, each with a thread.
  public var reactors: Int { native.reactors }
  /// The I/O driver in use: `epoll` or `io_uring`.
  public var driver: String { native.driver }
  /// Why this driver, in a few words: it was asked for, or what the kernel has.
  public var driverReason: String { native.driverReason }

  /// - Throws: ``ServerError`` when a route template, a limit or the address is unusable.
  public init(
    router: Router, configuration: ServerConfiguration = ServerConfiguration(),
    logger: Logger = Logger(label: "katana")
  ) throws(ServerError) {
    self.configuration = configuration
    self.logger = logger
    native = try NativeServer(configuration, router, logger)
  }

  /// Serves a connected stream socket, such as an end of socketpair(2), as if it had been accepted, and closes it.
  ///
  /// - Returns: false when the descriptor is none; it stays the caller's then.
  package func take(socket: Int32) -> Bool { native.take(socket) }

  /// Starts the reactors' threads and returns, for who does not ``run()``. The server stops when it is gone, or by
  /// ``stop()``.
  package func start() throws(ServerError) { try native.start() }

  /// Cancels what runs and waits for the end of every reactor.
  package func stop() async {
    native.drain(milliseconds: 0)
    await ended()
  }

  /// Serves until graceful shutdown, which finishes running requests first, or cancellation, which does not.
  public func run() async throws {
    try native.start()
    let place =
      configuration.listens
      ? "listening on \(configuration.tls == nil ? "http" : "https")://\(hostText):\(port)" : "listening nowhere"
    logger.notice("\(place), \(native.summary)")
    let drainTimeout = configuration.drainTimeoutMilliseconds
    await withTaskCancellationHandler {
      await withGracefulShutdownHandler {
        await ended()
      } onGracefulShutdown: { [native] in
        native.drain(milliseconds: drainTimeout)
      }
    } onCancel: { [native] in
      native.drain(milliseconds: 0)
    }
    logger.notice("stopped")
  }

  /// Serves until SIGTERM or SIGINT, then drains. SIGHUP reads the certificates again, and ends no server that has
  /// none. For a process that does nothing else; a process with more services puts the server into its own
  /// `ServiceGroup`.
  public func runUntilSignalled() async throws {
    let reloading = reloadOnHangUp()
    defer { reloading.cancel() }
    // The group tells what it does at info level; the server's own lines are enough.
    var quiet = Logger(label: "katana.lifecycle")
    quiet.logLevel = .error
    let group = ServiceGroup(
      configuration: .init(services: [self], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    try await group.run()
  }

  /// Reads certificates again, or others: new connections use them, the others keep theirs.
  ///
  /// - Throws: ``ServerError`` when they cannot be used; nothing changes then.
  public func reload(tls: TLSConfiguration) throws(ServerError) { try native.reload(tls) }

  private func reloadOnHangUp() -> any DispatchSourceSignal {
    signal(SIGHUP, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: DispatchQueue(label: "katana.reload"))
    source.setEventHandler { [native, logger, tls = configuration.tls] in
      guard let tls else { return logger.notice("SIGHUP: there are no certificates to read again") }
      do throws(ServerError) {
        try native.reload(tls)
        logger.notice("certificates were read again")
      } catch {
        logger.error("certificates stay as they were: \(error)")
      }
    }
    source.resume()
    return source
  }

  private var hostText: String {
    configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
  }

  /// Joining blocks, so it has a thread of its own.
  private func ended() async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      DispatchQueue(label: "katana.join").async { [native] in
        native.join()
        continuation.resume()
      }
    }
  }
}
