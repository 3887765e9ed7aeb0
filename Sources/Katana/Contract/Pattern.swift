/// A `pattern` of a schema as an automaton over UTF-8 bytes, computed by the generator.
///
/// It decides exactly what the regular expression decides (ECMA-262 with the `u` flag, unanchored search) in one step
/// for each byte, with no state but a number. State 0 is the start.
public final class Pattern: Sendable {
  let source: StaticString
  /// The class of each byte.
  private let classes: [UInt8]
  private let classCount: Int
  /// `next[state * classCount + class]`.
  private let next: [UInt8]
  private let accepts: [Bool]

  /// - Parameters:
  ///   - classes: first byte of each run of bytes and the class of the run, ascending from 0.
  ///   - next: the state behind each state and class.
  ///   - accepting: the states in which the text may end.
  public init(
    _ source: StaticString, classes runs: [(first: UInt8, class: UInt8)], next: [UInt8], accepting: [UInt8]
  ) {
    var classes = [UInt8](repeating: 0, count: 256)
    for run in runs { for byte in Int(run.first)..<256 { classes[byte] = run.class } }
    let classCount = Int(classes.max()!) + 1
    var accepts = [Bool](repeating: false, count: next.count / classCount)
    for state in accepting { accepts[Int(state)] = true }
    self.source = source
    self.classes = classes
    self.classCount = classCount
    self.next = next
    self.accepts = accepts
  }

  func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var state = 0
    classes.withUnsafeBufferPointer { classes in
      next.withUnsafeBufferPointer { next in
        for byte in text { state = Int(next[state &* classCount &+ Int(classes[Int(byte)])]) }
      }
    }
    return accepts[state]
  }
}
