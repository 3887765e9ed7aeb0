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
      for index in buffer.indices where buffer[index] == UInt8(ascii: "\n") {
        starts.append(index + 1)
      }
    }
    lineStarts = starts
  }

  /// The text of a 1-based line without its line ending; `nil` past the end. Broken UTF-8 is repaired.
  public func line(_ number: Int) -> String? {
    guard number >= 1, number <= lineStarts.count else { return nil }
    let start = lineStarts[number - 1]
    var end = number < lineStarts.count ? lineStarts[number] - 1 : bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  /// Line and column of a byte offset. Columns count code points, as editors do.
  func location(atByte offset: Int) -> Location {
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
