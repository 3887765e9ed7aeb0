import Katana
import TestSupport
import Testing

/// Values whose pieces come as text, read back as one document.
@Suite struct TextDocumentTests {
  private static func router() -> Router {
    var router = Router()
    router.get("/nested") { context in
      let value = try context.read { (request: inout RequestReader) -> JSONValue? in
        request.document(.query("v"), .nested, isRequired: true, isExploded: true, JSONValue.decode)
      }
      try context.respond(200, json: value)
    }
    router.post("/numbers") { context in
      let sum = try context.read { (request: inout RequestReader) -> Int64? in
        request.form { members in
          members.document { (json: inout JSONReader) -> Int64? in
            guard json.object() != nil else { return nil }
            var sum: Int64 = 0
            while json.key() != nil { sum += json.int64(minimum: 0) }
            return sum
          }
        }
      }
      context.respond("\(sum)")
    }
    return router
  }

  /// A value as JSON, and its pieces.
  private struct Sample {
    var json: String
    var pieces: [(path: String, text: String)]
    /// Members stay in the order in which they come; items have indices.
    var hasMembers = false
  }

  private static let names = ["a", "b c", "ä", "1x", "~/", "\"", "x.y"]

  private static func random(_ depth: Int) -> Sample {
    switch depth == 0 ? 0 : Int.random(in: 0...2) {
    case 0:
      let text = ["", "1", "true", "null", "{", "[1]", "ü&=", "a+b"].randomElement()!
      return Sample(json: "\"\(text)\"", pieces: [("", text)])
    case 1:
      let items = (0..<Int.random(in: 1...12)).map { _ in random(depth - 1) }
      let pieces = items.enumerated().flatMap { index, item in item.pieces.map { ("[\(index)]" + $0.path, $0.text) } }
      let json = "[" + items.map(\.json).joined(separator: ",") + "]"
      return Sample(json: json, pieces: pieces, hasMembers: items.contains { $0.hasMembers })
    default:
      let members = names.shuffled().prefix(Int.random(in: 1...4)).map { ($0, random(depth - 1)) }
      let pieces = members.flatMap { name, value in value.pieces.map { ("[\(name)]" + $0.path, $0.text) } }
      let json = members.map { name, value in "\"" + name.replacing("\"", with: "\\\"") + "\":" + value.json }
      return Sample(json: "{" + json.joined(separator: ",") + "}", pieces: pieces, hasMembers: true)
    }
  }

  @Test func `any document that is written with brackets is read back`() async throws {
    var samples: [Sample] = []
    while samples.count < 300 {
      let sample = Self.random(3)
      if sample.pieces.count < 60 { samples.append(sample) }
    }
    let all = samples
    try await serving(Self.router()) { port in
      try await blocking {
        let client = try Client(port: port)
        for sample in all {
          let pieces = sample.hasMembers ? sample.pieces : sample.pieces.shuffled()
          let query = pieces.map { "v" + Model.escaped($0.path) + "=" + Model.escaped($0.text) }.joined(separator: "&")
          if query.utf8.count > 7000 { continue }
          let answer = try client.request("GET /nested?\(query)", "", "")
          #expect(answer.status == 200 && answer.text == sample.json, "\(query): \(answer.text)")
        }
      }
    }
  }

  @Test func `a form of as many numbers as there may be is read, and refused where one is none`() async throws {
    let count = FormLimits().pairCountMax
    let plain = (0..<count).map { "n\($0)=\($0)" }
    let repeated = (0..<count).map { _ in "n=1" }
    var mixed = plain
    for index in stride(from: 0, to: count, by: 32) { mixed[index] = "n\(index)=x" }
    let forms = [plain, repeated, mixed].map { $0.joined(separator: "&") }
    let answers = try await serving(Self.router()) { port in
      try await blocking {
        try forms.map { form in
          try Client(port: port).request("POST /numbers", "Content-Type: application/x-www-form-urlencoded\r\n", form)
        }
      }
    }
    #expect(answers.map(\.status) == [200, 400, 400])
    #expect(answers[0].text == "\(count * (count - 1) / 2)")
    #expect(answers[1].text.contains(#""pointer":"/n","code":"type""#))
    #expect(answers[2].text.contains(#""pointer":"/n0","code":"type""#), "\(answers[2].text)")
  }
}
