import Katana
import TestSupport
import Testing

/// Content types of requests, Accept, HEAD, OPTIONS and what responses are made of, over a real socket.
@Suite struct NegotiationTests {
  static func router() -> Router {
    var router = Router()
    for (path, isStrict) in [("/any", false), ("/strict", true)] {
      router.get(path) { context in
        let names: [MediaType] = ["application/json", "text/csv", "application/json;v=2"]
        let index = try context.negotiate("application/json,text/csv,application/json;v=2", isStrict: isStrict)
        context.respond("\(index)", as: names[index])
      }
    }
    router.add(Route(.post, "/typed", mediaTypes: ["text/plain", "image/*", "application/json", "*/*"])) { context in
      let index = try context.read { (request: inout RequestReader) -> Int? in
        request.contentType(of: "text/plain,image/*,application/json,*/*") ?? -1
      }
      context.respond("\(index)")
    }
    for method in [Method.post, .put, .patch] {
      router.add(Route(method, "/some", mediaTypes: ["application/json", "text/plain"])) { context in
        context.respond(.noContent)
      }
    }
    router.get("/fields") { context in
      context.setField("X-List", list: [1, -2, 3] as [Int64])
      context.setField("X-None", list: [] as [String])
      context.setField("X-Time", value: Instant(microseconds: 1_500_000))
      context.setField("X-Flat", isExploded: false) { members in
        members.add("limit", 5 as Int32)
        members.add("gone", nil as String?)
        members.add("left", 2.5)
      }
      context.setField("X-Sides", isExploded: true) { members in
        members.add("a", true)
        members.add("b", "x")
      }
      context.respond([1, 2, 255])
    }
    return router
  }

  @Test func `weights and precision choose the media type`() async throws {
    let cases: [(accept: String?, index: Int?)] = [
      (nil, 0), ("", 0), ("*/*", 0), ("text/csv", 1), ("TEXT/CSV", 1), ("text/*", 1), ("application/json", 0),
      ("application/json;q=0.5, text/csv", 1), ("application/json;q=0.5,text/csv;q=0.4", 0),
      ("text/csv;q=0.9,*/*;q=0.8", 1), ("text/csv;q=0, */*", 0), ("application/json;q=0,*/*;q=0.1", 1),
      ("application/json;v=2", 2), ("application/json;v=\"2\";q=1.000, text/csv;q=0.999", 2),
      ("application/*;q=0.2,text/*;q=0.3,application/json;v=2;q=0.4", 2), ("image/png", nil), ("image/*;q=1", nil),
      ("*/*;q=0", nil), ("text/html, application/xml;q=0.9, */*;q=0.8", 0), ("text", 0), ("text/csv;q=2", 0),
      ("text/csv;q=0.1234", 0), ("text/csv;q=0.001", 1), ("garbage;;;=,, text/csv ;  q=0.5 , /", 1),
      ("a/b;c=\"x,text/csv;q=1\"", nil), ("text/csv; q=0.0", nil), ("*/csv", nil), ("text/csv;charset=x", nil),
      ("text/csv\r\nAccept: application/json;q=0.9", 1),
    ]
    let answers = try await serving(Self.router()) { port in
      try await blocking {
        let client = try Client(port: port)
        return try cases.map { item in
          try ["/any", "/strict"].map { path in
            try client.request("GET \(path)", item.accept.map { "Accept: \($0)\r\n" } ?? "")
          }
        }
      }
    }
    let types = ["application/json", "text/csv", "application/json;v=2"]
    for (item, pair) in zip(cases, answers) {
      #expect(pair[0].status == 200 && pair[0].text == "\(item.index ?? 0)", "\(item): \(pair[0])")
      #expect(pair[0].fields["content-type"] == types[item.index ?? 0])
      #expect(pair.allSatisfy { $0.fields["vary"]?.contains("Accept") == true }, "\(item)")
      if let index = item.index {
        #expect(pair[1].status == 200 && pair[1].text == "\(index)", "\(item): \(pair[1])")
      } else {
        #expect(pair[1].status == 406 && pair[1].fields["content-type"] == "application/problem+json", "\(item)")
      }
    }
  }

  @Test func `the content's type is the closest of the contract`() async throws {
    let cases = [
      ("text/plain", "0"), ("Text/Plain; charset=utf-8", "0"), ("image/png", "1"), ("application/json", "2"),
      ("application/pdf", "3"), ("text/html", "3"),
    ]
    let answers = try await serving(Self.router()) { port in
      try await blocking {
        let client = try Client(port: port)
        return try cases.map { try client.post("/typed", [1], type: $0.0).text }
      }
    }
    #expect(answers == cases.map(\.1))
  }

