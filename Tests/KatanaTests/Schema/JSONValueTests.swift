import Testing

@testable import Katana

@Suite struct JSONValueTests {
  func read(_ text: String) throws -> JSONValue {
    try JSONReader.decode(JSONValue.self, from: Array(text.utf8).span.bytes).get()
  }

  func written(_ value: JSONValue) -> String {
    var json = JSONWriter()
    value.encode(to: &json)
    return json.text()
  }

  func violations(_ text: String) -> [String] {
    guard case .failure(let list) = JSONReader.decode(JSONValue.self, from: Array(text.utf8).span.bytes) else {
      return []
    }
    return list.violations.map { "\($0.pointer ?? "-") \($0.code.rawValue)" }
  }

  @Test(
    "a value is written as it was read",
    arguments: [
      "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "1.5", "0.1", "1e+300", "\"\"",
      "\"a\\n\\\"\"", "[]", "{}", "[1,[2,[]],{}]", #"{"b":1,"a":{"x":[null]},"":""}"#,
    ]
  )
  func roundTrip(_ text: String) throws { #expect(written(try read(text)) == text) }

  @Test("numbers are equal by value and keep what they can")
  func numbers() throws {
    #expect(try read("1") == read("1.0"))
    #expect(try read("1").hashValue == read("100e-2").hashValue)
    #expect(try read("-0.0") == 0)
    #expect(try read("9007199254740993").int64Value == 9_007_199_254_740_993)
    #expect(try read("9007199254740993") != read("9007199254740992"))
    #expect(try read("9223372036854775808").int64Value == nil)
    #expect(try read("9223372036854775808").doubleValue == 9_223_372_036_854_775_808)
    #expect(try read("1.5").int64Value == nil)
    #expect(try read("2").doubleValue == 2)
    #expect(JSONNumber(Double.nan).int64 == nil)
  }

  @Test("equality knows no order of members and no normalisation of text")
  func equality() throws {
    #expect(try read(#"{"a":1,"b":[1,2]}"#) == read(#"{"b":[1,2.0],"a":1}"#))
    #expect(try read(#"{"a":1,"b":2}"#).hashValue == read(#"{"b":2,"a":1}"#).hashValue)
    #expect(try read(#"{"a":1}"#) != read(#"{"a":1,"b":2}"#))
    #expect(try read("[1,2]") != read("[2,1]"))
    #expect(try read("\"\\u00e9\"") != read("\"e\\u0301\""))
    #expect(try read("false") != read("0"))
    #expect(try read("null") != read("\"\""))
    let both = try read("{\"\\u00e9\":1,\"e\\u0301\":2}")
    #expect(both["\u{e9}"] == 1)
    #expect(both["e\u{301}"] == 2)
  }

  @Test("what cannot be read is a violation with its place")
  func violations() {
    #expect(violations(#"{"a":[1,{"b":1,"b":2}]}"#) == ["/a/1/b duplicate_key"])
    #expect(violations("[1,1e400]") == ["/1 range"])
    #expect(violations("[1,") == ["/1 syntax"])
    #expect(violations(String(repeating: "[", count: 65)).map { $0.hasSuffix("depth") } == [true])
    let many = (0..<12).map { #""k\#($0)":\#($0)"# }.joined(separator: ",")
    #expect(violations("{\(many)}") == [])
    #expect(violations("{\(many),\"k3\":0}") == ["/k3 duplicate_key"])
  }

  @Test("values are written in Swift and taken apart")
  func access() {
    var value: JSONValue = ["id": 7, "tags": ["new", nil], "ok": true, "price": 1.5]
    #expect(written(value) == #"{"id":7,"tags":["new",null],"ok":true,"price":1.5}"#)
    #expect(value["id"]?.int64Value == 7)
    #expect(value["tags"]?[0]?.stringValue == "new")
    #expect(value["tags"]?[1]?.isNull == true)
    #expect(value["tags"]?[2] == nil)
    #expect(value["tags"]?[-1] == nil)
    #expect(value["ok"]?.booleanValue == true)
    #expect(value["none"] == nil)
    #expect(value[0] == nil)
    #expect(value["tags"]?.arrayValue?.count == 2)
    guard case .object(var object) = value else { return }
    object["id"] = nil
    object["ok"] = false
    object["new"] = []
    value = .object(object)
    #expect(written(value) == #"{"tags":["new",null],"ok":false,"price":1.5,"new":[]}"#)
  }

  @Test("an object of many members finds, replaces and removes them")
  func index() {
    var object = JSONObject()
    for number in 0..<100 {
      let isNew = object.insert("k\(number)", .number(JSONNumber(Int64(number))))
      #expect(isNew)
    }
    let isNew = object.insert("k50", nil)
    #expect(!isNew)
    object["k50"] = nil
    object["k0"] = "first"
    #expect(object.count == 99)
    #expect(object["k50"] == nil)
    #expect(object["k51"] == 51)
    #expect(object["k0"] == "first")
    for number in 1..<95 { object["k\(number)"] = nil }
    #expect(object.map(\.name) == ["k0", "k95", "k96", "k97", "k98", "k99"])
    #expect(object["k99"] == 99)
  }
}
