/// The table by which the runtime reads and writes a struct: its members in order, each with what it may hold.
///
/// A decoder and an encoder for each struct take the compiler thirty times as long.
struct TableText {
  /// What a type is to those that contain it.
  private struct Form {
    var isTabled: Bool
    var isViewable: Bool
    var isRead: Bool
    var isWritten: Bool
  }

  private let forms: [String: Form]

  init(_ types: [TypeModel]) {
    forms = Dictionary(
      types.map { type in
        let form = Form(
          isTabled: Self.isTabled(type), isViewable: Self.isViewable(type), isRead: type.isRead,
          isWritten: type.isWritten)
        return (type.name, form)
      }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether a type has a table: a struct within the limits of the runtime, JSONTable.membersMax and
  /// KT_JSON_NAME_SIZE_MAX.
  static func isTabled(_ type: TypeModel) -> Bool {
    guard type.isRead || type.isWritten, case .object(let properties, _) = type.shape else { return false }
    return (1...1024).contains(properties.count) && properties.allSatisfy { $0.key.utf8.count <= 1024 }
  }

  /// Whether there can be views of a type: its members are declared, at most 64, and each of them is there or nil.
  static func isViewable(_ type: TypeModel) -> Bool {
    guard isTabled(type), !type.isInItsDefaults, case .object(let properties, let additional) = type.shape, properties.count <= 64
    else { return false }
    if case .kept = additional { return false }
    return properties.allSatisfy { if case .patch = $0.presence { false } else { true } }
  }

  func write(
    _ type: TypeModel, _ properties: [PropertyModel], _ additional: AdditionalModel, to text: inout SwiftText
  ) {
    let name = SwiftName.escaped(type.name)
    var conformances = ["JSONTabled"]
    if type.isRead { conformances.append("JSONDecodable") }
    if type.isWritten { conformances.append("JSONEncodable") }
    var arguments = ["\(name).self"]
    if case .refused = additional { arguments.append("isClosed: true") }
    if let check = type.check, type.isRead { arguments.append("check: Schemas.\(SwiftName.escaped(check))") }
    text.line()
    text.block("extension \(name): \(conformances.joined(separator: ", ")) {") { text in
      text.block("public static let jsonTable = JSONTable(\(arguments.joined(separator: ", "))) {") { text in
        for property in properties { member(property, &text) }
        if case .kept(let value, _) = additional { text.line("$0.others(\(shape(value)))") }
      }
    }
    if type.isViewed { writeView(name, properties, &text) }
  }

  private func member(_ property: PropertyModel, _ text: inout SwiftText) {
    let shape = shape(property.value)
    var arguments = [swiftLiteral(property.key), property.isBoxed ? ".boxed(\(shape))" : shape]
    let method: String
    switch property.presence {
    case .required: method = "required"
    case .optional: method = "optional"
    case .patch: method = "patch"
    case .nullable: method = "nullable"
    case .defaulted(let literal):
      method = "defaulted"
      let value = "\(literal) as \(property.value.swift)"
      arguments.append(property.isBoxed ? "Boxed(wrappedValue: \(value))" : value)
    }
    text.list("$0.\(method)", arguments, "")
  }

  // MARK: Views

  private func writeView(_ name: String, _ properties: [PropertyModel], _ text: inout SwiftText) {
    text.line()
    text.block("extension \(name): JSONViewed {") { text in
      text.block("public struct ViewFields: Sendable {") { text in
        for (index, property) in properties.enumerated() {
          let field = "\(field(property.value))(\(index))"
          let isOptional = !property.isRequired || property.isNullable
          let whole = isOptional && !property.isDefaulted ? "JSONOptional(\(field))" : field
          text.line("public let \(SwiftName.escaped(property.name)) = \(whole)")
        }
      }
      text.line()
      text.line("public static let viewFields = ViewFields()")
      text.line("public static let jsonRecord = JSONRecord(\(name).self)")
    }
  }

  /// The type of the runtime's that looks a member up: as the runtime's JSONShape for the same value keeps it.
  private func field(_ value: ValueModel) -> String {
    switch value.bare {
    case .scalar(let scalar) where scalar.method == "string": return "JSONTextField"
    case .scalar(let scalar) where scalar.method != "bytes": return "JSONField<\(scalar.swift)>"
    case .words(let name): return "JSONField<\(SwiftName.escaped(name))>"
    case .type(let name) where forms[name]?.isViewable == true: return "JSONObjectField<\(SwiftName.escaped(name))>"
    case .array(let item, _, _):
      switch item.bare {
      case .scalar(let scalar) where scalar.method == "string": return "JSONTextArrayField"
      case .scalar(let scalar) where scalar.method != "bytes": return "JSONArrayField<\(scalar.swift)>"
      case .words(let name): return "JSONArrayField<\(SwiftName.escaped(name))>"
      case .type(let name) where forms[name]?.isViewable == true:
        return "JSONObjectArrayField<\(SwiftName.escaped(name))>"
      default: return "JSONDecodedField<\(value.swift)>"
      }
    default: return "JSONDecodedField<\(value.swift)>"
    }
  }

  // MARK: Shapes

  /// An expression of the runtime's JSONShape.
  private func shape(_ value: ValueModel) -> String {
    switch value {
    case .scalar(let scalar): return ".\(scalar.method)(\(scalar.rules.joined(separator: ", ")))"
    case .words(let name): return ".words(\(SwiftName.escaped(name)).self)"
    case .type(let name): return ".\(method(name))(\(SwiftName.escaped(name)).self)"
    case .any: return ".value(JSONValue.self)"
    case .optional(let value): return ".orNull(\(shape(value)))"
    case .checked(let value, let schema): return ".checked(\(shape(value)), Schemas.\(SwiftName.escaped(schema)))"
    case .map(let value): return ".map(\(shape(value)))"
    case .array(let item, let minItems, let maxItems):
      var arguments = [shape(item)]
      if let minItems, minItems > 0 { arguments.append("minItems: \(minItems)") }
      if let maxItems { arguments.append("maxItems: \(maxItems)") }
      return ".array(\(arguments.joined(separator: ", ")))"
    }
  }

  private func method(_ name: String) -> String {
    guard let form = forms[name] else { return "value" }
    if form.isTabled { return "object" }
    return form.isRead == form.isWritten ? "value" : form.isRead ? "read" : "written"
  }
}
