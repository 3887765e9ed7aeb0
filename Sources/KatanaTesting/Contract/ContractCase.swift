/// A request that a contract calls for and what it lets a service answer: a line of a ``ContractTable``.
public struct ContractCase: Sendable, CustomStringConvertible {
  /// What is expected of the answer.
  public enum Expectation: Sendable, Equatable {
    /// A status that the operation documents: numbers, `2XX`, `default`. The request is valid, so that nothing that
    /// tells of an invalid one will do: 400, 405, 406, 415, an unknown path, or an undocumented failure of the server.
    case documented([String])
    /// 400, and among the errors of its problem details one at this place.
    case violation(ContractPlace, code: String?)
    /// A status, and a field that the answer must have.
    case status(Int, field: String?)
  }

  /// The operation in the contract: its `operationId`, or method and path.
  public var operation: String
  /// What is special about the request.
  public var name: String
  /// The request without credentials.
  public var request: TestRequest
  /// Credentials that are shown with it.
  public var credentials: [ContractCredential] = []
  /// Whether they are wrong ones.
  public var forgesCredentials = false
  public var expectation: Expectation

  public var description: String { "\(operation): \(name)" }
}

/// Where a violation is.
public enum ContractPlace: Sendable, Equatable, CustomStringConvertible {
  /// A JSON pointer into the content.
  case pointer(String)
  /// A parameter: `query/limit`.
  case parameter(String)

  public var description: String {
    switch self {
    case .pointer(let pointer): pointer.isEmpty ? "the content" : pointer
    case .parameter(let name): name
    }
  }
}

/// How a request shows a secret: a security scheme of the contract. The payload is the scheme's name.
public enum ContractCredential: Sendable, Equatable {
  /// A token in `Authorization` (RFC 6750).
  case bearer(String)
  /// The user `client` and the secret as its password (RFC 7617).
  case basic(String)
  /// Another scheme of `Authorization`.
  case authorization(String, scheme: String)
  /// A header of its own.
  case header(String, name: String)
  /// A parameter of the query.
  case query(String, name: String)
  /// A cookie.
  case cookie(String, name: String)

  /// The scheme's name in the contract.
  public var scheme: String {
    switch self {
    case .bearer(let scheme), .basic(let scheme), .authorization(let scheme, _), .header(let scheme, _),
      .query(let scheme, _), .cookie(let scheme, _):
      scheme
    }
  }
}

/// A document that an operation takes, by its schema.
public struct ContractDocument: Sendable, CustomStringConvertible {
  public var operation: String
  /// The request, without content.
  public var request: TestRequest
  public var credentials: [ContractCredential]
  public var mediaType: String
  /// JSON Schema.
  public var schema: String

  public var description: String { "\(operation): \(mediaType)" }
}
