import Glibc
import KatanaScalars
import Testing

@testable import Katana

@Suite struct JSONFormatTests {
  static func accepts(_ format: StringFormat, _ text: String) -> Bool {
    var text = text
    return text.withUTF8 { format.accepts($0) }
  }

  @Test(
    "a format takes what its RFC allows and nothing near it",
    arguments: [
      (
        .date, ["2024-02-29", "2000-02-29", "0000-01-01"],
        [
          "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-04-31", "2024-1-01", "2024-01-01 ", "20240101",
          "",
        ]
      ),
      (
        .time, ["00:00:00Z", "23:59:59.123456789Z", "23:59:60Z", "22:59:60-01:00", "12:00:00z"],
        ["24:00:00Z", "12:60:00Z", "12:00:60Z", "12:00:00", "12:00:00.Z", "12:00Z", "12:00:00+24:00"]
      ),
      (
        .dateTime, ["2024-02-29T12:00:00Z", "1969-12-31t23:59:59.5-00:30"],
        ["2024-02-29 12:00:00Z", "2024-02-29T12:00:00", "2024-02-30T12:00:00Z"]
      ),
      (
        .uuid, ["01234567-89ab-CDEF-0123-456789abcdef"],
        [
          "0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdeg",
          "{01234567-89ab-cdef-0123-456789abcdef}",
        ]
      ),
      (
        .email, ["a@b", "first.last+tag@example.com", "!#$%@x-y.org"],
        ["a", "@b", "a@", "a..b@c", ".a@b", "a@-b", "a b@c", "a@b..c"]
      ),
      (
        .hostname, ["a", "example.com", "a-b.c1", "1.2"],
        ["", "-a", "a-", "a..b", "a_b", "a.", String(repeating: "a", count: 64)]
      ),
      (
        .ipv4, ["0.0.0.0", "255.255.255.255"],
        ["256.0.0.0", "1.2.3", "01.2.3.4", "1.2.3.4.5", "1.2.3.", " 1.2.3.4", "1.2.3.4 "]
      ),
      (
        .ipv6,
        ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "1::8", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "64:ff9b::1.2.3.4"],
        [
          "", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "1:2:3:4:5:6:7:1.2.3.4", ":1",
          "1:", "g::", "1:2:3:4:5:6:7:8::", "::1.2.3",
        ]
      ),
      (
        .uri, ["http://a/b?c#d", "urn:a:b", "mailto:a@b", "a+b-c.d:%20", "http://[::1]:80/a#?/"],
        ["", "a", ":a", "1a:b", "a:%2", "a:b c", "a:\"", "a:é", "a:b#c#d", "http://a/[b]", "a:[::1]"]
      ),
      (
        .uriReference, ["", "a", "/a/b?c#d", "//a/b", "?a", "#a", "./a:b", "http://a", "a/b:c", "//[::1]/"],
        ["a b", ":a", "1:a", "%", "#a#b", "[a]", "/[a]", "\\"]
      ),
      (
        .duration, ["P1Y", "P1Y2M3D", "P1M2D", "PT1H", "PT1H2M3S", "PT2M3S", "P1DT12H", "P4W", "P0D"],
        ["", "P", "PT", "1Y", "P1", "P1S", "PT1D", "P1YT", "P1Y1D", "PT1H1S", "P1W1D", "P1M1Y", "P-1D", "P1.5D", "p1d", "PW"]
      ),
      (.byte, ["", "AA==", "AAA=", "AAAA", "+/+/"], ["A", "AA=", "AB==", "AAB=", "A===", "====", "AA-_", "AA==AA=="]),
    ] as [(StringFormat, [String], [String])]
  )
  func formats(_ format: StringFormat, _ good: [String], _ bad: [String]) {
    for text in good { #expect(Self.accepts(format, text), "\(text) is a \(format)") }
    for text in bad { #expect(!Self.accepts(format, text), "\(text) is not a \(format)") }
  }

  @Test("an instant is written as it was read, in UTC")
  func instants() throws {
    let cases = [
      ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999999Z", -1), ("2024-02-29T23:59:59Z", 1_709_251_199_000_000),
      ("9999-12-31T23:59:59Z", 253_402_300_799_000_000), ("0000-03-01T00:00:00Z", -62_162_035_200_000_000),
      ("2016-12-31T23:59:59.100Z", 1_483_228_799_100_000),
    ]
    for (text, microseconds) in cases {
      let instant = try #require(Instant(text))
      #expect(instant.microseconds == microseconds, "\(text)")
      #expect(instant.description == text)
    }
    let now = Instant.now
    #expect(abs(now.microseconds / 1_000_000 - Int64(time(nil))) <= 1 && Instant(now.description) == now)
    #expect(Instant("2024-01-01T00:30:00+01:00")?.description == "2023-12-31T23:30:00Z")
    // What databases hold beyond RFC 3339.
    #expect(Instant(microseconds: 253_402_300_800_000_000).description == "+10000-01-01T00:00:00Z")
    #expect(Instant(microseconds: -62_167_219_200_000_001).description == "-0001-12-31T23:59:59.999999Z")
    #expect(Instant(microseconds: .min).description.hasPrefix("-290308-"))
  }

  @Test("a UUID is written as it was read, in lower case")
  func uuids() {
    let text = "01234567-89ab-cdef-0123-456789abcdef"
    #expect(UUID(text.uppercased())?.description == text)
    let random = UUID.random()
    #expect(UUID(random.description) == random)
    #expect(random.high >> 12 & 15 == 4 && random.low >> 62 == 2)
  }

  @Test("base64 gives the bytes back")
  func base64() {
    for count in 0..<70 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
      var text = base64Encoded(bytes)
      #expect(text.withUTF8 { base64Decoded($0) } == bytes)
    }
  }
}
