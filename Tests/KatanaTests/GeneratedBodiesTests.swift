import GoldenBodies
import Katana
import TestSupport
import Testing

/// What a generated service reads and answers beside plain JSON: Golden/bodies, served.
@Suite struct GeneratedBodiesTests {
  struct Bodies: BodiesAPI {
    func sendForm(body: Order, _ context: Context) async throws -> Order { body }
    func sendPlainForm(body: Order, _ context: Context) async throws -> Order { body }

    func sendParts(body: SendPartsBody, _ context: Context) async throws -> String {
      let points = (body.points ?? []).map { "(\($0.x),\($0.y ?? 0))" }.joined()
      return """
        photo \(body.photo.contentType ?? "-") \(body.photo.bytes.count), scan \(body.scan?.bytes.count ?? -1), \
        pages \(body.pages?.count ?? -1), about \(body.about.x), title \(body.title ?? "-"), \
        count \(body.count ?? -1), turned \(body.photoXRotation ?? -1), \
        sides \((body.pagesXKind ?? []).map { $0?.text.description ?? "-" }), \
        points \(points), colours \(body.colours ?? [])
        """
    }

    func importPoints(body: JSONLines<Point>, _ context: Context) async throws -> Int64 {
      var sum: Int64 = 0
      while let point = try await body.next() { sum += point.x }
      return sum
    }

    func replacePoints(body: [Point], _ context: Context) async throws -> Int64 { body.reduce(0) { $0 + $1.x } }

    func importNames(body: JSONLines<String?>, _ context: Context) async throws -> String {
      var names: [String] = []
      while let name = try await body.next() { names.append(name ?? "null") }
      return names.joined(separator: "|")
    }

    func listNumbers(_ context: Context) async throws -> ResponseStream<Int64?> {
      ResponseStream(AsyncStream { stream in
        for number in [1, nil, 3] as [Int64?] { stream.yield(number) }
        stream.finish()
      })
    }

    func watchNumbers(_ context: Context) async throws -> ResponseStream<[Int64]> {
      ResponseStream(AsyncStream { stream in
        stream.yield([1, 2])
        stream.finish()
      })
    }

    func getPicture(name: String, _ context: Context) async throws -> GetPicture.Response {
      if name == "none" { throw GetPicture.Failure.notFound("there is none", contentType: "text/markdown") }
      return .ok([1, 2, 3], contentType: MediaType(name == "page" ? "text/html" : "image/\(name)"))
    }

    func getDocument(
      name: String, accepted: GetDocument.Accepted, _ context: Context
    ) async throws -> GetDocument.Response {
      switch accepted {
      case .json: .ok(Point(x: 1), eTag: "\"1\"", xOrigin: Point(x: 3, y: 4), xKind: "plain")
      case .image: .okAny([7], contentType: "image/webp")
      }
    }

    func openAccount(body: AccountInput, _ context: Context) async throws -> Account {
      Account(id: 7, kind: body.kind, limit: body.limit)
    }

    func addPet(body: Pet, _ context: Context) async throws -> Pet { body }

    func listWords(limit: Int64?, near: Point?, words: [String: Int64]?, _ context: Context) async throws -> String {
      let pairs = words?.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      return "\(limit ?? 0) \(near?.x ?? 0) \(pairs?.joined(separator: " ") ?? "no words")"
    }

    func search(
      `where`: Clause?, order: [String]?, ids: [Int64]?, pet: Creature?, other: Creature?, xSpan: SearchXSpan?,
      _ context: Context
    ) async throws -> Search {
      Search(where: `where`, order: order, ids: ids, pet: pet, other: other, from: xSpan?.from, to: xSpan?.to)
    }

    func addCreature(body: Creature, _ context: Context) async throws -> Creature { body }
    func addSchedule(body: Schedule, _ context: Context) async throws -> Schedule { body }

    func find(
      span: Point, box: [Int64], filter: FindFilter, doc: Point, ids: [Int64], xPoint: Point, corner: Point,
      _ context: Context
    ) async throws -> String { "" }

    func sendUpload(body: Upload, _ context: Context) async throws -> String {
      """
      crop \(body.fileXCrop ?? []), at \(body.fileXAt?.y ?? 0), sides \((body.fileXSides ?? []).map(\.text)), \
      origin \(body.fileXOrigin?.x ?? 0), sizes \(body.fileXSizes?.sorted { $0.key < $1.key }.map(\.value) ?? []), \
      tags \((body.filesXTags ?? []).map { $0 ?? [] }), label \(body.box?.label ?? "-")
      """
    }

    func editImage(body: EditImageBody, _ context: Context) async throws -> String {
      "\(body.image?.count ?? 0) \(body.link ?? "-") \(body.name ?? "-")"
    }

    func putImages(body: [String: UploadedFile], _ context: Context) async throws -> String {
      let files = body.sorted { $0.key < $1.key }
      return files.map { "\($0.key) \($0.value.name ?? "-") \($0.value.bytes.count)" }.joined(separator: ", ")
    }

