import ArgumentParser

/// Where and how a command serves: the options that every server has.
public struct ServerOptions: ParsableArguments {
  @Option(help: "Numeric address to listen on.")
  public var host = "127.0.0.1"

  @Option(help: "Port to listen on; 0 lets the system choose.")
  public var port: UInt16 = 8080

  @Option(help: "Reactors to run; 0 is one per processor.")
  public var reactors: UInt16 = 0

  @Option(help: "I/O driver: auto, epoll or uring.")
  public var io = "auto"

  @Flag(name: .customLong("no-pin"), help: "Let reactors move between processors.")
  public var isUnpinned = false

  public init() {}
}
