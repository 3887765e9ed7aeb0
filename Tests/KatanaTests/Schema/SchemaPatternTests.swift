import Foundation
import Testing

@testable import Katana

/// The dialect of patterns: ECMA-262 with the `u` flag, whoever executes them.
@Suite struct SchemaPatternTests {
  struct Case: Sendable {
    var source: String
    var text: String
    var matches: Bool

    init(_ source: String, _ text: String, _ matches: Bool) {
      self.source = source
      self.text = text
      self.matches = matches
    }
  }

  static let cases: [Case] = [
    Case("a", "cab", true), Case("a", "A", false), Case("", "x", true), Case("^$", "", true), Case("^$", "\n", false),
    Case("^a$", "a\n", false), Case("^a$", "b\na", false), Case("a$", "ba", true), Case("^b", "a\nb", false),
    Case("^.$", "\n", false), Case("^.$", "\r", false), Case("^.$", "\u{2028}", false), Case("^.$", "\u{2029}", false),
    Case("^.$", "\u{85}", true), Case("^.$", "\u{B}", true), Case("^.$", "\u{1F600}", true), Case("^.$", "é", true),
    Case("^.$", "e\u{301}", false), Case("^..$", "\u{1F600}a", true), Case("^.$", "\0", true),
    Case(#"^\d$"#, "5", true), Case(#"^\d$"#, "٣", false), Case(#"^\D$"#, "٣", true), Case(#"^\D$"#, "5", false),
    Case(#"^\w$"#, "_", true), Case(#"^\w$"#, "é", false), Case(#"^\W$"#, "é", true), Case(#"^\W$"#, "\u{17F}", true),
    Case(#"^\w$"#, "\u{212A}", false), Case(#"^\s$"#, "\u{FEFF}", true), Case(#"^\s$"#, "\u{A0}", true),
    Case(#"^\s$"#, "\u{B}", true), Case(#"^\s$"#, "\u{180E}", false), Case(#"^\s$"#, "\u{2028}", true),
    Case(#"^\s$"#, "\u{200A}", true), Case(#"^\s$"#, "\u{200B}", false), Case(#"^\s$"#, "\u{85}", false),
    Case(#"^\S$"#, "\u{3000}", false), Case(#"^\S$"#, "\u{85}", true), Case(#"^\S$"#, "\u{1F600}", true),
    Case(#"^[\s\d]$"#, "\u{1680}", true), Case(#"^[^\s]$"#, "\u{202F}", false), Case(#"^[\S]$"#, "\u{205F}", false),
    Case(#"^[\W\d]$"#, "a", false), Case(#"^[\W\d]$"#, "7", true), Case(#"^[\D]$"#, "x", true),
    Case(#"^[^\W]$"#, "_", true), Case("^[^]$", "\n", true), Case("^[^]$", "\u{1F600}", true), Case("[]", "a", false),
    Case("[]", "", false), Case("^[]*$", "", true), Case("a|[]", "a", true), Case("^[a-c]$", "b", true),
    Case("^[a-c]$", "-", false), Case("^[-a]$", "-", true), Case("^[a-]$", "-", true), Case(#"^[\w-]$"#, "-", true),
    Case(#"^[a\-c]$"#, "-", true), Case(#"^[a\-c]$"#, "b", false), Case("^[^a]$", "\n", true), Case("^[[]$", "[", true),
    Case(#"^[\]]$"#, "]", true), Case("^[[:alpha:]", "x", false), Case("^[.]$", "x", false), Case("^[$^]$", "^", true),
    Case(#"^[\b]$"#, "\u{8}", true), Case("^[é-ü]$", "ö", true), Case("^[\u{1F600}-\u{1F610}]$", "\u{1F605}", true),
    Case("^[&&~~]$", "~", true), Case(#"^\/$"#, "/", true), Case("^/$", "/", true),
    Case(#"^\t\n\v\f\r$"#, "\t\n\u{B}\u{C}\r", true),
    Case(#"^\0$"#, "\0", true), Case(#"^\cJ$"#, "\n", true), Case(#"^\cj$"#, "\n", true),
    Case(#"^[\cA]$"#, "\u{1}", true),
    Case(#"^\x41$"#, "A", true), Case(#"^\u0041$"#, "A", true), Case(#"^\u{41}$"#, "A", true),
    Case(#"^\u{1F600}$"#, "\u{1F600}", true), Case(#"^\ud83d\ude00$"#, "\u{1F600}", true),
    Case(#"^[\ud83d\ude00]$"#, "\u{1F600}", true), Case(#"^[\u{0}-\u{7F}]$"#, "\u{7F}", true),
    Case(#"^\^\$\.\*\+\?\(\)\[\]\{\}\|\\$"#, "^$.*+?()[]{}|\\", true), Case("^#$", "#", true),
    Case("^a b$", "a b", true),
    Case("^a{2}$", "aa", true), Case("^a{2}$", "a", false), Case("^a{2,}$", "aaa", true),
    Case("^a{1,2}$", "aaa", false),
    Case("^a{0}$", "", true), Case("^a*?$", "aaa", true), Case("^a+?b$", "aab", true), Case("^a??$", "a", true),
    Case("^a{1,2}?$", "aa", true), Case("^(?:ab)+$", "abab", true), Case("^(a|b)*$", "abba", true),
    Case("^(?<x>a)\\k<x>$", "aa", true), Case("^(?<x>a)\\k<x>$", "ab", false), Case(#"^(a)\1$"#, "aa", true),
    Case(#"^\1(a)$"#, "a", true), Case(#"^(?:(a)|b)\1$"#, "b", true), Case(#"^(a)(b)\2\1$"#, "abba", true),
    Case(#"^(?<é>a)\k<é>$"#, "aa", true), Case(#"^\k<z>(?<z>a)$"#, "a", true),
    Case(#"^(?<$>.)(?<_1>.)\k<_1>\k<$>$"#, "abba", true), Case("a(?=b)", "ab", true), Case("a(?=b)", "ac", false),
    Case("a(?!b)", "ac", true), Case("a(?!b)", "ab", false), Case("(?<=a)b", "ab", true), Case("(?<=a)b", "cb", false),
    Case("(?<!a)b", "cb", true), Case("(?<!a)b", "ab", false), Case(#"\ba"#, "b a", true), Case(#"\ba"#, "ba", false),
    Case(#"a\b"#, "aé", true), Case(#"\Ba"#, "ba", true), Case(#"^\bé"#, "é", false),
    Case(#"^\p{L}$"#, "ж", true), Case(#"^\p{L}$"#, "1", false), Case(#"^\P{L}$"#, "1", true),
    Case(#"^\p{Lu}$"#, "Ж", true),
    Case(#"^\p{Lu}$"#, "ж", false), Case(#"^\p{Uppercase_Letter}$"#, "A", true), Case(#"^\p{gc=Nd}$"#, "٣", true),
    Case(#"^\p{General_Category=Decimal_Number}$"#, "a", false), Case(#"^\p{Script=Cyrillic}$"#, "ж", true),
    Case(#"^\p{sc=Greek}$"#, "ж", false), Case(#"^\p{scx=Hira}$"#, "ー", true), Case(#"^\p{sc=Hira}$"#, "ー", false),
    Case(#"^[\p{L}\p{N}_]+$"#, "aж٣_", true), Case(#"^[^\p{L}]$"#, "ж", false), Case(#"^[\P{L}]$"#, "!", true),
    Case(#"^\p{Alphabetic}$"#, "é", true), Case(#"^\p{ASCII}$"#, "é", false), Case(#"^\p{Any}$"#, "é", true),
    Case(#"^\p{Emoji}$"#, "\u{1F600}", true), Case(#"^\p{White_Space}$"#, "\u{85}", true),
    Case(#"^\p{LC}$"#, "a", true),
    Case(#"^\p{LC}$"#, "漢", false), Case(#"^\p{Punctuation}$"#, "!", true), Case(#"^\p{Sc}$"#, "€", true),
    Case(#"^\p{Assigned}$"#, "a", true), Case(#"^\P{Assigned}$"#, "\u{378}", true),
    Case("^(((((((((((a)))))))))))\\11$", "aa", true), Case("(?:)", "", true), Case("a||b", "x", true),
    Case("^(?:a?){3}$", "aa", true), Case("^(a*)*$", "aaa", true), Case("x{0,3}$", "", true),
    Case("^(?=.{3}$)[a-z]+$", "abc", true), Case("^(?=.{3}$)[a-z]+$", "abcd", false),
  ]

  @Test("a pattern decides as it is written", arguments: cases)
  func decides(_ item: Case) throws {
    #expect(matches(try Pattern(parsing: item.source), item.text) == item.matches, "\(item)")
  }

  func matches(_ pattern: Pattern, _ text: String) -> Bool {
    var text = text
    return text.withUTF8 { pattern.matches($0) }
  }

  @Test("an engine of ECMA-262 decides the same", .enabled(if: FileManager.default.isExecutableFile(atPath: node)))
  func engine() throws {
    let cases = Self.cases
    var json = JSONWriter()
    json.literal("[")
    for item in cases {
      json.literal("[")
      json.string(item.source)
      json.literal(",")
      json.string(item.text)
      json.literal("],")
    }
    json.close("]")
    let script = """
      const cases = JSON.parse(require('fs').readFileSync(0, 'utf8'));
      console.log(cases.map(([source, text]) => new RegExp(source, 'u').test(text) ? 1 : 0).join(''));
      """
    let output = try answer(of: Self.node, ["-e", script], json.text())
    let expected = cases.map { $0.matches ? "1" : "0" }.joined()
    let wrong = zip(zip(output, expected), cases).filter { $0.0.0 != $0.0.1 }.map { $0.1 }
    #expect(output.count == expected.count)
    #expect(wrong.isEmpty, "\(wrong)")
  }

  static let node = "/usr/bin/node"

  @Test(
    "what ECMA-262 does not have is refused with its place",
    arguments: [
      ("(?i)a", "a group modifier that ECMA-262 does not have at character 0"),
      ("a(?i:b)", "a group modifier that ECMA-262 does not have at character 1"),
      ("(?>a)", "a group modifier that ECMA-262 does not have at character 0"),
      ("(?|a|b)", "a group modifier that ECMA-262 does not have at character 0"),
      ("(?R)", "a group modifier that ECMA-262 does not have at character 0"),
      ("(?1)", "a group modifier that ECMA-262 does not have at character 0"),
      ("(?P<a>b)", "a group modifier that ECMA-262 does not have at character 0"),
      ("(?#note)", "a group modifier that ECMA-262 does not have at character 0"),
      ("(*UTF)a", "a verb of PCRE2 at character 0"), ("a(*SKIP)", "a verb of PCRE2 at character 1"),
      ("a++", "a possessive quantifier at character 2"), ("a*+", "a possessive quantifier at character 2"),
      ("a{2}+", "a repeated repetition at character 4"), ("a**", "a repeated repetition at character 2"),
      ("a???", "a repeated repetition at character 3"), ("*a", "nothing to repeat at character 0"),
      ("a|+", "nothing to repeat at character 2"), ("^*", "a repeated assertion at character 0"),
      ("(?=a)*", "a repeated assertion at character 0"), (#"\b+"#, "a repeated assertion at character 0"),
      (#"\A"#, #"the escape '\A' at character 0"#), (#"a\z"#, #"the escape '\z' at character 1"#),
      (#"\Ka"#, #"the escape '\K' at character 0"#), (#"\Qa"#, #"the escape '\Q' at character 0"#),
      (#"\R"#, #"the escape '\R' at character 0"#), (#"\h"#, #"the escape '\h' at character 0"#),
      (#"\a"#, #"the escape '\a' at character 0"#), (#"\C"#, #"the escape '\C' at character 0"#),
      (#"\g{1}"#, #"the escape '\g' at character 0"#), (#"\X"#, #"the escape '\X' at character 0"#),
      (#"[\B]"#, #"the escape '\B' at character 1"#), (#"\01"#, "an octal escape at character 0"),
      (#"[\1]"#, "an octal escape at character 1"), (#"(a)\2"#, "a reference to no group at character 3"),
      (#"\k<a>"#, "a reference to no group at character 0"), ("(?<a>b)(?<a>c)", "a second group of that name"),
      ("(?<1>a)", "a malformed name"), ("(?<>a)", "a malformed name"), ("(a", "an unmatched '(' at character 0"),
      ("a)", "an unmatched ')' at character 1"), ("[a", "an unmatched '[' at character 0"),
      ("a]", "a bare ']' at character 1"), ("{", "a bare '{' at character 0"), ("a}", "a bare '}' at character 1"),
      ("a{,2}", "a malformed repetition at character"), ("a{2", "a malformed repetition at character 1"),
      ("a{3,2}", "a repetition whose bounds are out of order at character 1"),
      ("a{70000}", "a repetition of more than 65535"), ("[b-a]", "a range that is out of order at character 1"),
      (#"[\d-z]"#, "a range between classes at character 1"), (#"\ud83d"#, "an escaped surrogate at character 0"),
      (#"\u{110000}"#, "a code point beyond U+10FFFF"), (#"\u12"#, "an unexpected end"),
      (#"\xg0"#, "a malformed escape"),
      (#"\c1"#, "a malformed escape"), (#"\p{Latin}"#, "an unknown property 'Latin'"),
      (#"\p{script=Latin}"#, "an unknown property"), (#"\pL"#, "a malformed property"), (#"a\"#, "an unexpected end"),
      ("(?<=a+)b", "a look-behind of a variable length"), (#"\p{Script=Klingon}"#, "unknown property"),
    ]
  )
  func refused(_ source: String, _ expected: String) throws {
    let fault = try #require(throws: Pattern.Unsupported.self) { try Pattern(parsing: source) }
    #expect(fault.description.contains(expected), "\(source): \(fault)")
  }

  @Test("groups may stand inside each other to a bound")
  func nesting() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "(?:", count: depth) + "a" + String(repeating: ")", count: depth)
    }
    #expect(matches(try Pattern(parsing: nested(Pattern.Limits.nesting)), "a"))
    #expect(throws: Pattern.Unsupported.self) { try Pattern(parsing: nested(Pattern.Limits.nesting + 1)) }
    #expect(throws: Pattern.Unsupported.self) { try Pattern(parsing: nested(100_000)) }
  }

  @Test("a string of generated code may have either form of pattern")
  func inStrings() {
    struct Word: JSONDecodable {
      static let pattern = Pattern("^(?!x)[a-z]+$")
      static func decode(_ json: inout JSONReader) -> Word? {
        _ = json.string(pattern: pattern)
        return Word()
      }
    }
    func codes(_ text: String) -> [Violation.Code] {
      guard case .failure(let list) = JSONReader.decode(Word.self, from: Array(text.utf8).span.bytes) else { return [] }
      return list.violations.map(\.code)
    }
    #expect(codes(#""abc""#) == [])
    #expect(codes(#""xbc""#) == [.pattern])
  }
}

/// What a program answers to a text on its standard input.
func answer(of program: String, _ arguments: [String], _ input: String) throws -> String {
  let file = FileManager.default.temporaryDirectory.appendingPathComponent("katana-\(Foundation.UUID().uuidString)")
  try input.write(to: file, atomically: true, encoding: .utf8)
  defer { try? FileManager.default.removeItem(at: file) }
  let process = Process()
  let output = Pipe()
  process.executableURL = URL(fileURLWithPath: program)
  process.arguments = arguments
  process.standardInput = try FileHandle(forReadingFrom: file)
  process.standardOutput = output
  try process.run()
  let data = try output.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  if process.terminationStatus != 0 { throw ProgramFailed(program: program, status: process.terminationStatus) }
  return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
}

struct ProgramFailed: Error {
  let program: String
  let status: Int32
}
