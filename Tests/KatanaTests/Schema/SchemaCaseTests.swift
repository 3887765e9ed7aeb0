import Foundation
import Testing

@testable import Katana

/// The folder Cases: for each keyword schemas, with documents that hold and documents that do not.
@Suite struct SchemaCaseTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  /// A schema and documents as they stand in the file, so that no number is rounded on the way.
  struct Case: Sendable {
    var says = ""
    var schema = ""
    var valid: [String] = []
    var invalid: [String] = []
  }

  /// Where the parts of a case stand in the file.
  private struct Places: JSONDecodable {
    var says = ""
    var schema = 0..<0
    var documents: [String: [Range<Int>]] = [:]

    static func decode(_ json: inout JSONReader) -> Places? {
      guard json.object() != nil else { return nil }
      var places = Places()
      while let key = json.key() {
        if key.equals("says") {
          places.says = json.string()
        } else if key.equals("schema") {
          places.schema = place(&json)
        } else {
          let name = key.equals("valid") ? "valid" : "invalid"
          guard json.array() != nil else { return nil }
          while json.element() { places.documents[name, default: []].append(place(&json)) }
        }
      }
      return places
    }

    static func place(_ json: inout JSONReader) -> Range<Int> {
      let start = json.offset
      json.skip()
      return start..<json.offset
    }
  }

  private struct File: JSONDecodable {
    var cases: [Places] = []

    static func decode(_ json: inout JSONReader) -> File? {
      guard json.array() != nil else { return nil }
      var file = File()
      while json.element() {
        guard let places = Places.decode(&json) else { return nil }
        file.cases.append(places)
      }
      return file
    }
  }

  static func cases(_ name: String) throws -> [Case] {
    let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent("Cases/\(name).json")))
    let file = try JSONReader.decode(File.self, from: bytes.span.bytes).get()
    func text(_ place: Range<Int>) -> String { String(decoding: bytes[place], as: UTF8.self) }
    return file.cases.map {
      Case(
        says: $0.says,
        schema: text($0.schema),
        valid: ($0.documents["valid"] ?? []).map(text),
        invalid: ($0.documents["invalid"] ?? []).map(text)
      )
    }
  }

  @Test(
    "a document holds or does not",
    arguments: [
      "applicators", "arrays", "numbers", "objects", "references", "strings", "types", "unevaluated", "values",
    ]
  )
  func cases(_ name: String) throws {
    let cases = try Self.cases(name)
    #expect(cases.count > 10)
    for item in cases {
      let schema = try JSONSchema(parsing: item.schema)
      for document in item.valid {
        let violations = schema.violations(of: document)
        #expect(violations.isEmpty, "\(item.says): \(item.schema) and \(document)")
        #expect(matches(document, schema), "\(item.says): \(item.schema) and \(document), quietly")
      }
      for document in item.invalid {
        #expect(!schema.violations(of: document).isEmpty, "\(item.says): \(item.schema) and \(document)")
        #expect(!matches(document, schema), "\(item.says): \(item.schema) and \(document), quietly")
      }
    }
  }
}

/// The verdict alone, as a decoder asks for it.
func matches(_ document: String, _ schema: JSONSchema) -> Bool {
  var document = document
  return document.withUTF8 { JSONReader(UnsafeRawBufferPointer($0)).matches(schema) }
}
