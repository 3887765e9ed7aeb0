import KatanaContract
import Testing

@testable import KatanaQueries

struct SyntaxTreeTests {
  @Test func `a node knows its kind, its fields and its place`() throws {
    let tree = try SyntaxTree(parsing: "select é.a, $1 + 1.5 from \"T\" as é\nwhere b @> 3; delete from x")
    #expect(tree.statements.map(\.node.kind) == ["SelectStmt", "DeleteStmt"])
    let select = tree.statements[0].node
    #expect(select.nodes("targetList").map(\.kind) == ["ResTarget", "ResTarget"])
    let column = try #require(select.nodes("targetList").first?.node("val"))
    #expect(column.names("fields") == ["é", "a"])
    #expect(column.offset == 7)
    let sum = try #require(select.nodes("targetList").last?.node("val"))
    #expect(sum.names("name") == ["+"])
    #expect(sum.node("lexpr")?.integer("number") == 1)
    #expect(sum.firstOffset == 13)
    #expect(select.nodes("fromClause").first?.node("alias")?.kind == "Alias")
    let condition = try #require(select.node("whereClause"))
    #expect(tree.location(of: condition).line == 2)
    #expect(tree.location(of: condition).column == 7)
    #expect(tree.statements[1].node.node("relation")?.kind == "RangeVar")
  }

  @Test func `the first byte is a place although libpg_query leaves zero out`() throws {
    let tree = try SyntaxTree(parsing: "with x as (select 1) select * from x")
    #expect(tree.statements[0].node.node("withClause")?.offset == 0)
    #expect(tree.statements[0].node.firstOffset == 0)
  }

  @Test func `an error has the place in the user's file`() throws {
    let source = SourceFile(name: "q.sql", bytes: Array("-- é\n  select 'éé', frm x y z".utf8))
    #expect(throws: SyntaxTree.Failure.self) {
      try SyntaxTree(parsing: "select 'éé', frm x y z", map: TextMap(source: source, origin: 8))
    }
    do {
      _ = try SyntaxTree(parsing: "select 'éé', frm x y z", map: TextMap(source: source, origin: 8))
    } catch {
      #expect(error.message == "syntax error at or near \"y\"")
      #expect(error.location.description == "q.sql:2:22")
    }
  }

  @Test func `statements are told apart without being understood, the last one also without its end`() throws {
    func parts(_ text: String) throws -> [String] {
      let bytes = Array(text.utf8)
      return try SyntaxTree.split(text).map { String(decoding: bytes[$0], as: UTF8.self) }
    }
    #expect(try parts("set é;\n table ';' /* ; */ x") == ["set é", "\n table ';' /* ; */ x"])
    #expect(try parts("table (a;\n-- nothing\n") == ["table (a;\n-- nothing\n"])
    #expect(try parts("set a; (table") == ["set a", "(table"])
    for empty in ["", ";;", "-- é", "/* x */ ; -- y"] { #expect(try parts(empty) == []) }
  }

  @Test func `strings keep quotes, backslashes, control characters and what JSON escapes`() throws {
    let tree = try SyntaxTree(parsing: "select E'a\\\\\"<\\n\\x01é>'")
    let constant = tree.statements[0].node.nodes("targetList")[0].node("val")
    #expect(constant?.node("sval")?.string("sval") == "a\\\"<\n\u{1}é>")
  }

  @Test func `a statement that is nested too deep is an error, not a crash`() throws {
    let sum = Array(repeating: "x", count: 20_000).joined(separator: " || ")
    #expect(throws: SyntaxTree.Failure.self) { try SyntaxTree(parsing: "select \(sum)") }
    let modest = Array(repeating: "x", count: 300).joined(separator: " || ")
    #expect(try SyntaxTree(parsing: "select \(modest)").statements.count == 1)
  }
}
