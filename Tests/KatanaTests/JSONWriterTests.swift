import Testing

@testable import Katana

@Suite struct JSONWriterTests {
  func text(_ write: (inout JSONWriter) -> Void) -> String {
    var json = JSONWriter(capacity: 1)
    write(&json)
    return json.text()
  }

  @Test("a double is written as the shortest text that reads back")
  func doubles() {
    var values: [Double] = [
      0, -0.0, 1, -1.5, 19.99, 1e15, 1e16, 1e21, 1e-5, 1e-7, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
      0.1 + 0.2, 1 / 3,
    ]
    for _ in 0..<20_000 {
      let value = Double(bitPattern: .random(in: 0 ... .max))
      if value.isFinite { values.append(value) }
      values.append((Double.random(in: -1e6...1e6) * 100).rounded() / 100)
    }
    for value in values {
      let written = text { $0.double(value) }
      #expect(Double(written)?.bitPattern == value.bitPattern, "\(value)")
      #expect(digits(written) <= digits(value.description), "\(written) for \(value)")
      let bytes = Array(written.utf8)
      let read = JSONReader.decode(Number.self, from: bytes.span.bytes)
      guard case .success(let number) = read else {
        Issue.record("\(written) is not JSON")
        continue
      }
      #expect(number.value.bitPattern == value.bitPattern)
    }
  }

  /// Significant digits, zeros at either end not counted.
  private func digits(_ text: String) -> Int {
    let mantissa = text.prefix { $0 != "e" }.filter(\.isNumber).drop { $0 == "0" }
    return mantissa.count - mantissa.reversed().prefix { $0 == "0" }.count
  }

  struct Number: JSONDecodable {
    var value: Double
    static func decode(_ json: inout JSONReader) -> Number? { Number(value: json.double()) }
  }

  @Test("what is not finite is refused")
  func infinite() {
    for value in [Double.infinity, -.infinity, .nan] {
      var json = JSONWriter()
      json.double(value)
      let (isValid, text) = (json.isValid, json.text())
      #expect(!isValid && text == "null")
    }
  }

  @Test("text is escaped where JSON demands it and nowhere else")
  func strings() {
    #expect(
      text { $0.string("a\"b\\c/d\n\r\t\u{8}\u{c}\u{1}\u{7f}é😀") } == "\"a\\\"b\\\\c/d\\n\\r\\t\\b\\f\\u0001\u{7f}é😀\""
    )
    #expect(text { $0.string("") } == "\"\"")
    let long = String(repeating: "é\"", count: 5000)
    #expect(text { $0.string(long) } == "\"" + long.replacing("\"", with: "\\\"") + "\"")
  }

  @Test("integers are written whole")
  func integers() {
    for value in [0, 9, -9, 10, 99, 100, .max, .min] as [Int64] { #expect(text { $0.int64(value) } == String(value)) }
  }
}
