import KatanaQueries

/// An enum or a composite type of the schema.
struct UserTypeText {
  let type: UserType
  let types: SQLTypeText

  func write(to text: inout SwiftText) {
    guard let name = types.userTypes[type.name].map(SwiftName.escaped) else { return }
    switch type.kind {
    case .enumeration(let labels): enumeration(name, labels, &text)
    case .composite(let fields): composite(name, fields, &text)
    case .domain: break
    }
  }

  private func enumeration(_ name: String, _ labels: [String], _ text: inout SwiftText) {
    text.line()
    text.doc("The enum `\(type.name)` of the schema.")
    text.block("public enum \(name): String, SQLEnum {") { text in
      for (label, member) in zip(labels, Self.members(of: labels)) {
        text.line("case \(SwiftName.escaped(member))" + (member == label ? "" : " = \(swiftLiteral(label))"))
      }
    }
  }

  /// The cases of an enum, in the order of its labels.
  static func members(of labels: [String]) -> [String] {
    var taken: Set<String> = []
    return labels.map { label in
      let wanted = SwiftName.member(label)
      var member = wanted
      var number = 2
      while !taken.insert(member).inserted {
        member = "\(wanted)\(number)"
        number += 1
      }
      return member
    }
  }

  /// Any field of a composite value may be NULL.
  private func composite(_ name: String, _ fields: [(name: String, type: SQLType)], _ text: inout SwiftText) {
    var taken: Set<String> = ["self", "sqlByteCount", "sqlText", "sqlType"]
    let members = fields.map { field in
      var member = SwiftName.member(field.name)
      while !taken.insert(member).inserted { member += "_" }
      return (name: member, swift: (types.swift(field.type) ?? "Never") + "?")
    }
    text.line()
    text.doc("The composite type `\(type.name)` of the schema.")
    text.block("public struct \(name): SQLValue, Equatable {") { text in
      for member in members { text.line("public var \(SwiftName.escaped(member.name)): \(member.swift)") }
      text.line()
      text.list(
        "public init", members.map { "\(SwiftName.declaredLabel($0.name)): \($0.swift) = nil" }, " {")
      text.indented { text in
        for member in members {
          text.line("self.\(SwiftName.escaped(member.name)) = \(SwiftName.escaped(member.name))")
        }
      }
      text.line("}")
      text.line()
      text.line("public static var sqlType: SQLType { .text }")
      text.line()
      text.block("public init?(sql bytes: UnsafeRawBufferPointer) {") { text in
        text.line("var record = SQLRecordReader(bytes, fieldCount: \(members.count))")
        for member in members {
          let isLocal = member.name == "record" || member.name == "bytes"
          text.line("\(isLocal ? "self." : "")\(SwiftName.escaped(member.name)) = record.next()")
        }
        text.line("if !record.isWhole { return nil }")
      }
      text.line()
      text.block("public var sqlText: String {") { text in
        text.line("var record = SQLRecordText()")
        for member in members {
          text.line("record.append(\(member.name == "record" ? "self." : "")\(SwiftName.escaped(member.name)))")
        }
        text.line("return record.value")
      }
      text.line()
      text.line("public var sqlByteCount: Int { sqlText.utf8.count }")
      text.line("public func write(to bytes: UnsafeMutableRawBufferPointer) { sqlText.write(to: bytes) }")
    }
  }
}
