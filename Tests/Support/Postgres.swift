import Foundation
import KatanaPostgres
import KatanaQueries
import Synchronization

/// The PostgreSQL server of all tests of the process that do not end it. It ends with the process.
package enum SharedPostgres {
  private static let started = Result { try EphemeralPostgres.start(settings: ["max_connections": "400"]) }
  private static let databases = Atomic(0)

  package static func server() throws -> EphemeralPostgres { try started.get() }

  /// The name of a new database.
  package static func newDatabase() throws -> String {
    let name = "test\(databases.add(1, ordering: .relaxed).newValue)"
    try server().psql("CREATE DATABASE \(name)")
    return name
  }
}

extension EphemeralPostgres {
  /// The address of another database.
  package func url(database: String) -> String {
    url.replacing("/postgres?", with: "/\(database)?")
  }

  /// What psql prints, less the last line's break: the other side's view.
  ///
  /// - Throws: ``PsqlFailure`` with what the server says.
  @discardableResult
  package func psql(_ sql: String, in database: String = "postgres") throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: try PostgresPrograms.find().folder + "/psql")
    process.arguments = [url(database: database), "-XAtq", "-v", "ON_ERROR_STOP=1"]
    let (output, errors) = (Pipe(), Pipe())
    process.standardInput = try Self.file(of: sql)
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let printed = try output.fileHandleForReading.readToEnd() ?? Data()
    let complaint = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    if process.terminationStatus != 0 { throw PsqlFailure(description: String(decoding: complaint, as: UTF8.self)) }
    let text = String(decoding: printed, as: UTF8.self)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  /// A pipe would be full before psql has read a long text, and psql waits while nobody reads what it prints.
  private static func file(of text: String) throws -> FileHandle {
    let path = NSTemporaryDirectory() + "psql-\(UUID().uuidString)"
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    defer { unlink(path) }
    return try FileHandle(forReadingFrom: URL(filePath: path))
  }
}

package struct PsqlFailure: Error, CustomStringConvertible {
  package let description: String
}

extension PostgresOptions {
  /// That give up on no server that is slow, and send nothing that nobody asked for.
  package static var patient: PostgresOptions {
    var options = PostgresOptions()
    let milliseconds = UInt32(patienceSeconds) * 1000
    options.queueTimeoutMilliseconds = milliseconds
    options.connectTimeoutMilliseconds = milliseconds
    options.reconnectMaxMilliseconds = 100
    options.healthIntervalMilliseconds = 0
    options.healthTimeoutMilliseconds = milliseconds
    options.idleTimeoutMilliseconds = 0
    options.rollbackTimeoutMilliseconds = milliseconds
    return options
  }
}
