/// The automata of all patterns, in one file.
struct PatternsText {
  private let patterns: [PatternModel]

  init(_ patterns: [PatternModel]) { self.patterns = patterns }

  func write(to text: inout SwiftText) {
    text.line()
    text.line("/// The patterns of the contract.")
    text.block("enum Patterns {") { text in
      for (index, pattern) in patterns.enumerated() {
        if index > 0 { text.line() }
        write(pattern, &text)
      }
    }
  }

  private func write(_ pattern: PatternModel, _ text: inout SwiftText) {
    guard let automaton = pattern.automaton else {
      let head = "static let \(SwiftName.escaped(pattern.name)) = "
      return text.line(head + "Pattern(\(swiftLiteral(pattern.source)))")
    }
    text.line("static let \(SwiftName.escaped(pattern.name)) = Pattern(")
    text.indented { text in
      text.line(swiftLiteral(pattern.source) + ",")
      rows(
        "classes: ",
        automaton.classes.map { "(0x\(String($0.first, radix: 16, uppercase: true)), \($0.class))" },
        &text
      )
      rows("next: ", automaton.next.map(String.init), &text)
      let accepting = automaton.accepting.indices.filter { automaton.accepting[$0] }.map(String.init)
      rows("accepting: ", accepting, &text, last: true)
    }
    text.line(")")
  }

  private func rows(_ label: String, _ items: [String], _ text: inout SwiftText, last: Bool = false) {
    let close = last ? "]" : "],"
    let short = label + "[" + items.joined(separator: ", ") + close
    if short.count <= SwiftText.columnMax - 4 { return text.line(short) }
    text.line(label + "[")
    text.indented { text in
      var row = ""
      for item in items {
        if row.count + item.count + 2 > SwiftText.columnMax - 8 {
          text.line(row)
          row = ""
        }
        row += (row.isEmpty ? "" : " ") + item + ","
      }
      text.line(row)
    }
    text.line(close)
  }
}
