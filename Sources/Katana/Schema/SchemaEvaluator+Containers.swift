// Keywords of arrays and objects.

extension SchemaEvaluator {
  func array(_ index: Int32, _ at: Int, _ marks: Int, _ quiet: Bool) -> Bool {
    let rules = schema.tables.arrays[Int(index)]
    let node = tape[at]
    let count = Int(node.count)
    var isValid = true
    if count < rules.minItems { isValid = fail(quiet, .minItems, at, .integer(Int64(rules.minItems))) }
    if count > rules.maxItems { isValid = fail(quiet, .maxItems, at, .integer(Int64(rules.maxItems))) }
    if quiet, !isValid { return false }
    var found = 0
    var item = at + 1
    var position = 0
    while item < node.next {
      steps -= 1
      if isHalted { return false }
      if position < rules.prefixItems.count {
        let entry = schema.tables.lists[Int(rules.prefixItems.start) + position]
        isValid = check(entry, item, -1, quiet) && isValid
        mark(marks, position)
      } else if rules.items >= 0 {
        isValid = check(rules.items, item, -1, quiet) && isValid
        mark(marks, position)
      }
      if quiet, !isValid { return false }
      if rules.contains >= 0, check(rules.contains, item, -1, true) {
        found += 1
        mark(marks, position)
      }
      item = Int(tape[item].next)
      position += 1
    }
    if rules.contains >= 0 { isValid = contains(rules, found, at, quiet) && isValid }
    if rules.uniqueItems, isValid || !quiet, !hasUniqueItems(at) { isValid = fail(quiet, .uniqueItems, at) }
    return isValid
  }

  /// Without `contains`, `minContains` and `maxContains` say nothing (JSON Schema §6.4.4).
  private func contains(_ rules: ArrayRules, _ found: Int, _ at: Int, _ quiet: Bool) -> Bool {
    if found < rules.minContains ?? 1 {
      guard let least = rules.minContains else { return fail(quiet, .contains, at) }
      return fail(quiet, .minContains, at, .integer(Int64(least)))
    }
    if let most = rules.maxContains, found > most { return fail(quiet, .maxContains, at, .integer(Int64(most))) }
    return true
  }

  private func hasUniqueItems(_ at: Int) -> Bool {
    let node = tape[at]
    if node.count < 2 { return true }
    resetTable(Int(node.count))
    var item = at + 1
    while item < node.next {
      if isHalted { return true }
      var left = steps
      let hash = JSONEquality.hash(tape, item, steps: &left)
      let isNew = insert(item, hash) { JSONEquality.equal(tape, $0, tape, item, steps: &left) }
      steps = left
      if !isNew { return false }
      item = Int(tape[item].next)
    }
    return true
  }

  func object(_ index: Int32, _ at: Int, _ marks: Int, _ quiet: Bool) -> Bool {
    let rules = schema.tables.objects[Int(index)]
    let node = tape[at]
    let count = Int(node.count)
    var isValid = true
    if count < rules.minProperties { isValid = fail(quiet, .minProperties, at, .integer(Int64(rules.minProperties))) }
    if count > rules.maxProperties { isValid = fail(quiet, .maxProperties, at, .integer(Int64(rules.maxProperties))) }
    if quiet, !isValid { return false }
    let present = pushBits(rules.names.count)
    defer { popBits(present) }
    var name = at + 1
    var position = 0
    while name < node.next {
      steps -= 1
      if isHalted { return false }
      let (holds, isEvaluated) = member(rules, name, present, quiet)
      isValid = holds && isValid
      if quiet, !isValid { return false }
      if isEvaluated { mark(marks, position) }
      name = Int(tape[name + 1].next)
      position += 1
    }
    return presence(rules, at, present, quiet) && isValid
  }

  private func member(
    _ rules: ObjectRules,
    _ name: Int,
    _ present: Int,
    _ quiet: Bool
  ) -> (isValid: Bool, isEvaluated: Bool) {
    var isValid = true
    var isEvaluated = false
    if let position = rules.position(tape[name].name) {
      mark(present, position)
      if rules.properties[position] >= 0 {
        isValid = check(rules.properties[position], name + 1, -1, quiet)
        isEvaluated = true
      }
    }
    for (pattern, entry) in rules.patternProperties where matches(pattern, tape.text(tape[name])) {
      isValid = check(entry, name + 1, -1, quiet) && isValid
      isEvaluated = true
    }
    if !isEvaluated, rules.additionalProperties >= 0 {
      let isClosed = rules.additionalProperties == SchemaNode.no
      let holds =
        isClosed
        ? fail(quiet, .additionalProperty, name + 1) : check(rules.additionalProperties, name + 1, -1, quiet)
      isValid = holds && isValid
      isEvaluated = true
    }
    if rules.propertyNames >= 0, !check(rules.propertyNames, name, -1, true) {
      isValid = fail(quiet, .propertyNames, name + 1)
    }
    return (isValid, isEvaluated)
  }

  /// What must be there.
  private func presence(_ rules: ObjectRules, _ at: Int, _ present: Int, _ quiet: Bool) -> Bool {
    var isValid = true
    for position in rules.required where !isMarked(present, position) {
      isValid = fail(quiet, .required, at, name: name(rules, position))
    }
    for (trigger, required) in rules.dependentRequired where isMarked(present, trigger) {
      for position in required where !isMarked(present, position) {
        let bound = Violation.Bound.string(name(rules, trigger))
        isValid = fail(quiet, .dependentRequired, at, bound, name: name(rules, position))
      }
    }
    return isValid
  }

  private func name(_ rules: ObjectRules, _ position: Int) -> String {
    schema.tables.names.names[Int(rules.names[position])]
  }

  // MARK: What nothing else has evaluated

  func unevaluated(_ node: SchemaNode, _ at: Int, _ marks: Int, _ quiet: Bool) -> Bool {
    switch tape[at].kind {
    case .array where node.unevaluatedItems >= 0: unevaluatedItems(node.unevaluatedItems, at, marks, quiet)
    case .object where node.unevaluatedProperties >= 0:
      unevaluatedProperties(node.unevaluatedProperties, at, marks, quiet)
    default: true
    }
  }

  private func unevaluatedItems(_ entry: Int32, _ at: Int, _ marks: Int, _ quiet: Bool) -> Bool {
    var isValid = true
    var item = at + 1
    for position in 0..<Int(tape[at].count) {
      steps -= 1
      if isHalted { return false }
      if !isMarked(marks, position) {
        let holds =
          entry == SchemaNode.no ? fail(quiet, .unevaluatedItem, item) : check(entry, item, -1, quiet)
        isValid = holds && isValid
        mark(marks, position)
      }
      item = Int(tape[item].next)
    }
    return isValid
  }

  private func unevaluatedProperties(_ entry: Int32, _ at: Int, _ marks: Int, _ quiet: Bool) -> Bool {
    var isValid = true
    var name = at + 1
    for position in 0..<Int(tape[at].count) {
      steps -= 1
      if isHalted { return false }
      if !isMarked(marks, position) {
        let holds =
          entry == SchemaNode.no ? fail(quiet, .unevaluatedProperty, name + 1) : check(entry, name + 1, -1, quiet)
        isValid = holds && isValid
        mark(marks, position)
      }
      name = Int(tape[name + 1].next)
    }
    return isValid
  }
}
