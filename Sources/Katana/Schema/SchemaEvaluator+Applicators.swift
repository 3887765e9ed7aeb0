// Keywords that apply schemas to the same value.

extension SchemaEvaluator {
  func applicators(_ node: SchemaNode, _ at: Int, _ marks: Int, _ quiet: Bool) -> Bool {
    var isValid = true
    // Of these none may fail, so they mark where their parent marks: a failure spoils both.
    if node.ref >= 0 { isValid = check(node.ref, at, marks, quiet) }
    for index in node.allOf.indices where isValid || !quiet {
      isValid = check(schema.tables.lists[index], at, marks, quiet) && isValid
    }
    if node.dependent.count > 0, tape[at].kind == .object, isValid || !quiet {
      isValid = dependents(node.dependent, at, marks, quiet) && isValid
    }
    if node.if >= 0, isValid || !quiet {
      let branch = attempt(node.if, at, marks) ? node.then : node.else
      if branch >= 0 { isValid = check(branch, at, marks, quiet) && isValid }
    }
    if node.anyOf.count > 0, isValid || !quiet { isValid = anyOf(node.anyOf, at, marks, quiet) && isValid }
    if node.oneOf.count > 0, isValid || !quiet { isValid = oneOf(node.oneOf, at, marks, quiet) && isValid }
    if node.not >= 0, isValid || !quiet, check(node.not, at, -1, true) { isValid = fail(quiet, .not, at) }
    return isValid
  }

  /// Whether a schema that may fail holds. What it marked counts only then.
  private func attempt(_ entry: Int32, _ at: Int, _ marks: Int) -> Bool {
    if marks < 0 { return check(entry, at, -1, true) }
    let own = pushMarks(at)
    defer { popBits(own) }
    let isValid = check(entry, at, own, true)
    if isValid { merge(own, into: marks) }
    return isValid
  }

  private func anyOf(_ list: SchemaList, _ at: Int, _ marks: Int, _ quiet: Bool) -> Bool {
    var isValid = false
    for index in list.indices where !isValid || marks >= 0 {
      if attempt(schema.tables.lists[index], at, marks) { isValid = true }
    }
    if isValid { return true }
    fail(quiet, .anyOf, at)
    if !quiet { explain(list, at) }
    return false
  }

  /// The second match ends the search, because then the value fails whatever was marked.
  private func oneOf(_ list: SchemaList, _ at: Int, _ marks: Int, _ quiet: Bool) -> Bool {
    var matched = 0
    for index in list.indices where matched < 2 {
      if attempt(schema.tables.lists[index], at, marks) { matched += 1 }
    }
    if matched == 1 { return true }
    fail(quiet, .oneOf, at, .integer(Int64(matched)))
    if !quiet, matched == 0 { explain(list, at) }
    return false
  }

  /// Notes what is wrong in the one branch that can be meant.
  private func explain(_ list: SchemaList, _ at: Int) {
    let plausible = list.indices.map { schema.tables.lists[$0] }.filter { isPlausible($0, at) }
    if plausible.count == 1 { _ = check(plausible[0], at, -1, false) }
  }

  private func dependents(_ list: SchemaList, _ at: Int, _ marks: Int, _ quiet: Bool) -> Bool {
    var isValid = true
    for index in list.indices {
      let (name, entry) = schema.tables.dependents[index]
      if hasMember(name, at), !check(entry, at, marks, quiet) { isValid = false }
      if quiet, !isValid { return false }
    }
    return isValid
  }

  private func hasMember(_ wanted: UInt32, _ at: Int) -> Bool {
    var name = at + 1
    while name < tape[at].next {
      steps -= 1
      if tape[name].name == wanted { return true }
      name = Int(tape[name + 1].next)
    }
    return false
  }
}
