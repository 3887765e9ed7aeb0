import CKatana
import Katana

/// The parameters of one execution of a statement, or of several, in PostgreSQL's binary form.
///
/// Bytes lie in the request's arena, which stays until its handler has returned.
///
/// Workload: appended in order, one set after the other; read once.
public struct SQLParameters: ~Copyable {
  private let exchange: OpaquePointer
  /// Parameters per set.
  public let count: Int
  /// How often the statement is executed.
  public let setCount: Int
  private let storage: UnsafeMutablePointer<SQLCell>
  private var used = 0
  private var free: UnsafeMutableRawPointer?
  private var room = 0

  /// - Parameters:
  ///   - count: parameters of the statement.
  ///   - setCount: executions of it.
  /// - Throws: ``SQLError`` of kind `outOfMemory`.
  public init(_ context: borrowing Context, count: Int, setCount: Int = 1) throws(SQLError) {
    exchange = context.native
    self.count = count
    self.setCount = setCount
    let cells = max(count * setCount, 1)
    guard let memory = kt_exchange_alloc(exchange, cells * MemoryLayout<SQLCell>.stride) else { throw .outOfMemory }
    storage = memory.bindMemory(to: SQLCell.self, capacity: cells)
  }

  /// The parameters of a set, `count` of them.
  ///
  /// - Precondition: all sets were appended whole.
  public func cells(ofSet set: Int) -> UnsafePointer<SQLCell> {
    precondition(used == count * setCount && set >= 0 && set < max(setCount, 1), "a parameter was not appended")
    return UnsafePointer(storage + set * count)
  }

  public mutating func append(_ value: some SQLValue) throws(SQLError) {
    precondition(used < count * setCount, "the statement has fewer parameters")
    let count = value.sqlByteCount
    let target = try reserve(count)
    value.write(to: UnsafeMutableRawBufferPointer(start: target, count: count))
    storage[used] = SQLCell(pointer: UnsafeRawPointer(target), count: count)
    used += 1
  }

  public mutating func append(_ value: (some SQLValue)?) throws(SQLError) {
    if let value { try append(value) } else { appendNull() }
  }

  public mutating func appendNull() {
    precondition(used < count * setCount, "the statement has fewer parameters")
    storage[used] = SQLCell(pointer: nil, count: 0)
    used += 1
  }

  private mutating func reserve(_ n: Int) throws(SQLError) -> UnsafeMutableRawPointer {
    if n > room || free == nil {
      let size = max(n, 256)
      guard let memory = kt_exchange_alloc(exchange, size) else { throw .outOfMemory }
      free = memory
      room = size
    }
    let target = free!
    free = target + n
    room -= n
    return target
  }
}
