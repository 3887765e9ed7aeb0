import CSQLite

/// `pg_sum` and `pg_avg`: exact, over whole and decimal numbers.
enum NumericAggregate {
  private final class State {
    var sum = Numeric(0)
    var count: Int64 = 0
    var error: String?
  }

  static func register(on database: OpaquePointer) -> Int32 {
    let sum = register("pg_sum", on: database) { context in
      NumericAggregate.finish(context) { $0.sum }
    }
    if sum != SQLITE_OK { return sum }
    return register("pg_avg", on: database) { context in
      NumericAggregate.finish(context) { state in
        state.sum.special == nil ? state.sum / Numeric(state.count) : state.sum
      }
    }
  }

  private static func register(
    _ name: String,
    on database: OpaquePointer,
    final: @escaping @convention(c) (OpaquePointer?) -> Void
  ) -> Int32 {
    sqlite3_create_function_v2(
      database,
      name,
      1,
      SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
      nil,
      nil,
      step,
      final,
      nil
    )
  }

  private static let step: @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void = {
    context,
    count,
    values in
    guard let slot = sqlite3_aggregate_context(context, Int32(MemoryLayout<UnsafeMutableRawPointer?>.size)) else {
      return sqlite3_result_error_nomem(context)
    }
    let memory = slot.assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
    if memory.pointee == nil { memory.pointee = Unmanaged.passRetained(State()).toOpaque() }
    let state = Unmanaged<State>.fromOpaque(memory.pointee!).takeUnretainedValue()
    let arguments = SQLFunction.Arguments(values: values, count: Int(count))
    if arguments.isNull(0) || state.error != nil { return }
    do {
      state.sum = state.sum + (try arguments.numeric(0))
      state.count += 1
    } catch {
      state.error = "\(error)"
    }
  }

  private static func finish(_ context: OpaquePointer?, _ value: (State) -> Numeric?) {
    // Without memory of its own there was no row.
    guard let slot = sqlite3_aggregate_context(context, 0) else { return sqlite3_result_null(context) }
    let memory = slot.assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
    guard let pointer = memory.pointee else { return sqlite3_result_null(context) }
    memory.pointee = nil
    let state = Unmanaged<State>.fromOpaque(pointer).takeRetainedValue()
    if let error = state.error { return sqlite3_result_error(context, error, Int32(error.utf8.count)) }
    guard state.count > 0, let result = value(state) else { return sqlite3_result_null(context) }
    let text = result.description
    sqlite3_result_text(context, text, Int32(text.utf8.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self))
  }
}
