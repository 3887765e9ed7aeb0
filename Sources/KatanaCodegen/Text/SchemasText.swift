/// The schemas that values are evaluated against, in one file.
struct SchemasText {
  private let schemas: [SchemaModel]

  init(_ schemas: [SchemaModel]) { self.schemas = schemas }

  func write(to text: inout SwiftText) {
    text.line()
    text.line("/// What values must meet beside the types they are read to.")
    text.block("enum Schemas {") { text in
      for schema in schemas {
        text.line("static let \(SwiftName.escaped(schema.name)) = JSONSchema(\(swiftLiteral(schema.text)))")
      }
    }
  }
}
