import Foundation
import Testing

@testable import KatanaCodegen

@Suite struct AutomatonTests {
  static let patterns = [
    "^[A-Z0-9-]{3,20}$", "abc", "^abc", "abc$", "^$", "a|b", "^a|b$", "^(a|b)*c$", "a+?b", "^a{2}$", "^a{2,}$",
    "^a{0,2}$",
    "^[^a-c]$", "^.$", "^\\d+\\.\\d{2}$", "^(?:ab|a)(?:c|bcd)$", "^[a-]$", "^[]$", "^[^]$", "(^a|b)c", "a(b|$)",
    "^(ab?)*$", "^(a*)*$", "^(a|ab)(c|bcd)(d*)$", "x*", "^[\\d-]+$", "^\\u0061\\x62$", "^(?<name>a)b$", "é", "^[à-ÿ]$",
    "^[^x]{2}$", "^😀+$", "^[a-z]([a-z0-9-]{0,4}[a-z0-9])?$", "$^", "a$b", "(a|b|ab)*bc", "^(([^<>]+)|(\"\\.+\"))@b$",
  ]

  @Test("an automaton decides what a regular expression engine decides", arguments: patterns)
  func model(_ pattern: String) throws {
    let automaton = try Automaton(pattern: pattern)
    // ICU knows neither of the two empty classes of ECMA-262, and its `$` also stands before a final line end.
    let icu = pattern.replacing("[^]", with: "[\\s\\S]").replacing("[]", with: "(?!)")
    let engine = try NSRegularExpression(pattern: icu)
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("abcdxA0-. <>\"@é😀ÿz9")
    for round in 0..<400 {
      var text = ""
      for _ in 0..<(round % 9) {
        text.append(alphabet[Int.random(in: 0..<(round % 2 == 0 ? 4 : alphabet.count), using: &random)])
      }
      let expected = engine.firstMatch(in: text, range: NSRange(location: 0, length: text.utf16.count)) != nil
      #expect(automaton.matches(text) == expected, "'\(pattern)' on '\(text)'")
    }
  }

  @Test("classes are those of ECMA-262, not of Unicode")
  func classes() throws {
    let word = try Automaton(pattern: "^\\w\\W\\d\\s$")
    #expect(word.matches("a-0\u{2028}") && word.matches("_é1\u{FEFF}"))
    #expect(!word.matches("é-0 ") && !word.matches("a-٣ "))
    #expect(try Automaton(pattern: "").matches("anything"))
  }

  @Test("an automaton has the fewest states")
  func minimal() throws {
    #expect(try Automaton(pattern: "a|a|a").stateCount == 2)
    #expect(try Automaton(pattern: "^(aa|ab|ba|bb)$").stateCount == 4)
    #expect(try Automaton(pattern: "^[A-Z0-9-]{3,20}$").stateCount == 22)
  }

  @Test("code points next to the bounds of a class are told apart")
  func bounds() throws {
    let ranges: [(UInt32, UInt32)] = [
      (0x41, 0x5A), (0x7E, 0x81), (0x7FE, 0x801), (0xFFFE, 0x10001), (0xD000, 0xE001), (0x10FFFE, 0x10FFFF),
      (0x3FF, 0x1234),
    ]
    for (low, high) in ranges {
      let automaton = try Automaton(pattern: "^[\\u{\(String(low, radix: 16))}-\\u{\(String(high, radix: 16))}]$")
      for bound in [low, high] {
        for value in [bound &- 1, bound, bound + 1] {
          guard let scalar = Unicode.Scalar(value) else { continue }
          #expect(automaton.matches(String(scalar)) == (low...high).contains(value), "\(value) in \(low)...\(high)")
        }
      }
    }
  }

  @Test(
    "what is not regular is refused by name",
    arguments: [
      ("(?=a)", "a look-ahead"), ("(?<=a)b", "a look-behind"), ("(a)\\1", "a back-reference"),
      ("\\bx", "a word boundary"),
      ("(", "an unmatched '('"), (")", "an unmatched ')'"), ("*", "a bare '*'"),
      ("a{2,1}", "a repetition whose bounds are out of order"),
      ("[z-a]", "a range that is out of order"), ("\\p{L}", "a Unicode property"), ("[a", "an unexpected end"),
      ("^a{300}$", "more than 255 states in its automaton"),
      ("(a|b)*a(a|b){12}$", "more states than an automaton holds"),
    ]
  )
  func refused(_ pattern: String, _ reason: String) {
    let error = #expect(throws: RegularExpression.Unsupported.self) { try Automaton(pattern: pattern) }
    #expect(error?.reason == reason)
  }
}
