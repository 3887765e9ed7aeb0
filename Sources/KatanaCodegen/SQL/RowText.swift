/// The struct of a row, and those of its parts.
struct RowText {
  let row: RowModel

  func write(to text: inout SwiftText) {
    text.doc(row.documentation)
    let conformance = row.isViewed ? ", SQLRowViewed" : ""
    text.block("public struct \(SwiftName.escaped(row.name)): Sendable, Equatable\(conformance) {") { text in
      for field in row.fields {
        text.doc(field.documentation)
        let initial = field.read == nil ? " = []" : ""
        text.line("public var \(SwiftName.escaped(field.name)): \(field.swift)\(initial)")
      }
      text.line()
      let parameters = row.fields.map { "\(SwiftName.declaredLabel($0.name)): \($0.swift)\($0.read == nil ? " = []" : "")" }
      text.list("public init", parameters, " {")
      text.indented { text in
        for field in row.fields {
          text.line("self.\(SwiftName.escaped(field.name)) = \(SwiftName.escaped(field.name))")
        }
      }
      text.line("}")
      text.line()
      text.block("init(_ row: borrowing SQLRow) throws(SQLError) {") { text in
        for field in row.fields {
          // A column may be called like the argument.
          let target = field.name == "row" ? "self.row" : SwiftName.escaped(field.name)
          if let read = field.read { text.line("\(target) = \(read)") }
        }
      }
      if row.isEmbedded { writeEmbedded(to: &text) }
      for part in row.parts where !part.row.isShared {
        text.line()
        RowText(row: part.row).write(to: &text)
      }
      if row.isViewed { writeColumns(to: &text) }
    }
  }

  /// Of the columns from some place on.
  private func writeEmbedded(to text: inout SwiftText) {
    text.line()
    text.block("init(_ row: borrowing SQLRow, from first: Int) throws(SQLError) {") { text in
      for field in row.fields {
        guard let index = field.index, let column = field.column else { continue }
        let target = ["row", "first"].contains(field.name) ? "self.\(field.name)" : SwiftName.escaped(field.name)
        text.line("\(target) = try row.\(column.isNullable ? "optional" : "value")(first + \(index))")
      }
    }
  }

  private func writeColumns(to text: inout SwiftText) {
    text.line()
    text.doc("Where ``SQLRowView`` finds the members.")
    text.block("public struct Columns: Sendable {") { text in
      for field in row.fields {
        guard let column = field.column, let index = field.index else { continue }
        let optional = column.isNullable ? "Optional" : ""
        let type = column.isNullable ? String(field.swift.dropLast()) : field.swift
        let token = type == "String" ? "TextColumn" : type == "[UInt8]" ? "BytesColumn" : "Column<\(type)>"
        text.line("public let \(SwiftName.escaped(field.name)) = SQL\(optional)\(token)(\(index))")
      }
    }
    text.line()
    text.line("public static let columns = Columns()")
  }
}
