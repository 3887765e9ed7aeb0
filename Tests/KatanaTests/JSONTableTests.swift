import Synchronization
import Testing

@testable import Katana

/// One member of each shape, in an order that leaves gaps between them.
struct Sample: Sendable, Equatable {
  var flag: Bool
  var count: Int64
  var narrow: Int32?
  var ratio: Double
  var maybe: Double?
  var single: Float
  var text: String
  var note: String?
  var id: UUID
  var at: Instant?
  var data: [UInt8]
  var level: Level
  var mood: Level?
  var names: [String]
  var numbers: [Int64]?
  var prices: [Double]
  var small: [Int32]
  var inner: Inner
  var other: Inner?
  var inners: [Inner]
  var grid: [[Int64]]
  var holes: [String?]
  var map: [String: Inner]
  var any: JSONValue
  var retries: Int32
  var label: String
  var modes: [String]
  var isOn: Bool?
  var number: Patch<Int64>
  var patch: Patch<Inner>
  @Boxed var box: Inner
  @BoxedOptional var perhaps: Inner?
  @BoxedOptional var either: Inner?
  @BoxedPatch var change: Patch<Inner>
  @Boxed var usual: Inner
}

extension Sample: JSONTabled, JSONDecodable, JSONEncodable {
  static let jsonTable = JSONTable(Sample.self) {
    $0.required("flag", .boolean())
    $0.required("count", .int64(minimum: 1, multipleOf: 2))
    $0.optional("narrow", .int32(maximum: 9))
    $0.required("ratio", .double())
    $0.nullable("maybe", .double(minimum: 0))
    $0.required("single", .float())
    $0.required("text", .string(minLength: 1, maxLength: 5))
    $0.nullable("note", .string())
    $0.required("id", .uuid())
    $0.optional("at", .instant())
    $0.required("data", .bytes())
    $0.required("level", .words(Level.self))
    $0.optional("mood", .words(Level.self))
    $0.required("names", .array(.string(maxLength: 30), minItems: 1, maxItems: 12))
    $0.optional("numbers", .array(.int64()))
    $0.required("prices", .array(.double()))
    $0.required("small", .array(.int32()))
    $0.required("inner", .object(Inner.self))
    $0.optional("other", .object(Inner.self))
    $0.required("inners", .array(.object(Inner.self)))
    $0.required("grid", .array(.array(.int64())))
    $0.required("holes", .array(.orNull(.string())))
    $0.required("map", .map(.object(Inner.self)))
    $0.required("any", .value(JSONValue.self))
    $0.defaulted("retries", .int32(), 3 as Int32)
    $0.defaulted("label", .string(), "a label that is no small string" as String)
    $0.defaulted("modes", .array(.string()), ["a mode that is no small string"] as [String])
    $0.optional("isOn", .boolean())
    $0.patch("number", .int64(maximum: 9))
    $0.patch("patch", .object(Inner.self))
    $0.required("box", .boxed(.object(Inner.self)))
    $0.optional("perhaps", .boxed(.object(Inner.self)))
    $0.nullable("either", .boxed(.object(Inner.self)))
    $0.patch("change", .boxed(.object(Inner.self)))
    $0.defaulted("usual", .boxed(.object(Inner.self)), Boxed(wrappedValue: Inner(flag: nil, level: .high, text: "usual")))
  }
}

enum Level: ContractEnum {
  case low, high

  init?(_ word: JSONWord) {
    switch word.string {
    case "low": self = .low
    case "high": self = .high
    default: return nil
    }
  }

  var text: StaticString { self == .low ? "low" : "high" }
}

struct Inner: Sendable, Equatable {
  var flag: Bool?
  var level: Level
  var text: String
}

extension Inner: JSONTabled, JSONDecodable, JSONEncodable {
  static let jsonTable = JSONTable(Inner.self, isClosed: true) {
    $0.optional("flag", .boolean())
    $0.required("level", .words(Level.self))
    $0.required("a text of more than sixteen bytes", .string())
  }
}