  @Test func `another type or charset is refused with what is taken`() async throws {
    try await serving(Self.router()) { port in
      try await blocking {
        let client = try Client(port: port)
        let list = "application/json,text/plain"
        for (method, extra) in [("POST", "accept-post"), ("PATCH", "accept-patch"), ("PUT", nil)] {
          for type in ["image/png", "application/json; charset=utf-16", "text/plain; charset=latin1", "nonsense"] {
            let answer = try client.request("\(method) /some", "Content-Type: \(type)\r\n", "x")
            #expect(answer.status == 415 && answer.fields["accept"] == list, "\(method) \(type)")
            for name in ["accept-post", "accept-patch"] {
              #expect(answer.fields[name] == (name == extra ? list : nil), "\(method) \(name)")
            }
          }
          for type in ["application/json", "application/JSON;charset=\"UTF-8\"", "text/plain; format=flowed"] {
            let answer = try client.request("\(method) /some", "Content-Type: \(type)\r\n", "x")
            #expect(answer.status == 204, "\(method) \(type)")
          }
        }
      }
    }
  }

  @Test func `HEAD and OPTIONS are answered without handlers of their own, other methods are told`() async throws {
    try await serving(Self.router()) { port in
      try await blocking {
        let client = try Client(port: port)
        let whole = try client.request("GET /any", "Accept: text/csv\r\n")
        let head = try client.request("HEAD /any", "Accept: text/csv\r\n")
        #expect(head.status == 200 && head.body == [] && whole.text == "1")
        for name in ["content-length", "content-type", "vary"] {
          #expect(head.fields[name] == whole.fields[name] && head.fields[name] != nil, "\(name)")
        }
        #expect(try client.request("HEAD /strict", "Accept: a/b\r\n").status == 406)
        let options = try client.request("OPTIONS /some")
        #expect(options.status == 204 && options.fields["allow"] == "POST, PUT, OPTIONS, PATCH")
        let onGet = try client.request("OPTIONS /any")
        #expect(onGet.fields["allow"] == "GET, HEAD, OPTIONS")
        for method in ["DELETE", "GET", "HEAD"] {
          let refused = try client.request("\(method) /some")
          #expect(refused.status == 405 && refused.fields["allow"] == options.fields["allow"], "\(method)")
        }
        #expect(try client.request("OPTIONS /nothing").status == 404)
      }
    }
  }

  @Test func `fields of a response are written in the style simple`() async throws {
    try await serving(Self.router()) { port in
      try await blocking {
        let answer = try Client(port: port).get("/fields")
        #expect(answer.fields["x-list"] == "1,-2,3" && answer.fields["x-none"] == nil)
        #expect(answer.fields["x-time"] == "1970-01-01T00:00:01.500Z")
        #expect(answer.fields["x-flat"] == "limit,5,left,2.5" && answer.fields["x-sides"] == "a=true,b=x")
        #expect(answer.body == [1, 2, 255] && answer.fields["content-type"] == "application/octet-stream")
      }
    }
  }

  @Test func `sequences go out as lines, records and events`() async throws {
    struct Value: JSONEncodable {
      var number: Double
      func encode(to json: inout JSONWriter) { json.double(number) }
    }
    @Sendable func values(_ numbers: [Double]) -> AsyncStream<Value> {
      AsyncStream { stream in
        for number in numbers { stream.yield(Value(number: number)) }
        stream.finish()
      }
    }
    var router = Router()
    router.get("/lines") { context in try await context.respond(jsonLines: values([1, 2.5])) }
    router.get("/records") { context in
      try await context.respond(jsonLines: values([1, 2.5]), as: .jsonSequence, status: 201)
    }
    router.get("/events") { context in
      try await context.respond(jsonEvents: values([1, 2.5])) { ("tick", "\($0.number)") }
    }
    router.get("/broken") { context in try await context.respond(jsonLines: values([1, .infinity, 2])) }
    try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        let lines = try client.get("/lines")
        #expect(lines.text == "1\n2.5\n" && lines.fields["content-type"] == "application/jsonl")
        let records = try client.get("/records")
        #expect(records.status == 201 && records.text == "\u{1E}1\n\u{1E}2.5\n")
        #expect(records.fields["content-type"] == "application/json-seq")
        let events = try client.get("/events")
        #expect(events.text == "event: tick\nid: 1.0\ndata: 1\n\nevent: tick\nid: 2.5\ndata: 2.5\n\n")
        #expect(events.fields["content-type"] == "text/event-stream")
        let broken = try Client(port: port)
        broken.send("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n")
        let rest = String(decoding: broken.rest(), as: UTF8.self)
        #expect(!rest.contains("null") && !rest.hasSuffix("0\r\n\r\n"), "\(rest)")
      }
    }
  }
}
