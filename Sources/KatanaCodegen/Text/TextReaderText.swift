/// The expressions that read values which came as text, from `request` or from `members`.
struct TextReaderText {
  typealias Need = OperationModel.Parameter.Need

  /// `request` or `members`.
  let subject: String
  /// The enum that holds the functions; empty inside of it.
  let owner: String
  /// Functions over JSON, for values that only JSON tells apart.
  private var json = ReaderText()
  private var functions: [(name: String, value: ValueModel)] = []

  init(subject: String, owner: String = "") {
    self.subject = subject
    self.owner = owner
  }

  /// Whether the expression for a needed value is an optional.
  static func isOptional(_ value: TextModel, _ need: Need) -> Bool {
    switch need {
    case .optional: true
    case .defaulted: false
    case .required: value.isFallible
    }
  }

  /// Reads a value of a source (`.query("limit")`, or the name of a member).
  mutating func read(
    _ value: TextModel, _ source: String, need: Need, style: String?, isExploded: Bool, isEmptyAbsent: Bool = false,
    allowsReserved: Bool = false, others: [String] = [], types: String? = nil, _ function: String
  ) -> String {
    var options = style.map { ["style: .\($0)"] } ?? []
    var isRequired = false
    var fallback = ""
    switch need {
    case .required: isRequired = true
    case .optional: break
    case .defaulted(let literal): fallback = " ?? \(literal)"
    }
    var reserved = allowsReserved ? ["allowsReserved: true"] : []
    if !others.isEmpty { reserved.append("others: [\(others.map { swiftLiteral($0) }.joined(separator: ", "))]") }
    switch value {
    case .scalar(let scalar):
      let read = self.value(value, function)
      if isRequired {
        let neutral = value.isFallible ? "\(scalar.swift)?.none" : self.neutral(scalar)
        return call("required", [source, neutral] + options + reserved, read)
      }
      if isEmptyAbsent { options.append("allowsEmptyValue: true") }
      let call = call("optional", [source] + options + reserved, read)
      if !value.isFallible { return call + fallback }
      return fallback.isEmpty ? "\(call) ?? nil" : "(\(call) ?? nil)\(fallback)"
    case .loose(let inner, _):
      let read = self.value(value, function)
      if isRequired { return call("required", [source, "\(inner.swift)?.none"] + options + reserved, read) }
      let call = call("optional", [source] + options + reserved, read)
      return fallback.isEmpty ? "\(call) ?? nil" : "(\(call) ?? nil)\(fallback)"
    case .list(let item, let minItems, let maxItems):
      options += ["isRequired: \(isRequired)", "isExploded: \(isExploded)"]
      if let minItems, minItems > 0 { options.append("minItems: \(minItems)") }
      if let maxItems { options.append("maxItems: \(maxItems)") }
      let call = call("array", [source] + options + reserved, self.value(item, function))
      let present = item.isFallible ? call + "?.compactMap { $0 }" : call
      return present + (isRequired ? " ?? []" : fallback)
    case .object(let name):
      options += ["isRequired: \(isRequired)", "isExploded: \(isExploded)"]
      return call("object", [source] + options + reserved, nil, "\(SwiftName.escaped(name)).decodeParameter") + fallback
    case .map(let item):
      options += ["isRequired: \(isRequired)", "isExploded: \(isExploded)"]
      let values = item.isFallible ? ".compactMapValues { $0 }" : ""
      let body = "(members: inout ParameterMembers) -> \(value.swift)? in members.additional { \(self.value(item, function)) }\(values)"
      return call("object", [source] + options + reserved, body) + (isRequired ? " ?? [:]" : fallback)
    case .json(let inner):
      options.append("isRequired: \(isRequired)")
      let call = call("json", [source] + options, nil, jsonFunction(inner, function))
      if case .optional = need, inner.isOptional { return call + " ?? nil" }
      return call + fallback
    case .document(let inner, let shape, let names):
      options.append("isRequired: \(isRequired)")
      if shape == .nested {
        options.removeAll { $0.hasPrefix("style:") }
        if subject == "request" { options.append("isExploded: true") }
      } else {
        options.append("isExploded: \(isExploded)")
      }
      options += reserved
      let isSpread = subject == "members"
        ? style == "form" && !names.isEmpty
        : style == nil && (source.hasPrefix(".query") || source.hasPrefix(".cookie"))
      if shape == .members, isExploded, isSpread {
        options.append("names: [\(names.map { swiftLiteral($0) }.joined(separator: ", "))]")
      }
      let call = call("document", [source, ".\(shape.rawValue)"] + options, nil, jsonFunction(inner, function))
      if case .optional = need, inner.isOptional { return call + " ?? nil" }
      return call + fallback
    case .documents(let item, let minItems, let maxItems):
      options.append("isRequired: \(isRequired)")
      if let minItems, minItems > 0 { options.append("minItems: \(minItems)") }
      if let maxItems { options.append("maxItems: \(maxItems)") }
      return call("documents", [source] + options, nil, jsonFunction(item, function))
        + (isRequired ? " ?? []" : fallback)
    case .file(let size):
      options = [source, "isRequired: \(isRequired)"] + (types.map { ["types: \(swiftLiteral($0))"] } ?? [])
      return "\(subject).file(\((options + size.rules).joined(separator: ", ")))"
    case .files(let size, let minItems, let maxItems, let isUnique):
      options.append("isRequired: \(isRequired)")
      if let types { options.append("types: \(swiftLiteral(types))") }
      if let minItems, minItems > 0 { options.append("minItems: \(minItems)") }
      if let maxItems { options.append("maxItems: \(maxItems)") }
      if isUnique { options.append("isUnique: true") }
      options += size.rules
      return "\(subject).files(\(([source] + options).joined(separator: ", ")))" + (isRequired ? " ?? []" : fallback)
    }
  }

