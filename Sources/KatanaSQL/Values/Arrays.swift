/// One-dimensional arrays (`array_send`): dimensions, whether there are NULLs, the elements' type; for the dimension its
/// length and lower bound; for each element its length, -1 for NULL, and its bytes.
extension SQLValue {
  public static func array(sql bytes: UnsafeRawBufferPointer) -> [Self]? {
    readArray(bytes) { bytes in bytes.flatMap { Self(sql: $0) } }
  }

  public static func sqlByteCount(of array: [Self]) -> Int {
    array.isEmpty ? 12 : array.reduce(20) { $0 + 4 + $1.sqlByteCount }
  }

  public static func write(_ array: [Self], to bytes: UnsafeMutableRawBufferPointer) {
    writeArray(array, of: sqlType, hasNulls: false, to: bytes) { $0 }
  }

  public static func sqlText(of array: [Self]) -> String {
    "{" + array.map { quoted($0.sqlText) }.joined(separator: ",") + "}"
  }
}

extension Array: SQLValue where Element: SQLValue {
  public static var sqlType: SQLType { Element.sqlType.array }

  @inlinable
  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard let array = Element.array(sql: bytes) else { return nil }
    self = array
  }

  public var sqlByteCount: Int { Element.sqlByteCount(of: self) }
  public var sqlText: String { Element.sqlText(of: self) }
  public func write(to bytes: UnsafeMutableRawBufferPointer) { Element.write(self, to: bytes) }
}

/// bytea is an array of bytes to Swift, and no array to PostgreSQL.
extension UInt8: SQLValue {
  /// A byte alone is PostgreSQL's `"char"`; only arrays of it are columns.
  public static var sqlType: SQLType { SQLType(rawValue: 18) }

  public static func array(sql bytes: UnsafeRawBufferPointer) -> [UInt8]? { [UInt8](bytes) }
  public static func sqlByteCount(of array: [UInt8]) -> Int { array.count }

  public static func sqlText(of array: [UInt8]) -> String {
    array.reduce(into: "\\x") { text, byte in text += (byte < 16 ? "0" : "") + String(byte, radix: 16) }
  }

  public static func write(_ array: [UInt8], to bytes: UnsafeMutableRawBufferPointer) { bytes.copyBytes(from: array) }
}

/// An element that may be NULL. Alone, a value that may be NULL is a column's affair: ``SQLRow/optional(_:as:)``.
extension Optional: SQLValue where Wrapped: SQLValue {
  public static var sqlType: SQLType { Wrapped.sqlType }

  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard let value = Wrapped(sql: bytes) else { return nil }
    self = .some(value)
  }

  public var sqlByteCount: Int { self?.sqlByteCount ?? 0 }
  public var sqlText: String { self?.sqlText ?? "NULL" }
  public func write(to bytes: UnsafeMutableRawBufferPointer) { self?.write(to: bytes) }

  public static func array(sql bytes: UnsafeRawBufferPointer) -> [Wrapped?]? {
    readArray(bytes) { bytes in
      guard let bytes else { return .some(nil) }
      return Wrapped(sql: bytes).map { .some($0) }
    }
  }

  public static func write(_ array: [Wrapped?], to bytes: UnsafeMutableRawBufferPointer) {
    writeArray(array, of: sqlType, hasNulls: array.contains { $0 == nil }, to: bytes) { $0 }
  }

  public static func sqlText(of array: [Wrapped?]) -> String {
    "{" + array.map { $0.map { quoted($0.sqlText) } ?? "NULL" }.joined(separator: ",") + "}"
  }
}

private func readArray<Element>(
  _ bytes: UnsafeRawBufferPointer, _ element: (UnsafeRawBufferPointer?) -> Element?
) -> [Element]? {
  guard bytes.count >= 12 else { return nil }
  let dimensions: Int32 = bytes.integer(at: 0)
  if dimensions == 0 { return [] }
  guard dimensions == 1, bytes.count >= 20 else { return nil }
  let count = Int(bytes.integer(at: 12, as: Int32.self))
  // Each element takes four bytes at least, so what the sender claims cannot reserve more memory than it sent.
  guard count >= 0, count <= (bytes.count - 20) / 4 else { return nil }
  var array: [Element] = []
  array.reserveCapacity(count)
  var at = 20
  for _ in 0..<count {
    guard bytes.count - at >= 4 else { return nil }
    let size = Int(bytes.integer(at: at, as: Int32.self))
    at += 4
    if size == -1 {
      guard let value = element(nil) else { return nil }
      array.append(value)
      continue
    }
    guard size >= 0, bytes.count - at >= size,
      let value = element(UnsafeRawBufferPointer(rebasing: bytes[at..<at + size]))
    else { return nil }
    array.append(value)
    at += size
  }
  return at == bytes.count ? array : nil
}

private func writeArray<Element, Value: SQLValue>(
  _ array: [Element], of type: SQLType, hasNulls: Bool, to bytes: UnsafeMutableRawBufferPointer,
  _ value: (Element) -> Value?
) {
  bytes.store(Int32(array.isEmpty ? 0 : 1), at: 0)
  bytes.store(Int32(hasNulls ? 1 : 0), at: 4)
  bytes.store(type.rawValue, at: 8)
  if array.isEmpty { return }
  bytes.store(Int32(array.count), at: 12)
  bytes.store(Int32(1), at: 16)
  var at = 20
  for element in array {
    guard let value = value(element) else {
      bytes.store(Int32(-1), at: at)
      at += 4
      continue
    }
    let count = value.sqlByteCount
    bytes.store(Int32(count), at: at)
    value.write(to: bytes.part(at + 4, count))
    at += 4 + count
  }
}

extension SQLType {
  /// The type of arrays of this type.
  var array: SQLType {
    switch self {
    case .bool: .boolArray
    case .bytea: .byteaArray
    case SQLType(rawValue: 18): .bytea
    case .int2: .int2Array
    case .int4: .int4Array
    case .int8: .int8Array
    case .float4: .float4Array
    case .float8: .float8Array
    case .numeric: .numericArray
    case .oid: .oidArray
    case .uuid: .uuidArray
    case .date: .dateArray
    case .time: .timeArray
    case .timestamp: .timestampArray
    case .timestamptz: .timestamptzArray
    case .interval: .intervalArray
    case .json: .jsonArray
    case .jsonb: .jsonbArray
    default: .textArray
    }
  }
}
