import Katana

/// What a statement failed of.
public struct SQLError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable {
    /// The database refused the statement: ``SQLError/state`` says why.
    case refused
    /// The connection ended while the statement was on its way: whether it had an effect is not known.
    case connectionLost
    /// No connection could be made, and the statement was not sent.
    case unavailable
    /// All connections were busy for as long as a statement may wait for one; it was not sent.
    case poolExhausted
    /// The statement's or the request's deadline passed; it was cancelled.
    case deadlineExceeded
    /// A value in the result is not what the statement's types say: the schema has changed since.
    case undecodable
    /// `:one` found no row.
    case noRow
    /// The database's dialect has no such statement.
    case unsupported
    case outOfMemory
  }

  public var kind: Kind
  /// Five characters (SQLSTATE, PostgreSQL's appendix A), of SQLite the nearest one; empty where no database spoke.
  public var state = ""
  public var message: String
  public var detail: String?
  public var hint: String?
  public var schema: String?
  public var table: String?
  public var column: String?
  public var constraint: String?
  /// The statement's name.
  public var statement: String?

  public init(_ kind: Kind, _ message: String, state: String = "") {
    self.kind = kind
    self.message = message
    self.state = state
  }

  public static var outOfMemory: SQLError { SQLError(.outOfMemory, "memory is out") }

  @usableFromInline
  static func undecodable(_ column: Int, _ message: String) -> SQLError {
    SQLError(.undecodable, "column \(column + 1): \(message)")
  }

  public var description: String {
    var text = statement.map { "\($0): " } ?? ""
    text += message
    if !state.isEmpty { text += " (SQLSTATE \(state))" }
    if let detail { text += "; \(detail)" }
    if let hint { text += "; hint: \(hint)" }
    return text
  }
}

extension SQLError {
  /// A row with the same key exists (23505).
  public var isUniqueViolation: Bool { state == "23505" }
  /// A row that is referred to is missing, or one that refers to it exists (23503).
  public var isForeignKeyViolation: Bool { state == "23503" }
  public var isCheckViolation: Bool { state == "23514" }
  public var isNotNullViolation: Bool { state == "23502" }
  /// The transaction met another one and may succeed when it is begun again (40001, 40P01).
  public var isSerializationFailure: Bool { state == "40001" || state == "40P01" }
}

extension SQLError: ProblemConvertible {
  /// 503 where another attempt may succeed, 504 for deadlines, 400 for text that no database stores, else 500: a client
  /// learns nothing of the database.
  public var problem: Problem {
    switch kind {
    case .refused where state == "22021": Problem(.badRequest, detail: "a text holds U+0000, which is not stored")
    case .unavailable, .poolExhausted: Problem(.serviceUnavailable, detail: "the database is not available")
    case .deadlineExceeded: Problem(.gatewayTimeout, detail: "the database did not answer in time")
    default: Problem(.internalServerError)
    }
  }
}
