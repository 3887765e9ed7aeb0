/// The schemas that values are evaluated against, in one file.
struct SchemasText {
  private let schemas: [SchemaModel]
  private let definitions: [(name: String, text: String)]

  init(_ model: ServiceModel) {
    schemas = model.schemas
    definitions = model.definitions
  }

  func write(to text: inout SwiftText) {
    text.line()
    text.line("/// What values must meet beside the types they are read to.")
    text.block("enum Schemas {") { text in
      for schema in schemas {
        let head = "static let \(SwiftName.escaped(schema.name)) = JSONSchema("
        if let (name, library) = schema.definition {
          text.line("\(head)definition: \(swiftLiteral(name)), of: \(SwiftName.escaped(library)))")
        } else {
          text.line("\(head)\(swiftLiteral(schema.text)))")
        }
      }
      for (name, schema) in definitions {
        text.string("static let \(SwiftName.escaped(name)) = JSONSchema(", schema, ")")
      }
    }
  }
}
