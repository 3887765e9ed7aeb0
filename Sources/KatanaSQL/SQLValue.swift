/// A value with PostgreSQL's binary form, which statements send and rows hold whatever the database.
public protocol SQLValue: Sendable {
  /// The built-in type that has this form; what an array of the values says that its elements are.
  static var sqlType: SQLType { get }

  /// Nil when the bytes are no such value.
  init?(sql bytes: UnsafeRawBufferPointer)

  /// Bytes that ``write(to:)`` writes.
  var sqlByteCount: Int { get }

  /// Writes the whole buffer, which has ``sqlByteCount`` bytes and any alignment.
  func write(to bytes: UnsafeMutableRawBufferPointer)

  /// What PostgreSQL reads as the value, as `psql` would send it: for composite types, which are sent as text.
  var sqlText: String { get }

  /// An array of values from its binary form. The elements' type is not looked at, as one of a user's own has no fixed
  /// number. Nil also for arrays of several dimensions.
  static func array(sql bytes: UnsafeRawBufferPointer) -> [Self]?
  static func sqlByteCount(of array: [Self]) -> Int
  static func sqlText(of array: [Self]) -> String
  static func write(_ array: [Self], to bytes: UnsafeMutableRawBufferPointer)
}

extension SQLValue {
  public var sqlText: String { "\(self)" }
}

extension UnsafeRawBufferPointer {
  /// The big-endian integer at an offset.
  ///
  /// - Precondition: the buffer has it.
  @inlinable
  func integer<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as: Value.Type = Value.self) -> Value {
    Value(bigEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
  }
}

extension UnsafeMutableRawBufferPointer {
  @inlinable
  func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
  }

  @inlinable
  func part(_ offset: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: self[offset..<offset + count])
  }
}
