import Katana
import TestSupport
import Testing

/// A value of each kind that parameters have, as the tests write it and as handlers echo it.
struct Shade: Equatable {
  var red: Int64
  var name: String?
  var tags: [String: String] = [:]

  var text: String { "{\(red) \(name ?? "-") \(tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })}" }
}

private func readShade(_ members: inout ParameterMembers) -> Shade? {
  let red = members.required("red", 0) { $0.int64(minimum: -1000, maximum: 1000) }
  let name: String? = members.optional("name") { $0.string(maxLength: 40) }
  return Shade(red: red, name: name)
}

/// The dumb model: RFC 6570 as its table reads, on texts.
enum Model {
  static func escaped(_ text: String) -> String {
    text.utf8.reduce(into: "") { result, byte in
      let scalar = Unicode.Scalar(byte)
      if byte < 0x80, scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
        result.unicodeScalars.append(scalar)
      } else {
        let hex = String(byte, radix: 16, uppercase: Bool.random())
        result += "%" + (hex.count == 1 ? "0" : "") + hex
      }
    }
  }

  static func array(_ style: ParameterStyle, _ explode: Bool, _ items: [String]) -> String {
    let items = items.map(escaped)
    return switch style {
    case .simple: items.joined(separator: ",")
    case .label: "." + items.joined(separator: explode ? "." : ",")
    case .matrix:
      explode ? items.map { ";c=\($0)" }.joined() : ";c=" + items.joined(separator: ",")
    case .form: explode ? items.map { "c=\($0)" }.joined(separator: "&") : "c=" + items.joined(separator: ",")
    case .spaceDelimited: "c=" + items.joined(separator: Bool.random() ? "%20" : "+")
    case .pipeDelimited: "c=" + items.joined(separator: Bool.random() ? "%7C" : "%7c")
    case .deepObject: fatalError("no arrays")
    }
  }

  static func object(_ style: ParameterStyle, _ explode: Bool, _ members: [(String, String)]) -> String {
    let pairs = members.map { (escaped($0), escaped($1)) }
    let flat = pairs.flatMap { [$0, $1] }
    let sides = pairs.map { "\($0)=\($1)" }
    return switch style {
    case .simple: explode ? sides.joined(separator: ",") : flat.joined(separator: ",")
    case .label: "." + (explode ? sides.joined(separator: ".") : flat.joined(separator: ","))
    case .matrix: explode ? sides.map { ";\($0)" }.joined() : ";c=" + flat.joined(separator: ",")
    case .form: explode ? sides.joined(separator: "&") : "c=" + flat.joined(separator: ",")
    case .spaceDelimited: "c=" + flat.joined(separator: "%20")
    case .pipeDelimited: "c=" + flat.joined(separator: "|")
    case .deepObject:
      pairs.map { Bool.random() ? "c[\($0)]=\($1)" : "c%5B\($0)%5d=\($1)" }.joined(separator: "&")
    }
  }

  static func text(without forbidden: Set<Character> = []) -> String {
    let letters: [Character] = [
      "a", "B", "7", ",", ";", ".", "=", "&", "+", "%", " ", "|", "ü", "€", "😀", "[", "]", "\"", "?", "#", ":", "-",
      "_", "~",
    ]
    return String((0..<Int.random(in: 1...8)).map { _ in letters.filter { !forbidden.contains($0) }.randomElement()! })
  }
}

@Suite struct ParameterStyleTests {
  struct Case {
    let style: ParameterStyle
    let explode: Bool
    let route: String
    /// Where the value goes: target and further field lines.
    let place: @Sendable (String) -> (target: String, fields: String)
    let source: ParameterSource
    var forbidden: Set<Character> = []
    var isEscaped = true
  }

  static let cases: [Case] = {
    var cases: [Case] = []
    for (index, style) in [ParameterStyle.simple, .label, .matrix].enumerated() {
      for explode in [false, true] {
        let route = "/path\(index)\(explode ? 1 : 0)"
        cases.append(
          Case(
            style: style,
            explode: explode,
            route: route,
            place: { ("\(route)/\($0)?other=1", "") },
            source: .path(0, "c")
          )
        )
      }
    }
    for (index, style) in [ParameterStyle.form, .form, .spaceDelimited, .pipeDelimited].enumerated() {
      let route = "/query\(index)"
      cases.append(
        Case(
          style: style,
          explode: index == 1,
          route: route,
          place: { ("\(route)?x=1&\($0)&y=%2C", "") },
          source: .query("c"),
          forbidden: style == .spaceDelimited ? [" "] : style == .pipeDelimited ? ["|"] : []
        )
      )
      if index > 1 { continue }
      cases.append(
        Case(
          style: style,
          explode: index == 1,
          route: "/cookie\(index)",
          place: { ("/cookie\(index)", "Cookie: s=1; \($0.split(separator: "&").joined(separator: "; "))\r\n") },
          source: .cookie("c")
        )
      )
    }
    for explode in [false, true] {
      let route = "/header\(explode ? 1 : 0)"
      cases.append(
        Case(
          style: .simple,
          explode: explode,
          route: route,
          place: { (route, "C: \($0)\r\n") },
          source: .header("C"),
          forbidden: [",", " ", "="],
          isEscaped: false
        )
      )
    }
    return cases
  }()

