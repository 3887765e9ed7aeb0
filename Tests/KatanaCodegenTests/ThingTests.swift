import Katana
import Testing

/// The generated reader and writer of Golden/everything, which is compiled into this target.
@Suite struct ThingTests {
  static let members: [(name: String, json: String)] = [
    ("id", "\"01234567-89ab-cdef-0123-456789abcdef\""), ("text", "\"abc\""), ("whole", "4"), ("color", "\"red\""),
    ("when", "\"2024-02-29T23:59:59.5+01:00\""), ("inner", "{\"kind\":\"k\",\"size\":1}"), ("nothing", "null"),
    ("matrix", "[[1,2.5],[3]]"),
  ]

  /// The smallest valid body, with a member replaced, added, or left out for a nil value.
  static func body(_ name: String = "", _ json: String? = nil) -> String {
    var all = members.filter { $0.name != name }
    if let json { all.append((name, json)) }
    return "{" + all.map { "\"\($0.name)\":\($0.json)" }.joined(separator: ",") + "}"
  }

  func read(_ json: String) -> Result<Thing, ViolationList> {
    let bytes = Array(json.utf8)
    return JSONReader.decode(Thing.self, from: bytes.span.bytes)
  }

  func violations(_ json: String) -> [String] {
    guard case .failure(let list) = read(json) else { return [] }
    return list.violations.map { "\($0.pointer ?? "-") \($0.code.rawValue)" }
  }

  func write(_ thing: Thing) -> String {
    var json = JSONWriter()
    thing.encode(to: &json)
    let isValid = json.isValid
    #expect(isValid)
    return json.text()
  }

  @Test("a body is read, written and read to the same value")
  func roundTrip() throws {
    let extra = """
      ,"note":"ab\\u00e9\\n","narrow":-7,"real":0.25,"short":1.5,"flag":false,"favourite":"BLUE","day":"2024-01-31",\
      "blob":"AQID","patch":null,"patchedColor":5,"children":[\(Self.body())],"colors":["12","default",\
      "a name of more than sixteen bytes"],"odd \\"name\\"\\\\":"x","a_property_name_of_more_than_sixteen_bytes":"y",\
      "class":"c","json":"j","seen":1,"\\u0074\\u0065xt2":1}
      """
    // The last member is unknown, and Thing is closed.
    let open = String(Self.body().dropLast()) + extra
    #expect(violations(open) == ["/text2 additional_property"])
    let closed = open.replacing(",\"\\u0074\\u0065xt2\":1", with: "")
    let thing = try read(closed).get()
    #expect(thing.text == "abc")
    #expect(thing.note == "abé\n")
    #expect(thing.patch == .null)
    #expect(thing.patchedColor == .value(5))
    #expect(thing.colors == [._12, .default, .aNameOfMoreThanSixteenBytes])
    #expect(thing.blob == [1, 2, 3])
    #expect(thing.children?.count == 1)
    #expect(thing.matrix == [[1, 2.5], [3]])
    #expect(thing.when.description == "2024-02-29T22:59:59.500Z")
    #expect(try read(write(thing)).get() == thing)
    let small = try read(Self.body()).get()
    #expect(small.flag && small.favourite == .darkGreen && small.seen == 7 && small.patch == .absent)
    #expect(small.aPropertyNameOfMoreThanSixteenBytes == "tab\tquote\"")
    #expect(try read(write(small)).get() == small)
  }

  @Test("members in any order, with escapes and space, are the same value")
  func order() throws {
    let plain = try read(Self.body()).get()
    let shuffled =
      "{ " + Self.members.shuffled().map { " \"\($0.name)\" : \($0.json)\n" }.joined(separator: ",") + "\t}\r\n"
    #expect(try read(shuffled).get() == plain)
    #expect(try read(Self.body().replacing("\"color\"", with: "\"\\u0063olor\"")).get() == plain)
    #expect(try read(Self.body().replacing("\"red\"", with: "\"\\u0072ed\"")).get() == plain)
  }

