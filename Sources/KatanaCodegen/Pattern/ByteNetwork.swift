/// A nondeterministic automaton over UTF-8 bytes (Thompson's construction). Edges without bytes are free; `^` is free
/// at the start of the text only and `$` at its end only.
struct ByteNetwork {
  enum Condition { case none, start, end }

  struct State {
    var free: [(condition: Condition, target: Int)] = []
    var bytes: [(range: ClosedRange<UInt8>, target: Int)] = []
  }

  private(set) var states: [State] = []
  private(set) var start = 0
  private(set) var accept = 0

  /// Bounds the work for patterns like `(a{1000}){1000}`.
  static let statesMax = 20_000

  init(_ expression: RegularExpression) throws(RegularExpression.Unsupported) {
    start = try add()
    accept = try add()
    try connect(expression, start, accept)
  }

  private mutating func add() throws(RegularExpression.Unsupported) -> Int {
    if states.count >= Self.statesMax { throw .init(reason: "more repetitions than an automaton holds") }
    states.append(State())
    return states.count - 1
  }

  private mutating func connect(_ expression: RegularExpression, _ from: Int, _ to: Int)
    throws(RegularExpression.Unsupported)
  {
    switch expression {
    case .empty: states[from].free.append((.none, to))
    case .start: states[from].free.append((.start, to))
    case .end: states[from].free.append((.end, to))
    case .scalars(let set):
      for range in set.ranges { try connect(range, from, to) }
    case .sequence(let items):
      var current = from
      for (index, item) in items.enumerated() {
        let next = index + 1 == items.count ? to : try add()
        try connect(item, current, next)
        current = next
      }
    case .choice(let options):
      for option in options { try connect(option, from, to) }
    case .repetition(let item, let min, let max):
      try connect(item, min, max, from, to)
    }
  }

  private mutating func connect(_ item: RegularExpression, _ min: Int, _ max: Int?, _ from: Int, _ to: Int)
    throws(RegularExpression.Unsupported)
  {
    // A state of its own at the front, so that a loop cannot be entered from the side by way of `from`.
    var current = try add()
    states[from].free.append((.none, current))
    for _ in 0..<min {
      let next = try add()
      try connect(item, current, next)
      current = next
    }
    guard let max else {
      let loop = try add()
      states[current].free.append((.none, loop))
      let back = try add()
      try connect(item, loop, back)
      states[back].free.append((.none, loop))
      states[loop].free.append((.none, to))
      return
    }
    for _ in min..<max {
      states[current].free.append((.none, to))
      let next = try add()
      try connect(item, current, next)
      current = next
    }
    states[current].free.append((.none, to))
  }

  /// The UTF-8 of a range of code points: split until all bytes but the first differing one span their full range.
  private mutating func connect(_ range: ClosedRange<UInt32>, _ from: Int, _ to: Int)
    throws(RegularExpression.Unsupported)
  {
    for bounds in [0...0x7F, 0x80...0x7FF, 0x800...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF] as [ClosedRange<UInt32>]
    {
      guard range.overlaps(bounds) else { continue }
      let part = range.clamped(to: bounds)
      try connect(low: utf8(part.lowerBound), high: utf8(part.upperBound), from, to)
    }
  }

  private mutating func connect(low: ArraySlice<UInt8>, high: ArraySlice<UInt8>, _ from: Int, _ to: Int)
    throws(RegularExpression.Unsupported)
  {
    guard let first = low.first, let last = high.first else { return }
    if low.count == 1 {
      states[from].bytes.append((first...last, to))
      return
    }
    let lowest = ArraySlice(repeatElement(UInt8(0x80), count: low.count - 1))
    let highest = ArraySlice(repeatElement(UInt8(0xBF), count: low.count - 1))
    if first == last {
      try step(first...last, low.dropFirst(), high.dropFirst(), from, to)
      return
    }
    var middleFirst = first
    var middleLast = last
    if low.dropFirst() != lowest {
      try step(first...first, low.dropFirst(), highest, from, to)
      middleFirst += 1
    }
    if high.dropFirst() != highest {
      try step(last...last, lowest, high.dropFirst(), from, to)
      middleLast -= 1
    }
    if middleFirst <= middleLast { try step(middleFirst...middleLast, lowest, highest, from, to) }
  }

  private mutating func step(
    _ range: ClosedRange<UInt8>,
    _ low: ArraySlice<UInt8>,
    _ high: ArraySlice<UInt8>,
    _ from: Int,
    _ to: Int
  ) throws(RegularExpression.Unsupported) {
    let next = try add()
    states[from].bytes.append((range, next))
    try connect(low: low, high: high, next, to)
  }

  private func utf8(_ value: UInt32) -> ArraySlice<UInt8> { ArraySlice(UTF8.encode(Unicode.Scalar(value)!)!) }
}