  static func router() -> Router {
    var router = Router()
    for item in cases {
      let (style, explode, source) = (item.style, item.explode, item.source)
      let suffix = if case .path = source { "/{c}" } else { "" }
      router.add(Route(.get, "/array" + item.route + suffix)) { context in
        let items = try context.read { (request: inout RequestReader) -> [String]? in
          request.array(source, style: style, isRequired: true, isExploded: explode) { $0.string() } ?? []
        }
        context.respond("\(items)")
      }
      router.add(Route(.get, "/object" + item.route + suffix)) { context in
        let shade = try context.read { (request: inout RequestReader) -> Shade? in
          request.object(source, style: style, isRequired: true, isExploded: explode, readShade)
        }
        context.respond(shade.text)
      }
    }
    router.add(Route(.get, "/deep")) { context in
      let (shade, _) = try context.read { (request: inout RequestReader) -> (Shade?, Int)? in
        let shade: Shade? = request.object(.query("c"), style: .deepObject, isRequired: false, isExploded: true) {
          members in
          guard var shade = readShade(&members) else { return nil }
          shade.tags = members.additional { $0.string() }
          return shade
        }
        return (shade, 0)
      }
      context.respond(shade?.text ?? "none")
    }
    router.add(Route(.get, "/nested")) { context in
      let text = try context.read { (request: inout RequestReader) -> String? in
        request.object(.query("f"), style: .deepObject, isRequired: true, isExploded: true) { members in
          let inner = members.object("at", isRequired: true) { $0.required("lat", 0) { $0.double() } } ?? 0
          let tags = members.array("tags", isRequired: false) { $0.string() } ?? []
          members.closed()
          return "\(inner) \(tags)"
        }
      }
      context.respond(text)
    }
    router.add(Route(.get, "/json")) { context in
      let point = try context.read { (request: inout RequestReader) -> JSONRequestTests.Point? in
        request.json(.query("p"), JSONRequestTests.Point.self, isRequired: true)
      }
      context.respond("\(point.x)")
    }
    router.add(Route(.get, "/label/{a}/{b}")) { context in
      let (a, b) = try context.read { (request: inout RequestReader) -> (Int64, String)? in
        let a = request.required(.path(0, "a"), 0, style: .label) { $0.int64() }
        let b = request.required(.path(1, "b"), "", style: .matrix) { $0.string() }
        return (a, b)
      }
      context.respond("\(a) \(b)")
    }
    for (path, isExploded) in [("/shared", true), ("/closed", false)] {
      router.add(Route(.get, path)) { context in
        let shade = try context.read { (request: inout RequestReader) -> Shade? in
          request.object(.query("c"), isRequired: true, isExploded: isExploded) { members in
            guard let shade = readShade(&members) else { return nil }
            members.closed()
            return shade
          }
        }
        context.respond(shade.text)
      }
    }
    router.add(Route(.get, "/flags")) { context in
      let text = try context.read { (request: inout RequestReader) -> String? in
        let empty: Int64? = request.optional(.query("n"), allowsEmptyValue: true) { $0.int64() }
        let plus: String? = request.optional(.query("r"), allowsReserved: true) { $0.string() }
        let cookie: String? = request.optional(.cookie("k")) { $0.string() }
        let shade = request.object(.query("shade"), isRequired: false, isExploded: true, readShade)
        return "\(empty.map(String.init) ?? "-") \(plus ?? "-") \(cookie ?? "-") \(shade?.text ?? "-")"
      }
      context.respond(text)
    }
    return router
  }

  /// Answers to GET requests on one connection.
  static func answers(_ requests: [(target: String, fields: String)]) async throws -> [String] {
    try await serving(router()) { port in
      try await blocking {
        return try requests.map { request in
          let client = try Client(port: port)
          client.send("GET \(request.target) HTTP/1.1\r\nHost: a\r\n\(request.fields)\r\n")
          let answer = try client.answer()
          return "\(answer.status) \(answer.text)"
        }
      }
    }
  }

