/// Whether an expression may be NULL, and why, in one line.
struct Verdict {
  let isNullable: Bool
  let reason: String

  static func never(_ reason: String) -> Verdict { Verdict(isNullable: false, reason: reason) }
  static func maybe(_ reason: String) -> Verdict { Verdict(isNullable: true, reason: reason) }
}

/// A column of a query's rows.
struct OutputColumn {
  let name: String
  let verdict: Verdict
  /// Whether an array may have an element that is NULL; says nothing of other types.
  let elements: Verdict
  /// Where the column is one of FROM, unchanged.
  let origin: ColumnKey?
  /// A byte of the text that was analysed: of `*` for the columns that it stands for.
  let place: Int
}
