@testable import Katana
import TestSupport
import Testing

private let formType = "application/x-www-form-urlencoded"

@Suite(.serialized) struct FormTests {
  private static func router() -> Router {
    var router = Router()
    router.post("/form") { context in
      context.respond(try context.request.form().map { "\($0.name)=\($0.value)\n" }.joined())
    }
    router.post("/small") { context in
      var limits = FormLimits()
      limits.pairCountMax = 2
      limits.nameSizeMax = 4
      limits.valueSizeMax = 8
      context.respond("\(try context.request.form(limits: limits).count)")
    }
    router.get("/query") { context in
      context.respond(try context.request.queryItems.map { "\($0.name)=\($0.value)\n" }.joined())
    }
    return router
  }

  private static func answers(_ requests: [(target: String, body: String, type: String)]) async throws -> [Answer] {
    try await serving(router()) { port in
      try await blocking {
        let client = try Client(port: port)
        return try requests.map { try client.post($0.target, Array($0.body.utf8), type: $0.type) }
      }
    }
  }

  @Test func `a form is its pairs in order, decoded`() async throws {
    let answers = try await Self.answers([
      ("/form", "title=hello+world&a%20b=%C3%BC%26%3D&title=2&&flag&empty=&=x", formType),
      ("/form", "", formType),
    ])
    #expect(answers.map(\.status) == [200, 200])
    #expect(answers[0].text == "title=hello world\na b=ü&=\ntitle=2\nflag=\nempty=\n=x\n")
    #expect(answers[1].text == "")
  }

  @Test func `a name gives its first value, all of them, or none`() {
    let fields = FormFields(pairs: [
      .init(name: "a", value: "1"), .init(name: "b", value: ""), .init(name: "a", value: "2"),
    ])
    #expect(fields["a"] == "1" && fields["b"] == "" && fields["c"] == nil)
    #expect(fields.all("a") == ["1", "2"] && fields.all("c") == [])
    #expect(fields.map(\.name) == ["a", "b", "a"] && fields.count == 3)
  }

  @Test func `names that differ in bytes are two names`() {
    let fields = FormFields(pairs: [.init(name: "u\u{308}", value: "two"), .init(name: "\u{fc}", value: "one")])
    #expect(fields["\u{fc}"] == "one" && fields.all("u\u{308}") == ["two"])
  }

  @Test func `the media type of a form may have parameters and any case, another one is 415`() async throws {
    let types = [
      "Application/X-WWW-Form-URLEncoded", "\(formType) ; charset=utf-8", "text/plain", "\(formType)2",
      "multipart/form-data; boundary=a",
    ]
    let answers = try await Self.answers(types.map { ("/form", "a=1", $0) })
    #expect(answers.map(\.status) == [200, 200, 415, 415, 415])
    #expect(answers[2].text.contains("the content is not application/x-www-form-urlencoded"))
  }

  @Test func `a form without a media type is 415`() async throws {
    let answer = try await serving(Self.router()) { port in
      try await blocking {
        let client = try Client(port: port)
        client.send("POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na=1")
        return try client.answer()
      }
    }
    #expect(answer.status == 415)
  }

  @Test func `a malformed form is 400, one beyond a limit 413, and both say why`() async throws {
    let answers = try await Self.answers([
      ("/form", "a=%4", formType), ("/form", "a=%zz", formType), ("/form", "%ff=1", formType),
      ("/small", "a=1&b=2&c=3", formType), ("/small", "abcde=1", formType), ("/small", "a=123456789", formType),
      ("/small", "abcd=12345678&b", formType),
    ])
    #expect(answers.map(\.status) == [400, 400, 400, 413, 413, 413, 200])
    #expect(answers[0].text.contains("the form has a malformed escape or is not UTF-8"))
    #expect(answers[3].text.contains("the form has too many pairs"))
    #expect(answers[4].text.contains("a name in the form is too long"))
    #expect(answers[5].text.contains("a value in the form is too long"))
  }

  @Test func `the query is read as a form is, a malformed one is 400`() async throws {
    let long = String(repeating: "n", count: 2000)
    let answers = try await serving(Self.router()) { port in
      try await blocking {
        let client = try Client(port: port)
        return try ["?q=a+b%26&q=2&x", "", "?q=%zz", "?q=%ff", "?\(long)=1"].map { try client.get("/query\($0)") }
      }
    }
    #expect(answers.map(\.status) == [200, 200, 400, 400, 200])
    #expect(answers[0].text == "q=a b&\nq=2\nx=\n" && answers[1].text == "" && answers[4].text == "\(long)=1\n")
    #expect(answers[2].text.contains("the query has a malformed escape or is not UTF-8"))
  }
}
