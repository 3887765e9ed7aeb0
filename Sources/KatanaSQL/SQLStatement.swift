import Synchronization

/// A statement that was known when the program was built: generated repositories hold one per query.
///
/// Its text is made of `StaticString`s, which only literals can be, so that no value of a request can become part of it.
public final class SQLStatement: Sendable {
  /// A part of the text, and when it is there.
  public struct Piece: Sendable {
    let text: StaticString
    /// Present in variants that have one of these bits; 0: always.
    let bits: UInt64

    /// - Parameter bits: the bits of the variants that the piece is part of, 0: all.
    public init(_ text: StaticString, in bits: UInt64 = 0) {
      self.text = text
      self.bits = bits
    }
  }

  /// What logs, metrics and traces call it: `users.get_user`.
  public let name: StaticString
  /// Small and without gaps in a process: connections keep what they have prepared in an array by it.
  public let index: Int
  /// Types of the parameters `$1`, `$2`, …
  public let parameters: [SQLType]
  /// Types of the result's columns; a built-in type of the same binary form for those of a user's own (text for an enum).
  public let columns: [SQLType]
  /// Changes nothing, calls nothing volatile and locks nothing: it may share a pipeline's transaction with others and
  /// may be sent again.
  public let isReadOnly: Bool
  /// Longest time that it may take; nil: the request's deadline.
  public let deadline: Duration?
  private let postgres: [Piece]
  private let sqlite: [Piece]?

  /// - Parameters:
  ///   - postgres: the text for PostgreSQL.
  ///   - sqlite: the text for SQLite; nil where its dialect has no such statement.
  public init(
    _ name: StaticString, _ postgres: [Piece], sqlite: [Piece]? = nil, parameters: [SQLType] = [],
    columns: [SQLType] = [], isReadOnly: Bool = false, deadline: Duration? = nil
  ) {
    self.name = name
    self.postgres = postgres
    self.sqlite = sqlite
    self.parameters = parameters
    self.columns = columns
    self.isReadOnly = isReadOnly
    self.deadline = deadline
    index = Self.count.wrappingAdd(1, ordering: .relaxed).oldValue
  }

  private static let count = Atomic<Int>(0)

  /// The text of a variant for a database; nil where its dialect has no such statement.
  public func text(for dialect: SQLDialect, variant: UInt64 = 0) -> String? {
    guard let pieces = dialect == .postgres ? postgres : sqlite else { return nil }
    var text = ""
    for piece in pieces where piece.bits == 0 || piece.bits & variant != 0 { text += "\(piece.text)" }
    return text
  }
}

/// The database that an executor talks to.
public enum SQLDialect: Sendable { case postgres, sqlite }
