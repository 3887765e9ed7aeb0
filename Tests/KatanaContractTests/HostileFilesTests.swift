import Foundation
import KatanaContract
import Testing

/// A document to change: what YAML and JSON can say, written as JSON.
private indirect enum Tree {
  case text(String)
  case sequence([Tree])
  case mapping([(String, Tree)])

  init(_ node: Node) {
    switch node.content {
    case .mapping(let mapping): self = .mapping(mapping.entries.map { ($0.key, Tree($0.value)) })
    case .sequence(let items): self = .sequence(items.map { Tree($0) })
    case .scalar(let scalar): self = .text(scalar.tag == .string ? Self.quoted(scalar.text) : scalar.text)
    }
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  var rendered: String {
    switch self {
    case .text(let text): text
    case .sequence(let items): "[" + items.map(\.rendered).joined(separator: ", ") + "]"
    case .mapping(let entries):
      "{" + entries.map { Self.quoted($0.0) + ": " + $0.1.rendered }.joined(separator: ", ") + "}"
    }
  }

  /// Every tree in which one node is deleted, doubled or something else.
  var mutations: [Tree] {
    let others = ["null", "5", "\"#\"", "[]", "{}", "true", "{\"$ref\": \"#\"}", "{\"$ref\": \"parts.yaml\"}", "[{}]"]
    var results = others.map(Tree.text)
    switch self {
    case .text: break
    case .sequence(let items):
      for (index, item) in items.enumerated() {
        func with(_ new: [Tree]) -> Tree { .sequence(Array(items[..<index]) + new + Array(items[(index + 1)...])) }
        results += [with([]), with([item, item])] + item.mutations.map { with([$0]) }
      }
    case .mapping(let entries):
      for (index, entry) in entries.enumerated() {
        func with(_ new: [(String, Tree)]) -> Tree {
          .mapping(Array(entries[..<index]) + new + Array(entries[(index + 1)...]))
        }
        results += [with([]), with([entry, entry]), with([("", entry.1)]), with([entry, ("$ref", .text("\"#/\""))])]
        results += entry.1.mutations.map { with([(entry.0, $0)]) }
      }
    }
    return results
  }
}

@Suite struct HostileFilesTests {
  private static let root = "api/openapi.yaml"

  private func check(_ files: [String: String], _ what: @autoclosure () -> String) {
    let (document, diagnostics) = OpenAPILoader.load(path: Self.root, from: MemoryFolder(files))
    #expect((document == nil) == diagnostics.contains { $0.severity == .error }, "\(what())")
    for diagnostic in diagnostics {
      #expect(diagnostic.location.line >= 1 && diagnostic.location.column >= 1)
      _ = diagnostic.rendered()
    }
    _ = DiagnosticReport(diagnostics).rendered(.sarif)
    guard let document else { return }
    for component in document.components.schemas {
      for name in names(component.schema) { #expect(document.schema(named: name) != nil, "\(name) in \(what())") }
    }
  }

  /// Names that a schema uses; in-place schemas of the contract under test are at most one level deep.
  private func names(_ schema: Schema) -> [String] {
    let composition = schema.composition
    let references = schema.object.properties.map(\.schema) + [schema.array.items].compactMap { $0 }
    return (references + composition.allOf + composition.oneOf + composition.anyOf).compactMap(\.name)
  }

  @Test("files cut at any byte load or have an error", arguments: SplitContract.files.keys.sorted())
  func truncated(_ name: String) {
    let bytes = Array(SplitContract.files[name]!.utf8)
    for end in bytes.indices {
      var files = SplitContract.files
      files[name] = String(decoding: bytes[..<end], as: UTF8.self)
      check(files, "\(name) cut at \(end)")
    }
  }

  @Test("files with one node changed load or have an error", arguments: SplitContract.files.keys.sorted())
  func mutated(_ name: String) throws {
    let text = SplitContract.files[name]!
    let indented = text.split(separator: "\n").map { "  \($0)\n" }.joined()
    let wrapped = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\nx-tree:\n" + indented
    let (loaded, _) = OpenAPILoader.load(bytes: Array(wrapped.utf8), fileName: "wrapped.yaml")
    let tree = Tree(try #require(loaded?.extensions["x-tree"]).node)
    var files = SplitContract.files
    files[name] = tree.rendered
    #expect(OpenAPILoader.load(path: Self.root, from: MemoryFolder(files)).0 != nil)
    let mutations = tree.mutations
    #expect(mutations.count > 100)
    for mutation in mutations {
      files[name] = mutation.rendered
      check(files, "\(name): \(mutation.rendered)")
    }
  }
}
