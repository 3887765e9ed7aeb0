import CSQLite
import Glibc

/// What a connection to SQLite needs for translated statements: PostgreSQL's functions under names that begin with
/// `pg_`, the collation `pg_numeric` that compares decimal text by value, and settings.
///
/// A table with a `numeric` column can be read by any program, but only a connection with this collation can compare
/// it.
public enum SQLiteDialect {
  /// In the clock of ``install(on:clock:)``: the first `now()` reads the system's.
  public static let unreadClock = Int64.min

  /// - Parameter clock: what `now()` gives, in microseconds since 2000, or ``unreadClock``; stays valid as long as the
  ///   connection.
  public static func install(
    on database: OpaquePointer,
    clock: UnsafeMutablePointer<Int64>
  ) -> Int32 {
    for function in functions {
      let code = function.register(on: database)
      if code != SQLITE_OK { return code }
    }
    var code = sqlite3_create_function_v2(
      database,
      "pg_now",
      0,
      SQLITE_UTF8 | SQLITE_INNOCUOUS,
      UnsafeMutableRawPointer(clock),
      { context, _, _ in
        let clock = sqlite3_user_data(context).assumingMemoryBound(to: Int64.self)
        if clock.pointee == SQLiteDialect.unreadClock { clock.pointee = SQLiteDialect.microsecondsSince2000() }
        let text = Calendar.text(ofMoment: clock.pointee) ?? "infinity"
        sqlite3_result_text(context, text, Int32(text.utf8.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self))
      },
      nil,
      nil,
      nil
    )
    if code == SQLITE_OK { code = installCollation(on: database) }
    if code == SQLITE_OK { code = NumericAggregate.register(on: database) }
    if code == SQLITE_OK {
      code = sqlite3_exec(database, "PRAGMA foreign_keys = ON; PRAGMA case_sensitive_like = ON", nil, nil, nil)
    }
    return code
  }

  private static func microsecondsSince2000() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return (Int64(time.tv_sec) - 946_684_800) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }

  private static func installCollation(on database: OpaquePointer) -> Int32 {
    sqlite3_create_collation_v2(
      database,
      "pg_numeric",
      SQLITE_UTF8,
      nil,
      { _, count, bytes, otherCount, other in
        let a = String(decoding: UnsafeRawBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
        let b = String(decoding: UnsafeRawBufferPointer(start: other, count: Int(otherCount)), as: UTF8.self)
        switch (Numeric(a), Numeric(b)) {
        case (let x?, let y?): return Int32(Numeric.compare(x, y))
        // What is no number stands behind all that are, so that the order stays total.
        case (nil, nil): return a == b ? 0 : a < b ? -1 : 1
        case (nil, _): return 1
        case (_, nil): return -1
        }
      },
      nil
    )
  }

  static let functions: [SQLFunction] =
    numberFunctions + textFunctions + timeFunctions + intervalFunctions + otherFunctions
}
