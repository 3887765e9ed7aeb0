/// A schema that reaches itself through keywords that look at the same value (`allOf`, `not`, `if`, …) alone describes
/// nothing: no value is consumed on the way round. Cycles through properties and items are ordinary recursion.
extension DocumentReader {
  private struct Visit {
    let name: String
    let use: SchemaName?
    let edges: [SchemaName]
    var next = 0
  }

  /// Depth first, on a stack of its own: a chain of components may be as long as the document.
  func checkCompositionCycles(_ components: Components) {
    var finished: Set<String> = []
    for component in components.schemas where !finished.contains(component.name.value) {
      var path = [visit(component.name.value, nil, components)]
      var onPath: Set<String> = [component.name.value]
      while var top = path.popLast() {
        guard top.next < top.edges.count else {
          onPath.remove(top.name)
          finished.insert(top.name)
          continue
        }
        let edge = top.edges[top.next]
        top.next += 1
        path.append(top)
        if onPath.contains(edge.name) {
          reportCycle(edge, path, components)
        } else if !finished.contains(edge.name) {
          path.append(visit(edge.name, edge, components))
          onPath.insert(edge.name)
          if path.count > DocumentLimits.schemaDepthMax {
            return error(
              .refTooDeep,
              at: edge.location,
              "schemas are composed of each other deeper than \(DocumentLimits.schemaDepthMax) levels"
            )
          }
        }
      }
    }
  }

  private func visit(_ name: String, _ use: SchemaName?, _ components: Components) -> Visit {
    var edges: [SchemaName] = []
    var seen: Set<ObjectIdentifier> = []
    if let schema = components.schema(named: name) { collectMembers(schema, &edges, &seen) }
    return Visit(name: name, use: use, edges: edges)
  }

  /// Unnamed schemas may be shared by reference, hence `seen`.
  private func collectMembers(_ schema: Schema, _ edges: inout [SchemaName], _ seen: inout Set<ObjectIdentifier>) {
    guard seen.insert(ObjectIdentifier(schema)).inserted else { return }
    let composition = schema.composition
    let conditional = composition.ifThenElse
    let single = [composition.not, conditional?.condition, conditional?.then, conditional?.otherwise]
    let members = composition.allOf + composition.oneOf + composition.anyOf + single.compactMap { $0 }
    for member in members + schema.object.dependentSchemas.map(\.schema) {
      switch member {
      case .named(let name): edges.append(name)
      case .inline(let schema): collectMembers(schema, &edges, &seen)
      }
    }
  }

  /// The schema of a cycle that lists, as its alternatives, those that extend it.
  private func base(_ names: [String], _ components: Components) -> String? {
    names.first { name in
      guard let composition = components.schema(named: name)?.composition else { return false }
      return composition.discriminator != nil && !(composition.oneOf.isEmpty && composition.anyOf.isEmpty)
    }
  }

  private func reportCycle(_ edge: SchemaName, _ path: [Visit], _ components: Components) {
    let start = path.firstIndex { $0.name == edge.name } ?? 0
    let steps = path[(start + 1)...].compactMap(\.use).map {
      Diagnostic.ReferenceStep(reference: $0.reference, location: $0.location)
    }
    var remedy = "recursion must pass through a property or an item"
    if let base = base(path[start...].map(\.name), components) {
      // Once for all that extend it.
      guard reportedBases.insert(base).inserted else { return }
      remedy = "take 'oneOf' or 'anyOf' out of \(quoted(base)): with its discriminator alone, the components that name it"
        + " in their 'allOf' are its alternatives"
    }
    findings.append(
      Diagnostic(
        .error,
        ContractRule.compositionCycle,
        at: edge.location,
        "the schema \(quoted(edge.name)) is composed of itself",
        remedy: remedy,
        refChain: steps
      )
    )
  }
}
