import Foundation
import KatanaQueries

extension EphemeralPostgres {
  /// What psql prints: the other side's view.
  @discardableResult
  func psql(_ sql: String, in database: String = "postgres") throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/psql")
    process.arguments = [url.replacing("/postgres?", with: "/\(database)?"), "-XAtq", "-v", "ON_ERROR_STOP=1"]
    let (input, output, errors) = (Pipe(), Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    input.fileHandleForWriting.write(Data(sql.utf8))
    try input.fileHandleForWriting.close()
    let printed = try output.fileHandleForReading.readToEnd() ?? Data()
    let complaint = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    if process.terminationStatus != 0 { throw Failed(description: String(decoding: complaint, as: UTF8.self)) }
    return String(decoding: printed, as: UTF8.self)
  }
}
