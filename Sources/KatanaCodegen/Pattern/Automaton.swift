/// A deterministic automaton with the fewest states: the tables of `Katana.Pattern`.
struct Automaton {
  /// First byte of each run of bytes that behave alike, and their class.
  var classes: [(first: UInt8, class: UInt8)]
  var classCount: Int
  /// `next[state * classCount + class]`; state 0 is the start.
  var next: [Int]
  var accepting: [Bool]

  var stateCount: Int { accepting.count }

  /// A state is one byte in the tables.
  static let statesMax = 255

  /// - Throws: with the reason, when the pattern is not regular, malformed, or needs too many states.
  init(pattern: String) throws(RegularExpression.Unsupported) {
    let network = try ByteNetwork(try RegularExpressionParser.parse(pattern))
    var subsets = SubsetConstruction(network)
    try subsets.run()
    self = subsets.automaton().minimized()
    if stateCount > Self.statesMax { throw .init(reason: "more than \(Self.statesMax) states in its automaton") }
  }

  init(classes: [(first: UInt8, class: UInt8)], classCount: Int, next: [Int], accepting: [Bool]) {
    self.classes = classes
    self.classCount = classCount
    self.next = next
    self.accepting = accepting
  }

  func matches(_ text: String) -> Bool {
    var map = [UInt8](repeating: 0, count: 256)
    for run in classes { for byte in Int(run.first)..<256 { map[byte] = run.class } }
    return accepting[text.utf8.reduce(0) { next[$0 * classCount + Int(map[Int($1)])] }]
  }

  /// Moore's algorithm: states are split until all of a block agree on the blocks that follow.
  func minimized() -> Automaton {
    var block = accepting.map { $0 ? 1 : 0 }
    var count = 0
    while true {
      var numbers: [[Int]: Int] = [:]
      var refined: [Int] = []
      for state in 0..<stateCount {
        let row = [block[state]] + (0..<classCount).map { block[next[state * classCount + $0]] }
        let number = numbers[row] ?? numbers.count
        numbers[row] = number
        refined.append(number)
      }
      block = refined
      if numbers.count == count { break }
      count = numbers.count
    }
    var rows = [Int](repeating: 0, count: count * classCount)
    var accepts = [Bool](repeating: false, count: count)
    for state in 0..<stateCount {
      accepts[block[state]] = accepting[state]
      for item in 0..<classCount { rows[block[state] * classCount + item] = block[next[state * classCount + item]] }
    }
    return Automaton(classes: classes, classCount: classCount, next: rows, accepting: accepts)
  }
}

/// Makes a network deterministic: each state is the set of places where the search can be.
private struct SubsetConstruction {
  /// `matched` is final: an expression without `$` has been found, whatever follows.
  struct Subset: Hashable {
    var places: [Int]
    var matched: Bool
    /// Before the first byte, where `^` holds.
    var isStart: Bool
  }

  let network: ByteNetwork
  let classes: [(first: UInt8, class: UInt8)]
  var subsets: [Subset] = []
  var numbers: [Subset: Int] = [:]
  var next: [Int] = []

  /// Before minimisation; bounds memory for patterns that blow up.
  static let subsetsMax = 4000

  init(_ network: ByteNetwork) {
    self.network = network
    classes = Self.classes(network)
  }

  /// Bytes between two neighbouring bounds of any edge behave alike.
  private static func classes(_ network: ByteNetwork) -> [(first: UInt8, class: UInt8)] {
    var bounds: Set<Int> = [0]
    for state in network.states {
      for edge in state.bytes {
        bounds.insert(Int(edge.range.lowerBound))
        bounds.insert(Int(edge.range.upperBound) + 1)
      }
    }
    bounds.remove(256)
    var signatures: [[Int]: UInt8] = [:]
    return bounds.sorted().map { first in
      var signature: [Int] = []
      for (index, state) in network.states.enumerated() {
        for edge in state.bytes where edge.range.contains(UInt8(first)) { signature += [index, edge.target] }
      }
      let number = signatures[signature] ?? UInt8(signatures.count)
      signatures[signature] = number
      return (UInt8(first), number)
    }
  }

  var classCount: Int { Int(classes.map(\.class).max()!) + 1 }

  private func closure(_ seeds: [Int], atStart: Bool, atEnd: Bool) -> [Int] {
    var seen = Set(seeds)
    var stack = seeds
    while let place = stack.popLast() {
      for edge in network.states[place].free {
        let isOpen =
          switch edge.condition {
          case .none: true
          case .start: atStart
          case .end: atEnd
          }
        if isOpen, seen.insert(edge.target).inserted { stack.append(edge.target) }
      }
    }
    return seen.sorted()
  }

  private func subset(_ seeds: [Int], atStart: Bool) -> Subset {
    let places = closure(seeds, atStart: atStart, atEnd: false)
    let matched = places.contains(network.accept)
    return Subset(places: matched ? [] : places, matched: matched, isStart: atStart && !matched)
  }

  private mutating func number(_ subset: Subset) throws(RegularExpression.Unsupported) -> Int {
    if let known = numbers[subset] { return known }
    if subsets.count >= Self.subsetsMax { throw .init(reason: "more states than an automaton holds") }
    numbers[subset] = subsets.count
    subsets.append(subset)
    return subsets.count - 1
  }

  mutating func run() throws(RegularExpression.Unsupported) {
    let representatives = (0..<classCount).map { item in classes.first { $0.class == item }!.first }
    _ = try number(subset([network.start], atStart: true))
    var index = 0
    while index < subsets.count {
      let current = subsets[index]
      for byte in representatives {
        if current.matched {
          next.append(index)
          continue
        }
        var seeds = [network.start]  // the search may begin behind any byte
        for place in current.places {
          for edge in network.states[place].bytes where edge.range.contains(byte) { seeds.append(edge.target) }
        }
        next.append(try number(subset(seeds, atStart: false)))
      }
      index += 1
    }
  }

  func automaton() -> Automaton {
    let accepting = subsets.map { subset in
      subset.matched || closure(subset.places, atStart: subset.isStart, atEnd: true).contains(network.accept)
    }
    return Automaton(classes: classes, classCount: classCount, next: next, accepting: accepting)
  }
}
