import Foundation
import KatanaContract
import Testing

private func parse(_ text: String) throws -> [String: Any] {
  try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}

private typealias Object = [String: Any]

@Suite struct ReportTests {
  private func diagnostics() -> [Diagnostic] {
    OpenAPILoader.load(
      path: "a b/openapi.yaml",
      from: MemoryFolder([
        "a b/openapi.yaml": """
        openapi: 3.1.0
        info: {title: T, version: "1"}
        paths:
          /a: {$ref: "../\u{e9}#.yaml"}
          /b: {$ref: "../%C3%A9.yaml"}
        """,
        "\u{e9}.yaml": "get: {deprecated: \"a\\e\\u202e\\n\\t\\\"\", \"\\u202e\\e\": 1}\n",
      ])
    ).1
  }

  @Test func `JSON has every field of every finding`() throws {
    let found = diagnostics()
    let report = try parse(DiagnosticReport(found).rendered(.json))
    #expect(report["errors"] as? Int == found.count { $0.severity == .error })
    #expect(report["warnings"] as? Int == found.count { $0.severity == .warning })
    #expect(report["notes"] as? Int == 0)
    let entries = try #require(report["diagnostics"] as? [Object])
    #expect(entries.count == found.count && found.count > 3)
    for (entry, diagnostic) in zip(entries, found) {
      #expect(entry["file"] as? String == diagnostic.location.file)
      #expect(entry["line"] as? Int == diagnostic.location.line)
      #expect(entry["column"] as? Int == diagnostic.location.column)
      #expect(entry["id"] as? String == diagnostic.id)
      #expect(entry["severity"] as? String == diagnostic.severity.rawValue)
      #expect(entry["message"] as? String == diagnostic.message)
      #expect(entry["remedy"] as? String == diagnostic.remedy)
      let chain = try #require(entry["chain"] as? [Object])
      #expect(chain.map { $0["reference"] as? String } == diagnostic.refChain.map(\.reference))
      #expect(chain.map { $0["line"] as? Int } == diagnostic.refChain.map(\.location.line))
    }
  }

  @Test func `no format drives a terminal, whatever a contract and its files are called`() throws {
    let root = "a\u{1B}[2J\n\u{202E}.yaml"
    let found = OpenAPILoader.load(
      path: root,
      from: MemoryFolder([
        root: "paths: {/a: {$ref: 'b%1B%E2%80%AE.yaml'}}\nopenapi: 3.1.0", "b\u{1B}\u{202E}.yaml": "x",
      ])
    ).1
    #expect(found.contains { !$0.refChain.isEmpty })
    for format in DiagnosticReport.Format.allCases {
      let text = DiagnosticReport(found).rendered(format)
      #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && $0.value != 0x202E) }, "\(format)")
      #expect(!text.contains("[2J\n"))
    }
    let entries = try #require(try parse(DiagnosticReport(found).rendered(.json))["diagnostics"] as? [Object])
    #expect(Set(entries.compactMap { $0["file"] as? String }) == Set(found.map(\.location.file)))
  }

  @Test func `strict makes errors of warnings in every format`() throws {
    let found = OpenAPILoader.load(
      path: "openapi.yaml",
      from: MemoryFolder(["openapi.yaml": "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {'/a#b': {}}"])
    ).1
    #expect(found.map(\.severity) == [.warning])
    #expect(!DiagnosticReport(found).hasErrors)
    #expect(DiagnosticReport(found).summary == "1 warning")
    let strict = DiagnosticReport(found, isStrict: true)
    #expect(strict.hasErrors)
    #expect(strict.summary == "1 error")
    #expect(strict.rendered(.text).contains("error[KT0406]"))
    #expect(try parse(strict.rendered(.json))["errors"] as? Int == 1)
    #expect(strict.rendered(.sarif).contains("\"level\": \"error\""))
    #expect(DiagnosticReport([]).summary == "no findings")
  }

  /// The `required` members of the SARIF 2.1.0 schema, and the closed sets and minima of those that are written.
  @Test func `SARIF has the shape of its schema`() throws {
    let found = diagnostics()
    let log = try parse(DiagnosticReport(found).rendered(.sarif))
    #expect(log["version"] as? String == "2.1.0")
    let runs = try #require(log["runs"] as? [Object])
    let driver = try #require((runs[0]["tool"] as? Object)?["driver"] as? Object)
    #expect(driver["name"] as? String == "katana")
    #expect(["utf16CodeUnits", "unicodeCodePoints"].contains(runs[0]["columnKind"] as? String))
    let rules = try #require(driver["rules"] as? [Object])
    #expect(Set(rules.compactMap { $0["id"] as? String }) == Set(found.map(\.id)))
    #expect(Set(rules.compactMap { $0["id"] as? String }).count == rules.count)
    for rule in rules {
      for key in ["shortDescription", "fullDescription", "help"] {
        #expect(((rule[key] as? Object)?["text"] as? String)?.isEmpty == false)
      }
    }
    let results = try #require(runs[0]["results"] as? [Object])
    #expect(results.count == found.count)
    for (result, diagnostic) in zip(results, found) {
      let index = try #require(result["ruleIndex"] as? Int)
      #expect(rules[index]["id"] as? String == result["ruleId"] as? String)
      #expect(result["ruleId"] as? String == diagnostic.id)
      #expect(["none", "note", "warning", "error"].contains(result["level"] as? String))
      #expect(((result["message"] as? Object)?["text"] as? String)?.hasPrefix(diagnostic.message) == true)
      let places = (result["locations"] as? [Object] ?? []) + (result["relatedLocations"] as? [Object] ?? [])
      #expect(places.count == 1 + diagnostic.refChain.count)
      for (place, location) in zip(places, [diagnostic.location] + diagnostic.refChain.map(\.location)) {
        let physical = try #require(place["physicalLocation"] as? Object)
        let uri = try #require((physical["artifactLocation"] as? Object)?["uri"] as? String)
        #expect(uri.removingPercentEncoding == location.file)
        #expect(uri.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        let region = try #require(physical["region"] as? Object)
        #expect(region["startLine"] as? Int == location.line)
        #expect(region["startColumn"] as? Int == location.column)
      }
    }
  }

  @Test func `an absolute path is a file URI`() {
    let (_, found) = OpenAPILoader.load(path: "/a b.yaml", from: MemoryFolder([String: String]()))
    #expect(DiagnosticReport(found).rendered(.sarif).contains("\"uri\": \"file:///a%20b.yaml\""))
  }
}
