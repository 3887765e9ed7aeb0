import KatanaContract

/// A text that is put together from parts of a file and from what stands for them.
struct MappedText: Sendable {
  private(set) var text = ""
  private(set) var segments: [TextMap.Segment] = []

  var count: Int { text.utf8.count }
  var isEmpty: Bool { text.isEmpty }

  /// Bytes of the file as they are.
  mutating func append(_ bytes: ArraySlice<UInt8>) {
    segments.append(.init(start: count, origin: bytes.startIndex, isVerbatim: true))
    text += String(decoding: bytes, as: UTF8.self)
  }

  /// A text that stands for the place `origin` of the file.
  mutating func append(_ replacement: String, for origin: Int) {
    segments.append(.init(start: count, origin: origin, isVerbatim: false))
    text += replacement
  }

  mutating func append(_ other: MappedText) {
    let offset = count
    segments += other.segments.map { .init(start: $0.start + offset, origin: $0.origin, isVerbatim: $0.isVerbatim) }
    text += other.text
  }

  /// A part of the text; its bytes keep their places.
  mutating func append(_ other: MappedText, _ range: Range<Int>) {
    let bytes = Array(other.text.utf8)
    for (index, segment) in other.segments.enumerated() {
      let end = index + 1 < other.segments.count ? other.segments[index + 1].start : bytes.count
      let start = max(segment.start, range.lowerBound)
      guard start < min(end, range.upperBound) else { continue }
      let part = start..<min(end, range.upperBound)
      let origin = segment.isVerbatim ? segment.origin + part.lowerBound - segment.start : segment.origin
      segments.append(.init(start: count, origin: origin, isVerbatim: segment.isVerbatim))
      text += String(decoding: bytes[part], as: UTF8.self)
    }
  }

  func map(_ source: SourceFile) -> TextMap {
    TextMap(source: source, segments: segments.isEmpty ? [.init(start: 0, origin: 0, isVerbatim: false)] : segments)
  }
}
