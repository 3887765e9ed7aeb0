/// The elements of a streamed response, from any asynchronous sequence.
///
/// ```swift
/// func watchStock(_ context: Context) async throws -> ResponseStream<StockChange> {
///   ResponseStream(changes.stream())
/// }
/// ```
public struct ResponseStream<Element: Sendable>: AsyncSequence, Sendable {
  private let begin: @Sendable () -> AsyncIterator

  public init<Elements: AsyncSequence & Sendable>(_ elements: Elements) where Elements.Element == Element {
    begin = {
      var iterator = elements.makeAsyncIterator()
      return AsyncIterator { try await iterator.next() }
    }
  }

  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let produce: () async throws -> Element?

    public mutating func next() async throws -> Element? { try await produce() }
  }

  public func makeAsyncIterator() -> AsyncIterator { begin() }
}
