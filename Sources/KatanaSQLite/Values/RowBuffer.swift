import Glibc
import KatanaSQL

/// The rows of a result while they arrive: bytes one after another, and for each value where they are. A worker fills
/// it; when it is full, ``SQLiteResult`` owns the memory.
///
/// Workload: appended only, doubled when it is too small; read after it is whole, when addresses no longer change.
final class RowBuffer {
  private(set) var bytes: UnsafeMutableRawPointer?
  private(set) var count = 0
  private var capacity = 0
  private(set) var cells: UnsafeMutablePointer<SQLCell>?
  private(set) var cellCount = 0
  private var cellCapacity = 0
  /// Bytes that a result may have.
  let sizeMax: Int

  init(sizeMax: Int) { self.sizeMax = sizeMax }

  deinit {
    free(bytes)
    free(cells)
  }

  private func reserve(_ n: Int) throws(SQLError) {
    if count + n <= capacity { return }
    if count + n > sizeMax {
      var error = SQLError(.refused, "the result has more than \(sizeMax) bytes", state: "54000")
      error.hint = "read it as a stream, or raise SQLiteOptions.resultSizeMax"
      throw error
    }
    let size = max(capacity * 2, count + n, 512)
    guard let memory = realloc(bytes, size) else { throw .outOfMemory }
    bytes = memory
    capacity = size
  }

  func append(_ source: UnsafeRawBufferPointer) throws(SQLError) {
    guard let base = source.baseAddress, source.count > 0 else { return }
    try reserve(source.count)
    (bytes! + count).copyMemory(from: base, byteCount: source.count)
    count += source.count
  }

  func append<I: FixedWidthInteger & BitwiseCopyable>(_ value: I) throws(SQLError) {
    try reserve(MemoryLayout<I>.size)
    bytes!.storeBytes(of: value.bigEndian, toByteOffset: count, as: I.self)
    count += MemoryLayout<I>.size
  }

  func replace(_ value: Int32, at offset: Int) {
    bytes!.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Int32.self)
  }

  func truncate(to count: Int) { self.count = count }

  /// A value whose bytes are all from `start` on; `start` nil: NULL. Until ``finish()`` the address is an offset.
  func appendCell(from start: Int?) throws(SQLError) {
    if cellCount == cellCapacity {
      let capacity = max(cellCapacity * 2, 16)
      guard let memory = realloc(cells, capacity * MemoryLayout<SQLCell>.stride) else { throw .outOfMemory }
      cells = memory.bindMemory(to: SQLCell.self, capacity: capacity)
      cellCapacity = capacity
    }
    // An address is never nil, so offsets count from one.
    let cell = start.map { SQLCell(pointer: UnsafeRawPointer(bitPattern: $0 + 1), count: count - $0) }
    cells![cellCount] = cell ?? SQLCell(pointer: nil, count: 0)
    cellCount += 1
  }

  /// Offsets become addresses; nothing is appended any more until ``clear()``.
  func finish() {
    // A value of no bytes needs an address, too.
    let base = UnsafeRawPointer(bytes) ?? UnsafeRawPointer(bitPattern: 1)!
    for index in 0..<cellCount {
      if let offset = cells![index].pointer { cells![index].pointer = base + (Int(bitPattern: offset) - 1) }
    }
  }

  func clear() {
    count = 0
    cellCount = 0
  }
}

/// All rows of a statement.
final class SQLiteResult: SQLResult {
  private let rows: RowBuffer

  init(_ rows: RowBuffer, rowCount: Int, columnCount: Int, affected: Int) {
    self.rows = rows
    super.init(rowCount: rowCount, columnCount: columnCount, affected: affected)
  }

  nonisolated(unsafe) private static let noCells = UnsafePointer(UnsafeMutablePointer<SQLCell>.allocate(capacity: 1))

  override func cells(ofRow row: Int) -> UnsafePointer<SQLCell> {
    rows.cells.map { UnsafePointer($0 + row * columnCount) } ?? Self.noCells
  }
}
