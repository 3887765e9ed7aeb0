import CSQLite
import Glibc
import KatanaSQL
import KatanaSQLiteDialect
import Synchronization

/// One connection, which executes one order at a time: on a worker's thread or on the reactor, never on both at once.
final class Connection: @unchecked Sendable {
  /// Steps of SQLite's machine, a few dozen nanoseconds each, between two looks at the clock.
  private static let stepsPerLook: Int32 = 1000

  private let location: SQLiteLocation
  let options: SQLiteOptions
  private(set) var handle: OpaquePointer?
  /// By ``SQLStatement/index``: the variants that were used.
  private var prepared: [[PreparedStatement]] = []
  /// What `now()` gives: the same within a transaction.
  private let clock = UnsafeMutablePointer<Int64>.allocate(capacity: 1)
  /// Set by whoever waits for the order; read by SQLite's progress handler.
  let isStopped = Atomic(false)
  /// On CLOCK_MONOTONIC.
  var deadline = UInt64.max
  /// The statement of a stream that is not at its end.
  var streaming: PreparedStatement?

  init(_ location: SQLiteLocation, _ options: SQLiteOptions) {
    self.location = location
    self.options = options
    clock.initialize(to: 0)
  }

  deinit {
    close()
    clock.deallocate()
  }

  /// Whatever transaction is open is rolled back.
  func close() {
    streaming = nil
    prepared = []
    sqlite3_close_v2(handle)
    handle = nil
  }

  /// Opens the database unless it is open.
  func open() throws(SQLError) {
    if handle != nil { return }
    var flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    _ = Self.isConfigured
    let name: String
    switch location {
    case .file(let path): name = path
    case .memory(let shared):
      // As digits, because the name would be taken for a part of an address.
      name = "file:/\(shared.utf8.map { String($0, radix: 16) }.joined(separator: "-"))?vfs=memdb"
      flags |= SQLITE_OPEN_URI
    }
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(name, &opened, flags, nil)
    guard code == SQLITE_OK, let opened else {
      var reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
      // What the system said is what tells a missing folder from one that may not be written.
      let cause = opened.map { sqlite3_system_errno($0) } ?? 0
      if cause != 0 { reason += " (\(String(cString: strerror(cause))))" }
      sqlite3_close_v2(opened)
      throw SQLError(.unavailable, "cannot open the database '\(location)': \(reason)")
    }
    handle = opened
    do throws(SQLError) {
      try prepare(opened)
    } catch {
      close()
      throw SQLError(.unavailable, "cannot use the database '\(location)': \(error.message)", state: error.state)
    }
  }

  /// Once in a process. Where another part of the program used SQLite first, it is only slower.
  private static let isConfigured = katana_sqlite_configure() == SQLITE_OK

  private func prepare(_ opened: OpaquePointer) throws(SQLError) {
    // Another process may hold a lock while it opens the same file.
    sqlite3_busy_timeout(opened, 2000)
    guard SQLiteDialect.install(on: opened, clock: clock) == SQLITE_OK else { throw .outOfMemory }
    switch location {
    case .file:
      try execute("PRAGMA journal_mode = WAL")
      try execute(options.durability == .power ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
    case .memory: try execute("PRAGMA journal_mode = MEMORY")
    }
    sqlite3_busy_timeout(opened, 0)
    sqlite3_progress_handler(
      opened,
      Self.stepsPerLook,
      { context in Unmanaged<Connection>.fromOpaque(context!).takeUnretainedValue().mustStop ? 1 : 0 },
      Unmanaged.passUnretained(self).toOpaque()
    )
  }

  private var mustStop: Bool {
    isStopped.load(ordering: .relaxed) || (deadline != .max && Self.now() >= deadline)
  }

  /// CLOCK_MONOTONIC in nanoseconds.
  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Statements without parameters and rows.
  func execute(_ text: String) throws(SQLError) {
    let code = sqlite3_exec(handle, text, nil, nil, nil)
    if code != SQLITE_OK { throw failure(code) }
  }

  func failure(_ code: Int32) -> SQLError { .sqlite(code, String(cString: sqlite3_errmsg(handle)), of: handle) }

  /// Whether no transaction is open: none was begun, or SQLite has rolled it back by itself.
  var isAutocommit: Bool { handle.map { sqlite3_get_autocommit($0) != 0 } ?? true }

  /// The first `now()` of what begins reads the clock.
  func resetClock() { clock.pointee = SQLiteDialect.unreadClock }

  func statement(_ statement: SQLStatement, variant: UInt64) throws(SQLError) -> PreparedStatement {
    while prepared.count <= statement.index { prepared.append([]) }
    if let found = prepared[statement.index].first(where: { $0.variant == variant }) { return found }
    let made = try PreparedStatement(statement, variant: variant, on: handle!)
    if prepared[statement.index].count >= options.preparedVariantsMax { prepared[statement.index].removeFirst() }
    prepared[statement.index].append(made)
    return made
  }
}
