import Glibc

/// The bytes of one contract file and where its lines begin.
///
/// Every ``Location`` keeps its file alive, so a diagnostic can always show the line it speaks about. The name is what
/// the user typed; it is never opened again.
public final class SourceFile: Sendable {
  public let name: String
  public let bytes: [UInt8]
  /// Byte offset of the first byte of each line; never empty, ascending.
  private let lineStarts: [Int]

  public init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    var starts = [0]
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      var rest = 0
      while let found = memchr(base + rest, 0x0A, buffer.count - rest) {
        rest = base.distance(to: found.assumingMemoryBound(to: UInt8.self)) + 1
        starts.append(rest)
      }
    }
    lineStarts = starts
  }

  /// At most `width` code points of the location's line, and the index of the location among them. `nil` for an empty
  /// line. Decodes no more than it returns: contracts are sometimes one line of megabytes.
  func excerpt(around location: Location, width: Int) -> (text: String, caret: Int)? {
    guard location.line <= lineStarts.count else { return nil }
    let start = lineStarts[location.line - 1]
    var end = location.line < lineStarts.count ? lineStarts[location.line] - 1 : bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    guard start < end else { return nil }
    let isLong = offset(after: width, from: start, end) < end
    let column = location.column - 1
    let skipped = isLong ? max(0, column - width / 2) : 0
    let first = offset(after: skipped, from: start, end)
    let text = String(decoding: bytes[first..<offset(after: width, from: first, end)], as: UTF8.self)
    return (text, min(column - skipped, text.unicodeScalars.count))
  }

  /// The offset `count` code points later, at most `end`.
  private func offset(after count: Int, from start: Int, _ end: Int) -> Int {
    bytes.withUnsafeBufferPointer { buffer in
      var offset = start
      var left = count
      while left > 0, offset < end {
        offset += 1
        while offset < end, buffer[offset] & 0xC0 == 0x80 { offset += 1 }
        left -= 1
      }
      return offset
    }
  }

  /// Line and column of a byte offset. Columns count code points, as editors do.
  public func location(atByte offset: Int) -> Location {
    let offset = min(max(offset, 0), bytes.count)
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    var column = 1
    for byte in bytes[lineStarts[low]..<offset] where byte & 0xC0 != 0x80 { column += 1 }
    return Location(source: self, line: low + 1, column: column)
  }
}
