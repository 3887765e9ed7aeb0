import CKatana

/// Binds the parameters and the content of one request, as generated code drives it.
///
/// Like ``JSONReader`` it notes what is wrong and goes on with a neutral value, so that the parameters and the content
/// are judged together; ``Context/read(_:)`` then throws all of it as one problem.
public struct RequestReader: ~Copyable {
  @usableFromInline let exchange: OpaquePointer
  @usableFromInline var violations: [Violation] = []
  /// The status of a request that is refused for another reason than its values.
  private var refusal: UInt16 = 400

  @usableFromInline
  init(_ exchange: OpaquePointer) { self.exchange = exchange }

  /// The content as JSON, read by the decoder of a type or another generated function.
  @inlinable
  public mutating func content<Value>(_ read: (inout JSONReader) -> Value?) -> Value? {
    let body = kt_exchange_body(exchange)
    switch JSONReader.decode(from: UnsafeRawBufferPointer(start: body.p, count: body.n).bytes, read) {
    case .success(let value): return value
    case .failure(let list):
      violations += list.violations
      return nil
    }
  }

  /// The content as a value of a type. Compiled once for all of them, where an inlined one takes the compiler longer for
  /// each than reading takes the others together.
  public mutating func content<Value: JSONDecodable>(_ type: Value.Type) -> Value? { content { Value.decode(&$0) } }

  /// The content as a value of a type when the request has one.
  public mutating func optionalContent<Value: JSONDecodable>(_ type: Value.Type) -> Value? {
    kt_exchange_body(exchange).n == 0 ? nil : content(type)
  }

  /// The content as JSON when the request has one.
  @inlinable
  public mutating func optionalContent<Value>(_ read: (inout JSONReader) -> Value?) -> Value? {
    kt_exchange_body(exchange).n == 0 ? nil : content(read)
  }

  /// The problem that answers a request with violations.
  @usableFromInline
  func rejection() -> Problem {
    var errors = violations
    if errors.count > Violation.maximum {
      let omitted = errors.count - Violation.maximum
      errors.removeLast(omitted)
      errors.append(Violation(.omitted, .integer(Int64(omitted))))
    }
    if refusal != 400 { return Problem(Status(rawValue: refusal), detail: errors.first?.detail) }
    return Problem(.badRequest, detail: "the request does not meet its contract", errors: errors)
  }

  /// Notes that the content as a whole cannot be read.
  mutating func refuse(_ status: UInt16, _ reason: String) {
    if status != 400 {
      refusal = status
      violations.removeAll()
    }
    violations.append(Violation(pointer: "", .syntax, detail: reason))
  }

  @usableFromInline
  mutating func violate(_ source: ParameterSource, _ code: Violation.Code, _ bound: Violation.Bound? = nil) {
    if violations.last?.code == .omitted { return }
    violations.append(Violation(parameter: source.description, code, bound))
  }
}

extension Context {
  /// Reads parameters and content. `body` returns nil only when it noted a violation.
  ///
  /// - Throws: a 400 ``Problem`` with every violation.
  @inlinable
  public func read<Values>(_ body: (inout RequestReader) -> Values?) throws(Problem) -> Values {
    var request = RequestReader(exchange)
    let values = body(&request)
    if request.violations.isEmpty, let values { return values }
    throw request.rejection()
  }
}