  private func call(_ method: String, _ arguments: [String], _ closure: String?, _ function: String = "") -> String {
    let list = arguments + (function.isEmpty ? [] : [function])
    return "\(subject).\(method)(\(list.joined(separator: ", ")))" + (closure.map { " { \($0) }" } ?? "")
  }

  /// What reads one text, as the body of a closure. Only the field of a part holds more than one value.
  mutating func value(_ value: TextModel, _ function: String, isExploded: Bool = false) -> String {
    switch value {
    case .scalar(.words(let name)): return "$0.value(\(SwiftName.escaped(name)).self)"
    case .scalar(.scalar(let scalar)): return "$0.\(scalar.method)(\(scalar.rules.joined(separator: ", ")))"
    case .loose(let inner, let types):
      return "$0.json([\(types.map { ".\($0)" }.joined(separator: ", "))], \(jsonFunction(inner, function)))"
    case .list(let item, let minItems, let maxItems):
      var rules: [String] = []
      if let minItems, minItems > 0 { rules.append("minItems: \(minItems)") }
      if let maxItems { rules.append("maxItems: \(maxItems)") }
      let list = rules.isEmpty ? "" : "(\(rules.joined(separator: ", ")))"
      return "$0.array\(list) { \(self.value(item, function)) }" + (item.isFallible ? ".compactMap { $0 }" : "")
    case .object(let name): return "$0.object(isExploded: \(isExploded), \(SwiftName.escaped(name)).decodeParameter)"
    case .map(let item):
      let values = item.isFallible ? ".compactMapValues { $0 }" : ""
      return "$0.object(isExploded: \(isExploded)) { (members: inout ParameterMembers) -> \(value.swift)? in "
        + "members.additional { \(self.value(item, function)) }\(values) } ?? [:]"
    case .json(let inner): return "$0.json(\(jsonFunction(inner, function)))"
    case .document(let inner, let shape, _):
      return "$0.document(.\(shape.rawValue), isExploded: \(isExploded), \(jsonFunction(inner, function)))"
    case .scalar, .documents, .file, .files: preconditionFailure("no text holds it")
    }
  }

  private func neutral(_ value: ValueModel) -> String {
    if case .scalar(let scalar) = value { return scalar.neutral }
    return "\(value.swift)?.none"
  }

  /// A function that reads the value from JSON.
  mutating func jsonFunction(_ value: ValueModel, _ name: String) -> String {
    if case .type(let type) = value { return "\(SwiftName.escaped(type)).decode" }
    if case .any = value { return "JSONValue.decode" }
    functions.append((name, value))
    return owner.isEmpty ? name : "\(owner).\(name)"
  }

  /// Writes the functions that the expressions so far name.
  mutating func writeFunctions(to text: inout SwiftText) {
    for (name, value) in functions {
      text.line()
      let isOptional = value.isOptional
      text.block("\(owner.isEmpty ? "private " : "")static func \(name)(_ json: inout JSONReader) -> \(value.swift)? {") { text in
        let read = json.read(value, name + "Value")
        if isOptional {
          text.line("let value: \(value.swift) = \(read)")
          text.line("return .some(value)")
        } else {
          text.line(read)
        }
      }
    }
    functions = []
    json.writeFunctions(to: &text)
  }
}
