import Foundation
import KatanaCodegen
import KatanaContract
import Testing

/// A contract under Odd. What it gives stands in the comment before it: `# code`, or `# errors:` and the id, line and
/// column of each.
struct OddContract: CustomTestStringConvertible, Sendable {
  let path: URL

  var testDescription: String { path.deletingPathExtension().lastPathComponent }

  static let all: [OddContract] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Odd")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map { OddContract(path: folder.appending(path: $0)) }
  }()

  /// Nil for code.
  func errors() throws -> [String]? {
    let comment = try String(contentsOf: path, encoding: .utf8).split(separator: "\n").prefix { $0.hasPrefix("#") }
    let text = comment.map { $0.drop { $0 == "#" || $0 == " " } }.joined(separator: " ")
    if text == "code" { return nil }
    return try #require(text.split(separator: ": ").last).split(separator: ", ").map(String.init)
  }
}

/// Contracts at the edges of the standard: each gives Swift that compiles or errors where it is wrong, one for each
/// cause.
@Suite struct OddContractTests {
  @Test("an odd contract gives Swift that compiles, or exactly its errors", arguments: OddContract.all)
  func outcome(_ contract: OddContract) throws {
    let bytes = [UInt8](try Data(contentsOf: contract.path))
    let (document, findings) = OpenAPILoader.load(bytes: bytes, fileName: "openapi.yaml")
    let (files, more) = document.map { Generator.generate($0) } ?? ([], [])
    let errors = (findings + more).filter { $0.severity == .error }
    let places = errors.map { "\($0.id) \($0.location.line):\($0.location.column)" }
    if let expected = try contract.errors() {
      #expect(places == expected && files.isEmpty, "\(errors.map { $0.rendered() })")
      return
    }
    #expect(errors.isEmpty, "\(errors.map { $0.rendered() })")
    let folder = FileManager.default.temporaryDirectory.appending(path: "katana-odd-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let paths = try files.map { file in
      let path = folder.appending(path: file.name)
      try file.text.write(to: path, atomically: true, encoding: .utf8)
      return path.path
    }
    let (status, output) = try typecheck(paths)
    #expect(status == 0 && !output.contains("warning:"), "\(output)")
  }

  @Test("the tests of an odd contract can be generated", arguments: OddContract.all)
  func tests(_ contract: OddContract) throws {
    guard try contract.errors() == nil else { return }
    let (document, _) = OpenAPILoader.load(path: contract.path.path)
    let (files, _) = ContractTests.generate(try #require(document))
    #expect(!files.isEmpty)
  }
}
