import KatanaContract

// `x-katana-prefetch`: the lists of the answer that queries of their own fill, with all their parents at once.

extension ModelBuilder {
  /// Each must be a list in the answer, whether a query feeds it or a handler that is written by hand.
  mutating func checkPrefetches() {
    for operation in model.groups.flatMap(\.operations) where !operation.prefetch.isEmpty {
      let values = operation.successes.compactMap { outcome in
        switch outcome.content {
        case .value(let value, _), .lines(let value, _): value
        case .events(let value): value
        case .none, .problem, .text, .bytes: nil
        }
      }
      var lists: Set<String> = []
      var isKnown = true
      for value in values {
        var seen: Set<String> = []
        isKnown = collect(value, &lists, &seen) && isKnown
      }
      if !isKnown { continue }
      for wanted in operation.prefetch where !lists.contains(wanted.value) {
        findings.append(
          Diagnostic(
            .error, ContractRule.extensionInvalid, at: wanted.location,
            "'x-katana-prefetch' names '\(wanted.value)', which is no list in what "
              + "\(operation.method.uppercased()) \(operation.path) answers",
            remedy: lists.isEmpty
              ? "an object in the answer must have an array of that name" : "the lists are: "
                + lists.sorted().map { "'\($0)'" }.joined(separator: ", ")))
      }
    }
  }

  /// The arrays among the members of a value's objects; false when it may be any JSON.
  private func collect(_ value: ValueModel, _ lists: inout Set<String>, _ seen: inout Set<String>) -> Bool {
    switch value.bare {
    case .any: return false
    case .scalar, .words, .checked: return true
    case .array(let item, _, _), .map(let item), .optional(let item): return collect(item, &lists, &seen)
    case .type(let name):
      guard seen.insert(name).inserted, let index = typeNamed(name) else { return true }
      switch model.types[index].shape {
      case .words: return true
      case .union(let union):
        var isKnown = true
        for alternative in union.cases { isKnown = collect(alternative.value, &lists, &seen) && isKnown }
        return isKnown
      case .object(let properties, _):
        for property in properties {
          var inner = property.value.bare
          if case .optional(let value) = inner { inner = value.bare }
          if case .array = inner { lists.insert(property.key) }
          // A page holds the parents in a list of its own.
          _ = collect(inner, &lists, &seen)
        }
        return true
      }
    }
  }
}
