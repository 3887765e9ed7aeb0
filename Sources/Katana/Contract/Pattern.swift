import CKatana
public import KatanaScalars

/// A `pattern` of a schema: a regular expression of ECMA-262 with the `u` flag, searched for anywhere in a text.
///
/// It has one of two forms. The generator computes an automaton over UTF-8 bytes for what has one, which takes one step
/// for each byte. Everything else, and what is only known at run time, is translated for PCRE2 and compiled to machine
/// code; see ``init(_:limits:)``. Both decide the same.
public final class Pattern: Sendable {
  private enum Form: Sendable {
    case automaton(Automaton)
    case expression(CompiledExpression)
  }

  private let form: Form
  /// The source, as a violation names it.
  let bound: Violation.Bound

  /// A pattern that the generator has turned into an automaton. State 0 is the start.
  ///
  /// - Parameters:
  ///   - source: the pattern as the contract writes it.
  ///   - classes: first byte of each run of bytes and the class of the run, ascending from 0.
  ///   - next: the state behind each state and class.
  ///   - accepting: the states in which the text may end.
  public init(
    _ source: StaticString,
    classes: [(first: UInt8, class: UInt8)],
    next: [UInt8],
    accepting: [UInt8]
  ) {
    form = .automaton(Automaton(classes: classes, next: next, accepting: accepting))
    bound = .text(source)
  }

  /// A pattern of generated code that has no automaton. The generator has tried it: a pattern that cannot be compiled
  /// stops the program.
  public init(_ source: StaticString, limits: Limits = Limits()) {
    do {
      form = .expression(try CompiledExpression(source.description, limits))
    } catch {
      fatalError("the pattern \(source) cannot be compiled: \(error)")
    }
    bound = .text(source)
  }

  /// A pattern from a text that is only known at run time.
  ///
  /// Everything of ECMA-262 with the `u` flag is understood but look-behind of a variable length; as in practice, any
  /// sign may stand behind a backslash for itself. In one case the answer differs: a group in a repetition keeps what
  /// it captured in an earlier round, where ECMA-262 forgets it. Syntax that only PCRE2 knows is refused.
  ///
  /// - Throws: an ``Unsupported`` that says what is wrong and where.
  public init(parsing source: String, limits: Limits = Limits()) throws(Unsupported) {
    form = .expression(try CompiledExpression(source, limits))
    bound = .string(source)
  }

  /// How much work one match may cost.
  public typealias Limits = ExpressionLimits
  /// A pattern that cannot be used, and why.
  public typealias Unsupported = ExpressionFault

  /// Whether the text, which is valid UTF-8, has a match.
  func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var steps = Int.max
    return matches(text, steps: &steps)
  }

  /// The same; takes off `steps` what it cost and stops when there are none left.
  func matches(_ text: UnsafeBufferPointer<UInt8>, steps: inout Int) -> Bool {
    switch form {
    case .automaton(let automaton):
      steps -= 1 + text.count / 8
      return automaton.accepts(text)
    case .expression(let expression):
      return kt_utf8_prefix(text.baseAddress, text.count) == text.count && expression.matches(text, steps: &steps)
    }
  }
}

/// A deterministic automaton: one step for each byte, with no state but a number.
private struct Automaton: Sendable {
  /// The class of each byte.
  private let classes: [UInt8]
  private let classCount: Int
  /// `next[state * classCount + class]`.
  private let next: [UInt8]
  private let accepts: [Bool]

  init(classes runs: [(first: UInt8, class: UInt8)], next: [UInt8], accepting: [UInt8]) {
    var classes = [UInt8](repeating: 0, count: 256)
    for run in runs { for byte in Int(run.first)..<256 { classes[byte] = run.class } }
    let classCount = Int(classes.max()!) + 1
    var accepts = [Bool](repeating: false, count: next.count / classCount)
    for state in accepting { accepts[Int(state)] = true }
    self.classes = classes
    self.classCount = classCount
    self.next = next
    self.accepts = accepts
  }

  func accepts(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var state = 0
    classes.withUnsafeBufferPointer { classes in
      next.withUnsafeBufferPointer { next in
        for byte in text { state = Int(next[state &* classCount &+ Int(classes[Int(byte)])]) }
      }
    }
    return accepts[state]
  }
}
