import KatanaContract

/// A query as its file says it, before PostgreSQL has been asked.
struct QueryDraft: Sendable {
  struct DraftParameter: Sendable {
    enum Mark: Sendable { case none, optional, required }

    /// Nil for `$1`, which is named after what it meets.
    var name: String?
    var index: Int
    var mark = Mark.none
    /// `@names[?]`: an array in which the caller may give NULL.
    var hasNullElements = false
    /// Bytes of the file, of each place that it stands at.
    var origins: [Int]
    /// Whether it stands in a filter.
    var isFilter = false
    /// `sqlc.slice`
    var isSlice = false
  }

  struct DraftPiece: Sendable {
    var text: MappedText
    var condition: Piece.Condition
  }

  struct DraftNest: Sendable {
    var nest: Nest
    var location: Location
  }

  struct DraftPrefetch: Sendable {
    var prefetch: Prefetch
    var location: Location
  }

  var name: String
  var kind: QueryKind
  var batchKind: QueryKind?
  var documentation: [String]
  var source: SourceFile
  var location: Location
  var deadlineMilliseconds: Int?
  var nests: [DraftNest] = []
  var prefetches: [DraftPrefetch] = []
  var pieces: [DraftPiece] = []
  var parameters: [DraftParameter] = []
  var filters: [Filter] = []
  var sorts: [Sort] = []
  /// `sqlc.embed(table)`, by the place in the file that `table.*` was put at.
  var embeds: [Int: String] = [:]
  /// Of the statement's first token.
  var origin = 0

  /// The statement with its filters or without, in one of its orders.
  func variant(filters: Bool, sort: Int = 0) -> MappedText {
    var text = MappedText()
    for piece in pieces {
      switch piece.condition {
      case .none: text.append(piece.text)
      case .filter: if filters { text.append(piece.text) }
      case .sort(let index): if index == sort { text.append(piece.text) }
      }
    }
    return text
  }
}

/// The queries of one file.
struct QueryFileDraft: Sendable {
  var name: String
  var path: String
  var queries: [QueryDraft]
}
