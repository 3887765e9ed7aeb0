import GoldenViews
import Katana
import TestSupport
import Testing

/// Views of a body beside the structs that are read from the same bytes: they hold and refuse the same.
@Suite struct JSONViewTests {
  static let whole = #"""
    {"id":7,"kind":"long winded kind of event","source":"pump","code":"ab","mail":"a@b.example",
    "tags":["a","b\n\u00e9"],"counts":[1,-5,2147483647],"kinds":["alarm","note"],"tokens":["01234567-89ab-cdef-0123-456789abcdef"],
    "token":"fedcba98-7654-3210-fedc-ba9876543210","at":"2026-11-21T10:00:00.25Z","place":{"name":"Köln","at":50.9},
    "places":[{"name":"","at":null},{"name":"x","at":-1e3}],"level":6,"unit":"\"","sort":"alarm","labels":[],
    "share":0.25,"ratio":1e300,"scale":0.5,"urgent":true,"comment":null,"payload":"AAEC","extra":{"a":[1,null]},
    "limits":{"x":1,"y":-2},"size":"big","inner":{"x":1,"other":2},"rows":[[1],[],[2,3]],
    "a_name_that_is_longer_than_any_vector":false,
    "parts":[{"id":0,"kind":"note","source":"s","tags":["t"],"token":"00000000-0000-0000-0000-000000000000",
    "at":"1970-01-01T00:00:00Z","place":{"at":0,"name":"n"},"comment":"ß"}]}
    """#

  /// The event that a view says, beside the one that the decoder makes.
  private func both(_ text: String) -> (view: Result<Event, ViolationList>, value: Result<Event, ViolationList>) {
    let bytes = Array(text.utf8)
    return (
      JSONReader.withView(of: Event.self, in: bytes.span.bytes) { copy($0) },
      JSONReader.decode(Event.self, from: bytes.span.bytes)
    )
  }

  @Test func `a view has the members that the struct has`() throws {
    let (view, value) = both(Self.whole)
    #expect(try view.get() == value.get())
    #expect(try view.get().tags == ["a", "b\né"])
    #expect(try view.get().parts?.first?.level == 3)
  }

  @Test func `a default may be an object, and one of the type that has it`() throws {
    let bytes = Array(#"{"text":"a"}"#.utf8)
    let note = try JSONReader.decode(Note.self, from: bytes.span.bytes).get()
    let seen = JSONReader.withView(of: Note.self, in: bytes.span.bytes) { note in
      (Place(name: String(copying: note.place.name), at: note.place.at), note.branch)
    }
    let (place, branch) = try seen.get()
    #expect(note.place == Place(name: "here", at: 1000) && place == note.place)
    #expect(note.branch == Branch(name: "twig", branches: [Branch(name: "leaf", branches: [])]) && branch == note.branch)
    #expect(note.branch.branches[0].grown.description == "2026-01-31T00:00:00Z")
  }

  @Test func `absent members are nil or their defaults`() throws {
    let text = #"""
      {"id":1,"kind":"note","source":"s","tags":["t"],"token":"00000000-0000-0000-0000-000000000001",
      "at":"1970-01-01T00:00:00Z","place":{"name":"n","at":1},"comment":"c"}
      """#
    let (view, value) = both(text)
    #expect(try view.get() == value.get())
    #expect(try view.get().labels == ["a", "b\"c"] && view.get().sort == .note && view.get().level == 3)
  }

  @Test func `members in any order and spaces anywhere are read alike`() throws {
    let reversed = #"""
       { "comment" : "c", "place" :{ "at":2 , "name":"n"},  "at":"1970-01-01T00:00:00Z" ,"level": 0, "nothing":1,
      "token":"00000000-0000-0000-0000-000000000001" , "tags" : [ "t" , "u" ] ,"source":"s", "kind":"note", "id": 1 }
      """#
    #expect(both(reversed).view == both(reversed).value)
    let open = reversed.replacing(" \"nothing\":1,", with: "")
    #expect(try both(open).view.get() == both(open).value.get())
  }

  /// Each byte of a document taken away, doubled, or made another one: what the decoder makes of it, the view does.
  @Test func `a view refuses what the decoder refuses, in the same words`() throws {
    let bytes = Array(Self.whole.utf8)
    let others: [UInt8] = Array("\"\\{}[],:0-e x\u{0}".utf8)
    var accepted = 0
    for index in bytes.indices {
      var documents = [Array(bytes[..<index]), Array(bytes[..<index] + bytes[(index + 1)...])]
      documents.append(Array(bytes[...index] + bytes[index...]))
      for other in others {
        var document = bytes
        document[index] = other
        documents.append(document)
      }
      for document in documents {
        let view = JSONReader.withView(of: Event.self, in: document.span.bytes) { copy($0) }
        let value = JSONReader.decode(Event.self, from: document.span.bytes)
        if case .success = value { accepted += 1 }
        #expect(view == value, "\(String(decoding: document, as: UTF8.self))")
      }
    }
    #expect(accepted > 500 && accepted < bytes.count * (others.count + 3) / 2)
  }

  @Test func `each rule that is broken is a violation at its place`() throws {
    let text = #"""
      {"id":-1,"kind":"nothing","source":"","code":"ABC","mail":"no","tags":[],"counts":[-6,1.5,"x"],"level":4,
      "token":"x","at":"yesterday","place":{"name":1},"places":[{},{},{},{}],"share":0,"urgent":1,"size":"",
      "limits":{"a":"b"},"id":2,"unknown":[],"rows":[[""]],"parts":[3],"tokens":["1"],"payload":"?"}
      """#
    let (view, value) = both(text)
    #expect(view == value)
    guard case .failure(let list) = view else { throw Failure() }
    #expect(list.violations.count > 25)
  }

  @Test func `an object is read to a struct when it is asked for`() throws {
    let bytes = Array(Self.whole.utf8)
    let result = JSONReader.withView(of: Event.self, in: bytes.span.bytes) { event in
      (event.decoded(), event.place.decoded(), event.parts?[0].decoded())
    }
    let (event, place, part) = try result.get()
    #expect(try event == both(Self.whole).value.get())
    #expect(place == Place(name: "Köln", at: 50.9) && part == event.parts?[0])
  }

  struct Failure: Error {}
}

/// A service whose bodies are views, served.
@Suite struct ViewServiceTests {
  struct Service: ViewsAPI {
    func addEvent(body: JSONView<Event>, _ context: Context) async throws -> Event {
      try await context.sleep(milliseconds: 1)  // the view outlives it
      return copy(body)
    }

    func replaceEvents(body: JSONObjectArrayView<Event>, _ context: Context) throws -> Int64 {
      body.indices.reduce(0) { $0 + body[$1].id }
    }

    func addNote(body: JSONView<Note>?, _ context: Context) async throws -> String {
      guard let body else { return "none" }
      return String(repeating: String(copying: body.text), count: Int(body.copies))
    }

    func replaceSettings(body: JSONValue, _ context: Context) async throws -> JSONValue { body }
  }

  private func answers(_ calls: [(line: String, body: String)]) async throws -> [Answer] {
    var router = Router()
    router.register(views: Service())
    return try await serving(router) { port in
      try await blocking {
        try calls.map {
          try Client(port: port).request($0.line, $0.body.isEmpty ? "" : "Content-Type: application/json\r\n", $0.body)
        }
      }
    }
  }

  @Test func `a handler looks at the body where it lies, also after it was suspended`() async throws {
    let answers = try await answers([
      ("POST /events", JSONViewTests.whole), ("POST /events", #"{"id":"x"}"#),
      ("POST /notes", #"{"text":"a\tb","copies":2}"#), ("POST /notes", #"{"text":"long enough not to be short"}"#),
      ("POST /notes", ""),
    ])
    let bytes = Array(answers[0].text.utf8)
    let expected = Array(JSONViewTests.whole.utf8)
    #expect(answers[0].status == 200)
    #expect(
      try JSONReader.decode(Event.self, from: bytes.span.bytes).get()
        == JSONReader.decode(Event.self, from: expected.span.bytes).get())
    #expect(answers[1].status == 400 && answers[1].text.contains("\"/id\""))
    #expect(answers[2].text == #""a\tba\tb""# && answers[3].text == #""long enough not to be short""#)
    #expect(answers[4].status == 200 && answers[4].text == "\"none\"")
  }

  @Test func `an array is an array of views, whose size is checked`() async throws {
    let event = JSONViewTests.whole
    let least = #"""
      {"id":1,"kind":"note","source":"s","tags":["t"],"token":"00000000-0000-0000-0000-000000000001",
      "at":"1970-01-01T00:00:00Z","place":{"name":"n","at":1},"comment":"c"}
      """#
    let answers = try await answers([
      ("PUT /events", "[\(event),\(event)]"), ("PUT /events", "[]"), ("PUT /events", "{}"),
      ("PUT /events", "[" + String(repeating: least + ",", count: 100) + least + "]"),
    ])
    #expect(answers[0].text == "14" && answers[1].text == "0")
    #expect(answers[2].status == 400)
    #expect(answers[3].status == 400 && answers[3].text.contains("max_items"))
  }

  @Test func `any JSON is checked by its schema`() async throws {
    let answers = try await answers([
      ("PUT /settings", #"{"theme":"dark","next":{"theme":"light","size":8}}"#),
      ("PUT /settings", #"{"theme":"dark","next":{"theme":"red","size":7,"more":1}}"#),
    ])
    #expect(answers[0].status == 200 && answers[0].text == #"{"theme":"dark","next":{"theme":"light","size":8}}"#)
    #expect(answers[1].status == 400)
    for pointer in ["/next/theme", "/next/size", "/next/more"] { #expect(answers[1].text.contains("\"\(pointer)\"")) }
  }
}

/// A struct of what a view's members say.
func copy(_ event: JSONView<Event>) -> Event {
  Event(
    id: event.id,
    kind: event.kind,
    source: String(copying: event.source),
    tags: texts(event.tags),
    token: event.token,
    at: event.at,
    place: Place(name: String(copying: event.place.name), at: event.place.at),
    comment: text(event.comment),
    code: text(event.code),
    mail: text(event.mail),
    counts: values(event.counts),
    kinds: values(event.kinds),
    tokens: values(event.tokens),
    places: places(event.places),
    level: event.level,
    unit: String(copying: event.unit),
    sort: event.sort,
    labels: texts(event.labels),
    share: event.share,
    ratio: event.ratio,
    scale: event.scale,
    urgent: event.urgent,
    payload: event.payload,
    extra: event.extra,
    limits: event.limits,
    size: event.size,
    inner: event.inner,
    rows: event.rows,
    aNameThatIsLongerThanAnyVector: event.aNameThatIsLongerThanAnyVector,
    parts: events(event.parts))
}

private func texts(_ view: JSONTextArrayView) -> [String] { view.indices.map { String(copying: view[$0]) } }

private func text(_ view: UTF8Span?) -> String? {
  guard let view else { return nil }
  return String(copying: view)
}

private func values<Item>(_ view: JSONArrayView<Item>?) -> [Item]? {
  guard let view else { return nil }
  return view.indices.map { view[$0] }
}

private func places(_ view: JSONObjectArrayView<Place>?) -> [Place]? {
  guard let view else { return nil }
  return view.indices.map { Place(name: String(copying: view[$0].name), at: view[$0].at) }
}

private func events(_ view: JSONObjectArrayView<Event>?) -> [Event]? {
  guard let view else { return nil }
  return view.indices.map { copy(view[$0]) }
}
