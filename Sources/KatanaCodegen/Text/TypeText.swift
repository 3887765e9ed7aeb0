/// A type with what reads and writes it.
struct TypeText {
  private let type: TypeModel
  private let name: String

  private let tables: TableText
  /// How a member of a type that came as text is read.
  private let memberText: (ValueModel, TextForm, String) -> TextModel

  init(_ type: TypeModel, _ tables: TableText, memberText: @escaping (ValueModel, TextForm, String) -> TextModel) {
    self.type = type
    self.tables = tables
    self.memberText = memberText
    name = SwiftName.escaped(type.name)
  }

  func write(to text: inout SwiftText) {
    text.line()
    text.doc(type.documentation)
    switch type.shape {
    case .words(let words): write(words, to: &text)
    case .object(let properties, let additional):
      declare(properties, additional, to: &text)
      for form in type.textForms.sorted(by: Self.isOrderedBefore) {
        MembersText(name, properties, additional, form, check: type.check, text: memberText).write(to: &text)
      }
      if TableText.isTabled(type) { return tables.write(type, properties, additional, to: &text) }
      if type.isRead { DecoderText(name, properties, additional, check: type.check).write(to: &text) }
      if type.isWritten { EncoderText(name, properties, additional).write(to: &text) }
    case .union(let union): UnionText(name, union, isRead: type.isRead, isWritten: type.isWritten).write(to: &text)
    }
  }

  private static func isOrderedBefore(_ one: TextForm, _ other: TextForm) -> Bool {
    if one == .parameter || other == .parameter { return one == .parameter && other != .parameter }
    return one.function < other.function
  }

  private func write(_ words: [WordModel], to text: inout SwiftText) {
    text.block("public enum \(name): ContractEnum {") { text in
      for word in words { text.line("case \(SwiftName.escaped(word.name))") }
      text.line()
      text.block("public init?(_ word: JSONWord) {") { text in
        text.line("switch (word.count, word.head) {")
        for word in words {
          text.line("case \(WordPattern(word.text, "word")): self = .\(SwiftName.escaped(word.name))")
        }
        text.line("default: return nil")
        text.line("}")
      }
      text.line()
      text.block("public var text: StaticString {") { text in
        text.line("switch self {")
        for word in words { text.line("case .\(SwiftName.escaped(word.name)): \(swiftLiteral(word.text))") }
        text.line("}")
      }
    }
  }

  private func declare(_ properties: [PropertyModel], _ additional: AdditionalModel, to text: inout SwiftText) {
    text.block("public struct \(name): Sendable, Equatable {") { text in
      for property in properties {
        text.doc(property.documentation)
        let boxed = property.isBoxed ? "@\(property.box) " : ""
        text.line("\(boxed)public var \(SwiftName.escaped(property.name)): \(property.swift)")
      }
      var kept: (name: String, type: String)?
      if case .kept(let value, let name) = additional { kept = (name, "[String: \(value.swift)]") }
      if let kept {
        text.doc("Members that the contract does not name.")
        text.line("public var \(SwiftName.escaped(kept.name)): \(kept.type)")
      }
      let initializer = InitializerModel(properties)
      var parameters = initializer.parameters.map { "\(SwiftName.escaped($0.name)): \($0.swift)\($0.initial)" }
      if let kept { parameters.append("\(SwiftName.escaped(kept.name)): \(kept.type) = [:]") }
      text.line()
      if let first = initializer.others.first {
        text.doc("The members from '\(first.name)' on are set behind it: they are more than Swift takes.")
      }
      text.list("public init", parameters, " {")
      text.indented { text in
        for name in initializer.inOrder(properties).map(\.name) + (kept.map { [$0.name] } ?? []) {
          text.line("self.\(name) = \(SwiftName.escaped(name))")
        }
        for property in initializer.others { text.line("self.\(property.name)\(property.initial)") }
      }
      text.line("}")
    }
  }
}

/// How a struct of the contract is made: its members that must be there come first.
struct InitializerModel {
  /// What the initializer takes.
  let parameters: [PropertyModel]
  /// What has to be set then: the compiler knows no default behind the 1,024th parameter.
  let others: [PropertyModel]
  private static let parametersMax = 1000

  init(_ properties: [PropertyModel]) {
    let required = properties.filter(\.isRequired)
    let rest = properties.filter { !$0.isRequired }
    let count = max(0, Self.parametersMax - required.count)
    parameters = required + rest.prefix(count)
    others = Array(rest.dropFirst(count))
  }

  /// The parameters as the members are declared.
  func inOrder(_ properties: [PropertyModel]) -> [PropertyModel] {
    if others.isEmpty { return properties }
    let names = Set(parameters.map(\.name))
    return properties.filter { names.contains($0.name) }
  }

  /// Writes what returns a value of `arguments` and then of the locals of the others.
  func writeReturn(_ name: String, _ arguments: [String], local: (PropertyModel) -> String, _ text: inout SwiftText) {
    if others.isEmpty { return text.list("return \(name)", arguments, "") }
    text.list("var _whole = \(name)", arguments, "")
    for property in others { text.line("_whole.\(property.name) = \(local(property))") }
    text.line("return _whole")
  }
}

extension PropertyModel {
  /// The Swift type with what absence and null make of it.
  var swift: String {
    switch presence {
    case .required, .defaulted: value.swift
    case .optional, .nullable: value.swift + "?"
    case .patch: "Patch<\(value.swift)>"
    }
  }

  /// The wrapper that holds its value behind a reference.
  var box: String {
    switch presence {
    case .required, .defaulted: "Boxed"
    case .optional, .nullable: "BoxedOptional"
    case .patch: "BoxedPatch"
    }
  }

  /// The default of the initializer's parameter.
  var initial: String {
    switch presence {
    case .required, .nullable: ""
    case .optional: " = nil"
    case .patch: " = .absent"
    case .defaulted(let literal): " = \(literal)"
    }
  }
}

/// The `case` pattern that tells one word from all others: `(3, 0x796B73)`, and a `where` for long ones.
struct WordPattern: CustomStringConvertible {
  let description: String

  init(_ text: String, _ variable: String) {
    let bytes = Array(text.utf8)
    let head = Self.hexadecimal(bytes.prefix(8))
    switch bytes.count {
    case ...8: description = "(\(bytes.count), \(head))"
    case ...16:
      description = "(\(bytes.count), \(head)) where \(variable).tail == \(Self.hexadecimal(bytes.suffix(8)))"
    default: description = "(\(bytes.count), \(head)) where \(variable).equals(\(swiftLiteral(text)))"
    }
  }

  private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
    let value = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return "0x" + String(value, radix: 16, uppercase: true)
  }
}
