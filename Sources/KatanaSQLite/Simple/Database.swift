import CSQLite
import Glibc
import KatanaSQLiteDialect

/// One SQLite connection. Use it on one thread at a time: a service opens one per reactor.
package final class Database {
  let handle: OpaquePointer

  /// Opens a database file, created when missing, in WAL mode; readers and one writer do not block each other.
  ///
  /// - Throws: ``SQLiteError`` naming the path when it cannot be opened or written.
  package convenience init(path: String) throws(SQLiteError) {
    try self.init(name: path, describedAs: path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
    do {
      try execute("PRAGMA journal_mode=WAL")
      try execute("PRAGMA synchronous=NORMAL")
      // A read-only file opens without an error, and so does any other; only use tells.
      try execute("BEGIN IMMEDIATE")
      try execute("ROLLBACK")
    } catch {
      throw SQLiteError(code: error.code, message: "cannot use the database '\(path)': \(error.message)")
    }
  }

  /// Opens a database in memory that all connections of this process share by its name. It lives as long as one of
  /// them is open.
  package convenience init(sharedMemory name: String) throws(SQLiteError) {
    try self.init(
      name: "file:/\(name)?vfs=memdb",
      describedAs: "memory",
      flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI
    )
    try execute("PRAGMA journal_mode=MEMORY")
  }

  private init(name: String, describedAs description: String, flags: Int32) throws(SQLiteError) {
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(name, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard code == SQLITE_OK, let opened else {
      var reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
      // What the system said is what tells a missing folder from one that may not be written.
      let cause = opened.map { sqlite3_system_errno($0) } ?? 0
      if cause != 0 { reason += " (\(String(cString: strerror(cause))))" }
      sqlite3_close_v2(opened)
      throw SQLiteError(code: code, message: "cannot open the database '\(description)': \(reason)")
    }
    handle = opened
    sqlite3_busy_handler(handle, waitForLock, nil)
  }

  deinit { sqlite3_close_v2(handle) }

  /// Runs statements that return nothing.
  package func execute(_ sql: String) throws(SQLiteError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    if code != SQLITE_OK { throw error(code) }
  }

  /// Compiles a statement once; keep it as long as the connection.
  package func prepare(_ sql: String) throws(SQLiteError) -> Statement {
    var statement: OpaquePointer?
    let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard code == SQLITE_OK, let statement else { throw error(code) }
    return Statement(statement, of: self)
  }

  func error(_ code: Int32) -> SQLiteError {
    SQLiteError(code: code, message: String(cString: sqlite3_errmsg(handle)))
  }
}

/// Another connection holds the lock for the microseconds of one statement: yield first, sleep later, and give up
/// after about a second. SQLite's own handler would begin with a sleep of a millisecond.
private let waitForLock: @convention(c) (UnsafeMutableRawPointer?, Int32) -> Int32 = { _, attempt in
  if attempt < 200 {
    sched_yield()
    return 1
  }
  usleep(1000)
  return attempt < 1200 ? 1 : 0
}

/// What SQLite refused. `code` is an extended result code.
package struct SQLiteError: Error, CustomStringConvertible {
  package let code: Int32
  package let message: String

  /// A UNIQUE or PRIMARY KEY constraint failed.
  package var isUniqueViolation: Bool {
    code == SQLITE_CONSTRAINT_UNIQUE_CODE || code == SQLITE_CONSTRAINT_PRIMARYKEY_CODE
  }

  package var description: String { message }
}

// Extended codes are macros with shifts, which Swift does not import.
private let SQLITE_CONSTRAINT_UNIQUE_CODE = SQLITE_CONSTRAINT | (8 << 8)
private let SQLITE_CONSTRAINT_PRIMARYKEY_CODE = SQLITE_CONSTRAINT | (6 << 8)

extension Database {
  /// PostgreSQL's functions and the collation of decimals, which translated statements and schemas need.
  package func install() throws(SQLiteError) {
    let code = SQLiteDialect.install(on: handle, clock: Self.clock)
    if code != SQLITE_OK { throw error(code) }
  }

  /// `now()` of a connection that is nobody's transaction: the moment of the process's first use.
  nonisolated(unsafe) private static let clock: UnsafeMutablePointer<Int64> = {
    let clock = UnsafeMutablePointer<Int64>.allocate(capacity: 1)
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    clock.initialize(to: (Int64(time.tv_sec) - 946_684_800) * 1_000_000)
    return clock
  }()
}