    func sendSpread(body: Spread, _ context: Context) async throws -> Spread { body }
    func sendCounts(body: [String: Int64], _ context: Context) async throws -> [String: Int64] { body }

    func fail(_ context: Context) async throws -> Fail.Response { .serverError(503, "later") }
    func sayNothing(_ context: Context) async throws -> SayNothing.Response { .other(202) }

    func mark(_ context: Context) async throws -> Mark.Response {
      .ok(
        xMark: .string("a \"b\""), xAny: [1, true], xMap: ["b": 2, "a": 1], xNote: "n", xCount: 3,
        xPoints: [Point(x: 1)])
    }
  }

  private struct Call {
    var line: String
    var type: String
    var body: String
    var accept = ""
    var span = ""
  }

  private static func answers(_ calls: [Call]) async throws -> [Answer] {
    var router = Router()
    router.register(bodies: Bodies())
    return try await serving(router) { port in
      try await blocking {
        try calls.map { call in
          var fields = call.type.isEmpty ? "" : "Content-Type: \(call.type)\r\n"
          if !call.accept.isEmpty { fields += "Accept: \(call.accept)\r\n" }
          if !call.span.isEmpty { fields += "X-Span: \(call.span)\r\n" }
          return try Client(port: port).request(call.line, fields, call.body)
        }
      }
    }
  }

  // MARK: Forms

  private static let form = "application/x-www-form-urlencoded"

