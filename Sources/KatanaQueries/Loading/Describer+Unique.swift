extension Describer {
  /// Whether no two rows of a table have the same values in these columns.
  func isUnique(_ relation: UInt32, _ attributes: Set<Int>) -> Bool {
    let rows = try? connection.rows(
      """
      SELECT indkey FROM pg_index
      WHERE indrelid = \(relation) AND indisunique AND indisvalid AND indpred IS NULL AND indexprs IS NULL
      """
    )
    return (rows ?? []).contains { row in
      let columns = (row[0] ?? "").split(separator: " ").compactMap { Int($0) }
      let notNull = columns.allSatisfy { catalog.relations[relation]?.attribute($0)?.isNotNull == true }
      return notNull && !columns.isEmpty && attributes.isSuperset(of: columns)
    }
  }
}
