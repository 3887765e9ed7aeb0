/// A value with PostgreSQL's binary form, which statements send and rows hold whatever the database.
public protocol SQLValue: Sendable {
  /// The type of its arrays' elements, or, of a user's own type, that of the same binary form.
  static var sqlType: SQLType { get }

  /// Nil when the bytes are no such value.
  init?(sql bytes: UnsafeRawBufferPointer)

  /// Bytes that ``write(to:)`` writes.
  var sqlByteCount: Int { get }

  /// Writes the whole buffer, which has ``sqlByteCount`` bytes and any alignment.
  func write(to bytes: UnsafeMutableRawBufferPointer)
}
