import CKatana
import KatanaScalars

// Keywords of values that have no parts, and of any value as a whole.

extension SchemaEvaluator {
  /// Whether a value is one of an `enum` or `const`.
  func isValue(_ index: Int32, _ at: Int) -> Bool {
    let rules = schema.tables.values[Int(index)]
    guard rules.types.contains(SchemaTypes(tape[at].kind)) else { return false }
    let hash = JSONEquality.hash(tape, at, steps: &steps)
    guard let values = rules.values[hash] else { return false }
    for value in values where JSONEquality.equal(schema.tape, value, tape, at, steps: &steps) { return true }
    return false
  }

  func number(_ index: Int32, _ at: Int, _ quiet: Bool) -> Bool {
    let rules = schema.tables.numbers[Int(index)]
    steps -= Int(tape[at].count) / 8
    let value = DecimalText(tape.text(tape[at]))
    var isValid = true
    if let limit = rules.minimum, value < decimal(limit) { isValid = fail(quiet, .minimum, at, limit.bound) }
    if let limit = rules.maximum, value > decimal(limit) { isValid = fail(quiet, .maximum, at, limit.bound) }
    if let limit = rules.exclusiveMinimum, value <= decimal(limit) {
      isValid = fail(quiet, .exclusiveMinimum, at, limit.bound)
    }
    if let limit = rules.exclusiveMaximum, value >= decimal(limit) {
      isValid = fail(quiet, .exclusiveMaximum, at, limit.bound)
    }
    if let (divisor, bound) = rules.multipleOf, !value.isMultiple(of: divisor) {
      isValid = fail(quiet, .multipleOf, at, bound)
    }
    return isValid
  }

  private func decimal(_ limit: NumberRules.Limit) -> DecimalText {
    DecimalText(schema.tape.text(schema.tape[limit.node]))
  }

  /// The same order of violations as ``ViolationLog``'s, whose strings are not on a tape.
  func string(_ index: Int32, _ at: Int, _ quiet: Bool) -> Bool {
    let rules = schema.tables.strings[Int(index)]
    let node = tape[at]
    let text = tape.text(node)
    steps -= text.count / 64
    var isValid = true
    if rules.rules.minLength > 0 || rules.rules.maxLength < text.count {
      let length = node.isASCII ? text.count : kt_utf8_count(text.baseAddress, text.count)
      if length < rules.rules.minLength {
        isValid = fail(quiet, .minLength, at, .integer(Int64(rules.rules.minLength)))
      }
      if length > rules.rules.maxLength {
        isValid = fail(quiet, .maxLength, at, .integer(Int64(rules.rules.maxLength)))
      }
    }
    if let pattern = rules.pattern, isValid || !quiet, !matches(pattern, text) {
      isValid = fail(quiet, .pattern, at, pattern.bound)
    }
    if let format = rules.rules.format, isValid || !quiet, !format.accepts(text) {
      isValid = fail(quiet, .format, at, .text(format.name))
    }
    return isValid
  }

  func matches(_ pattern: Pattern, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var left = steps
    defer { steps = left }
    return pattern.matches(text, steps: &left)
  }
}
