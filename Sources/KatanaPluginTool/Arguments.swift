/// The command line, as KatanaPlugin writes it: what the build was planned with.
struct Arguments {
  /// The target's folder.
  private(set) var target = ""
  /// The files that the build watches.
  private(set) var inputs: Set<String> = []
  /// The files to write, each to be there in the end.
  private(set) var outputs: [String] = []

  init(_ words: some Sequence<String>) throws {
    var words = words.makeIterator()
    while let name = words.next() {
      guard let value = words.next() else { throw Failure("'\(name)' has no value") }
      switch name {
      case "--target": target = value
      case "--input": inputs.insert(value)
      case "--output": outputs.append(value)
      default: throw Failure("there is no argument '\(name)'")
      }
    }
    if target.isEmpty || outputs.isEmpty { throw Failure("'--target' and '--output' are needed") }
  }
}
