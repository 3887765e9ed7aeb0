import Foundation
import KatanaCodegen
import KatanaContract
import Testing

/// A folder under Golden: a contract, the Swift that is made of it under `expected`, and the findings in
/// `expected.txt`. To accept new text, run the tests with KATANA_UPDATE_GOLDEN=1 and read the diff.
struct GoldenCase: CustomTestStringConvertible, Sendable {
  let folder: URL

  var testDescription: String { folder.lastPathComponent }

  static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

  static let all: [GoldenCase] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.sorted().map { GoldenCase(folder: root.appending(path: $0)) }
  }()

  func generate() throws -> (files: [String: String], findings: String) {
    let bytes = [UInt8](try Data(contentsOf: folder.appending(path: "openapi.yaml")))
    let (document, diagnostics) = OpenAPILoader.load(bytes: bytes, fileName: "openapi.yaml")
    let (files, more) = document.map { Generator.generate($0) } ?? ([], [])
    let findings = (diagnostics + more).map { $0.rendered() + "\n" }.joined()
    return (Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0.text) }), findings)
  }

  func expected() -> [String: String] {
    let folder = folder.appending(path: "expected")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return Dictionary(
      uniqueKeysWithValues: names.map {
        ($0, (try? String(contentsOf: folder.appending(path: $0), encoding: .utf8)) ?? "")
      }
    )
  }

  var expectedFiles: [String] { expected().keys.sorted().map { folder.appending(path: "expected/\($0)").path } }

  /// The contract's tests, for the cases that have a folder `tests`.
  func tests() throws -> [String: String] {
    let (document, _) = OpenAPILoader.load(path: folder.appending(path: "openapi.yaml").path)
    let (files, _) = ContractTests.generate(try #require(document))
    return Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0.text) })
  }

  var expectedTests: [URL] {
    let folder = folder.appending(path: "tests")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map { folder.appending(path: $0) }
  }

  func accept(_ files: [String: String], _ findings: String) throws {
    let expected = folder.appending(path: "expected")
    try? FileManager.default.removeItem(at: expected)
    if !files.isEmpty { try FileManager.default.createDirectory(at: expected, withIntermediateDirectories: true) }
    for (name, text) in files { try text.write(to: expected.appending(path: name), atomically: true, encoding: .utf8) }
    try findings.write(to: folder.appending(path: "expected.txt"), atomically: true, encoding: .utf8)
  }
}

@Suite struct GoldenTests {
  @Test("a contract gives exactly the Swift and the findings of its folder", arguments: GoldenCase.all)
  func output(_ golden: GoldenCase) throws {
    let (files, findings) = try golden.generate()
    if ProcessInfo.processInfo.environment["KATANA_UPDATE_GOLDEN"] != nil { try golden.accept(files, findings) }
    let expected = golden.expected()
    #expect(files.keys.sorted() == expected.keys.sorted())
    for (name, text) in files { #expect(text == expected[name], "\(name)") }
    #expect(findings == (try String(contentsOf: golden.folder.appending(path: "expected.txt"), encoding: .utf8)))
  }

  @Test("a contract gives the same Swift every time", arguments: GoldenCase.all)
  func stable(_ golden: GoldenCase) throws {
    let first = try golden.generate()
    let second = try golden.generate()
    #expect(first.files == second.files)
    #expect(first.findings == second.findings)
  }

  @Test("a contract gives exactly the tests of its folder", arguments: GoldenCase.all.filter { !$0.expectedTests.isEmpty })
  func tests(_ golden: GoldenCase) throws {
    let tests = try golden.tests()
    if ProcessInfo.processInfo.environment["KATANA_UPDATE_GOLDEN"] != nil {
      for (name, text) in tests {
        try text.write(to: golden.folder.appending(path: "tests/\(name)"), atomically: true, encoding: .utf8)
      }
    }
    #expect(golden.expectedTests.map(\.lastPathComponent) == tests.keys.sorted())
    for file in golden.expectedTests {
      #expect(try String(contentsOf: file, encoding: .utf8) == tests[file.lastPathComponent], "\(file.lastPathComponent)")
    }
    #expect(try golden.tests() == tests)
  }

  @Test("generated Swift compiles without a warning", arguments: GoldenCase.all.filter { !$0.expected().isEmpty })
  func compiles(_ golden: GoldenCase) throws {
    let (status, output) = try typecheck(golden.expectedFiles)
    #expect(status == 0 && !output.contains("warning:"), "\(output)")
  }

  @Test("what is internal has no public declaration and compiles", arguments: ["everything", "schemas"])
  func internalAccess(_ golden: String) throws {
    let contract = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(golden)/openapi.yaml")
    let (document, _) = OpenAPILoader.load(path: contract.path)
    let (files, _) = Generator.generate(try #require(document), access: .internal)
    let name = "katana-internal-\(UUID().uuidString)"
    let folder = FileManager.default.temporaryDirectory.appending(path: name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for file in files {
      let lines = file.text.split(separator: "\n")
      #expect(!lines.contains { $0.drop { $0 == " " }.hasPrefix("public ") }, "\(file.name)")
      try file.text.write(to: folder.appending(path: file.name), atomically: true, encoding: .utf8)
    }
    let result = try typecheck(files.map { folder.appending(path: $0.name).path })
    #expect(result.status == 0 && result.output.isEmpty, "\(result.output)")
  }

  @Test("the tests of an example are not stale", arguments: ["PetStore", "Products"])
  func exampleTests(_ name: String) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
    let contract = root.appending(path: "Sources/Examples/\(name)/openapi.yaml").path
    let (files, _) = ContractTests.generate(try #require(OpenAPILoader.load(path: contract).0))
    let folder = root.appending(path: "Tests/\(name)Tests/Generated")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == files.map(\.name))
    for file in files {
      let committed = try String(contentsOf: folder.appending(path: file.name), encoding: .utf8)
      #expect(committed == file.text, "run 'katana gen tests' for \(file.name)")
    }
  }

  @Test(
    "the code of an example or a benchmark is not stale",
    arguments: [
      "Sources/Examples/Compute/openapi.yaml", "Sources/Examples/PetStore/openapi.yaml",
      "Sources/Examples/Products/openapi.yaml", "Sources/Examples/Validation/openapi.yaml",
      "bench/micro/api/openapi.yaml", "bench/micro/json/users.yaml",
    ])
  func examples(_ name: String) throws {
    let contract = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../\(name)").standardizedFileURL
    let example = contract.deletingLastPathComponent()
    let (document, diagnostics) = OpenAPILoader.load(path: contract.path)
    #expect(diagnostics.isEmpty)
    let (files, more) = Generator.generate(try #require(document))
    #expect(more.isEmpty)
    for file in files {
      let committed = try String(contentsOf: example.appending(path: "Generated/\(file.name)"), encoding: .utf8)
      #expect(committed == file.text, "run 'katana gen openapi' for \(file.name)")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: example.appending(path: "Generated").path)
    #expect(names.sorted() == files.map(\.name))
  }
}