  @Test func `arrays in every style come back as they were written`() async throws {
    var requests: [(target: String, fields: String)] = []
    var expected: [String] = []
    for item in Self.cases {
      for count in [1, 1, 2, 3, 7, 3, 4, 2] {
        var items = (0..<count).map { _ in Model.text(without: item.forbidden) }
        // A path loses segments of dots alone.
        if items.joined().allSatisfy({ $0 == "." }) { items[0] = "a" }
        var written = Model.array(item.style, item.explode, items)
        if !item.isEscaped { written = items.joined(separator: Bool.random() ? "," : " , ") }
        let placed = item.place(written)
        requests.append((target: "/array" + placed.target, fields: placed.fields))
        expected.append("200 \(items)")
      }
    }
    let answers = try await Self.answers(requests)
    for index in requests.indices { #expect(answers[index] == expected[index], "\(requests[index])") }
  }

  @Test func `objects in every style come back as they were written`() async throws {
    var requests: [(target: String, fields: String)] = []
    var expected: [String] = []
    for item in Self.cases {
      for number in 0..<8 {
        let shade = Shade(
          red: .random(in: -1000...1000),
          name: number % 2 == 0 ? Model.text(without: item.forbidden) : nil
        )
        var members = [("red", String(shade.red))]
        if let name = shade.name { members.insert(("name", name), at: Int.random(in: 0...1)) }
        var written = Model.object(item.style, item.explode, members)
        if !item.isEscaped {
          written = members.map { "\($0)\(item.explode ? "=" : ",")\($1)" }.joined(separator: ", ")
        }
        let placed = item.place(written)
        requests.append((target: "/object" + placed.target, fields: placed.fields))
        expected.append("200 \(shade.text)")
      }
    }
    let answers = try await Self.answers(requests)
    for index in requests.indices { #expect(answers[index] == expected[index], "\(requests[index])") }
  }

  @Test func `an exploded object shares its place with other parameters, another one does not`() async throws {
    let answers = try await Self.answers([
      ("/shared?other=1&red=5&more=2", ""), ("/closed?other=1&c=red,5", ""), ("/closed?c=red,5,other,1", ""),
    ])
    let shade = Shade(red: 5, name: nil)
    #expect(answers[0] == "200 \(shade.text)" && answers[1] == "200 \(shade.text)", "\(answers)")
    #expect(answers[2].hasPrefix("400") && answers[2].contains(#""query/c/other","code":"additional_property""#))
  }

  @Test func `members of exploded objects have equals signs`() async throws {
    let answers = try await Self.answers([
      ("/object/path01/red=1,name", ""), ("/object/path11/.red=1.name", ""), ("/object/path21/;red=1;name", ""),
    ])
    #expect(answers[0].hasPrefix("400") && answers[0].contains("value in the style simple"), "\(answers[0])")
    #expect(answers[1].hasPrefix("400") && answers[1].contains("value in the style label"), "\(answers[1])")
    #expect(answers[2] == "200 \(Shade(red: 1, name: "").text)")
  }

  @Test func `deep objects have members of their own and typed additional ones`() async throws {
    var requests: [(target: String, fields: String)] = [("/deep", ""), ("/deep?c=1&d[red]=2", "")]
    var expected = ["200 none", "200 none"]
    for _ in 0..<30 {
      var shade = Shade(red: .random(in: -1000...1000), name: Model.text())
      for name in ["size", "weight, net", "a.b"].prefix(Int.random(in: 0...3)) { shade.tags[name] = Model.text() }
      let members = ([("red", String(shade.red)), ("name", shade.name!)] + shade.tags.map { ($0.key, $0.value) })
        .shuffled()
      requests.append(("/deep?" + Model.object(.deepObject, true, members), ""))
      expected.append("200 \(shade.text)")
    }
    let answers = try await Self.answers(requests)
    for index in requests.indices { #expect(answers[index] == expected[index], "\(requests[index])") }
  }

  @Test func `what is wrong is named with its place`() async throws {
    let cases: [(target: String, place: String, code: String)] = [
      ("/array/path10/blue", "path/c", "format"), ("/array/path20/;d=1", "path/c", "format"),
      ("/array/path21/;c=1;d=2", "path/c", "format"), ("/array/query0?c=1&c=2", "query/c", "repeated"),
      ("/array/query0", "query/c", "required"), ("/array/query1?c=a&c=%F0%9F", "query/c", "encoding"),
      ("/array/query0?c=a%2,b", "query/c", "encoding"), ("/array/query0?c=%ff", "query/c", "encoding"),
      ("/object/path00/red", "path/c", "format"), ("/object/path01/red=5,red=6", "path/c/red", "repeated"),
      ("/object/path01/red=1001", "path/c/red", "maximum"), ("/object/path01/name=x", "path/c/red", "required"),
      ("/object/query0?c=red,x", "query/c/red", "type"), ("/object/query0?c=red", "query/c", "format"),
      ("/object/query0?c=red,1&c=red,2", "query/c", "repeated"), ("/object/query0", "query/c", "required"),
      ("/object/query1", "query/c", "required"), ("/object/query1?name=a", "query/c/red", "required"),
      ("/deep?c[red]=1&c[red]=2", "query/c/red", "repeated"),
      ("/deep?c[name]=%zz&c[red]=1", "query/c/name", "encoding"),
      ("/nested?f[at][lat]=x", "query/f/at/lat", "type"), ("/nested?f[tags]=a", "query/f/at", "required"),
      ("/nested?f[at][lat]=1&f[more]=2", "query/f/more", "additional_property"),
      ("/json?p=%7B%22x%22:9%7D", "query/p/x", "maximum"), ("/json?p=x", "query/p", "syntax"),
      ("/json", "query/p", "required"), ("/label/5/;b=x", "path/a", "format"), ("/label/.x/;b=x", "path/a", "type"),
      ("/label/.5/b=x", "path/b", "format"), ("/flags?n=x", "query/n", "type"),
      ("/flags?name=x", "query/shade/red", "required"),
    ]
    let answers = try await Self.answers(cases.map { ($0.target, "") })
    for (answer, item) in zip(answers, cases) {
      #expect(answer.hasPrefix("400 "), "\(item.target): \(answer)")
      #expect(
        answer.contains("\"parameter\":\"\(item.place)\",\"code\":\"\(item.code)\""),
        "\(item.target): \(answer)"
      )
    }
  }

  @Test func `delimiters, escapes and empty values mean what the specification says`() async throws {
    let cases: [(target: String, fields: String, answer: String)] = [
      ("/array/query0?c=a%2Cb,c", "", #"200 ["a,b", "c"]"#), ("/array/query0?c=", "", "200 []"),
      ("/array/query0?c=,", "", #"200 ["", ""]"#), ("/array/query1?c=&c=a", "", #"200 ["", "a"]"#),
      ("/array/query0?c=%00,%C3%BC", "", #"200 ["\0", "ü"]"#), ("/array/query2?c=a%20b+c", "", #"200 ["a", "b", "c"]"#),
      ("/array/query3?c=a|b%7cc%7Cd", "", #"200 ["a", "b", "c", "d"]"#),
      ("/array/query0?%63=a", "", #"200 ["a"]"#), ("/array/query0?c%2=x&c=a", "", #"200 ["a"]"#),
      ("/array//path00/./a%2Cb,c", "", #"200 ["a,b", "c"]"#),
      ("/array/x/%2e%2E/path00/a%2Cb,c%20d", "", #"200 ["a,b", "c d"]"#),
      ("http://a/array/path00/a%2Cb,c", "", #"200 ["a,b", "c"]"#),
      ("/array/header0", "C: a\r\nc:  b ,c\r\n", #"200 ["a", "b", "c"]"#),
      ("/array/cookie0", "Cookie: c=a%2Cb,c\r\n", #"200 ["a,b", "c"]"#),
      ("/array/cookie1", "Cookie: c=a; d=1\r\nCookie: c=b\r\n", #"200 ["a", "b"]"#),
      ("/nested?f[at][lat]=1.5&f[tags]=a&f[tags]=b,c", "", #"200 1.5 ["a", "b,c"]"#),
      ("/json?p=%7B%22x%22:4%7D", "", "200 4"), ("/label/.-5/;b=x;y=z", "", "200 -5 x;y=z"),
      ("/flags?n=&r=a+b%20c&red=4", "Cookie: k=a%20b+c\r\n", "200 - a+b c a b+c {4 - []}"),
      ("/flags?unknown=%zz&n=7", "", "200 7 - - -"),
    ]
    let answers = try await Self.answers(cases.map { ($0.target, $0.fields) })
    for (answer, item) in zip(answers, cases) { #expect(answer == item.answer, "\(item.target)") }
  }

  @Test func `thousands of members are answered in bounds`() async throws {
    let many = (0..<1500).map { "c[\($0)]=" }.joined(separator: "&")
    let requests = [
      ("/array/query0?c=" + String(repeating: ",", count: 7000), ""), ("/deep?" + String(many.prefix(7900)), ""),
      ("/nested?f" + String(repeating: "[a]", count: 2000) + "=1", ""),
      ("/array/query1?" + String(repeating: "c=1&", count: 1900), ""),
    ].map { (target: $0.0, fields: $0.1) }
    let answers = try await Self.answers(requests)
    #expect(answers[0].hasPrefix("200 ["))
    #expect(answers[1].hasPrefix("400 ") && answers[1].count < 6000)
    #expect(answers[2].hasPrefix("400 "))
    #expect(answers[3].hasPrefix("200 ["))
  }
}
