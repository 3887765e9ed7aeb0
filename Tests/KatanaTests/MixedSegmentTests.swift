import Katana
import TestSupport
import Testing

/// Routes with parameters that are a part of a segment.
@Suite struct MixedSegmentTests {
  private static func answers(_ router: Router, _ lines: [String]) async throws -> [String] {
    try await serving(router) { port in
      try await blocking {
        try lines.map { line in
          let answer = try Client(port: port).request(line)
          return answer.status == 200 ? answer.text : String(answer.status)
        }
      }
    }
  }

  @Test func `handlers get the decoded parts of a segment`() async throws {
    var router = Router()
    let paths = [
      "/files/{id}", "/files/{id}#x", "/files/{id}/thumbnail.{ext}", "/report.{year}-{month}", "/v{n}/x",
      "/jobs/{name}", "/jobs/{name}:cancel", "/pairs/{a}.{b}",
    ]
    for path in paths {
      router.add(Route(.get, path)) { context in
        let request = context.request
        let values = (0..<(path.split(separator: "{").count - 1)).map { request.parameter($0).text() }
        context.respond("\(path) \(values)")
      }
    }
    let expected = [
      "GET /files/7": ##"/files/{id} ["7"]"##,
      "GET /files/7%23x": ##"/files/{id}#x ["7"]"##,
      "GET /files/%23x%23x": ##"/files/{id}#x ["#x"]"##,
      "GET /files/%23x": ##"/files/{id} ["#x"]"##,
      "GET /files/7%23y": ##"/files/{id} ["7#y"]"##,
      "GET /files/7/thumbnail.png": ##"/files/{id}/thumbnail.{ext} ["7", "png"]"##,
      "GET /files/%C3%BC/th%75mbnail%2Etar%2Egz?a=.b": ##"/files/{id}/thumbnail.{ext} ["ü", "tar.gz"]"##,
      "GET /files/7/thumbnail.": "404",
      "GET /files/7/thumbnail.a/b": "404",
      "GET /files/7/thumbnail.a%2Fb": "400",
      "POST /files/7%23x": "405",
      "GET /report.2026-11": ##"/report.{year}-{month} ["2026", "11"]"##,
      "GET /report.2026%2D11-21": ##"/report.{year}-{month} ["2026", "11-21"]"##,
      "GET /v12/x": ##"/v{n}/x ["12"]"##,
      "GET /v/x": "404",
      "GET /jobs/7": ##"/jobs/{name} ["7"]"##,
      "GET /jobs/7:cancel": ##"/jobs/{name}:cancel ["7"]"##,
      "GET /jobs/a:b:cancel": ##"/jobs/{name}:cancel ["a:b"]"##,
      "GET /jobs/7:stop": ##"/jobs/{name} ["7:stop"]"##,
      "GET /pairs/a.b": ##"/pairs/{a}.{b} ["a", "b"]"##,
      "GET /pairs/ab": "404",
    ]
    let lines = expected.keys.sorted()
    let answers = try await Self.answers(router, lines)
    for (line, answer) in zip(lines, answers) { #expect(answer == expected[line], "\(line)") }
  }

  @Test func `a refused template is one clear line`() {
    var router = Router()
    router.get("/a/{x}{y}") { _ in }
    #expect {
      try Server(router: router)
    } throws: {
      "\($0)".contains("/a/{x}{y}") && "\($0)".contains("has two parameters without a literal between them")
    }
  }

  /// Styles look for their delimiters in what was sent, where items have them escaped.
  @Test func `arrays in every style come back from a part of a segment`() async throws {
    let styles: [(style: ParameterStyle, explode: Bool)] = [ParameterStyle.simple, .label, .matrix].flatMap {
      [($0, false), ($0, true)]
    }
    var router = Router()
    for (number, item) in styles.enumerated() {
      for (path, index) in [("/first\(number)/{c}@{x}", 0), ("/last\(number)/report.{x}-{c}.json/end", 1)] {
        router.add(Route(.get, path)) { context in
          let (items, other) = try context.read { (request: inout RequestReader) -> ([String], String)? in
            let items = request.array(
              .path(index, "c"), style: item.style, isRequired: true, isExploded: item.explode
            ) { $0.string() }
            return (items ?? [], request.required(.path(1 - index, "x"), "") { $0.string() })
          }
          context.respond("\(items) \(other)")
        }
      }
    }
    var lines: [String] = []
    var expected: [String] = []
    for (number, item) in styles.enumerated() {
      for count in [1, 1, 2, 3, 5, 4, 2, 3] {
        let items = (0..<count).map { _ in Model.text() }
        let other = Model.text(without: ["-"])
        let written = Model.array(item.style, item.explode, items)
        let detour = ["", "/.", "/b/%2e%2e", "/"].randomElement()!
        lines.append("GET \(detour)/first\(number)/\(written)@\(Model.escaped(other))")
        lines.append("GET \(detour)/last\(number)/%72eport.\(Model.escaped(other))-\(written)%2Ejson/end")
        expected += Array(repeating: "\(items) \(other)", count: 2)
      }
    }
    let answers = try await Self.answers(router, lines)
    for index in lines.indices { #expect(answers[index] == expected[index], "\(lines[index])") }
  }
}
