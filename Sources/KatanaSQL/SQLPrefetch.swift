/// Gives rows the rows that belong to them, which one more query found for all of them.
///
/// Workload: a page of parents, each looked up once by its key.
public enum SQLPrefetch {
  /// The keys of all rows, each once, in the order of the rows; none for rows whose key is NULL.
  public static func keys<Row, Key: Hashable>(_ rows: [Row], _ key: (Row) -> Key?) -> [Key] {
    var seen: Set<Key> = []
    seen.reserveCapacity(rows.count)
    var keys: [Key] = []
    keys.reserveCapacity(rows.count)
    for row in rows {
      if let key = key(row), seen.insert(key).inserted { keys.append(key) }
    }
    return keys
  }

  /// Calls `set` for each row with the children that have its key, in their order.
  public static func attach<Row, Child, Key: Hashable>(
    _ children: [Child], by childKey: (Child) -> Key?, to rows: inout [Row], by key: (Row) -> Key?,
    _ set: (inout Row, [Child]) -> Void
  ) {
    var groups: [Key: [Child]] = [:]
    for child in children {
      if let key = childKey(child) { groups[key, default: []].append(child) }
    }
    for index in rows.indices {
      if let key = key(rows[index]), let group = groups[key] { set(&rows[index], group) }
    }
  }
}
