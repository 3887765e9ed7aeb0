import KatanaContract

/// What was generated of a contract, in numbers.
public struct Statistics: Sendable, Equatable {
  public let operations: Int
  /// Schemas that a type or an evaluator was made of.
  public let schemas: Int
  /// Rules that generated code checks: a bound, a pattern, a format, an enum, a required member, a closed object, the
  /// schema of an evaluator.
  public let validators: Int
  public let files: Int
  /// Of all files.
  public let bytes: Int

  public init(_ document: OpenAPIDocument, _ files: [GeneratedFile]) {
    let (builder, _) = ModelBuilder.build(document)
    let model = builder.model
    operations = model.groups.reduce(0) { $0 + $1.operations.count }
    schemas = model.types.count + model.schemas.count
    validators =
      model.schemas.count + model.types.reduce(0) { $0 + Self.rules($1) }
      + model.groups.flatMap(\.operations).reduce(0) { $0 + Self.rules($1) }
    self.files = files.count
    bytes = files.reduce(0) { $0 + $1.text.utf8.count }
  }

  /// One number to a line, the name in front; seconds are those since `start`.
  public func lines(since start: ContinuousClock.Instant) -> String {
    let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
    return """
      operations: \(operations)
      schemas: \(schemas)
      validators: \(validators)
      files: \(files)
      bytes: \(bytes)
      seconds: \(milliseconds.rounded() / 1000)

      """
  }

  private static func rules(_ type: TypeModel) -> Int {
    switch type.shape {
    case .words: return 1
    case .union(let union): return union.cases.reduce(0) { $0 + rules($1.value) }
    case .object(let properties, let additional):
      var count = properties.reduce(0) { $0 + rules($1.value) + ($1.isRequired ? 1 : 0) }
      switch additional {
      case .ignored: break
      case .refused: count += 1
      case .kept(let value, _): count += rules(value)
      }
      return count
    }
  }

  private static func rules(_ value: ValueModel) -> Int {
    switch value {
    case .scalar(let scalar): scalar.rules.count + (["uuid", "instant", "bytes"].contains(scalar.method) ? 1 : 0)
    case .array(let item, let minItems, let maxItems):
      rules(item) + (minItems == nil ? 0 : 1) + (maxItems == nil ? 0 : 1)
    case .map(let item), .optional(let item), .checked(let item, _): rules(item)
    case .words, .type, .any: 0
    }
  }

  private static func rules(_ text: TextModel) -> Int {
    switch text {
    case .scalar(let value), .loose(let value, _), .json(let value), .document(let value, _, _): rules(value)
    case .list(let item, let minItems, let maxItems):
      rules(item) + (minItems == nil ? 0 : 1) + (maxItems == nil ? 0 : 1)
    case .documents(let item, let minItems, let maxItems):
      rules(item) + (minItems == nil ? 0 : 1) + (maxItems == nil ? 0 : 1)
    case .map(let item): rules(item)
    case .files(let size, let minItems, let maxItems, _):
      size.rules.count + (minItems == nil ? 0 : 1) + (maxItems == nil ? 0 : 1)
    case .file(let size): size.rules.count
    case .object: 0
    }
  }

  private static func rules(_ operation: OperationModel) -> Int {
    var count = 0
    for parameter in operation.parameters {
      count += rules(parameter.value)
      if case .required = parameter.need { count += 1 }
    }
    for alternative in operation.body?.alternatives ?? [] {
      switch alternative.format {
      case .json(let value), .lines(let value, _), .documents(let value, _): count += rules(value)
      case .text(let scalar): count += scalar.rules.count
      case .form, .multipart: break
      case .bytes(let size), .stream(let size): count += size.rules.count
      }
    }
    return count + (operation.body?.isRequired == true ? 1 : 0)
  }
}