@Suite("Structs by tables", .serialized)
struct JSONTableTests {
  private static let inner =
    #"{"flag":true,"level":"high","a text of more than sixteen bytes":"as long as a heap string"}"#
  private static let bare = #"{"level":"low","a text of more than sixteen bytes":""}"#

  /// Members of the sample as they are written.
  private static let members: [(name: String, value: String)] = [
    ("flag", "true"), ("count", "42"), ("narrow", "-7"), ("ratio", "0.25"), ("maybe", "12.5"), ("single", "1.5"),
    ("text", "\"häß\""), ("note", "\"a note of more than fifteen bytes\""),
    ("id", "\"00112233-4455-6677-8899-aabbccddeeff\""), ("at", "\"2026-01-02T03:04:05Z\""), ("data", "\"AQID\""),
    ("level", "\"high\""), ("mood", "\"low\""),
    ("names", #"["a","exactly fifteen","exactly sixteen!","d","e","f","g","h","i","j"]"#),
    ("numbers", "[1,-2,3]"), ("prices", "[1.5]"), ("small", "[]"), ("inner", inner), ("other", bare),
    ("inners", "[" + [String](repeating: inner, count: 11).joined(separator: ",") + "]"), ("grid", "[[1],[],[2,3]]"),
    ("holes", #"["x",null]"#), ("map", #"{"k":\#(bare),"l":\#(inner)}"#), ("any", #"{"x":[1]}"#), ("retries", "8"),
    ("label", "\"l\""), ("modes", "[\"m\"]"), ("isOn", "false"), ("number", "7"), ("patch", inner), ("box", inner),
    ("perhaps", bare), ("either", inner), ("change", bare), ("usual", inner),
  ]
  /// Those that may be absent.
  private static let optional: Set = [
    "narrow", "at", "mood", "numbers", "other", "retries", "label", "modes", "isOn", "number", "patch", "perhaps",
    "change", "usual",
  ]

  private func document(_ members: [(name: String, value: String)], space: String = "") -> String {
    let texts = members.map { "\(space)\"\($0.name)\"\(space):\(space)\($0.value)" }
    return "{" + texts.joined(separator: "\(space),") + "\(space)}"
  }

  private func read<Value: JSONDecodable>(_ type: Value.Type, _ text: String) -> Result<Value, ViolationList> {
    var text = text
    return text.withUTF8 { JSONReader.decode(type, from: $0.span.bytes) }
  }

  private func codes(_ text: String) -> [String] {
    guard case .failure(let list) = read(Sample.self, text) else { return [] }
    return list.violations.map { "\($0.pointer ?? "") \($0.code)" }
  }

  @Test("what is written is what was read, whatever the order and the whitespace")
  func roundTrip() throws {
    let text = document(Self.members)
    let value = try read(Sample.self, text).get()
    #expect(value.count == 42 && value.narrow == -7 && value.maybe == 12.5 && value.isOn == false)
    #expect(value.names.count == 10 && value.names[1] == "exactly fifteen" && value.names[2] == "exactly sixteen!")
    #expect(value.inners.count == 11 && value.inners.allSatisfy { $0 == value.inner })
    var json = JSONWriter()
    value.encode(to: &json)
    #expect(json.text() == text)
    #expect(try read(Sample.self, document(Self.members.reversed())).get() == value)
    #expect(try read(Sample.self, document(Self.members, space: " \n")).get() == value)
    let unknown = Self.members.flatMap { [$0, ("x" + $0.name, "{\"y\":[1,\"z\"]}")] }
    #expect(try read(Sample.self, document(unknown)).get() == value)
  }

  @Test("members that may be absent are nil, null or their default")
  func absence() throws {
    let members = Self.members.filter { !Self.optional.contains($0.name) }
      .map { ["maybe", "note", "either"].contains($0.name) ? ($0.name, "null") : $0 }
    let value = try read(Sample.self, document(members)).get()
    #expect(value.narrow == nil && value.at == nil && value.mood == nil && value.numbers == nil && value.other == nil)
    #expect(value.maybe == nil && value.note == nil && value.isOn == nil)
    #expect(value.retries == 3 && value.label == "a label that is no small string")
    #expect(value.modes == ["a mode that is no small string"])
    #expect(value.number == .absent && value.patch == .absent && value.change == .absent)
    #expect(value.perhaps == nil && value.either == nil && value.usual.text == "usual")
    var json = JSONWriter()
    value.encode(to: &json)
    let defaults = [
      ("retries", "3"), ("label", "\"a label that is no small string\""),
      ("modes", "[\"a mode that is no small string\"]"),
      ("usual", #"{"level":"high","a text of more than sixteen bytes":"usual"}"#),
    ]
    let order = Self.members.map(\.name)
    let written = order.compactMap { name in (members + defaults).first { $0.0 == name } }
    #expect(json.text() == document(written))
  }

  @Test("a default may hold a value of the type that has it")
  func defaultOfItself() throws {
    let tree = try read(Tree.self, #"{"name":"a"}"#).get()
    #expect(tree == Tree(name: "a", trees: [Tree(name: "usual", trees: [])]))
  }

  @Test("a patch tells null from absence")
  func patches() throws {
    let members = Self.members.map { member in
      (name: member.name, value: ["number", "patch", "change"].contains(member.name) ? "null" : member.value)
    }
    let value = try read(Sample.self, document(members)).get()
    #expect(value.number == .null && value.patch == .null && value.change == .null)
    var json = JSONWriter()
    value.encode(to: &json)
    #expect(json.text() == document(members))
    var changed = value
    changed.change = .absent
    #expect(changed != value)
    json.removeAll()
    changed.encode(to: &json)
    #expect(json.text() == document(members.filter { $0.name != "change" }))
  }

  @Test("members that are not declared are kept, in the order of their names")
  func others() throws {
    func written(_ text: String) throws -> String {
      var json = JSONWriter()
      try read(Kept.self, text).get().encode(to: &json)
      return json.text()
    }
    let text = #"{"name":"a name that is no small string","b":[1],"c\n":[],"d":[2,3]}"#
    #expect(try written(text) == text)
    #expect(try written(#"{"d":[2,3],"c\u000a":[],"name":"a name that is no small string","b":[1]}"#) == text)
    #expect(try written(#"{"b":[1],"a":[0]}"#) == #"{"a":[0],"b":[1]}"#)
    #expect(try written("{}") == "{}")
    let value = try read(Kept.self, text).get()
    #expect(value.others.count == 3 && value.others["c\n"] == [])
    #expect(try read(Kept.self, #"{"name":"a name that is no small string","b":[1]}"#).get() != value)
    for (text, code) in [
      (#"{"b":[1],"b":[2]}"#, "/b duplicateKey"), (#"{"b":1}"#, "/b type"), (#"{"b":["x"]}"#, "/b/0 type"),
    ] {
      guard case .failure(let list) = read(Kept.self, text) else {
        Issue.record("\(text)")
        continue
      }
      #expect(list.violations.map { "\($0.pointer ?? "") \($0.code)" } == [code])
    }
  }

  @Test("each member alone makes two values differ")
  func equality() throws {
    let value = try read(Sample.self, document(Self.members)).get()
    let others: [String: String] = [
      "flag": "false", "count": "44", "narrow": "-8", "ratio": "0.5", "maybe": "null", "single": "2.5", "text": "\"b\"",
      "note": "null", "id": "\"10112233-4455-6677-8899-aabbccddeeff\"", "at": "\"2026-01-02T03:04:06Z\"",
      "data": "\"AQIE\"", "level": "\"low\"", "mood": "\"high\"", "names": "[\"a\"]", "numbers": "[]", "prices": "[2]",
      "small": "[1]", "inner": Self.bare, "other": Self.inner, "inners": "[]", "grid": "[]", "holes": "[null]",
      "map": "{}", "any": "1", "retries": "9", "label": "\"k\"", "modes": "[]", "isOn": "true",
      "number": "null", "patch": Self.bare, "box": Self.bare, "perhaps": Self.inner, "either": "null", "change": "null",
      "usual": Self.bare,
    ]
    #expect(others.count == Self.members.count)
    for (index, member) in Self.members.enumerated() {
      var members = Self.members
      members[index].value = try #require(others[member.name])
      #expect(try read(Sample.self, document(members)).get() != value, "\(member.name)")
    }
  }

  @Test("every member that is missing, wrong or there twice is a violation of its own")
  func violations() {
    let needed = Self.members.map(\.name).filter { !Self.optional.contains($0) }
    #expect(codes("{}") == needed.map { "/\($0) required" })
    for (index, member) in Self.members.enumerated() where member.name != "any" {
      var members = Self.members
      members[index].value = member.value.hasPrefix("[") ? "{}" : "[]"
      let found = codes(document(members))
      #expect(found == ["/\(member.name) type"], "\(member.name)")
      let twice = codes(document(Self.members + [member]))
      #expect(twice == ["/\(member.name) duplicateKey"], "\(member.name)")
    }
    func with(_ name: String, _ value: String) -> [String] {
      codes(document(Self.members.map { $0.name == name ? (name, value) : $0 }))
    }
    #expect(with("count", "0") == ["/count minimum"])
    #expect(with("count", "3") == ["/count multipleOf"])
    #expect(with("narrow", "10") == ["/narrow maximum"])
    #expect(with("maybe", "-1") == ["/maybe minimum"])
    #expect(with("text", "\"\"") == ["/text minLength"])
    #expect(with("text", "\"äöüßé\"") == [])
    #expect(with("text", "\"\\u00e4\\n\"") == [])
    #expect(with("text", "\"äöüßéa\"") == ["/text maxLength"])
    #expect(with("level", "\"middle\"") == ["/level enum"])
    #expect(with("number", "10") == ["/number maximum"])
    #expect(with("perhaps", "null") == ["/perhaps type"])
    #expect(with("box", "null") == ["/box type"])
    #expect(with("names", "[]") == ["/names minItems"])
    #expect(with("names", "[1]") == ["/names/0 type"])
    let second = ["/inners/1/a text of more than sixteen bytes required", "/inners/1/level type"]
    #expect(with("inners", "[\(Self.inner),{\"level\":1}]") == second)
    #expect(with("inner", String(Self.inner.dropLast()) + ",\"more\":1}") == ["/inner/more additionalProperty"])
  }

  @Test("a body that ends or breaks anywhere is refused")
  func broken() {
    let text = Array(document(Self.members).utf8)
    for end in 0..<text.count {
      let cut = Array(text[..<end])
      guard case .failure(let list) = JSONReader.decode(Sample.self, from: cut.span.bytes) else {
        Issue.record("\(end)")
        continue
      }
      #expect(!list.violations.isEmpty)
      var wrong = text
      wrong[end] = 0x01
      if case .success = JSONReader.decode(Sample.self, from: wrong.span.bytes) { Issue.record("\(end)") }
    }
  }

  /// What a table takes for granted about the compiler.
  @Test("members lie where the table has them")
  func layout() {
    #expect(MemoryLayout<Sample>.offset(of: \.narrow) == 16)
    #expect(MemoryLayout<Inner>.offset(of: \.level) == 1)
    #expect(MemoryLayout<Inner>.offset(of: \.text) == 8)
  }

  @Test("what was read of a value that cannot be made is released")
  func released() throws {
    let list = #","list":[1,2,3,4,5,6,7,8,9,10],"text":"longer than a small string""#
    let tail = list + #","patch":1,"box":1,"perhaps":1,"change":1,"more":1,"level""#
    do {
      let whole = try read(Holder.self, #"{"first":1,"second":2\#(tail):"low"}"#).get()
      #expect(Token.alive.withLock { $0 } == 17)
      #expect(whole.list.count == 10)
    }
    #expect(Token.alive.withLock { $0 } == 0)
    for text in [
      #"{"first":1,"second":2\#(tail):"no"}"#, #"{"first":1,"second":2\#(tail):1}"#, #"{"level":"low"\#(tail)s":1}"#,
      #"{"first":1,"second":2\#(tail):"low"#, #"{"first":1,"first":2\#(tail):"low"}"#, #"{"first":null\#(tail):"low"}"#,
    ] {
      if case .success = read(Holder.self, text) { Issue.record("\(text)") }
      #expect(Token.alive.withLock { $0 } == 0, "\(text)")
    }
    for member in Self.wide {
      let members = Self.wide.map { $0.name == member.name ? ($0.name, "{}") : $0 }
      if case .success = read(Wide.self, document(members)) { Issue.record("\(member.name)") }
      #expect(Token.alive.withLock { $0 } == 0, "\(member.name)")
    }
  }
}

extension JSONTableTests {
  private static let wide: [(name: String, value: String)] =
    Wide.texts.map { ("\($0)", "\"text \($0) of no small string\"") } + [("b", "1")]
    + Wide.numbers.enumerated().map { ("\($1)", "\($0)") } + [("d", "\"d\""), ("e", "1"), ("f", "1")]

  @Test("a struct of more members than a word has bits is read in any order and written in its own")
  func wide() throws {
    let text = document(Self.wide)
    for members in [Self.wide, Self.wide.reversed(), Self.wide.filter { $0.name != "a64" } + [Self.wide[64]]] {
      let value = try read(Wide.self, document(members)).get()
      #expect(value.a0 == "text a0 of no small string" && value.a64 == "text a64 of no small string")
      #expect(value.c0 == 0 && value.c62 == 62 && value.d == "d" && value.e != nil && value.others.count == 1)
      var json = JSONWriter()
      value.encode(to: &json)
      #expect(json.text() == text)
    }
    let least = try read(Wide.self, document(Self.wide.filter { "bc".contains($0.name.first!) })).get()
    #expect(least.a63 == nil && least.a64 == nil && least.d == "a default that is no small string" && least.e == nil)
  }

  @Test("what is wrong with each of many members is said, and what was read is released")
  func wideViolations() {
    func found(_ members: [(name: String, value: String)]) -> [String] {
      guard case .failure(let list) = read(Wide.self, document(members)) else { return [] }
      return list.violations.map { "\($0.pointer ?? "") \($0.code)" }
    }
    for (index, member) in Self.wide.enumerated() {
      var members = Self.wide
      members[index].value = member.name == "b" ? "0" : "[]"
      if member.name != "b" { #expect(found(members) == ["/\(member.name) type"]) }
      #expect(found(Self.wide + [member]) == ["/\(member.name) duplicateKey"])
      members.remove(at: index)
      let isRequired = "bc".contains(member.name.first!)
      #expect(found(members) == (isRequired ? ["/\(member.name) required"] : []))
    }
    #expect(found([]).prefix(3) == ["/b required", "/c0 required", "/c1 required"])
  }
}

/// Counts the values that live.
private final class Token: Sendable {
  static let alive = Mutex(0)

  init() { Self.alive.withLock { $0 += 1 } }
  deinit { Self.alive.withLock { $0 -= 1 } }
}

private struct Tracked: Sendable, Equatable, JSONDecodable, JSONEncodable {
  let token = Token()

  static func == (left: Self, right: Self) -> Bool { left.token === right.token }

  static func decode(_ json: inout JSONReader) -> Tracked? { json.int64() == 0 ? nil : Tracked() }
  func encode(to json: inout JSONWriter) { json.int64(1) }
}

private struct Holder: Sendable, Equatable {
  var first: Tracked
  var second: Tracked?
  var list: [Tracked]
  var text: String
  var patch: Patch<Tracked>
  @Boxed var box: Tracked
  @BoxedOptional var perhaps: Tracked?
  @BoxedPatch var change: Patch<Tracked>
  var level: Level
  var others: [String: Tracked]
}

extension Holder: JSONTabled, JSONDecodable, JSONEncodable {
  static let jsonTable = JSONTable(Holder.self) {
    $0.required("first", .value(Tracked.self))
    $0.optional("second", .value(Tracked.self))
    $0.required("list", .array(.value(Tracked.self)))
    $0.required("text", .string())
    $0.patch("patch", .value(Tracked.self))
    $0.required("box", .boxed(.value(Tracked.self)))
    $0.optional("perhaps", .boxed(.value(Tracked.self)))
    $0.patch("change", .boxed(.value(Tracked.self)))
    $0.required("level", .words(Level.self))
    $0.others(.value(Tracked.self))
  }
}

private struct Kept: Sendable, Equatable {
  var name: String?
  var others: [String: [Int64]]
}

extension Kept: JSONTabled, JSONDecodable, JSONEncodable {
  static let jsonTable = JSONTable(Kept.self) {
    $0.optional("name", .string())
    $0.others(.array(.int64()))
  }
}

/// Has a default that holds one of its own.
private struct Tree: Sendable, Equatable {
  var name: String
  var trees: [Tree]
}

extension Tree: JSONTabled, JSONDecodable, JSONEncodable {
  static let jsonTable = JSONTable(Tree.self) {
    $0.required("name", .string())
    $0.defaulted(
      "trees", .array(.object(Tree.self)), [JSONReader.constant(Tree.self, #"{"name":"usual","trees":[]}"#)] as [Tree])
  }
}

/// More members than a word has bits.
private struct Wide: Sendable, Equatable {
  var a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
    a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46,
    a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62, a63, a64: String?
  var b: Tracked
  var c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23,
    c24, c25, c26, c27, c28, c29, c30, c31, c32, c33, c34, c35, c36, c37, c38, c39, c40, c41, c42, c43, c44, c45, c46,
    c47, c48, c49, c50, c51, c52, c53, c54, c55, c56, c57, c58, c59, c60, c61, c62: Int64
  var d: String
  @BoxedOptional var e: Tracked?
  var others: [String: Tracked]
}

extension Wide: JSONTabled, JSONDecodable, JSONEncodable {
  static let texts: [StaticString] = [
    "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12", "a13", "a14", "a15", "a16",
      "a17", "a18", "a19", "a20", "a21", "a22", "a23", "a24", "a25", "a26", "a27", "a28", "a29", "a30", "a31", "a32",
      "a33", "a34", "a35", "a36", "a37", "a38", "a39", "a40", "a41", "a42", "a43", "a44", "a45", "a46", "a47", "a48",
      "a49", "a50", "a51", "a52", "a53", "a54", "a55", "a56", "a57", "a58", "a59", "a60", "a61", "a62", "a63", "a64",
  ]
  static let numbers: [StaticString] = [
    "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "c10", "c11", "c12", "c13", "c14", "c15", "c16",
      "c17", "c18", "c19", "c20", "c21", "c22", "c23", "c24", "c25", "c26", "c27", "c28", "c29", "c30", "c31", "c32",
      "c33", "c34", "c35", "c36", "c37", "c38", "c39", "c40", "c41", "c42", "c43", "c44", "c45", "c46", "c47", "c48",
      "c49", "c50", "c51", "c52", "c53", "c54", "c55", "c56", "c57", "c58", "c59", "c60", "c61", "c62",
  ]
  static let jsonTable = JSONTable(Wide.self) { members in
    for name in texts { members.optional(name, .string()) }
    members.required("b", .value(Tracked.self))
    for name in numbers { members.required(name, .int64(minimum: 0)) }
    members.defaulted("d", .string(), "a default that is no small string" as String)
    members.optional("e", .boxed(.value(Tracked.self)))
    members.others(.value(Tracked.self))
  }
}
