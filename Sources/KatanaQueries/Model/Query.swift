import KatanaContract

/// What a query gives back: the word after the name in `-- name: get_user :one`.
public enum QueryKind: String, Hashable, Sendable, CaseIterable {
  /// The first row; none is an error.
  case one
  /// The first row, if there is one.
  case opt
  /// All rows.
  case many
  /// Nothing.
  case exec
  /// How many rows were affected.
  case execrows
  /// Rows as they arrive.
  case stream
  /// Takes rows and sends them by COPY.
  case copy
  /// Takes many sets of parameters and sends them through one pipeline. ``Query/batchKind`` says what each gives back.
  case batch
}

/// One named statement.
public struct Query: Sendable {
  /// As written: `get_user`.
  public var name: String
  public var kind: QueryKind
  /// What each member of a batch gives back: `exec`, `one` or `many`. Nil unless ``kind`` is `batch`.
  public var batchKind: QueryKind?
  /// The comment lines directly above and below the name, without `--`.
  public var documentation: [String]
  /// Of the name.
  public var location: Location
  /// What PostgreSQL is sent: the pieces whose condition holds, one after another as they are.
  public var pieces: [Piece]
  /// The same for SQLite; nil where it has not been translated.
  public var sqlite: [Piece]?
  /// In the order of their numbers, which run from 1. Those of a filter are optional.
  public var parameters: [Parameter]
  /// In the order in which the server sends them. Empty when there are none.
  public var columns: [Column]
  /// It changes nothing and locks nothing, so that a replica may answer it, and it may be sent again.
  public var isReadOnly: Bool
  /// From `-- deadline: 200ms`.
  public var deadlineMilliseconds: Int?
  /// The table whose whole row the columns are, in order and with the nullability of its definition.
  public var table: String?
  public var nests: [Nest]
  /// In the order of their lines; ``Piece/Condition-swift.enum/filter(_:)`` is an index of these.
  public var filters: [Filter]
  /// What the caller may choose for ORDER BY, the line as written first. Empty when it is fixed.
  public var sorts: [Sort]
  public var prefetches: [Prefetch]
  public var copy: CopyTarget?
  /// Of the pieces: 16 hexadecimal digits. No two statements of a program share it unless they are the same.
  public var fingerprint: String

  public init(
    name: String,
    kind: QueryKind,
    batchKind: QueryKind? = nil,
    documentation: [String] = [],
    location: Location,
    pieces: [Piece],
    sqlite: [Piece]? = nil,
    parameters: [Parameter] = [],
    columns: [Column] = [],
    isReadOnly: Bool = false,
    deadlineMilliseconds: Int? = nil,
    table: String? = nil,
    nests: [Nest] = [],
    filters: [Filter] = [],
    sorts: [Sort] = [],
    prefetches: [Prefetch] = [],
    copy: CopyTarget? = nil,
    fingerprint: String = ""
  ) {
    self.name = name
    self.kind = kind
    self.batchKind = batchKind
    self.documentation = documentation
    self.location = location
    self.pieces = pieces
    self.sqlite = sqlite
    self.parameters = parameters
    self.columns = columns
    self.isReadOnly = isReadOnly
    self.deadlineMilliseconds = deadlineMilliseconds
    self.table = table
    self.nests = nests
    self.filters = filters
    self.sorts = sorts
    self.prefetches = prefetches
    self.copy = copy
    self.fingerprint = fingerprint
  }
}

extension Query {
  /// The statement with every filter and the first sort: the one that is parsed and described.
  public var text: String {
    pieces.filter(\.condition.holdsByDefault).map(\.text).joined()
  }
}

/// A part of a statement's text.
public struct Piece: Hashable, Sendable {
  public enum Condition: Hashable, Sendable {
    case none
    /// Sent when the parameters of the filter with this index are given.
    case filter(Int)
    /// Sent when the sort with this index is chosen; 0 is the default.
    case sort(Int)

    fileprivate var holdsByDefault: Bool { if case .sort(let index) = self { index == 0 } else { true } }
  }

  public var text: String
  public var condition: Condition

  public init(text: String, condition: Condition = .none) {
    self.text = text
    self.condition = condition
  }
}

/// A value that the caller gives. `$n` of the text is the parameter with the index n.
public struct Parameter: Hashable, Sendable {
  public var name: String
  public var type: SQLType
  /// Whether the caller may give none, which is NULL, or for a filter's parameter that the filter does not hold.
  public var isOptional: Bool
  /// Whether elements of an array may be NULL: `@names[?]`.
  public var hasNullElements: Bool
  /// From 1.
  public var index: Int

  public init(name: String, type: SQLType, isOptional: Bool = false, hasNullElements: Bool = false, index: Int) {
    self.name = name
    self.type = type
    self.isOptional = isOptional
    self.hasNullElements = hasNullElements
    self.index = index
  }
}

/// A column of the rows that a statement gives back.
public struct Column: Hashable, Sendable {
  public struct Source: Hashable, Sendable {
    public var table: String
    public var column: String

    public init(table: String, column: String) {
      self.table = table
      self.column = column
    }
  }

  /// Without the marks `!` and `?`.
  public var name: String
  public var type: SQLType
  /// False only where it is proved that no row has NULL here, or where the user says so with `!`.
  public var isNullable: Bool
  /// Whether elements of an array may be NULL. A table's arrays are taken to hold none; of what a query makes that is
  /// proved, or said by the user with `[!]`.
  public var hasNullElements: Bool
  /// Why, in one line: `users.id is NOT NULL`, `count() never gives NULL`.
  public var proof: String
  /// The same about the elements of an array that is not a table's; else nil.
  public var elementProof: String?
  /// The column of a table that it is, unchanged.
  public var source: Source?
  /// In a ``Nest`` and where ``embed`` groups it: whether it may be NULL although the child is there.
  public var isNullableWhenPresent: Bool
  /// The table that `sqlc.embed` or `table.*` took it from, by the alias it is written with, where the query asks for
  /// that grouping.
  public var embed: String?
  /// The table whose whole row the columns of this ``embed`` are, in order and with the nullability of its definition
  /// where an outer join has not left it out.
  public var embedTable: String?

  public init(
    name: String,
    type: SQLType,
    isNullable: Bool,
    hasNullElements: Bool = false,
    proof: String,
    elementProof: String? = nil,
    source: Source? = nil,
    isNullableWhenPresent: Bool = true,
    embed: String? = nil,
    embedTable: String? = nil
  ) {
    self.name = name
    self.type = type
    self.isNullable = isNullable
    self.hasNullElements = hasNullElements
    self.proof = proof
    self.elementProof = elementProof
    self.source = source
    self.isNullableWhenPresent = isNullableWhenPresent
    self.embed = embed
    self.embedTable = embedTable
  }
}
