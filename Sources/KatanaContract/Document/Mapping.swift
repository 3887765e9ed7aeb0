/// The entries of a mapping in document order. Keys are unique: a duplicate is an error of the parser.
public struct Mapping: Sendable {
  public struct Entry: Sendable {
    public let key: String
    public let keyLocation: Location
    public let value: Node
  }

  public let entries: [Entry]
  /// Present only where a linear search would be slower.
  private let index: [String: Int]?
  private static let linearSearchMax = 8

  init(entries: [Entry]) {
    self.entries = entries
    guard entries.count > Self.linearSearchMax else {
      index = nil
      return
    }
    var index: [String: Int] = [:]
    index.reserveCapacity(entries.count)
    for (position, entry) in entries.enumerated() { index[entry.key] = position }
    self.index = index
  }

  public var isEmpty: Bool { entries.isEmpty }
  public var keys: [String] { entries.map(\.key) }

  public func entry(_ key: String) -> Entry? {
    if let index { return index[key].map { entries[$0] } }
    return entries.first { $0.key == key }
  }

  public subscript(key: String) -> Node? { entry(key)?.value }

  /// Where the key itself is written.
  public func location(of key: String) -> Location? { entry(key)?.keyLocation }
}
