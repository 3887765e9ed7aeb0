extension SQLValue where Self: FixedWidthInteger & BitwiseCopyable {
  @inlinable
  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard bytes.count == MemoryLayout<Self>.size else { return nil }
    self = bytes.integer(at: 0)
  }

  @inlinable public var sqlByteCount: Int { MemoryLayout<Self>.size }
  @inlinable public func write(to bytes: UnsafeMutableRawBufferPointer) { bytes.store(self, at: 0) }
}

extension Int16: SQLValue { public static var sqlType: SQLType { .int2 } }
extension Int32: SQLValue { public static var sqlType: SQLType { .int4 } }
extension Int64: SQLValue { public static var sqlType: SQLType { .int8 } }
/// Object identifiers.
extension UInt32: SQLValue { public static var sqlType: SQLType { .oid } }

extension Float: SQLValue {
  public static var sqlType: SQLType { .float4 }

  @inlinable
  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 4 else { return nil }
    self.init(bitPattern: bytes.integer(at: 0))
  }

  @inlinable public var sqlByteCount: Int { 4 }
  @inlinable public func write(to bytes: UnsafeMutableRawBufferPointer) { bytes.store(bitPattern, at: 0) }
}

extension Double: SQLValue {
  public static var sqlType: SQLType { .float8 }

  @inlinable
  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 8 else { return nil }
    self.init(bitPattern: bytes.integer(at: 0))
  }

  @inlinable public var sqlByteCount: Int { 8 }
  @inlinable public func write(to bytes: UnsafeMutableRawBufferPointer) { bytes.store(bitPattern, at: 0) }
}

extension Bool: SQLValue {
  public static var sqlType: SQLType { .bool }

  @inlinable
  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 1, bytes[0] < 2 else { return nil }
    self = bytes[0] == 1
  }

  @inlinable public var sqlByteCount: Int { 1 }
  @inlinable public func write(to bytes: UnsafeMutableRawBufferPointer) { bytes[0] = self ? 1 : 0 }
}
