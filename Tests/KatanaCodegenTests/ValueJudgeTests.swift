import Foundation
import KatanaContract
import Testing

@testable import KatanaCodegen

/// What the contract's own judge says of values (`OpenAPIDocument.fault`), held against the cases of the runtime's.
@Suite struct ValueJudgeTests {
  static let cases = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("KatanaTests/Schema/Cases")

  /// What the loader refuses, what the model does not carry, and integers beyond those of the generator.
  static let left: Set<String> = [
    "without contains the counts say nothing", "maxContains less than minContains", "a huge length",
    "an enum may be empty", "if without then", "an integer is a number without a fraction",
  ]

  private struct Files: FileSource {
    let files: [String: String]

    func read(_ path: String, limit: Int) -> Result<[UInt8], FileFailure> {
      files[path].map { .success(Array($0.utf8)) } ?? .failure(FileFailure("No such file"))
    }
  }

  /// A contract whose schema A is that text, a file of its own so that its references are its own.
  private func contract(_ schema: String) -> (OpenAPIDocument?, [Diagnostic]) {
    let files = [
      "schema.json": schema,
      "api.json": """
        {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {},
         "components": {"schemas": {"A": {"$ref": "schema.json"}}}}
        """,
    ]
    return OpenAPILoader.load(path: "api.json", from: Files(files: files))
  }

  @Test(
    "a value is one of a schema or not, as in the runtime",
    arguments: [
      "applicators", "arrays", "numbers", "objects", "references", "strings", "types", "unevaluated", "values",
    ])
  func cases(_ name: String) throws {
    let text = try String(contentsOf: Self.cases.appendingPathComponent("\(name).json"), encoding: .utf8)
    let cases = OpenAPILoader.load(
      bytes: Array(
        #"{"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}, "x-cases": \#(text)}"#.utf8),
      fileName: "cases.json")
    let items = try #require(cases.0?.extensions["x-cases"]?.node.sequence, "\(cases.1.map { $0.rendered() })")
    #expect(items.count > 10)
    for item in items {
      let says = item.mapping?["says"]?.string ?? ""
      if Self.left.contains(says) { continue }
      let schema = try #require(item.mapping?["schema"])
      let (loaded, diagnostics) = contract(jsonText(schema))
      let document = try #require(loaded, "\(says): \(diagnostics.map { $0.rendered() })")
      let reference = try #require(document.components.reference(to: "A"))
      for value in item.mapping?["valid"]?.sequence ?? [] {
        let fault = document.fault(of: value, reference)
        #expect(fault == nil, "\(says): \(jsonText(schema)) and \(jsonText(value)), which \(fault?.reason ?? "")")
      }
      for value in item.mapping?["invalid"]?.sequence ?? [] {
        #expect(document.fault(of: value, reference) != nil, "\(says): \(jsonText(schema)) and \(jsonText(value))")
      }
    }
  }

  @Test("alternatives of alternatives are looked at so many times, then taken on trust")
  func steps() throws {
    let depth = 60
    let levels = (0..<depth).map { level in
      let next = ##"{"$ref": "#/components/schemas/S\##(level + 1)"}"##
      return ##""S\##(level)": {"oneOf": [\##(next), {"allOf": [\##(next)]}]}"##
    }
    let (loaded, findings) = OpenAPILoader.load(
      bytes: Array(
        """
        {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}, "x-value": "a",
         "components": {"schemas": {\(levels.joined(separator: ", ")), "S\(depth)": {"type": "integer"}}}}
        """.utf8), fileName: "api.json")
    let document = try #require(loaded, "\(findings.map { $0.rendered() })")
    let value = try #require(document.extensions["x-value"]?.node)
    let (first, last) = (document.components.reference(to: "S0"), document.components.reference(to: "S\(depth - 5)"))
    #expect(document.fault(of: value, try #require(first)) == nil)
    #expect(document.fault(of: value, try #require(last))?.reason == "meets no schema of 'oneOf'")
  }
}
