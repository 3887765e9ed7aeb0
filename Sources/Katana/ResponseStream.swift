/// The elements of a streamed response, from any asynchronous sequence.
///
/// ```swift
/// func watchStock(_ context: Context) async throws -> ResponseStream<StockChange> {
///   ResponseStream(changes.stream())
/// }
/// ```
public struct ResponseStream<Element: Sendable>: AsyncSequence, Sendable {
  private let begin: @Sendable () -> AsyncIterator

  /// The elements of a sequence, which is asked for the next one when the client has taken what was written. An error
  /// of the sequence cuts the response off, so that the client does not take it for whole.
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
