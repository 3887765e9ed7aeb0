import CSQLite
import KatanaSQLiteDialect

/// SQLite itself, in memory, which judges translated statements against the translated schema.
final class SQLiteCompiler {
  private var handle: OpaquePointer?
  private let clock = UnsafeMutablePointer<Int64>.allocate(capacity: 1)

  init() {
    clock.initialize(to: 0)
    guard sqlite3_open(":memory:", &handle) == SQLITE_OK, let handle,
      SQLiteDialect.install(on: handle, clock: clock) == SQLITE_OK
    else { preconditionFailure("SQLite cannot be opened in memory") }
    _ = apply("PRAGMA foreign_keys = OFF")
  }

  deinit {
    sqlite3_close_v2(handle)
    clock.deallocate()
  }

  /// Runs statements.
  ///
  /// - Returns: what SQLite says against them.
  func apply(_ text: String) -> String? {
    sqlite3_exec(handle, text, nil, nil, nil) == SQLITE_OK ? nil : String(cString: sqlite3_errmsg(handle))
  }

  /// Compiles one statement without running it.
  ///
  /// - Returns: what SQLite says against it.
  func check(_ text: String, columnCount: Int? = nil) -> String? {
    var statement: OpaquePointer?
    defer { sqlite3_finalize(statement) }
    guard sqlite3_prepare_v2(handle, text, -1, &statement, nil) == SQLITE_OK else {
      return String(cString: sqlite3_errmsg(handle))
    }
    let count = Int(sqlite3_column_count(statement))
    if let columnCount, count != columnCount { return "\(count) columns where PostgreSQL has \(columnCount)" }
    return nil
  }

  static func isKeyword(_ name: String) -> Bool { sqlite3_keyword_check(name, Int32(name.utf8.count)) != 0 }
}
