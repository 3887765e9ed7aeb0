import KatanaContract

extension QueryLoader {
  /// A prefetch joins two queries, so that it is checked when both are known.
  mutating func checkPrefetches(_ folder: SQLFolder, _ contract: QueryContract) {
    for (file, draftFile) in folder.files.enumerated() {
      for draft in draftFile.queries {
        guard let query = contract.files[file].queries.first(where: { $0.name == draft.name }) else { continue }
        for prefetch in draft.prefetches {
          if let (message, remedy) = Self.fault(prefetch.prefetch, of: query, in: contract.files[file], contract) {
            report(Diagnostic(.error, QueryRule.prefetchInvalid, at: prefetch.location, message, remedy: remedy))
          }
        }
      }
    }
  }

  private static func fault(
    _ prefetch: Prefetch,
    of query: Query,
    in file: QueryFile,
    _ contract: QueryContract
  ) -> (String, String?)? {
    guard query.kind == .many || query.kind == .one || query.kind == .opt else {
      return ("':\(query.kind.rawValue)' cannot prefetch", "use ':many', ':one' or ':opt'")
    }
    if query.columns.contains(where: { $0.name == prefetch.property })
      || query.nests.contains(where: { $0.property == prefetch.property })
    {
      return ("the query has '\(prefetch.property)' already", "call the prefetch otherwise")
    }
    let parts = prefetch.query.split(separator: ".").map(String.init)
    let otherFile = parts.count == 1 ? file : contract.files.first { $0.name == parts[0] }
    guard parts.count <= 2, let other = otherFile?.queries.first(where: { $0.name == parts.last }) else {
      return ("there is no query '\(prefetch.query)'", "name a query of this file, or 'file.query'")
    }
    guard other.kind == .many else { return ("'\(prefetch.query)' is not ':many'", "make it ':many'") }
    guard let by = other.columns.first(where: { $0.name == prefetch.by }) else {
      return ("'\(prefetch.query)' has no column '\(prefetch.by)'", "select it")
    }
    for (index, argument) in prefetch.arguments.enumerated() {
      guard let parameter = other.parameters.first(where: { $0.name == argument.parameter }) else {
        return ("'\(prefetch.query)' has no parameter '\(argument.parameter)'", nil)
      }
      guard let column = query.columns.first(where: { $0.name == argument.column }) else {
        return ("the query has no column '\(argument.column)'", "select it")
      }
      guard case .array(let element) = parameter.type.base, element.base == column.type.base else {
        return (
          "'\(argument.parameter)' is not an array of what '\(argument.column)' is",
          "write 'WHERE \(prefetch.by) = ANY(@\(argument.parameter))'"
        )
      }
      if index == 0, by.type.base != column.type.base {
        return ("'\(prefetch.by)' and '\(argument.column)' are of different types", nil)
      }
    }
    let given = Set(prefetch.arguments.map(\.parameter))
    if let missing = other.parameters.first(where: { !given.contains($0.name) && !$0.isOptional }) {
      return ("'\(prefetch.query)' wants '\(missing.name)', too", "give it from a column, or make it optional")
    }
    return nil
  }
}
