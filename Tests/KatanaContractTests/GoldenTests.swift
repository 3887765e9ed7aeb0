import Foundation
import KatanaContract
import Testing

/// Folders under Golden hold one contract, of one or more files, and the exact text of its findings. To accept a new
/// text, run the tests with KATANA_UPDATE_GOLDEN=1 and read the diff.
struct GoldenCase: CustomTestStringConvertible, Sendable {
  let folder: URL
  let contract: URL

  var testDescription: String { folder.lastPathComponent }
  var expected: URL { folder.appending(path: "expected.txt") }

  func bytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: contract)) }

  /// All files of the contract, by their paths in the folder.
  func files() throws -> MemoryFolder {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    var files: [String: [UInt8]] = [:]
    for path in paths where path != "expected.txt" {
      let url = folder.appending(path: path)
      if (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true { continue }
      files[path] = [UInt8](try Data(contentsOf: url))
    }
    return MemoryFolder(files)
  }

  func load() throws -> (OpenAPIDocument?, [Diagnostic]) {
    OpenAPILoader.load(path: contract.lastPathComponent, from: try files())
  }

  static let all: [GoldenCase] = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.sorted().compactMap { name in
      let folder = root.appending(path: name)
      let contracts = ["openapi.yaml", "openapi.json"].map { folder.appending(path: $0) }
      return contracts.first { FileManager.default.fileExists(atPath: $0.path) }.map {
        GoldenCase(folder: folder, contract: $0)
      }
    }
  }()
}

@Suite struct GoldenTests {
  @Test("a contract gives exactly the findings of its folder", arguments: GoldenCase.all)
  func findings(_ golden: GoldenCase) throws {
    let (document, diagnostics) = try golden.load()
    let text = diagnostics.map { $0.rendered() + "\n" }.joined()
    if ProcessInfo.processInfo.environment["KATANA_UPDATE_GOLDEN"] != nil {
      try text.write(to: golden.expected, atomically: true, encoding: .utf8)
    }
    #expect(text == (try String(contentsOf: golden.expected, encoding: .utf8)))
    #expect((document == nil) == diagnostics.contains { $0.severity == .error })
    for diagnostic in diagnostics {
      #expect(DiagnosticRegistry.explanation(for: diagnostic.id) != nil)
    }
  }

  @Test func `there are at least forty broken contracts`() {
    #expect(GoldenCase.all.count >= 40)
  }

  @Test func `every rule but those of the machine is shown by some contract`() throws {
    var shown: Set<String> = []
    for golden in GoldenCase.all {
      let (_, diagnostics) = try golden.load()
      shown.formUnion(diagnostics.map(\.id))
    }
    // A missing file, huge or many files, many objects and a thousand findings have tests of their own.
    let elsewhere: Set = ["KT0001", "KT0002", "KT0005", "KT0007", "KT0008", "KT0306"]
    let missing = Set(ContractRule.allCases.map(\.rawValue)).subtracting(shown).subtracting(elsewhere)
    #expect(missing.isEmpty, "no contract shows \(missing.sorted())")
  }
}

@Suite struct RegistryTests {
  @Test func `every id is four digits, unique and explained`() {
    let ids = DiagnosticRegistry.entries.map(\.id)
    #expect(Set(ids).count == ids.count)
    for entry in DiagnosticRegistry.entries {
      #expect(entry.id.wholeMatch(of: /KT[0-9]{4}/) != nil)
      #expect(entry.explanation.count > 40, "\(entry.id)")
    }
  }
}
