/// A position in a contract file: 1-based line and column, the column counted in code points.
public struct Location: Sendable {
  public let source: SourceFile
  private let line32: UInt32
  private let column32: UInt32

  public init(source: SourceFile, line: Int, column: Int) {
    self.source = source
    line32 = UInt32(clamping: line)
    column32 = UInt32(clamping: column)
  }

  public var file: String { source.name }
  public var line: Int { Int(line32) }
  public var column: Int { Int(column32) }
}

extension Location: Hashable, Comparable, CustomStringConvertible {
  public static func == (left: Location, right: Location) -> Bool {
    left.line32 == right.line32 && left.column32 == right.column32 && left.file == right.file
  }

  /// Without the file, whose name is slow to hash.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(line32)
    hasher.combine(column32)
  }

  /// Files in name order, then from top to bottom.
  public static func < (left: Location, right: Location) -> Bool {
    if left.source !== right.source, left.file != right.file { return left.file < right.file }
    return (left.line32, left.column32) < (right.line32, right.column32)
  }

  /// How a message at `other` speaks of this place: `line 12`, or `file:12` of another file.
  func mentioned(at other: Location) -> String { file == other.file ? "line \(line)" : "\(printable(file)):\(line)" }

  /// `file:line:column`, the form editors open.
  public var description: String { "\(file):\(line):\(column)" }
}

/// A value and the place it was written at.
public struct Located<Value: Sendable>: Sendable {
  public let value: Value
  public let location: Location

  public init(_ value: Value, at location: Location) {
    self.value = value
    self.location = location
  }
}
