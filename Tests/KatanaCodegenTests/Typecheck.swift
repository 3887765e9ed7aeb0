import Foundation
import Testing

/// Lets the compiler look at Swift files that import Katana, as a user's target would.
func typecheck(_ files: [String]) throws -> (status: Int32, output: String) {
  let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
  let modules = try #require(builtModules())
  let process = Process()
  let output = Pipe()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments =
    [
      "swiftc", "-typecheck", "-swift-version", "6", "-I", modules, "-Xcc", "-I\(package.path)/include", "-Xcc",
      "-fmodule-map-file=\(package.path)/include/module.modulemap", "-Xcc",
      "-fmodule-map-file=\(package.path)/Sources/System/CPCRE2/module.modulemap",
    ] + files
  process.standardError = output
  process.standardOutput = output
  try process.run()
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  return (process.terminationStatus, text)
}

/// The folder of modules beside the running test bundle.
private func builtModules() -> String? {
  var folder = URL(filePath: CommandLine.arguments[0])
  for _ in 0..<6 {
    folder.deleteLastPathComponent()
    let modules = folder.appending(path: "Modules")
    if FileManager.default.fileExists(atPath: modules.appending(path: "Katana.swiftmodule").path) {
      return modules.path
    }
  }
  return nil
}
