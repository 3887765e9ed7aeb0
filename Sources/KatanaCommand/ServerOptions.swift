import ArgumentParser
import Katana

private let defaults = ServerConfiguration()

/// Where and how a command serves: the options that every server has.
public struct ServerOptions: ParsableArguments {
  @Option(help: "Numeric address to listen on; 0.0.0.0 or :: for every interface.")
  public var host = "127.0.0.1"

  @Option(help: "Port to listen on, at most 65535; 0 lets the system choose.")
  public var port: UInt16 = 8080

  @Option(help: "Reactors to run; 0 is one per processor.")
  public var reactors: UInt16 = 0

  @Option(help: "I/O driver: auto, epoll or uring.")
  public var io = "auto"

  @Flag(name: .customLong("no-pin"), help: "Let reactors move between processors.")
  public var isUnpinned = false

  @Option(
    name: .customLong("tls-cert"),
    help: ArgumentHelp("File with a certificate chain in PEM; once per certificate.", valueName: "file"))
  public var certificates: [String] = []

  @Option(
    name: .customLong("tls-key"),
    help: ArgumentHelp("File with the certificate's key in PEM, in the same order.", valueName: "file"))
  public var keys: [String] = []

  @Option(
    name: .customLong("tls-ocsp"),
    help: ArgumentHelp("File with an OCSP response in DER to staple, in the same order.", valueName: "file"))
  public var responses: [String] = []

  @Option(
    name: .customLong("tls-client-ca"),
    help: ArgumentHelp("File with the authorities in PEM whose certificates clients may show.", valueName: "file"))
  public var clientAuthorities: String?

  @Option(
    name: .customLong("tls-client-auth"),
    help: ArgumentHelp(
      "Client certificates: off, optional or required (the default with --tls-client-ca).", valueName: "mode"))
  public var clientAuthentication: TLSConfiguration.ClientAuthentication?

  @Option(
    help: ArgumentHelp(
      "Files under TLS sealed by the kernel: auto (the default), on (an error where it cannot) or off.",
      valueName: "mode"))
  public var ktls: TLSConfiguration.KernelSealing?

  @Flag(name: .customLong("h2c"), help: "HTTP/2 without TLS, for clients that begin with its preface.")
  public var acceptsHTTP2WithoutTLS = false

  @Option(
    name: .customLong("connections-max"),
    help: ArgumentHelp(
      "Connections per reactor; one more is answered 503. "
        + "(default: \(defaults.connectionsMax))",
      valueName: "count"))
  public var connectionsMax: UInt32?

  @Option(
    name: .customLong("handshake-timeout"),
    help: ArgumentHelp(
      "Milliseconds for a TLS handshake; then the connection is closed. "
        + "(default: \(defaults.handshakeTimeoutMilliseconds))",
      valueName: "ms"))
  public var handshakeTimeout: UInt32?

  @Option(
    name: .customLong("head-timeout"),
    help: ArgumentHelp(
      "Milliseconds from the first byte of a request's head to its end; then 408. "
        + "(default: \(defaults.headTimeoutMilliseconds))",
      valueName: "ms"))
  public var headTimeout: UInt32?

  @Option(
    name: .customLong("content-timeout"),
    help: ArgumentHelp(
      "Milliseconds without a byte of content; then 408. "
        + "(default: \(defaults.contentTimeoutMilliseconds))",
      valueName: "ms"))
  public var contentTimeout: UInt32?

  @Option(
    name: .customLong("write-timeout"),
    help: ArgumentHelp(
      "Milliseconds in which the client takes no byte; then the connection is closed. "
        + "(default: \(defaults.writeTimeoutMilliseconds))",
      valueName: "ms"))
  public var writeTimeout: UInt32?

  public init() {}

  public func validate() throws {
    guard certificates.count == keys.count else {
      throw ValidationError("every --tls-cert needs its --tls-key: \(certificates.count) and \(keys.count) were given")
    }
    if responses.count > certificates.count {
      throw ValidationError("every --tls-ocsp belongs to a --tls-cert: \(responses.count) and \(certificates.count)")
    }
    if certificates.isEmpty, clientAuthorities != nil || clientAuthentication != nil {
      throw ValidationError("client certificates need TLS: give --tls-cert and --tls-key")
    }
    if certificates.isEmpty, ktls == .on {
      throw ValidationError("--ktls on needs TLS: give --tls-cert and --tls-key")
    }
    if clientAuthorities == nil, let mode = clientAuthentication, mode != .off {
      throw ValidationError("--tls-client-auth \(mode.rawValue) needs --tls-client-ca")
    }
  }

  /// The defaults, with what the command line says.
  public var configuration: ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.host = host
    configuration.port = port
    configuration.reactors = reactors
    configuration.io = io
    configuration.pinsReactors = !isUnpinned
    configuration.tls = tls
    configuration.acceptsHTTP2WithoutTLS = acceptsHTTP2WithoutTLS
    setLimits(&configuration)
    return configuration
  }

  private func setLimits(_ configuration: inout ServerConfiguration) {
    if let connectionsMax { configuration.connectionsMax = connectionsMax }
    if let handshakeTimeout { configuration.handshakeTimeoutMilliseconds = handshakeTimeout }
    if let headTimeout { configuration.headTimeoutMilliseconds = headTimeout }
    if let contentTimeout { configuration.contentTimeoutMilliseconds = contentTimeout }
    if let writeTimeout { configuration.writeTimeoutMilliseconds = writeTimeout }
  }

  private var tls: TLSConfiguration? {
    guard !certificates.isEmpty else { return nil }
    var tls = TLSConfiguration(certificates: zip(certificates, keys).map { .init(chainFile: $0, keyFile: $1) })
    for (index, file) in responses.enumerated() { tls.certificates[index].ocspFile = file }
    tls.clientAuthoritiesFile = clientAuthorities
    tls.clientAuthentication = clientAuthentication ?? (clientAuthorities == nil ? .off : .required)
    tls.kernelSealing = ktls ?? .auto
    return tls
  }
}

extension TLSConfiguration.ClientAuthentication: ExpressibleByArgument {}
extension TLSConfiguration.KernelSealing: ExpressibleByArgument {}