  @Test func `the members of a form travel as its encoding says`() async throws {
    let cases = [
      ("colours=red,blue%2Cgreen", #"{"colours":["red","blue,green"]}"#),
      ("colours=", #"{"colours":[]}"#),
      ("sizes=1+2%203", #"{"sizes":[1,2,3]}"#),
      ("tags=a|b%7Cc", #"{"tags":["a","b","c"]}"#),
      ("words=%22a%22&words=%22b%22", #"{"words":["a","b"]}"#),
      ("words=+%5B%22a%22,%22b%22%5D", #"{"words":["a","b"]}"#),
      ("name=%22a+b%22", #"{"name":"a b"}"#),
      ("point=x,1,y,2", #"{"point":{"x":1,"y":2}}"#),
      ("box%5Bfrom%5D%5Bx%5D=3&box%5Bnote%5D=n", #"{"box":{"from":{"x":3},"note":"n"}}"#),
      ("range=min%7C1%7Cmax%7C2", #"{"range":{"min":1,"max":2}}"#),
      ("labels%5Ba%5D=1", #"{"labels":{"a":1}}"#),
      ("path=/a?b=c:d@e", #"{"path":"/a?b=c:d@e"}"#),
    ]
    let answers = try await Self.answers(cases.map { Call(line: "POST /forms", type: Self.form, body: $0.0) })
    for (answer, (body, text)) in zip(answers, cases) {
      #expect(answer.status == 200 && answer.text == text, "\(body): \(answer.text)")
    }
  }

  @Test func `a member that does not travel as the encoding says is refused by its name`() async throws {
    let cases = [
      ("colours=red&colours=blue", "repeated", "/colours"), ("sizes=1+x", "type", "/sizes"),
      ("sizes=1+2+3+4", "max_items", "/sizes"), ("name=plain", "syntax", "/name"), ("words=a", "syntax", "/words"),
      ("point=x,1,y", "format", "/point"), ("point=y,1", "required", "/point/x"),
      ("box%5Bnote%5D=n", "required", "/box/from"), ("labels%5Ba%5D=b", "type", "/labels/a"),
      ("gone=1", "false_schema", "/gone"),
    ]
    let answers = try await Self.answers(cases.map { Call(line: "POST /forms", type: Self.form, body: $0.0) })
    for (answer, (body, code, pointer)) in zip(answers, cases) {
      #expect(
        answer.status == 400 && answer.text.contains("\"\(code)\"") && answer.text.contains("\"\(pointer)\""),
        "\(body): \(answer.text)")
    }
  }

  @Test func `the same schema without an encoding travels as before`() async throws {
    let body = "colours=red,blue&colours=green&point=%7B%22x%22:1%7D&name=plain"
    let answer = try await Self.answers([Call(line: "POST /plain-forms", type: Self.form, body: body)])[0]
    #expect(answer.text == #"{"colours":["red,blue","green"],"name":"plain","point":{"x":1}}"#)
  }

  @Test func `no content is a form without members where none is required`() async throws {
    let answers = try await Self.answers([
      Call(line: "POST /plain-forms", type: Self.form, body: ""), Call(line: "POST /plain-forms", type: "", body: ""),
      Call(line: "POST /creatures", type: Self.form, body: ""),
    ])
    #expect(answers.map(\.status) == [200, 200, 400])
    #expect(answers[0].text == "{}" && answers[1].text == "{}")
  }

  private static func parts(_ parts: [(head: String, content: String)]) -> Call {
    let body = parts.map { "--b\r\nContent-Disposition: form-data; name=\($0.head)\r\n\r\n\($0.content)\r\n" }.joined()
    return Call(line: "POST /parts", type: "multipart/form-data; boundary=b", body: body + "--b--\r\n")
  }

  private static let photo = (head: "photo; filename=p\r\nContent-Type: image/png\r\nx-rotation: 90", content: "12345")
  private static let about = (head: "about\r\nContent-Type: application/json", content: #"{"x":4}"#)

  @Test func `the parts of a form are read by their media types`() async throws {
    let all = [
      Self.photo, Self.about, ("scan; filename=s\r\nContent-Type: application/pdf", "%PDF"),
      ("pages; filename=1\r\nContent-Type: image/gif\r\nX-Kind: back", "a"),
      ("pages; filename=2\r\nContent-Type: image/png", "b"),
      ("title\r\nContent-Type: text/plain; charset=utf-8", "T"), ("count", "12"), ("colours", "red,blue"),
    ]
    let points = [("points", #"{"x":1,"y":2}"#), ("points\r\nContent-Type: application/json", #"{"x":3}"#)]
    let answers = try await Self.answers([
      Self.parts(all + points), Self.parts(all + [("points", #"[{"x":1,"y":2},{"x":3}]"#)]),
    ])
    let text = """
      photo image/png 5, scan 4, pages 2, about 4, title T, count 12, turned 90, \
      sides ["back", "-"], points (1,2)(3,0), colours ["red", "blue"]
      """
    #expect(answers.map(\.text) == [text, text])
  }

  @Test func `a part of another media type, or too many, are refused by their name`() async throws {
    let cases = [
      ([("photo; filename=p\r\nContent-Type: image/gif\r\nX-Rotation: 0", "1"), Self.about], "type", "/photo"),
      ([Self.photo, Self.about, ("scan; filename=s\r\nContent-Type: text/plain", "1")], "type", "/scan"),
      ([Self.photo, ("about\r\nContent-Type: text/xml", #"{"x":4}"#)], "type", "/about"),
      ([Self.photo, Self.about, ("title\r\nContent-Type: text/html", "T")], "type", "/title"),
      ([Self.photo, ("about", #"{"y":4}"#)], "required", "/about/x"),
      ([Self.photo, Self.about, ("points", #"[{"x":1},{"x":2},{"x":3}]"#)], "max_items", "/points"),
      ([Self.photo, Self.about, ("points", "[]")], "min_items", "/points"),
    ]
    let answers = try await Self.answers(cases.map { Self.parts($0.0) })
    for (answer, (_, code, pointer)) in zip(answers, cases) {
      #expect(
        answer.status == 400 && answer.text.contains("\"\(code)\"") && answer.text.contains("\"\(pointer)\""),
        "\(pointer): \(answer.text)")
    }
  }

  @Test func `a field in the head of a part that breaks its rules is refused by both names`() async throws {
    let photo = "photo; filename=p\r\nContent-Type: image/png"
    let cases = [
      (["X-Rotation: 360"], "maximum"), (["X-Rotation: up"], "type"), ([], "required"),
      (["X-Rotation: 1", "X-Rotation: 2"], "repeated"),
    ]
    let answers = try await Self.answers(cases.map { fields, _ in
      Self.parts([(([photo] + fields).joined(separator: "\r\n"), "1"), Self.about])
    })
    for (answer, (fields, code)) in zip(answers, cases) {
      let place = #""pointer":"/photo","parameter":"header/X-Rotation","code":"\#(code)""#
      #expect(answer.status == 400 && answer.text.contains(place), "\(fields): \(answer.text)")
    }
    let kind = ("pages; filename=1\r\nContent-Type: image/gif\r\nX-Kind: left", "a")
    let answer = try await Self.answers([Self.parts([Self.photo, Self.about, kind])])[0]
    #expect(answer.text.contains(#""pointer":"/pages","parameter":"header/X-Kind","code":"enum""#), "\(answer.text)")
  }

  // MARK: Rules for the whole of a form with files

  private static func upload(_ parts: [(head: String, content: String)]) -> Call {
    var call = Self.parts(parts)
    call.line = "POST /uploads"
    return call
  }

  private static func file(_ fields: String..., content: String = "1") -> (head: String, content: String) {
    ((["file; filename=f"] + fields).joined(separator: "\r\n"), content)
  }

  @Test func `a form with files is held against the rules for all of it`() async throws {
    let files = (1...3).map { ("files; filename=\($0)", "\($0)") }
    let cases: [([(head: String, content: String)], (pointer: String, code: String)?)] = [
      ([Self.file(), ("note", "n")], nil),
      ([Self.file()], ("", "min_properties")),
      ([Self.file(), ("unknown", "1")], nil),
      ([Self.file(), ("unknown; filename=u", "\u{FF}")], nil),
      (files, ("", "min_properties")),
      ([("note", "n"), ("flags", "true")], ("", "any_of")),
      ([Self.file(), ("url", "u")], ("", "not")),
      ([Self.file(), ("count", "1")], ("/note", "dependent_required")),
      ([Self.file(), ("count", "1"), ("note", "n")], nil),
      ([Self.file(), ("count", "10"), ("note", "n")], ("/flags", "required")),
      ([Self.file(), ("count", "10"), ("note", "n"), ("flags", "true")], ("/flags", "min_items")),
      ([Self.file(), ("count", "10"), ("note", "n"), ("flags", "true"), ("flags", "false")], nil),
      (
        [Self.file(), ("count", "11"), ("note", "n"), ("flags", "true"), ("flags", "false"), ("from", "1")],
        ("/box/label", "required")
      ),
      ([Self.file(), (#""point[x]""#, "1")], nil), ([Self.file(), ("when", "5")], nil),
      ([Self.file(), ("points", "[]")], nil),
    ]
    let answers = try await Self.answers(cases.map { Self.upload($0.0) })
    for (answer, (parts, violation)) in zip(answers, cases) {
      if let violation {
        let place = #""pointer":"\#(violation.pointer)","code":"\#(violation.code)""#
        #expect(answer.status == 400 && answer.text.contains(place), "\(parts): \(answer.text)")
      } else {
        #expect(answer.status == 200, "\(parts): \(answer.text)")
      }
    }
  }

  @Test func `rules for the whole wait until every member holds by itself`() async throws {
    let answer = try await Self.answers([Self.upload([("count", "x"), ("url", "u")])])[0]
    #expect(answer.status == 400 && answer.text.contains(#""pointer":"/count","code":"type""#))
    #expect(!answer.text.contains("dependent_required"), "\(answer.text)")
  }

  @Test func `files that must differ may not be sent twice`() async throws {
    let cases = [(["a", "b"], 200), (["a", "b", "a"], 400)]
    let answers = try await Self.answers(
      cases.map { contents, _ in Self.upload([("url", "u")] + contents.map { ("files; filename=f", $0) }) })
    #expect(answers.map(\.status) == [200, 400])
    #expect(answers[1].text.contains(#""pointer":"/files","code":"unique_items""#), "\(answers[1].text)")
  }

  private static func images(_ method: String, _ parts: [(head: String, content: String)]) -> Call {
    var call = Self.parts(parts)
    call.line = "\(method) /images"
    return call
  }

  @Test func `a form with files may be one of several objects`() async throws {
    let image = ("image; filename=i", "\u{0}\u{FF}")
    let cases: [([(head: String, content: String)], Int, String)] = [
      ([image], 200, "1 - -"), ([image, image, ("name", "n")], 200, "2 - n"),
      ([("link", "l"), ("name", "n")], 200, "0 l n"),
      ([image, image, image], 400, #""pointer":"/image","code":"max_items""#),
      ([("link", "l")], 400, #""code":"one_of""#), ([image, ("link", "l"), ("name", "n")], 400, #""code":"one_of""#),
      ([("name", "n")], 400, #""code":"one_of""#),
    ]
    let answers = try await Self.answers(cases.map { Self.images("POST", $0.0) })
    for (answer, (parts, status, text)) in zip(answers, cases) {
      #expect(answer.status == status && answer.text.contains(text), "\(parts): \(answer.text)")
    }
  }

  @Test func `a form may have files of any name`() async throws {
    let answers = try await Self.answers([
      Self.images("PUT", [("a; filename=x", "\u{FF}"), ("b", "123")]), Self.images("PUT", [("a", "123456")]),
      Self.images("PUT", [("a", "1"), ("a", "2")]),
    ])
    #expect(answers[0].text == "a x 2, b - 3")
    #expect(answers[1].text.contains(#""pointer":"/a","code":"max_length""#), "\(answers[1].text)")
    #expect(answers[2].text.contains(#""pointer":"/a","code":"repeated""#), "\(answers[2].text)")
  }

  @Test func `a form of any members has rules for the whole`() async throws {
    let answers = try await Self.answers(
      [[("a", "1"), ("b", "2")], [("a", "1")], [("a", "1"), ("b", "x")]].map { parts in
        var call = Self.parts(parts)
        call.line = "POST /counts"
        return call
      })
    #expect(answers.map(\.status) == [200, 400, 400])
    #expect(answers[0].text == #"{"a":1,"b":2}"# || answers[0].text == #"{"b":2,"a":1}"#)
    #expect(answers[1].text.contains(#""pointer":"","code":"min_properties""#), "\(answers[1].text)")
    #expect(answers[2].text.contains(#""pointer":"/b","code":"type""#), "\(answers[2].text)")
  }

  @Test func `fields in the head of a part hold lists, objects and documents`() async throws {
    let file = Self.file(
      "X-Crop: 1, 2,3", "X-At: x=1,y=7", "X-Sides: right,left", #"X-Origin: {"x":9}"#, "X-Sizes: a,1,b,2")
    let files = [("files; filename=1\r\nX-Tags: a,b", "1"), ("files; filename=2", "2")]
    let answers = try await Self.answers([Self.upload([file, ("label", "l")] + files)])
    #expect(
      answers[0].text
        == #"crop [1, 2, 3], at 7, sides ["right", "left"], origin 9, sizes [1, 2], tags [["a", "b"], []], label l"#)
  }

  @Test func `a field in the head of a part that holds something else is refused where it does`() async throws {
    let cases = [
      ("X-Crop: 1", "X-Crop", "min_items"), ("X-Crop: 1,2,3,4,5", "X-Crop", "max_items"),
      ("X-Crop: 1,x", "X-Crop", "type"),
      ("X-Crop: 1,-1", "X-Crop", "minimum"), ("X-At: x=a", "X-At/x", "type"), ("X-At: y=1", "X-At/x", "required"),
      ("X-At: x,1", "X-At", "format"), ("X-Sides: left,left", "X-Sides", "unique_items"),
      ("X-Sides: left,up", "X-Sides/1", "enum"), (#"X-Origin: {"y":1}"#, "X-Origin/x", "required"),
      ("X-Origin: x=1", "X-Origin", "syntax"), ("X-Sizes: a,1,b", "X-Sizes", "format"),
      ("X-Sizes: a,b", "X-Sizes/a", "type"),
    ]
    let answers = try await Self.answers(cases.map { Self.upload([Self.file($0.0), ("note", "n")]) })
    for (answer, (field, place, code)) in zip(answers, cases) {
      let violation = #""pointer":"/file","parameter":"header/\#(place)","code":"\#(code)""#
      #expect(answer.status == 400 && answer.text.contains(violation), "\(field): \(answer.text)")
    }
  }

  @Test func `the members of an exploded object stand among those of the form`() async throws {
    let cases = [
      ("title=t&x=1&y=2", 200, #"{"title":"t","point":{"x":1,"y":2}}"#), ("title=t", 200, #"{"title":"t"}"#),
      ("kind=Fish&depth=3&title=t", 200, #"{"title":"t","creature":{"depth":3,"kind":"Fish"}}"#),
      ("a=1&x=5&b=2", 200, #""point":{"x":5}"#), ("a=1&x=5&kind=Bird", 200, #""labels":{"a":1}"#),
      ("y=1", 400, #""pointer":"/point/x","code":"required""#), ("x=a", 400, #""pointer":"/point/x","code":"type""#),
      ("kind=Fish", 400, #""pointer":"/creature/depth","code":"required""#),
      ("a=b", 400, #""pointer":"/labels/a","code":"type""#),
    ]
    let answers = try await Self.answers(cases.map { Call(line: "POST /spread-forms", type: Self.form, body: $0.0) })
    for (answer, (body, status, text)) in zip(answers, cases) {
      #expect(answer.status == status && answer.text.contains(text), "\(body): \(answer.text)")
    }
  }

  @Test func `an operation without a success answers what it documents`() async throws {
    let answers = try await Self.answers([
      Call(line: "GET /failures", type: "", body: ""), Call(line: "POST /failures", type: "", body: ""),
      Call(line: "PUT /failures", type: "", body: ""),
    ])
    #expect(answers.map(\.status) == [503, 202, 405])
    #expect(answers[0].text == "later")
  }

  @Test func `response fields hold one of several scalars, or a document`() async throws {
    let answer = try await Self.answers([Call(line: "PATCH /failures", type: "", body: "")])[0]
    #expect(answer.status == 200 && answer.fields["x-mark"] == #"a "b""#)
    #expect(answer.fields["x-any"] == "[1,true]" && answer.fields["x-note"] == "n" && answer.fields["x-count"] == "3")
    #expect(answer.fields["x-map"] == "a=1,b=2")
    #expect(answer.fields["x-points"] == #"[{"x":1}]"#)
  }

  // MARK: Texts that make a document

  private static func search(_ query: String, _ span: String = "") -> Call {
    Call(line: "GET /searches?\(query)", type: "", body: "", span: span)
  }

  @Test func `names with brackets make any document`() async throws {
    let cases = [
      ("where[field]=5", #"{"where":{"field":"5"}}"#),
      ("where%5Bvalues%5D%5B%5D=7&where[values][]=true", #"{"where":{"values":[7,true]}}"#),
      ("where[limit]=0.5", #"{"where":{"limit":0.5}}"#),
      ("where[values]=7&where[values]=8", #"{"where":{"values":[7,8]}}"#),
      ("where[values]=7", #"{"where":{"values":[7]}}"#),
      (
        "where[either][1][field]=b&where[either][0][either][0][limit]=1",
        #"{"where":{"either":[{"either":[{"limit":1}]},{"field":"b"}]}}"#
      ),
      (#"where={"field":"a","limit":2}"#, #"{"where":{"field":"a","limit":2}}"#),
      ("order[0]=a&order[1]=2", #"{"order":["a","2"]}"#), ("order=a", #"{"order":["a"]}"#), ("other[x]=1", "{}"),
    ]
    let answers = try await Self.answers(
      cases.map { query, _ in
        Self.search(query.replacing("\"", with: "%22").replacing("{", with: "%7B").replacing("}", with: "%7D"))
      })
    for (answer, (query, text)) in zip(answers, cases) {
      #expect(answer.status == 200 && answer.text == text, "\(query): \(answer.text)")
    }
  }

  @Test func `lists and objects of texts are held against rules for the whole`() async throws {
    let cases = [
      ("ids=3&ids=-1", "", #"{"ids":[3,-1]}"#), ("pet=kind,Fish,depth,7", "", #"{"pet":{"depth":7,"kind":"Fish"}}"#),
      ("kind=Bird&sings=true&ids=1", "", #"{"ids":[1],"other":{"sings":true,"kind":"Bird"}}"#),
      ("", "from,1,to,9", #"{"from":1,"to":9}"#),
    ]
    let answers = try await Self.answers(cases.map { Self.search($0.0, $0.1) })
    for (answer, (query, span, text)) in zip(answers, cases) {
      #expect(answer.status == 200 && answer.text == text, "\(query) \(span): \(answer.text)")
    }
  }

  @Test func `a document of texts that breaks its contract is refused where it does`() async throws {
    let deep = "where" + String(repeating: "[either][]", count: 40) + "[field]=a"
    let cases = [
      ("where[none]=5", "", "query/where/none", "additional_property"),
      ("where[values][0]=0", "", "query/where/values/0", "minimum"),
      ("where[limit]=many", "", "query/where/limit", "type"),
      ("where[field]=a&where[field][x]=b", "", "query/where", "format"), (deep, "", "query/where", "format"),
      ("where[field=a", "", "query/where", "format"),
      ("order[]=a&order[]=b&order[]=c", "", "query/order", "max_items"),
      ("ids=1&ids=2&ids=1", "", "query/ids", "unique_items"), ("ids=1&ids=x", "", "query/ids/1", "type"),
      ("pet=kind,Fish", "", "query/pet/depth", "required"), ("pet=kind,Cow", "", "query/pet/kind", "enum"),
      ("pet=kind,Fish,depth,12", "", "query/pet/depth", "maximum"),
      ("kind=Fish&depth=x", "", "query/other/depth", "type"),
      ("", "from,1", "header/X-Span", "min_properties"), ("", "from,x,to,1", "header/X-Span/from", "type"),
    ]
    let answers = try await Self.answers(cases.map { Self.search($0.0, $0.1) })
    for (answer, (query, span, place, code)) in zip(answers, cases) {
      #expect(
        answer.status == 400 && answer.text.contains(#""parameter":"\#(place)","code":"\#(code)""#),
        "\(query) \(span): \(answer.text)")
    }
  }

  @Test func `a form may be one of several objects`() async throws {
    let cases = [
      ("kind=Fish&depth=7&name=8", 200, #"{"depth":7,"name":"8","kind":"Fish"}"#),
      ("kind=Bird&sings=false", 200, #"{"sings":false,"kind":"Bird"}"#),
      ("kind=Fish", 400, #""pointer":"/depth","code":"required""#),
      ("kind=Bird&sings=1", 400, #""pointer":"/sings","code":"type""#),
      ("depth=1", 400, #""pointer":"/kind","code":"required""#),
    ]
    let answers = try await Self.answers(cases.map { Call(line: "POST /creatures", type: Self.form, body: $0.0) })
    for (answer, (body, status, text)) in zip(answers, cases) {
      #expect(answer.status == status && answer.text.contains(text), "\(body): \(answer.text)")
    }
  }

  @Test func `the members of a form may have brackets`() async throws {
    let cases = [
      ("expand[0]=a&expand[1]=b&when=now", 200, #"{"expand":["a","b"],"when":"now"}"#),
      ("when=1700000000&metadata=", 200, #"{"when":1700000000,"metadata":""}"#),
      (
        "phases[0][price]=3&phases[0][notes][]=4&phases[1][price]=5&metadata[7]=8", 200,
        #"{"phases":[{"price":3,"notes":["4"]},{"price":5}],"metadata":{"7":"8"}}"#
      ),
      ("phases[0][notes][]=4", 400, #""pointer":"/phases/0/price","code":"required""#),
      ("when=later", 400, #""pointer":"/when""#), ("unknown[a]=1", 400, #""code":"additional_property""#),
    ]
    let answers = try await Self.answers(cases.map { Call(line: "POST /schedules", type: Self.form, body: $0.0) })
    for (answer, (body, status, text)) in zip(answers, cases) {
      #expect(answer.status == status && answer.text.contains(text), "\(body): \(answer.text)")
    }
  }

  // MARK: JSON in lines

  @Test func `documents in lines are decoded one by one`() async throws {
    let answers = try await Self.answers([
      Call(line: "POST /points", type: "application/jsonl", body: "{\"x\":1}\n\r\n{\"x\":2}\r\n {\"x\":3}"),
      Call(line: "POST /points", type: "", body: ""),
      Call(line: "POST /names", type: "application/json-seq", body: "\u{1E}\"a\"\n\u{1E}\u{1E}null\n\u{1E}\"b\nc\"\n"),
      Call(line: "POST /names", type: "application/json-seq", body: "\u{1E}\"a\"\n\u{1E}\"b\""),
      Call(line: "PUT /points", type: "application/json-seq", body: "\u{1E}{\"x\":1}\n\u{1E}{\"x\":5}\n"),
      Call(line: "PUT /points", type: "application/json", body: "[{\"x\":1}]"),
    ])
    #expect(answers[0].text == "6" && answers[1].text == "0")
    #expect(answers[2].status == 400, "a line feed within a string is no JSON: \(answers[2].text)")
    #expect(answers[3].text == "a|b")
    #expect(answers[4].text == "6" && answers[5].text == "1")
  }

  @Test func `a document that does not meet its schema is refused by its number`() async throws {
    let long = String(repeating: "x", count: 2 << 20)
    let answers = try await Self.answers([
      Call(line: "POST /points", type: "application/jsonl", body: "{\"x\":1}\n{\"y\":2}\n"),
      Call(line: "POST /points", type: "application/jsonl", body: "{\"x\":1}\n{\"x\":\n1}\n"),
      Call(line: "POST /names", type: "application/json-seq", body: "\u{1E}null"),
      Call(line: "POST /names", type: "application/json-seq", body: "\u{1E}\"a\"\n\u{1E}\"abcdef\"\n"),
      Call(line: "PUT /points", type: "application/json-seq", body: "\u{1E}{\"x\":1}\n\u{1E}{\"x\":\"\"}\n\u{1E}{}\n"),
      Call(line: "POST /points", type: "application/jsonl", body: "{\"x\":1,\"z\":\"\(long)\"}"),
    ])
    #expect(answers.map(\.status) == [400, 400, 400, 400, 400, 413])
    #expect(answers[0].text.contains("\"/1/x\"") && answers[0].text.contains("\"required\""))
    #expect(answers[1].text.contains("\"/1") && answers[1].text.contains("\"syntax\""))
    #expect(answers[3].text.contains("\"/1\"") && answers[3].text.contains("\"max_length\""))
    #expect(answers[4].text.contains("\"/1/x\"") && answers[4].text.contains("\"/2/x\""))
  }

  @Test func `documents are decoded while the others are still to come`() async throws {
    var router = Router()
    router.register(bodies: Bodies())
    try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        client.send(
          "POST /points HTTP/1.1\r\nHost: a\r\nContent-Type: application/jsonl\r\nContent-Length: 900\r\n\r\n")
        client.send("{\"x\":1}\n{\"y\":1}\n")
        #expect(try client.answer().status == 400)
      }
    }
  }

  @Test func `documents may be split at any byte`() async throws {
    let body = Array("{\"x\":1}\n\n{\"x\":20}\r\n{\"x\":300}".utf8)
    var router = Router()
    router.register(bodies: Bodies())
    try await serving(router) { port in
      try await blocking {
        let client = try Client(port: port)
        for cut in 1..<body.count {
          client.send(
            "POST /points HTTP/1.1\r\nHost: a\r\nContent-Type: application/jsonl\r\nTransfer-Encoding: chunked\r\n\r\n")
          for part in [body[..<cut], body[cut...]] {
            client.send(String(part.count, radix: 16) + "\r\n" + String(decoding: part, as: UTF8.self) + "\r\n")
          }
          client.send("0\r\n\r\n")
          #expect(try client.answer().text == "321", "cut at \(cut)")
        }
      }
    }
  }

  @Test func `a stream may be of values that are no objects`() async throws {
    let answers = try await Self.answers([
      Call(line: "GET /numbers", type: "", body: ""), Call(line: "POST /numbers", type: "", body: ""),
    ])
    #expect(answers[0].text == "\u{1E}1\n\u{1E}null\n\u{1E}3\n")
    #expect(answers[1].text.contains("data: [1,2]\n\n"))
  }

  // MARK: Ranges of media types

  @Test func `a handler says which media type of a range it sends`() async throws {
    let answers = try await Self.answers([
      Call(line: "GET /pictures/png", type: "", body: ""), Call(line: "GET /pictures/none", type: "", body: ""),
    ])
    #expect(answers[0].status == 200 && answers[0].fields["content-type"] == "image/png")
    #expect(answers[1].status == 404 && answers[1].fields["content-type"] == "text/markdown")
  }

  @Test(arguments: ["page", "*", "a%20b"])
  func `a media type outside of the range is no answer`(_ name: String) async throws {
    let answer = try await Self.answers([Call(line: "GET /pictures/\(name)", type: "", body: "")])[0]
    #expect(answer.status == 500 && answer.fields["content-type"] == "application/problem+json")
  }

  @Test func `a media type is checked against a range as a whole`() {
    let types = [
      "image/png", "IMAGE/PNG; a=b", "image/*", "*/*", "text/plain", "image", "", "image/a\r\nX: b", "image/a;b=\r\n",
    ]
    let isWithin = types.map { type in (try? MediaType(type).require("image/*")) != nil }
    #expect(isWithin == [true, true] + [Bool](repeating: false, count: 7))
    #expect(throws: Never.self) { try MediaType("image/png").require("*/*") }
  }

  @Test func `a range is offered to clients that accept some of it`() async throws {
    let accepts = ["image/png", "image/*;q=0.5, application/json;q=0.4", "application/json", "*/*", "text/html"]
    let answers = try await Self.answers(
      accepts.map { Call(line: "GET /documents/a", type: "", body: "", accept: $0) })
    #expect(answers.map(\.status) == [200, 200, 200, 200, 406])
    #expect(
      answers.prefix(4).map { $0.fields["content-type"] }
        == ["image/webp", "image/webp", "application/json", "application/json"])
  }

  @Test func `an object and a text stand in header fields`() async throws {
    let answer = try await Self.answers([Call(line: "GET /documents/a", type: "", body: "")])[0]
    #expect(answer.fields["x-origin"] == "x=3,y=4" && answer.fields["x-kind"] == "plain")
  }

  // MARK: Members that travel one way

  private static func account(_ members: String) -> Call {
    Call(line: "POST /accounts", type: "application/json", body: "{\"kind\":\"credit\",\"limit\":1\(members)}")
  }

  @Test func `what is read only is not required of a request that an evaluator checks`() async throws {
    let answers = try await Self.answers([
      Self.account(#","secret":"s""#), Self.account(#","secret":"s","owner":{"name":"n","age":1}"#),
      Self.account(#","secret":"s","owner":{"name":"n","number":1,"x":2}"#), Self.account(""),
      Call(line: "POST /accounts", type: "application/json", body: #"{"kind":"credit","secret":"s"}"#),
      Call(line: "POST /accounts", type: "application/json", body: #"{"kind":"debit","secret":"s"}"#),
      Self.account(#","secret":"s","owner":{"name":"n","id":5,"age":1,"y":2}"#),
    ])
    #expect(answers.map(\.status) == [200, 400, 200, 400, 400, 200, 200], "\(answers.map(\.text))")
    #expect(answers[0].text == #"{"id":7,"kind":"credit","limit":1}"#)
    #expect(answers[1].text.contains("\"one_of\""), "two alternatives hold")
    #expect(answers[3].text.contains("\"/secret\""))
    #expect(answers[4].text.contains("\"/limit\""))
  }

  @Test func `an object of any members leaves what belongs to other parameters`() async throws {
    let answers = try await Self.answers([
      Call(line: "GET /words?limit=3&b=2&near[x]=5&a=1", type: "", body: ""),
      Call(line: "GET /words?limit=3&near[x]=5", type: "", body: ""),
      Call(line: "GET /words?limit=3&a=x", type: "", body: ""),
    ])
    #expect(answers[0].text == "3 5 a=1 b=2")
    #expect(answers[1].text == "3 5 no words")
    #expect(answers[2].status == 400 && answers[2].text.contains("query/words/a"), "\(answers[2].text)")
  }

  // MARK: Inheritance

  private static func pet(_ body: String) -> Call { Call(line: "POST /pets", type: "application/json", body: body) }

  @Test func `a reference to a schema that others extend takes any of them`() async throws {
    let valid = [
      #"{"petType":"Pet","name":"p"}"#, #"{"petType":"Cat","lives":9}"#,
      #"{"bark":"wau","petType":"dog","friend":{"petType":"Cat","lives":7}}"#, #"{"weeks":3,"petType":"Puppy"}"#,
    ]
    let answers = try await Self.answers(valid.map(Self.pet))
    #expect(answers.map(\.text) == valid)
  }

  @Test(arguments: [
    (#"{"petType":"Cat"}"#, "/lives"), (#"{"petType":"Dog"}"#, "/petType"), (#"{"name":"n"}"#, "/petType"),
    (#"{"petType":"Puppy","weeks":21}"#, "/weeks"), (#"{"petType":"dog","friend":{"petType":"Cat"}}"#, "/friend/lives"),
    (#"{"petType":7}"#, "/petType"),
  ])
  func `one of them that breaks its own rules is refused`(_ body: String, _ pointer: String) async throws {
    let answer = try await Self.answers([Self.pet(body)])[0]
    #expect(answer.status == 400 && answer.text.contains("\"\(pointer)\""), "\(answer.text)")
  }
}
