import Testing

@testable import KatanaCodegen

@Suite struct NameTests {
  @Test(
    "a member is named in camel case",
    arguments: [
      ("user_id", "userId"), ("userId", "userId"), ("UserID", "userId"), ("HTTPProxy", "httpProxy"),
      ("NOT_AVAILABLE", "notAvailable"), ("a b-c.d/e", "aBCDE"), ("12", "_12"), ("+1", "plus1"), ("-1", "minus1"),
      ("", "empty"), ("*", "star"), ("größe", "größe"), ("X-Request-Id", "xRequestId"), ("v2Beta", "v2Beta"),
    ])
  func member(_ name: String, _ expected: String) { #expect(SwiftName.member(name) == expected) }

  @Test("a type is named in camel case", arguments: [("user_list", "UserList"), ("3d", "_3d"), ("ABC", "Abc")])
  func type(_ name: String, _ expected: String) { #expect(SwiftName.type(name) == expected) }
}
