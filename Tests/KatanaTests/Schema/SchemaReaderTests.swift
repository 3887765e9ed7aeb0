import Testing

@testable import Katana

/// Schemas as generated decoders use them: on the value that is next.
@Suite struct SchemaReaderTests {
  /// A union whose branches are told apart by schemas, inside an object that is decoded straight.
  struct Order: JSONDecodable, Equatable {
    enum Payment: Equatable {
      case card(Int64)
      case cash(String)
    }

    static let card = JSONSchema(#"{"type":"object","required":["number"],"properties":{"number":{"type":"integer"}}}"#)
    static let cash = JSONSchema(#"{"type":"object","required":["note"]}"#)
    static let payment = JSONSchema(#"{"type":"object","minProperties":1,"not":{"required":["number","note"]}}"#)

    var id: Int64 = 0
    var payment: Payment?

    static func decode(_ json: inout JSONReader) -> Order? {
      guard json.object() != nil else { return nil }
      var order = Order()
      while let key = json.key() {
        if key.equals("id") { order.id = json.int64() }
        if key.equals("payment") {
          json.check(payment)
          if json.matches(card) {
            order.payment = json.value()?["number"]?.int64Value.map { .card($0) }
          } else if json.matches(cash) {
            order.payment = json.value()?["note"]?.stringValue.map { .cash($0) }
          } else {
            json.skip()
          }
        }
      }
      return order
    }
  }

  func decode(_ text: String) -> Result<Order, ViolationList> {
    JSONReader.decode(Order.self, from: Array(text.utf8).span.bytes)
  }

  func codes(_ text: String) -> [String] {
    guard case .failure(let list) = decode(text) else { return [] }
    return list.violations.map { "\($0.pointer ?? "-") \($0.code.rawValue)" }
  }

  @Test("a branch is chosen and the value is still there to be read")
  func chosen() throws {
    #expect(try decode(#"{"payment": {"number": 5}, "id": 1}"#).get() == Order(id: 1, payment: .card(5)))
    #expect(try decode(#"{"payment" : {"note": "b"} ,"id":2}"#).get() == Order(id: 2, payment: .cash("b")))
  }

  @Test("violations of a schema stand among those of the decoder, with their pointers")
  func noted() {
    #expect(codes(#"{"payment": {}, "id": "x"}"#) == ["/payment min_properties", "/id type"])
    #expect(codes(#"{"payment": {"number": 5, "note": ""}, "id": 1}"#) == ["/payment not"])
    #expect(codes(#"{"id": 1, "payment": {"number": 5]}"#) == ["/payment/number syntax"])
    #expect(codes(#"{"id": 1, "payment": "#) == ["/payment syntax"])
  }

  @Test("a schema and a straight decoder say the same")
  func same() throws {
    struct Point: JSONDecodable {
      static func decode(_ json: inout JSONReader) -> Point? {
        guard let at = json.object() else { return nil }
        var seen: UInt64 = 0
        while let key = json.key() {
          if key.equals("x") {
            if json.isFirst(1, &seen) { _ = json.int64(minimum: 1, maximum: 9) }
          } else if key.equals("s") {
            if json.isFirst(2, &seen) { _ = json.string(minLength: 2, maxLength: 3, format: .date) }
          } else {
            json.additional()
          }
        }
        if seen & 1 == 0 { json.missing("x", in: at) }
        return Point()
      }
    }
    let schema = JSONSchema(
      """
      {"type":"object","properties":{"x":{"type":"integer","minimum":1,"maximum":9},
       "s":{"type":"string","minLength":2,"maxLength":3,"format":"date"}},
       "required":["x"],"additionalProperties":false}
      """
    )
    let documents = [
      "{}", "[]", #"{"x":1}"#, #"{"x":0,"s":"a"}"#, #"{"x":10,"s":"abcd","y":1}"#, #"{"x":"1"}"#, #"{"s":5,"z":[1,2]}"#,
      #"{"x":1.0}"#, "{",
    ]
    for document in documents {
      let straight = JSONReader.decode(Point.self, from: Array(document.utf8).span.bytes)
      var expected: [Violation] = []
      if case .failure(let list) = straight { expected = list.violations }
      #expect(schema.violations(of: document) == expected, "\(document)")
    }
  }

  @Test("schemas that share their definitions judge like schemas that have them all")
  func shared() throws {
    let definitions =
      ##""Node":{"type":"object","properties":{"next":{"$ref":"#/$defs/Node"},"size":{"$ref":"#/$defs/Size"}}},"##
      + ##""Size":{"type":"integer","minimum":1}"##
    let whole = try JSONSchema(parsing: "{\"$defs\":{\(definitions)}}")
    for name in ["Node", "Size"] {
      let shared = JSONSchema(definition: name, of: whole)
      let own = try JSONSchema(parsing: "{\"$defs\":{\(definitions)},\"$ref\":\"#/$defs/\(name)\"}")
      for document in ["1", "0", "\"a\"", "{}", #"{"next":{"size":0}}"#, #"{"next":{"next":{"size":2}},"size":1.5}"#] {
        #expect(shared.violations(of: document) == own.violations(of: document), "\(name): \(document)")
      }
    }
    #expect(JSONSchema(definition: "Size", of: whole).violations(of: "0").map(\.code) == [.minimum])
  }
}
