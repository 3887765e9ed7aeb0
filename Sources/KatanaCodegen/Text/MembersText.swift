/// What reads a struct from members that came as text: those of a parameter or of a form.
struct MembersText {
  private let name: String
  private let properties: [(property: PropertyModel, text: TextModel)]
  private let additional: AdditionalModel
  private let additionalText: TextModel?
  private let form: TextForm

  init(
    _ name: String, _ properties: [PropertyModel], _ additional: AdditionalModel, _ form: TextForm,
    text: (ValueModel, TextForm) -> TextModel
  ) {
    self.name = name
    self.properties = properties.map { ($0, text($0.value, form)) }
    self.additional = additional
    self.form = form
    if case .kept(let value, _) = additional { additionalText = text(value, form) } else { additionalText = nil }
  }

  func write(to text: inout SwiftText) {
    text.line()
    text.block("extension \(name) {") { text in
      var reader = TextReaderText(subject: "members")
      text.block("\(Self.function(form))(_ members: inout ParameterMembers) -> \(name)? {") { text in
        for (property, value) in properties { read(property, value, &reader, &text) }
        extra(&reader, &text)
        result(&text)
      }
      reader.writeFunctions(to: &text)
    }
  }

  static func function(_ form: TextForm) -> String {
    form == .parameter ? "static func decodeParameter" : "static func decodeForm"
  }

  private func read(
    _ property: PropertyModel, _ value: TextModel, _ reader: inout TextReaderText, _ text: inout SwiftText
  ) {
    let key = swiftLiteral(property.key)
    let local = SwiftName.escaped(property.name == "members" ? "membersValue" : property.name)
    let function = "read" + property.name.prefix(1).uppercased() + property.name.dropFirst()
    switch property.presence {
    case .required, .nullable:
      text.line("let \(local) = " + reader.read(value, key, need: .required, style: nil, isExploded: true, function))
    case .optional:
      text.line(
        "let \(local): \(value.swift)? = "
          + reader.read(value, key, need: .optional, style: nil, isExploded: true, function))
    case .patch:
      let read = reader.read(value, key, need: .optional, style: nil, isExploded: true, function)
      text.line("let \(local): Patch<\(value.swift)> = (\(read)).map(Patch.value) ?? .absent")
    case .defaulted(let literal):
      text.line(
        "let \(local) = "
          + reader.read(value, key, need: .defaulted(literal), style: nil, isExploded: true, function))
    }
  }

  private func extra(_ reader: inout TextReaderText, _ text: inout SwiftText) {
    switch additional {
    case .ignored: break
    case .refused: text.line("members.closed()")
    case .kept(_, let name):
      guard let additionalText else { return }
      switch additionalText {
      case .scalar, .loose:
        let value = reader.value(additionalText, "readAdditional")
        let values = "members.additional { \(value) }"
        text.line("let \(SwiftName.escaped(name)) = \(values)" + (additionalText.isFallible ? ".compactMapValues { $0 }" : ""))
      default: text.line("let \(SwiftName.escaped(name)): [String: \(additionalText.swift)] = [:]")
      }
    }
  }

  private func result(_ text: inout SwiftText) {
    let fallible = properties.filter { property, value in
      if case .required = property.presence { return TextReaderText.isOptional(value, .required) }
      return false
    }
    let names = fallible.map { SwiftName.escaped($0.property.name == "members" ? "membersValue" : $0.property.name) }
    if !names.isEmpty {
      text.line("guard \(names.map { "let \($0)" }.joined(separator: ", ")) else { return nil }")
    }
    let all = properties.map(\.property)
    let ordered = all.filter(\.isRequired) + all.filter { !$0.isRequired }
    var arguments = ordered.map { property in
      let local = SwiftName.escaped(property.name == "members" ? "membersValue" : property.name)
      return "\(SwiftName.label(property.name)): \(local)"
    }
    if case .kept(_, let name) = additional { arguments.append("\(SwiftName.label(name)): \(SwiftName.escaped(name))") }
    text.list("return \(name)", arguments, "")
  }
}
