import KatanaContract

extension ModelBuilder {
  mutating func parameters(_ operation: Operation, _ names: inout NameRegister) -> [OperationModel.Parameter] {
    let order: [Parameter.Place] = [.path, .query, .header, .cookie]
    var result: [OperationModel.Parameter] = []
    for place in order {
      for parameter in operation.parameters where parameter.place == place {
        let wanted = swiftName(parameter.extensions) ?? SwiftName.member(parameter.name.value)
        let name = names.claim(wanted, for: parameter.name.value, at: parameter.name.location, &findings)
        if let model = self.parameter(parameter, name, operation) { result.append(model) }
      }
    }
    return result
  }

  private mutating func parameter(
    _ parameter: Parameter, _ name: String, _ operation: Operation
  ) -> OperationModel.Parameter? {
    let literal = swiftLiteral(parameter.name.value)
    let source: String
    let style: Parameter.Style
    switch parameter.place {
    case .path:
      let index = operation.path.parameterNames.firstIndex(of: parameter.name.value)!
      (source, style) = (".path(\(index), \(literal))", .simple)
    case .query: (source, style) = (".query(\(literal))", .form)
    case .header: (source, style) = (".header(\(literal))", .simple)
    case .cookie: (source, style) = (".cookie(\(literal))", .form)
    }
    if parameter.style.value != style {
      refuse("the style '\(parameter.style.value.rawValue)' is", parameter.style.location)
      return nil
    }
    if parameter.allowsEmptyValue {
      refuse("'allowEmptyValue' is", parameter.node.mapping?.location(of: "allowEmptyValue") ?? parameter.location)
    }
    guard case .schema(let reference) = parameter.value else {
      refuse("a parameter with 'content' is", parameter.location)
      return nil
    }
    if isNullable(reference) {
      refuse("a nullable parameter is", reference.location)
      return nil
    }
    let hint = SwiftName.type(operationName(operation)) + SwiftName.type(parameter.name.value)
    guard let value = value(reference, Use(hint: hint, direction: .request)), isPlain(value, reference) else {
      return nil
    }
    guard let need = need(parameter, reference, value) else { return nil }
    return OperationModel.Parameter(
      name: name, source: source, value: value, need: need, isExploded: parameter.explode && style == .form,
      documentation: parameter.description)
  }

  private mutating func isPlain(_ value: ValueModel, _ reference: SchemaRef) -> Bool {
    switch value {
    case .scalar, .named(_, true): return true
    case .array(.scalar, _, _), .array(.named(_, true), _, _): return true
    case .named, .array:
      refuse("a parameter that is an object or an array of arrays or objects is", reference.location)
      return false
    }
  }

  private mutating func need(
    _ parameter: Parameter, _ reference: SchemaRef, _ value: ValueModel
  ) -> OperationModel.Parameter.Need? {
    if parameter.isRequired { return .required }
    guard let node = schema(reference).defaultValue else { return .optional }
    if let literal = literal(node, value) { return .defaulted(literal) }
    refuse("a default of this type is", node.location)
    return nil
  }
}
