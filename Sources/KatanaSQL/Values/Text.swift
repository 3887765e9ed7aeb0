import CKatana

/// text, varchar, char(n), name, citext and enums. A string with U+0000 cannot be sent to PostgreSQL, which refuses it
/// (SQLSTATE 22021).
extension String: SQLValue {
  public static var sqlType: SQLType { .text }

  public init?(sql bytes: UnsafeRawBufferPointer) {
    // Databases check what they store; SQLite's may hold what another program put there.
    guard let base = bytes.baseAddress else {
      self = ""
      return
    }
    guard kt_utf8_valid(base, bytes.count) else { return nil }
    self = String(decoding: UnsafeBufferPointer(start: base.assumingMemoryBound(to: UInt8.self), count: bytes.count), as: UTF8.self)
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

  @inlinable
  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard let text = String(sql: bytes) else { return nil }
    self.init(rawValue: text)
  }

  public var sqlByteCount: Int { rawValue.utf8.count }
  public var sqlText: String { rawValue }
  public func write(to bytes: UnsafeMutableRawBufferPointer) { rawValue.write(to: bytes) }
}

/// A JSON document as text, in either of PostgreSQL's two types.
public protocol SQLJSONText: SQLValue, Hashable {
  /// A JSON document, which the database checks.
  var text: String { get }
  init(text: String)
}

extension SQLJSONText {
  public var sqlText: String { text }
}

/// json: the text as it was written.
public struct SQLJSON: SQLJSONText {
  public static var sqlType: SQLType { .json }

  public var text: String

  public init(text: String) { self.text = text }

  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard let text = String(sql: bytes) else { return nil }
    self.text = text
  }

  public var sqlByteCount: Int { text.utf8.count }
  public func write(to bytes: UnsafeMutableRawBufferPointer) { text.write(to: bytes) }
}

/// jsonb: the document, each member once and in an order of the database's own.
public struct SQLJSONB: SQLJSONText {
  public static var sqlType: SQLType { .jsonb }

  public var text: String

  public init(text: String) { self.text = text }

  /// A byte with the version of the form, 1, and the text (`jsonb_send`).
  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard bytes.first == 1, let text = String(sql: UnsafeRawBufferPointer(rebasing: bytes.dropFirst())) else { return nil }
    self.text = text
  }

  public var sqlByteCount: Int { 1 + text.utf8.count }

  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    bytes[0] = 1
    text.write(to: bytes.part(1, bytes.count - 1))
  }
}
