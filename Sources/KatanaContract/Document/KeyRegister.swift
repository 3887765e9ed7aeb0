/// Finds the second use of a key in one mapping. Most mappings are small; a set is built only for the others.
struct KeyRegister {
  private var few: [(key: String, location: Location)] = []
  private var many: [String: Location] = [:]
  private static let fewMax = 8

  /// The diagnostic for a duplicate; `nil` when the key is new.
  mutating func insert(_ key: String, _ location: Location) -> Diagnostic? {
    if let first = first(key) {
      return Diagnostic(
        .error,
        ContractRule.duplicateKey,
        at: location,
        "the key \(quoted(key)) is already used in this mapping",
        remedy: "remove one of the two; the first is at line \(first.line)"
      )
    }
    if few.count < Self.fewMax {
      few.append((key, location))
    } else {
      many[key] = location
    }
    return nil
  }

  private func first(_ key: String) -> Location? {
    few.first { $0.key == key }?.location ?? (many.isEmpty ? nil : many[key])
  }
}
