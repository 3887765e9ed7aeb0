/// How the requests of a ``TestClient`` reach the server's connections.
///
/// Both end in the same code: the reactor's loop, the HTTP/1.1 parser, the route table, authorisation, limits,
/// middleware, handler, response. They differ in what is before that.
public enum TestTransport: String, Sendable, CaseIterable, CustomStringConvertible {
  /// One end of a socket pair is given to the reactor as a connection. No address is bound, so that tests need no port
  /// and nobody else can reach the service; what is left out of a request's life is accepting it.
  case inProcess
  /// TCP over the loopback interface, to a port that the system chooses.
  case socket

  public var description: String { self == .inProcess ? "in process" : "over a socket" }
}
