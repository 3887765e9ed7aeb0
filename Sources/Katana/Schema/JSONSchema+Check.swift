import CKatana

extension JSONReader {
  /// Checks the value that is next against a schema and notes what is wrong. The value is still next afterwards.
  ///
  /// - Returns: whether it holds. False as well when the value is malformed, which the read that follows notes.
  @discardableResult
  public mutating func check(_ schema: JSONSchema) -> Bool {
    if isBroken { return false }
    var cursor = cursor
    let evaluator = SchemaEvaluator.current.value
    let isValid = evaluator.run(schema, &cursor, quiet: false)
    log.append(evaluator.log)
    return isValid
  }

  /// Whether the value that is next holds against a schema; notes nothing. To choose among the branches of a union.
  public func matches(_ schema: JSONSchema) -> Bool {
    if isBroken { return false }
    var cursor = cursor
    return SchemaEvaluator.current.value.run(schema, &cursor, quiet: true)
  }
}

extension JSONSchema {
  /// What is wrong with a whole document, in document order; empty when nothing is. A malformed document has one
  /// violation; a name that an object has twice is one, too.
  public func violations(of document: RawSpan) -> [Violation] {
    document.withUnsafeBytes { buffer in
      var json = JSONReader(buffer)
      if json.isBroken { return json.violations().violations }
      let evaluator = SchemaEvaluator.current.value
      _ = evaluator.run(self, &json.cursor, quiet: false, isDocument: true)
      json.log.append(evaluator.log)
      return json.violations().violations
    }
  }

  /// The same for a text.
  public func violations(of document: String) -> [Violation] {
    var document = document
    return document.withUTF8 { violations(of: UnsafeRawBufferPointer($0).bytes) }
  }
}
