import Foundation
import Glibc
import Katana
import KatanaSQL
import KatanaSQLite
import KatanaTesting
import Synchronization
import TestSupport
import Testing

/// A program that was built beside the tests.
func program(_ name: String) -> URL {
  let beside = [Bundle.main.executableURL, URL(filePath: CommandLine.arguments[0])].compactMap {
    $0?.deletingLastPathComponent().appending(path: name)
  }
  return beside.first { FileManager.default.isExecutableFile(atPath: $0.path) } ?? URL(filePath: "/missing/\(name)")
}

@Suite struct ContentionTests {
  private static let add = SQLStatement(
    "add",
    [],
    sqlite: [.init("UPDATE numbers SET c = ?1 WHERE n = 0")],
    parameters: [.int8]
  )
  private static let value = SQLStatement(
    "value",
    [],
    sqlite: [.init("SELECT c FROM numbers WHERE n = 0")],
    columns: [.int8],
    isReadOnly: true
  )
  private static let start = SQLStatement(
    "start",
    [],
    sqlite: [.init("INSERT INTO numbers (n, c) VALUES (0, 0)")]
  )

  @Test(arguments: executions(), [true, false])
  func `writers on several reactors queue, and none fails or loses what another wrote`(
    _ options: SQLiteOptions,
    _ isFile: Bool
  ) async throws {
    let scratch = Scratch()
    let database = try SQLiteDatabase(isFile ? .file(scratch.file) : .memory(scratch.path), options: options)
    try await inRequest { context in
      try await database.execute(Numbers.create, context)
      try await database.execute(Self.start, context)
      return ""
    }
    var router = Router()
    router.get("/") { context in
      do {
        try await database.withTransaction(context) { transaction, context in
          let value = try await transaction.integer(Self.value, context)
          // Others get their chance to come in between.
          try await context.sleep(milliseconds: 0)
          var parameters = try SQLParameters(context, count: 1)
          try parameters.append(value + 1)
          _ = try await transaction.run(Self.add, variant: 0, parameters, context)
        }
        _ = try await database.integer(Numbers.count, context)
        context.respond("done")
      } catch { context.respond("\(error)") }
    }
    var configuration = ServerConfiguration.patient
    configuration.reactors = 3
    let client = try await TestClient(router, configuration: configuration, timeoutSeconds: patienceSeconds)
    try await withThrowingTaskGroup(of: [String].self) { group in
      for _ in 0..<8 {
        group.addTask {
          var answers: [String] = []
          for _ in 0..<25 { answers.append(try await client.get("/").text) }
          return answers
        }
      }
      for try await answers in group { #expect(answers == [String](repeating: "done", count: 25)) }
    }
    await client.close()
    let value = try await inRequest { context in "\(try await database.integer(Self.value, context))" }
    #expect(value == "200")
  }

  @Test(arguments: executions())
  func `a writer waits while another connection holds the lock, but not beyond its deadline`(
    _ options: SQLiteOptions
  ) async throws {
    let scratch = Scratch()
    let database = try SQLiteDatabase(.file(scratch.file), options: options)
    try await inRequest { context in
      try await database.execute(Numbers.create, context)
      return ""
    }
    let other = try Database(path: scratch.file)
    try other.execute("BEGIN IMMEDIATE")
    let late = try await inRequest(deadlineMilliseconds: 150) { context in
      do { try await database.insert(1, context) } catch let error as SQLError { return "\(error.kind)" }
      return "inserted"
    }
    // The server has answered for the handler: 504.
    #expect(late.contains("504") || late == "deadlineExceeded")
    let begun = Atomic(false)
    async let waiting = inRequest { context in
      begun.store(true, ordering: .relaxed)
      try await database.insert(2, context)
      return "inserted"
    }
    try await eventually { begun.load(ordering: .relaxed) }
    try other.execute("ROLLBACK")
    let answer = try await waiting
    #expect(answer == "inserted")
  }

  @Test func `a database opens while another connection writes to it`() async throws {
    let scratch = Scratch()
    let first = try SQLiteDatabase(.file(scratch.file))
    let other = try Database(path: scratch.file)
    try other.execute("BEGIN IMMEDIATE")
    let second = try SQLiteDatabase(.file(scratch.file))
    try other.execute("ROLLBACK")
    for database in [first, second] { #expect(try database.migrate([]) == 0) }
  }

  @Test(arguments: executions())
  func `a deadline interrupts a statement without an end, and its connection goes on`(
    _ options: SQLiteOptions
  ) async throws {
    var options = options
    options.connectionsPerReactor = 1
    let database = try SQLiteDatabase(.memory("endless"), options: options)
    let own = SQLStatement(
      "own",
      [],
      sqlite: [.init("WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c WHERE x < 0")],
      columns: [.int8],
      isReadOnly: true,
      deadline: .milliseconds(50)
    )
    let one = SQLStatement("one", [], sqlite: [.init("SELECT 1")], columns: [.int8], isReadOnly: true)
    let text = try await inRequest { context in
      var kind = ""
      do { _ = try await database.integer(own, context) } catch let error as SQLError { kind = "\(error.kind)" }
      return "\(kind) \(try await database.integer(one, context))"
    }
    #expect(text == "deadlineExceeded 1")
  }

  @Test func `a request that ends waits for its statement, which is interrupted`() async throws {
    let database = try SQLiteDatabase(.memory("left"))
    var router = Router()
    router.add(Route(.get, "/endless", deadlineMilliseconds: 50)) { context in
      _ = try await database.integer(Numbers.endless, context)
      context.respond("")
    }
    router.get("/one") { context in
      let one = SQLStatement("one", [], sqlite: [.init("SELECT 1")], columns: [.int8], isReadOnly: true)
      context.respond("\(try await database.integer(one, context))")
    }
    var configuration = ServerConfiguration.patient
    configuration.workers = 1
    let client = try await TestClient(router, configuration: configuration, timeoutSeconds: patienceSeconds)
    for _ in 0..<3 { #expect(try await client.get("/endless").status == 504) }
    // The only worker is free again.
    #expect(try await client.get("/one").text == "1")
    await client.close()
  }

  @Test func `a process that is killed in the midst of writing loses nothing that it has committed`() throws {
    let scratch = Scratch()
    for _ in 0..<3 {
      let writer = Process()
      writer.executableURL = program("sqlite_writer")
      writer.arguments = [scratch.file]
      let output = Pipe()
      writer.standardOutput = output
      try writer.run()
      // Each line is a number that was committed before it was written.
      var said: [UInt8] = []
      while said.count < 2000 {
        let data = output.fileHandleForReading.availableData
        if data.isEmpty { break }
        said += data
      }
      kill(writer.processIdentifier, SIGKILL)
      writer.waitUntilExit()
      said += output.fileHandleForReading.readDataToEndOfFile()
      let lines = String(decoding: said, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      let committed = lines.dropLast().compactMap { Int64($0) }
      #expect(committed.count > 100)
      let database = try Database(path: scratch.file)
      var stored: Set<Int64> = []
      try database.prepare("SELECT n FROM numbers").forEachRow { row in stored.insert(row.integer(0)) }
      #expect(committed.allSatisfy { stored.contains($0) })
      let check = try database.prepare("PRAGMA integrity_check").first { $0.text(0) }
      #expect(check == "ok")
    }
  }
}
