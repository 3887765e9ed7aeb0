import Katana
import KatanaPostgres
import KatanaQueries
import KatanaSQL
import Logging
import Synchronization
import TestSupport

extension EphemeralPostgres {
  /// - Parameter more: `&keyword=value` for libpq.
  func url(more: String) -> String { url + more }
}

extension SQLExecutor {
  /// Runs a statement with the given parameters.
  nonisolated(nonsending) func call(
    _ statement: SQLStatement,
    _ values: any SQLValue...,
    in context: borrowing Context
  ) async throws -> SQLResult {
    var parameters = try SQLParameters(context, count: values.count)
    for value in values { try parameters.append(value) }
    return try await run(statement, variant: 0, parameters, context)
  }

  nonisolated(nonsending) func number(
    _ statement: SQLStatement,
    _ values: any SQLValue...,
    in context: borrowing Context
  ) async throws -> Int {
    var parameters = try SQLParameters(context, count: values.count)
    for value in values { try parameters.append(value) }
    let result = try await run(statement, variant: 0, parameters, context)
    return try result.withRow(0) { row throws(SQLError) in Int(try row.value(0, as: Int32.self)) }
  }
}

/// What a handler found, seen by the test.
final class Found<Value: Sendable>: Sendable {
  private let content = Mutex<Value?>(nil)
  var value: Value? { content.withLock { $0 } }
  func set(_ value: Value) { content.withLock { $0 = value } }
}

final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  var value: Int { count.load(ordering: .relaxed) }
  @discardableResult
  func add() -> Int { count.add(1, ordering: .relaxed).newValue }
}

/// Runs `body` in a handler of a server with one reactor, and throws what it throws.
func handling(
  logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
  _ body: @escaping @Sendable (borrowing Context) async throws -> Void
) async throws {
  let found = Found<Result<Void, any Error>>()
  var router = Router()
  router.get("/") { context in
    do {
      try await body(context)
      found.set(.success(()))
    } catch {
      found.set(.failure(error))
    }
    if !context.isCancelled { context.respond("done") }
  }
  try await serving(router, logger: logger) { port in
    try await blocking { _ = try Client(port: port).get("/") }
    try await eventually { found.value != nil }
  }
  try found.value!.get()
}

/// The path's parameter, a number.
func argument(_ context: borrowing Context) -> Int {
  context.request.parameter(0).withUnsafeBytes { Int(String(decoding: $0, as: UTF8.self)) ?? 0 }
}

/// Handlers that wait until so many are there; then all go on in one turn of their reactor.
final class Barrier: @unchecked Sendable {
  private let lock = Mutex<(count: Int, waiting: [UnsafeContinuation<Void, Never>])>((0, []))

  func open(for count: Int) { lock.withLock { $0.count = count } }

  nonisolated(nonsending) func pass() async {
    await withUnsafeContinuation { continuation in
      let all = lock.withLock { state -> [UnsafeContinuation<Void, Never>] in
        state.waiting.append(continuation)
        if state.waiting.count < state.count { return [] }
        defer { state.waiting = [] }
        return state.waiting
      }
      for one in all { one.resume() }
    }
  }
}

/// One request per client, all under way at the same time; their answers in order.
func together(_ port: Int, _ targets: [String]) async throws -> [String] {
  try await withThrowingTaskGroup(of: (Int, String).self) { group in
    for (index, target) in targets.enumerated() {
      group.addTask { try await blocking { (index, try Client(port: port).get(target).text) } }
    }
    var answers = [String](repeating: "", count: targets.count)
    for try await (index, text) in group { answers[index] = text }
    return answers
  }
}

final class Flag: Sendable {
  private let raised = Atomic<Bool>(false)
  var isRaised: Bool { raised.load(ordering: .relaxed) }
  func raise() { raised.store(true, ordering: .relaxed) }
}

/// What many tasks find, in any order.
final class Heap<Element: Sendable>: Sendable {
  private let content = Mutex<[Element]>([])
  var all: [Element] { content.withLock { $0 } }
  func add(_ element: Element) { content.withLock { $0.append(element) } }
}
