/// An enum of alternatives with what reads and writes it.
struct UnionText {
  private let name: String
  private let union: UnionModel
  private let isRead: Bool
  private let isWritten: Bool

  init(_ name: String, _ union: UnionModel, isRead: Bool, isWritten: Bool) {
    self.name = name
    self.union = union
    self.isRead = isRead
    self.isWritten = isWritten
  }

  func write(to text: inout SwiftText) {
    text.block("public enum \(name): Sendable, Equatable {") { text in
      for alternative in union.cases {
        text.doc(alternative.documentation)
        let indirect = alternative.isIndirect ? "indirect " : ""
        text.line("\(indirect)case \(SwiftName.escaped(alternative.name))(\(alternative.value.swift))")
      }
    }
    if isRead { decoder(&text) }
    if isWritten { encoder(&text) }
  }

  private func decoder(_ text: inout SwiftText) {
    text.line()
    text.block("extension \(name): JSONDecodable {") { text in
      text.line("private static let alternatives = Alternatives(")
      text.indented { text in
        var lines = union.choices.map { "\($0.type): \(choice($0.choice))" }
        lines.append("isExclusive: \(union.isExclusive)")
        for (index, line) in lines.enumerated() { text.line(line + (index + 1 < lines.count ? "," : "")) }
      }
      text.line(")")
      text.line()
      var reader = ReaderText()
      text.block("public static func decode(_ json: inout JSONReader) -> \(name)? {") { text in
        text.line("switch json.alternative(of: alternatives) {")
        for (index, alternative) in union.cases.enumerated() {
          let function = "read" + alternative.name.prefix(1).uppercased() + alternative.name.dropFirst()
          let read = reader.read(alternative.value, function)
          let constructor = "\(name).\(SwiftName.escaped(alternative.name))"
          let result = alternative.value.isFallible ? "\(read).map(\(constructor))" : "\(constructor)(\(read))"
          text.line("case \(index): return \(result)")
        }
        text.line("default: return nil")
        text.line("}")
      }
      reader.writeFunctions(to: &text)
    }
  }

  private func choice(_ choice: UnionModel.Choice) -> String {
    switch choice {
    case .only(let index): return ".only(\(index))"
    case .tag(let property, let tags, let otherwise):
      let list = tags.map { "(\(swiftLiteral($0.value)), \($0.index))" }.joined(separator: ", ")
      return ".tag(\(swiftLiteral(property)), [\(list)]\(schemas(otherwise, label: ", otherwise: ")))"
    case .keys(let keys, let otherwise):
      let list = keys.map { "(\(swiftLiteral($0.name)), \($0.index))" }.joined(separator: ", ")
      return ".keys([\(list)]\(schemas(otherwise, label: ", otherwise: ")))"
    case .schemas(let candidates): return ".schemas(\(schemas(candidates, label: "")))"
    }
  }

  private func schemas(_ candidates: [(schema: String, index: Int)], label: String) -> String {
    if candidates.isEmpty { return "" }
    let list = candidates.map { "(Schemas.\(SwiftName.escaped($0.schema)), \($0.index))" }.joined(separator: ", ")
    return label + "[" + list + "]"
  }

  private func encoder(_ text: inout SwiftText) {
    text.line()
    text.block("extension \(name): JSONEncodable {") { text in
      text.block("public func encode(to json: inout JSONWriter) {") { text in
        text.line("switch self {")
        for alternative in union.cases {
          text.line("case .\(SwiftName.escaped(alternative.name))(let value):")
          text.indented { WriterText.write(alternative.value, "value", depth: 1, to: &$0) }
        }
        text.line("}")
      }
    }
  }
}
