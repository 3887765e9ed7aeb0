import Katana

extension UUID: SQLValue {
  public static var sqlType: SQLType { .uuid }

  public init?(sql bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 16 else { return nil }
    self.init(high: bytes.integer(at: 0), low: bytes.integer(at: 8))
  }

  public var sqlByteCount: Int { 16 }

  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    bytes.store(high, at: 0)
    bytes.store(low, at: 8)
  }
}
