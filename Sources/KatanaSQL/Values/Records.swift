/// Reads a composite value (`record_send`): the number of fields and, for each, its type, length and bytes. What generated
/// code makes the structs of a schema's composite types with.
public struct SQLRecordReader: ~Copyable {
  private var rest: UnsafeRawBufferPointer
  private var left: Int
  /// True once something was not as expected.
  public private(set) var isFailed: Bool

  public init(_ bytes: UnsafeRawBufferPointer, fieldCount: Int) {
    left = fieldCount
    isFailed = bytes.count < 4 || Int(bytes.integer(at: 0, as: Int32.self)) != fieldCount
    rest = isFailed ? bytes : UnsafeRawBufferPointer(rebasing: bytes[4...])
  }

  /// The next field; nil for NULL and once the reader has failed.
  public mutating func next<Value: SQLValue>(_ type: Value.Type = Value.self) -> Value? {
    if isFailed { return nil }
    guard left > 0, rest.count >= 8 else {
      isFailed = true
      return nil
    }
    left -= 1
    let count = Int(rest.integer(at: 4, as: Int32.self))
    if count == -1 {
      rest = UnsafeRawBufferPointer(rebasing: rest[8...])
      return nil
    }
    guard count >= 0, rest.count - 8 >= count, let value = Value(sql: UnsafeRawBufferPointer(rebasing: rest[8..<8 + count]))
    else {
      isFailed = true
      return nil
    }
    rest = UnsafeRawBufferPointer(rebasing: rest[(8 + count)...])
    return value
  }

  /// Whether all fields were read and nothing is left.
  public var isWhole: Bool { !isFailed && left == 0 && rest.isEmpty }
}

/// Writes a composite value as the text that PostgreSQL reads: `("a","b",)`.
public struct SQLRecordText: ~Copyable {
  private var text = "("

  public init() {}

  public mutating func append(_ value: (some SQLValue)?) {
    if text.utf8.count > 1 { text += "," }
    if let value { text += quoted(value.sqlText) }
  }

  /// The whole value.
  public var value: String { text + ")" }
}

/// An element of an array or a field of a record, in quotes, which either takes around any text.
func quoted(_ text: String) -> String {
  var quoted = "\""
  for character in text.unicodeScalars {
    if character == "\"" || character == "\\" { quoted.unicodeScalars.append("\\") }
    quoted.unicodeScalars.append(character)
  }
  return quoted + "\""
}
