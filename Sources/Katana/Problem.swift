import CKatana

/// Problem details (RFC 9457): what a handler throws to answer with an error that the client can act on.
public struct Problem: Error, Sendable {
  /// The response's status code.
  public var status: Status
  /// A URI that names the kind of problem; `about:blank` says that the status code is all there is to it.
  public var type = "about:blank"
  /// The status code's own phrase unless set.
  public var title: String?
  /// What went wrong this time, for the reader of the response. It must not carry secrets.
  public var detail: String?
  /// A URI of this occurrence.
  public var instance: String?
  /// What is wrong with the request, each with its place.
  public var errors: [Violation] = []

  /// A problem whose type and title are its status code's.
  ///
  /// - Parameters:
  ///   - detail: what went wrong this time, for the client to read.
  ///   - errors: what is wrong with the request, each with its place.
  public init(_ status: Status, detail: String? = nil, errors: [Violation] = []) {
    self.status = status
    self.detail = detail
    self.errors = errors
  }
}

/// An error that knows what a client may be told of it. The log gets the error itself.
public protocol ProblemConvertible: Error {
  var problem: Problem { get }
}

extension Problem: JSONEncodable {
  public func encode(to json: inout JSONWriter) {
    json.literal("{\"type\":")
    json.string(type)
    json.literal(",\"title\":")
    json.string(title ?? status.phrase)
    json.literal(",\"status\":")
    json.int64(Int64(status.rawValue))
    if let detail {
      json.literal(",\"detail\":")
      json.string(detail)
    }
    if let instance {
      json.literal(",\"instance\":")
      json.string(instance)
    }
    if !errors.isEmpty {
      json.literal(",\"errors\":[")
      for error in errors {
        error.encode(to: &json)
        json.literal(",")
      }
      json.close("]")
    }
    json.literal("}")
  }
}

extension Context {
  /// Answers with problem details.
  ///
  /// - Precondition: nothing was answered yet.
  public func respond(_ problem: Problem) {
    var json = JSONWriter(exchange)
    problem.encode(to: &json)
    respond(json.bytes, as: .problem, status: problem.status)
  }
}

extension Status {
  /// The reason phrase, empty for codes without one.
  public var phrase: String { String(cString: kt_reason(rawValue)) }
}
