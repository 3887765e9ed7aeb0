/// text, varchar, char(n), name, citext and enums. A string with U+0000 cannot be sent to PostgreSQL, which refuses it
/// (SQLSTATE 22021).
extension String: SQLValue {
  public static var sqlType: SQLType { .text }

  @inlinable
  public init?(sql bytes: UnsafeRawBufferPointer) {
    // Databases check what they store; SQLite's may hold what another program put there.
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    self = text
  }

  @inlinable public var sqlByteCount: Int { utf8.count }

  @inlinable
  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    var text = self
    text.withUTF8 { if let base = $0.baseAddress { bytes.baseAddress?.copyMemory(from: base, byteCount: $0.count) } }
  }
}

/// A type of the user's own whose binary form is text: an enum of the schema as a Swift enum.
public protocol SQLEnum: SQLValue, RawRepresentable, Hashable, CaseIterable where RawValue == String {}

extension SQLEnum {
  public static var sqlType: SQLType { .text }

  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard let text = String(sql: bytes) else { return nil }
    self.init(rawValue: text)
  }

  public var sqlByteCount: Int { rawValue.utf8.count }
  public var sqlText: String { rawValue }
  public func write(to bytes: UnsafeMutableRawBufferPointer) { rawValue.write(to: bytes) }
}

/// json and jsonb as text. What a statement sends to a jsonb column needs no version byte of its own: statements declare
/// such parameters as json.
public struct SQLJSON: SQLValue, Hashable {
  public static var sqlType: SQLType { .json }

  /// A JSON document, which the database checks.
  public var text: String

  public init(text: String) { self.text = text }

  /// jsonb is a byte with the version of the form, 1, and the text (`jsonb_send`); no document begins with that byte.
  public init?(sql bytes: UnsafeRawBufferPointer) {
    let isBinary = bytes.first == 1
    guard let text = String(sql: isBinary ? UnsafeRawBufferPointer(rebasing: bytes.dropFirst()) : bytes) else { return nil }
    self.text = text
  }

  public var sqlByteCount: Int { text.utf8.count }
  public var sqlText: String { text }
  public func write(to bytes: UnsafeMutableRawBufferPointer) { text.write(to: bytes) }
}
