import CKatana

/// A JSON Schema (2020-12), compiled once, that judges JSON where it lies in memory.
///
/// The text is self-contained: every `$ref` is `#` or a JSON pointer into the text such as `#/$defs/Name`, recursion
/// allowed. All keywords of the vocabularies for applicators, unevaluated locations and validation are understood, and
/// `format` asserts what ``StringFormat`` knows; other formats and unknown keywords are ignored, as the standard wants.
/// `$dynamicRef` is refused.
///
/// Numbers are compared by their decimal digits, so that `0.3` is a multiple of `0.1`. A name that an object has twice
/// is judged with each of its values.
///
/// Where several keywords fail, each is a violation, with these exceptions: a value of a wrong type has no other; a
/// failed `anyOf` or `oneOf` is one violation, and when only one of its branches can be meant, by the types and by the
/// `const` and `enum` of its properties, the violations of that branch follow; `unevaluatedItems` and
/// `unevaluatedProperties` are only judged where everything else holds.
///
/// A schema is immutable and may be used by any number of threads.
public final class JSONSchema: @unchecked Sendable {
  let tables: SchemaTables
  /// The text, laid out: values of `enum` and `const` and bounds of numbers are compared where they stand.
  let tape: JSONTape
  let root: Int32
  let limits: Limits
  private let text: SchemaText
  /// The entries of the `$defs` of the whole text.
  private let definitions: [String: Int32]

  /// How much work one document may cost.
  public struct Limits: Sendable {
    /// Schemas applied to values, members looked at, values compared; patterns and long texts count as several. Every
    /// document that needs more answers the violation ``Violation/Code/work``. Four million are some tenths of a
    /// second, and enough for ten megabytes of ordinary JSON.
    public var steps = 4_000_000
    /// Schemas applied inside each other, by `$ref` and by nesting; beyond it the violation is
    /// ``Violation/Code/depth``. Bounds the stack.
    public var nesting = 512
    /// Limits of each pattern in the schema.
    public var pattern = Pattern.Limits()

    /// The defaults.
    public init() {}
  }

  /// What is wrong with the text of a schema, and where.
  public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
    /// A JSON pointer (RFC 6901) to the keyword.
    public let pointer: String
    /// In bytes from the start of the text.
    public let offset: Int
    /// A sentence without its subject: `must be a boolean`.
    public let reason: String

    public var description: String { "\(pointer.isEmpty ? "the schema" : pointer) \(reason) (byte \(offset))" }
  }

  /// A schema of generated code, whose generator has compiled it: a fault stops the program.
  public convenience init(_ text: StaticString, limits: Limits = Limits()) {
    do {
      let bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
      try self.init(SchemaText(borrowing: bytes), limits)
    } catch {
      fatalError("the schema cannot be compiled: \(error)")
    }
  }

  /// One of the `$defs` of another schema, of whose text nothing is compiled again: schemas that lead to each other take
  /// no more than one of them. For generated code: a name that is not there stops the program.
  public init(definition name: String, of whole: JSONSchema) {
    guard let entry = whole.definitions[name] else { fatalError("the schema has no definition '\(name)'") }
    tables = whole.tables
    tape = whole.tape
    root = entry
    limits = whole.limits
    text = whole.text
    definitions = whole.definitions
  }

  /// A schema that is only known at run time. The text is copied.
  ///
  /// - Throws: a ``Fault``: the text is not JSON, a keyword has a value that it cannot have, a `$ref` leads nowhere or
  ///   to itself, a pattern is none.
  public convenience init(parsing text: RawSpan, limits: Limits = Limits()) throws(Fault) {
    let copy = text.withUnsafeBytes { SchemaText(copying: $0) }
    try self.init(copy, limits)
  }

  /// The same for a text.
  public convenience init(parsing text: String, limits: Limits = Limits()) throws(Fault) {
    var text = text
    let copy = text.withUTF8 { SchemaText(copying: UnsafeRawBufferPointer($0)) }
    try self.init(copy, limits)
  }

  private init(_ text: SchemaText, _ limits: Limits) throws(Fault) {
    let compiled = try SchemaCompiler.compile(text, limits)
    tables = compiled.tables
    tape = compiled.tape
    root = compiled.root
    definitions = compiled.definitions
    self.limits = limits
    self.text = text
  }
}

/// The bytes of a schema, which its tape points into.
final class SchemaText {
  let bytes: UnsafeBufferPointer<UInt8>
  private let owned: UnsafeMutablePointer<UInt8>?

  /// Bytes that stay for ever.
  init(borrowing bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    owned = nil
  }

  init(copying text: UnsafeRawBufferPointer) {
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, text.count))
    if let base = text.baseAddress { memcpy(copy, base, text.count) }
    bytes = UnsafeBufferPointer(start: copy, count: text.count)
    owned = copy
  }

  deinit { owned?.deallocate() }

  /// The JSON pointer of the value at `offset`.
  func pointer(_ offset: Int) -> String {
    var path = kt_json_path()
    kt_json_path_init(&path, kt_bytes(p: bytes.baseAddress, n: bytes.count))
    kt_json_path_to(&path, offset)
    return String(unsafeUninitializedCapacity: kt_json_path_write(&path, nil)) {
      kt_json_path_write(&path, $0.baseAddress)
    }
  }
}