  @Test(
    "each rule holds at its bound and not beyond",
    arguments: [
      ("note", ["\"ab\"", "\"abcd\"", "\"éé\"", "\"😀😀😀😀\"", "\"\\ud83d\\ude00a\""], "\"a\"", "min_length"),
      ("note", [], "\"abcde\"", "max_length"), ("note", [], "\"éééé😀\"", "max_length"),
      ("text", ["\"a\"", "\"cba\""], "\"d\"", "pattern"), ("text", [], "\"\"", "pattern"),
      ("text", [], "\"abca\"", "max_length"),
      ("whole", ["-2", "0", "8", "8.0", "80e-1"], "-4", "minimum"), ("whole", [], "10", "maximum"),
      ("whole", [], "3", "multiple_of"), ("whole", [], "1.5", "type"), ("whole", [], "\"4\"", "type"),
      ("whole", [], "9223372036854775808", "range"),
      ("narrow", ["2147483647", "-2147483648"], "2147483648", "maximum"), ("narrow", [], "-2147483649", "minimum"),
      ("real", ["0.0000001", "0.9999999"], "0", "exclusive_minimum"), ("real", [], "1", "exclusive_maximum"),
      ("real", [], "-1e999", "range"), ("short", ["-1.5", "1.5"], "-1.6", "minimum"), ("short", [], "1.6", "maximum"),
      ("flag", ["true", "false"], "1", "type"), ("flag", [], "null", "type"),
      ("color", ["\"BLUE\""], "\"blue\"", "enum"),
      ("color", [], "3", "type"),
      ("id", ["\"01234567-89AB-cdef-0123-456789abcdef\""], "\"0123456789abcdef\"", "format"),
      ("when", ["\"2024-12-31T23:59:60Z\""], "\"2023-02-29T00:00:00Z\"", "format"),
      ("day", ["\"2000-02-29\""], "\"1900-02-29\"", "format"),
      ("blob", ["\"\"", "\"AA==\""], "\"AB==\"", "format"), ("patchedColor", ["null", "5"], "6", "maximum"),
      ("nothing", ["null", "\"x\""], "0", "type"), ("matrix", ["[]", "[[1],[1,2]]"], "[[1,2,3]]", "max_items"),
      ("matrix", [], "[[]]", "min_items"), ("matrix", [], "{}", "type"), ("inner", [], "[]", "type"),
    ] as [(String, [String], String, String)]
  )
  func bounds(_ name: String, _ good: [String], _ bad: String, _ code: String) {
    for value in good { #expect(violations(Self.body(name, value)) == [], "\(name): \(value)") }
    let found = violations(Self.body(name, bad))
    #expect(found.contains { $0.hasSuffix(" \(code)") && $0.hasPrefix("/\(name)") }, "\(found)")
  }

  @Test("children are counted")
  func children() {
    let one = Self.body()
    #expect(violations(Self.body("children", "[\(one),\(one)]")) == [])
    #expect(violations(Self.body("children", "[\(one),\(one),\(one)]")) == ["/children max_items"])
  }

  @Test("every violation is reported with its pointer, in document order")
  func all() {
    let json = """
      {"text":"ABCD","color":"pink","whole":1,"inner":{"size":"x","limit":"none"},"matrix":[[],[true]],"text":"a",\
      "children":[{"id":"x"}],"extra~/":{"deep":[1]}}
      """
    guard case .failure(let list) = read(json) else {
      Issue.record("it was taken")
      return
    }
    let found = Set(list.violations.map { "\($0.pointer ?? "-") \($0.code.rawValue)" })
    for expected in [
      "/id required", "/when required", "/nothing required", "/text max_length", "/text pattern", "/color enum",
      "/whole multiple_of", "/inner/kind required", "/inner/size type", "/inner/limit enum", "/matrix/0 min_items",
      "/matrix/1/0 type", "/text duplicate_key", "/children/0/id format", "/children/0/text required",
      "/extra~0~1 additional_property",
    ] { #expect(found.contains(expected), "\(expected) is missing in \(found)") }
  }

  @Test("no more than 32 violations are reported, and the rest is counted")
  func capped() {
    let json = Self.body("matrix", "[" + (0..<100).map { _ in "[]" }.joined(separator: ",") + "]")
    guard case .failure(let list) = read(json) else {
      Issue.record("it was taken")
      return
    }
    #expect(list.violations.count == 33)
    #expect(list.violations.last?.code == .omitted)
    #expect(list.violations.last?.bound == .integer(68))
  }

  @Test("a body cut at any byte is a syntax violation, never a value")
  func truncated() {
    let bytes = Array(Self.body().utf8)
    for count in 0..<bytes.count {
      guard case .failure(let list) = JSONReader.decode(Thing.self, from: bytes.span.extracting(0..<count).bytes) else {
        Issue.record("\(count) bytes were taken for the whole")
        continue
      }
      #expect(list.violations.contains { $0.code == .syntax })
      #expect(!list.violations.contains { $0.code == .required })
    }
  }

  @Test("a malformed body is a violation of its own kind")
  func malformed() {
    #expect(violations("") == [" syntax"])
    #expect(violations("[]") == [" type"])
    #expect(violations(Self.body() + "x") == [" syntax"])
    #expect(violations(Self.body("note", "\"\\ud800\"")) == ["/note syntax"])
    #expect(violations(Self.body("note", String(repeating: "[", count: 65))) != [])
    var bytes = Array(Self.body().utf8)
    bytes[10] = 0xFF
    guard case .failure(let list) = JSONReader.decode(Thing.self, from: bytes.span.bytes) else { return }
    #expect(list.violations.map(\.code) == [.encoding])
  }
}
