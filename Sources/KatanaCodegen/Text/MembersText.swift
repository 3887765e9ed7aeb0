/// What reads a struct from members that came as text: those of a parameter or of a form.
struct MembersText {
  private let name: String
  private let properties: [(property: PropertyModel, text: TextModel)]
  private let additional: AdditionalModel
  private let additionalText: TextModel?
  private let form: TextForm
  /// The member of `Schemas` that all of it must meet.
  private let check: String?

  init(
    _ name: String, _ properties: [PropertyModel], _ additional: AdditionalModel, _ form: TextForm, check: String?,
    text: (ValueModel, TextForm, String) -> TextModel
  ) {
    self.name = name
    self.properties = properties.map { property in
      (property, property.part?.text ?? text(property.value, form, property.key))
    }
    self.additional = additional
    self.form = form
    self.check = check
    if case .kept(let value, _) = additional { additionalText = text(value, form, "") } else { additionalText = nil }
  }

  func write(to text: inout SwiftText) {
    text.line()
    text.block("extension \(name) {") { text in
      var reader = TextReaderText(subject: "members")
      text.block("static func \(form.function)(_ members: inout ParameterMembers) -> \(name)? {") { text in
        if check != nil { text.line("members.keep()") }
        // An exploded object of any members takes what the others left.
        for (property, value) in properties where !isSpread(property) { read(property, value, &reader, &text) }
        for (property, value) in properties where isSpread(property) { read(property, value, &reader, &text) }
        extra(&reader, &text)
        if let check { text.line("members.check(Schemas.\(SwiftName.escaped(check)))") }
        result(&text)
      }
      reader.writeFunctions(to: &text)
    }
  }

  private func read(
    _ property: PropertyModel, _ value: TextModel, _ reader: inout TextReaderText, _ text: inout SwiftText
  ) {
    let key = swiftLiteral(property.key)
    let local = SwiftName.escaped(property.name == "members" ? "membersValue" : property.name)
    let name = property.name.prefix(1).uppercased() + property.name.dropFirst()
    // The reader of JSON has functions of its own beside these.
    let function = "read" + name + "Of" + form.function.dropFirst("decode".count)
    if let part = property.part {
      let read = reader.value(value, function, isExploded: part.isExploded)
      return self.read(part, local, property.value, read, value, &text)
    }
    let member = member(property)
    func read(_ need: TextReaderText.Need) -> String {
      reader.read(
        value, key, need: need, style: style(value, member), isExploded: member.isExploded, types: member.types, function)
    }
    if let types = member.types, !value.isFile { text.line("members.checkTypes(\(key), \(swiftLiteral(types)))") }
    switch property.presence {
    case .required, .nullable: text.line("let \(local) = " + read(.required))
    case .optional: text.line("let \(local): \(value.swift)? = " + read(.optional))
    case .patch: text.line("let \(local): Patch<\(value.swift)> = (\(read(.optional))).map(Patch.value) ?? .absent")
    case .defaulted(let literal): text.line("let \(local) = " + read(.defaulted(literal)))
    }
  }

  private func read(
    _ part: PartField, _ local: String, _ type: ValueModel, _ read: String, _ value: TextModel, _ text: inout SwiftText
  ) {
    let names = "\(swiftLiteral(part.header)), of: \(swiftLiteral(part.member)), isRequired: \(part.isRequired)"
    // What may be wrong is nil by itself.
    let call = "members.\(part.isList ? "fields" : "field")(\(names)) { \(read) }"
    let plain = value.isFallible ? part.isList ? "\(call)?.map { $0 ?? nil }" : "\(call) ?? nil" : call
    text.line("let \(local): \(type.swift)? = \(plain)")
  }

  private func isSpread(_ property: PropertyModel) -> Bool { member(property).isSpread }

  private func member(_ property: PropertyModel) -> FormEncoding.Member {
    guard case .form(let encoding) = form else { return FormEncoding.Member() }
    return encoding.members[property.key] ?? FormEncoding.Member()
  }

  /// A single value is written alike in every style.
  private func style(_ value: TextModel, _ member: FormEncoding.Member) -> String? {
    switch value {
    case .list, .object, .map, .document: member.style
    default: nil
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
        let value = reader.value(additionalText, "readOtherOf" + form.function.dropFirst("decode".count))
        let values = "members.additional { \(value) }"
        text.line("let \(SwiftName.escaped(name)) = \(values)" + (additionalText.isFallible ? ".compactMapValues { $0 }" : ""))
      case .file(let size):
        text.line("let \(SwiftName.escaped(name)) = members.additionalFiles(\(size.rules.joined(separator: ", ")))")
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
    func local(_ property: PropertyModel) -> String {
      SwiftName.escaped(property.name == "members" ? "membersValue" : property.name)
    }
    let initializer = InitializerModel(properties.map(\.property))
    var arguments = initializer.parameters.map { "\(SwiftName.label($0.name)): \(local($0))" }
    if case .kept(_, let name) = additional { arguments.append("\(SwiftName.label(name)): \(SwiftName.escaped(name))") }
    initializer.writeReturn(name, arguments, local: local, &text)
  }
}
