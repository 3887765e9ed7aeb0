import Testing

@testable import Katana

/// Strings that are made and taken apart as words, beside what the standard library makes of the same bytes.
struct JSONTextTests {
  @Test("a text of any length is the string of its bytes", arguments: 0...40)
  func length(_ count: Int) {
    for characters in ["abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH", "éüß€日本語😀 naïve Привет мир и ещё немного текста"] {
      var bytes = Array(characters.utf8.prefix(count))
      while String(validating: bytes, as: UTF8.self) == nil { bytes.removeLast() }
      let expected = String(decoding: bytes, as: UTF8.self)
      let text = bytes.withUnsafeBufferPointer {
        JSONText.string($0.baseAddress, $0.count, isASCII: bytes.allSatisfy { $0 < 0x80 })
      }
      #expect(text == expected)
      #expect(text.hashValue == expected.hashValue)
      #expect(Array(text.utf8) == bytes)
      #expect(text.unicodeScalars.count == expected.unicodeScalars.count)
      #expect(text + "!" == expected + "!")
      var json = JSONWriter()
      json.string(text)
      #expect(json.text() == "\"" + expected + "\"")
    }
  }

  @Test("a text is small by its words alone")
  func words() throws {
    let long = String(repeating: "x", count: 16)
    #expect(JSONText.words(long) == nil)
    #expect(JSONText.words("a literal of the program's own memory") == nil)
    let words = try #require(JSONText.words(String("fifteen bytes!!".reversed().reversed())))
    #expect(words.tail >> 56 & 0xF == 15)
  }
}
