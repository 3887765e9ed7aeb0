import KatanaContract

/// Where each byte of a text was taken from: a statement whose parameters were rewritten still has errors in the file
/// that the user wrote.
public struct TextMap: Sendable {
  struct Segment: Sendable {
    /// Of the text.
    let start: Int
    /// Of the file.
    let origin: Int
    /// Whether the bytes are those of the file; else all stand for the place `origin`.
    let isVerbatim: Bool
  }

  public let source: SourceFile
  /// Ascending, the first at 0.
  let segments: [Segment]

  /// A text that stands in the file as it is, from the byte `origin` on.
  public init(source: SourceFile, origin: Int = 0) {
    self.init(source: source, segments: [Segment(start: 0, origin: origin, isVerbatim: true)])
  }

  init(source: SourceFile, segments: [Segment]) {
    self.source = source
    self.segments = segments
  }

  /// The byte of the file that a byte of the text was taken from.
  public func origin(of offset: Int) -> Int {
    guard let segment = segments.last(where: { $0.start <= offset }) else { return segments.first?.origin ?? 0 }
    return segment.isVerbatim ? segment.origin + offset - segment.start : segment.origin
  }

  /// Line and column in the file of a byte of the text.
  public func location(of offset: Int) -> Location { source.location(atByte: origin(of: offset)) }
}
