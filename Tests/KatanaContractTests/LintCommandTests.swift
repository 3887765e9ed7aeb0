import Foundation
import Testing

/// The command `katana lint` as a user runs it.
@Suite struct LintCommandTests {
  private func katana(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
    let process = Process()
    let output = Pipe()
    let errors = Pipe()
    let executable: URL = try #require(Self.executable)
    process.executableURL = executable
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let errorText = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text, errorText)
  }

  /// Beside the running test bundle.
  private static let executable: URL? = {
    var folder = URL(filePath: CommandLine.arguments[0])
    for _ in 0..<6 {
      folder.deleteLastPathComponent()
      let candidate = folder.appending(path: "katana")
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue {
        return candidate
      }
    }
    return nil
  }()

  private func contract(_ name: String) throws -> String {
    try #require(GoldenCase.all.first { $0.folder.lastPathComponent == name }).contract.path
  }

  @Test func `a clean contract has no findings`() throws {
    let path = try contract("valid-minimal")
    #expect(try katana("lint", path) == (0, "\(path): no findings\n", ""))
  }

  @Test func `findings are printed, counted and fail the command`() throws {
    let path = try contract("duplicates-in-files")
    let (status, output, errors) = try katana("lint", path)
    #expect(status == 1)
    #expect(output.contains("/b.yaml:1:20: error[KT0405]"))
    #expect(output.hasSuffix("\(path): 1 error\n"))
    #expect(errors.isEmpty)
  }

  @Test func `warnings fail with --strict only`() throws {
    let path = try contract("schema-renamed")
    #expect(try katana("lint", path).status == 0)
    let strict = try katana("lint", path, "--strict")
    #expect(strict.status == 1)
    #expect(strict.output.hasSuffix("\(path): 1 error\n"))
  }

  @Test func `json and sarif are alone on standard output`() throws {
    let path = try contract("duplicates-in-files")
    for format in ["json", "sarif"] {
      let linted = try katana("lint", path, "--format", format)
      #expect(linted.status == 1)
      #expect(try JSONSerialization.jsonObject(with: Data(linted.output.utf8)) is [String: Any])
      let generated = try katana("gen", "openapi", "-i", path, "-o", "/nowhere", "--format", format)
      #expect(generated.status == 1)
      #expect(generated.output == linted.output)
    }
    #expect(try katana("lint", path, "--format", "xml").status == 1)
  }
}
