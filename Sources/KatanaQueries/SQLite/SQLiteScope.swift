/// The columns that names in an expression can mean, from the innermost query outwards.
struct SQLiteScope {
  struct Column {
    var name: String
    var type: StorageType
    /// Proved: a column of a table that is not on the side of an outer join that may be missing.
    var isNotNull = false
    /// Of USING, on the right side: found by its table's name only.
    var isMerged = false
    /// What is written for it where SQLite calls it otherwise: `"t".value`.
    var expression: String?
  }

  struct Source {
    var alias: String
    var columns: [Column]
    /// Columns are written without the alias: of the table that an INSERT, UPDATE or DELETE returns.
    var isBare = false
  }

  struct Level {
    var sources: [Source] = []
    /// Of the targets: what ORDER BY and GROUP BY may name, too.
    var outputs: [Column] = []
  }

  var levels: [Level] = [Level()]
  /// Common table expressions in sight, the nearest last.
  var tables: [(name: String, columns: [Column])] = []

  func pushed(_ level: Level = Level()) -> SQLiteScope {
    var scope = self
    scope.levels.append(level)
    return scope
  }

  var level: Level {
    get { levels[levels.count - 1] }
    set { levels[levels.count - 1] = newValue }
  }

  func column(_ name: String, of alias: String? = nil) -> (text: String, column: Column)? {
    for level in levels.reversed() {
      for source in level.sources where alias == nil || source.alias == alias {
        guard let column = source.columns.first(where: { $0.name == name && (alias != nil || !$0.isMerged) })
        else { continue }
        if let expression = column.expression { return (expression, column) }
        let isAlone = alias == nil || source.isBare
        return (isAlone ? quoted(name) : "\(quoted(source.alias)).\(quoted(name))", column)
      }
    }
    return nil
  }

  func source(_ alias: String) -> Source? {
    for level in levels.reversed() {
      if let source = level.sources.first(where: { $0.alias == alias }) { return source }
    }
    return nil
  }
}
