import Foundation
import KatanaCodegen
import KatanaContract
import Testing

/// Contracts with something wrong in any place: the generator gives files or an error, and comes back.
@Suite struct HostileContractTests {
  @Test(
    "a contract that is damaged in one line gives files or a located error",
    arguments: ["bodies", "everything", "operations", "schemas", "unsupported"])
  func damaged(_ name: String) throws {
    var ordinal = 0
    let path = GoldenCase.root.appending(path: "\(name)/openapi.yaml")
    let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
    for index in lines.indices {
      var variants: [[Substring]] = [Array(lines[..<index] + lines[(index + 1)...])]
      for (word, other) in Self.exchanges where lines[index].contains(word) {
        var changed = lines
        changed[index] = Substring(lines[index].replacing(word, with: other))
        variants.append(changed)
      }
      for variant in variants {
        ordinal += 1
        guard Self.isThorough || ordinal.isMultiple(of: 2) else { continue }
        judge(variant.joined(separator: "\n"), "line \(index + 1) of \(name)")
      }
    }
  }

  /// All damages instead of every second one, which take half a minute on two cores.
  private static let isThorough = ProcessInfo.processInfo.environment["KATANA_THOROUGH"] != nil

  /// Words that turn a rule into another one of the same form.
  private static let exchanges = [
    ("type: object", "type: string"), ("type: string", "type: object"), ("type: integer", "type: array"),
    ("type: array", "type: 'null'"), ("properties:", "patternProperties:"), ("oneOf:", "allOf:"), ("anyOf:", "oneOf:"),
    ("allOf:", "anyOf:"), ("items:", "contains:"), ("required: [", "required: [zz, "), ("minimum:", "maximum:"),
    ("schemas/Circle", "schemas/Shapes"), ("schemas/Thing", "schemas/Color"), ("in: query", "in: header"),
    ("in: path", "in: cookie"), ("application/json", "multipart/form-data"), ("application/json", "text/event-stream"),
    ("application/json", "application/x-www-form-urlencoded"), ("application/json", "image/*"), ("'200'", "4XX"),
    ("'200'", "default"), ("x-katana-execution: sync", "x-katana-execution: blocking"), ("pattern: '", "pattern: '("),
    ("schemas/Pet", "schemas/Dog"), ("schemas/Point", "schemas/Pet"), ("application/jsonl", "multipart/form-data"),
    ("explode: false", "style: deepObject"), ("readOnly", "writeOnly"), ("contentType:", "style:"),
    ("true", "false"), ("false", "true"), ("default: ", "default: [[1]] #"), ("{ type: ", "{ nullable: true, type: "),
  ]

  private func judge(_ text: String, _ place: String) {
    let (document, findings) = OpenAPILoader.load(bytes: Array(text.utf8), fileName: "openapi.yaml")
    guard let document else {
      #expect(findings.contains { $0.severity == .error }, "no document and no error: \(place)")
      return
    }
    let (files, more) = Generator.generate(document)
    #expect(
      !files.isEmpty || more.contains { $0.severity == .error || $0.id == "KT1019" }, "no files and no error: \(place)")
    var names: Set<String> = []
    for line in files.flatMap({ $0.text.utf8.split(separator: UInt8(ascii: "\n")) }) {
      guard let head = Self.declarations.first(where: { line.starts(with: $0) }) else { continue }
      let declared = String(decoding: line.dropFirst(head.count).prefix { $0 != UInt8(ascii: ":") && $0 != 32 }, as: UTF8.self)
      #expect(names.insert(declared).inserted, "two types are called \(declared): \(place)")
    }
  }

  private static let declarations = ["public struct ", "public enum "].map { Array($0.utf8) }
}
