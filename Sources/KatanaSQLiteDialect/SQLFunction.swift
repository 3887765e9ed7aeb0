import CSQLite

/// A function that SQLite gets, with PostgreSQL's meaning.
final class SQLFunction: Sendable {
  let name: String
  let argumentCount: Int32
  /// NULL for any argument that is NULL, without a call.
  let isStrict: Bool
  let isDeterministic: Bool
  let body: @Sendable (Arguments) throws -> Value

  init(
    _ name: String,
    _ argumentCount: Int32,
    isStrict: Bool = true,
    isDeterministic: Bool = true,
    _ body: @escaping @Sendable (Arguments) throws -> Value
  ) {
    self.name = name
    self.argumentCount = argumentCount
    self.isStrict = isStrict
    self.isDeterministic = isDeterministic
    self.body = body
  }

  /// Valid within the call.
  struct Arguments {
    let values: UnsafeMutablePointer<OpaquePointer?>?
    let count: Int

    private subscript(index: Int) -> OpaquePointer? { values![index] }

    func isNull(_ index: Int) -> Bool { sqlite3_value_type(self[index]) == SQLITE_NULL }
    func type(_ index: Int) -> Int32 { sqlite3_value_type(self[index]) }
    func integer(_ index: Int) -> Int64 { sqlite3_value_int64(self[index]) }
    func real(_ index: Int) -> Double { sqlite3_value_double(self[index]) }

    func text(_ index: Int) -> String {
      guard let bytes = sqlite3_value_text(self[index]) else { return "" }
      let count = Int(sqlite3_value_bytes(self[index]))
      return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    func bytes(_ index: Int) -> [UInt8] {
      guard let bytes = sqlite3_value_blob(self[index]) else { return [] }
      return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_value_bytes(self[index]))))
    }

    func numeric(_ index: Int) throws -> Numeric {
      if type(index) == SQLITE_INTEGER { return Numeric(integer(index)) }
      let text = text(index)
      guard let value = Numeric(text) else {
        throw Refusal("22P02", "invalid input syntax for type numeric: \"\(text)\"")
      }
      return value
    }

    func moment(_ index: Int) throws -> Int64 {
      let text = text(index)
      guard let value = Calendar.moment(ofText: text[...]) else {
        throw Refusal("22007", "invalid input syntax for type timestamp: \"\(text)\"")
      }
      return value
    }

    func interval(_ index: Int) throws -> Interval {
      let text = text(index)
      guard let value = Interval(text) else {
        throw Refusal("22007", "invalid input syntax for type interval: \"\(text)\"")
      }
      return value
    }

    /// Compares as the types do; NULL is not expected.
    func compare(_ a: Int, _ b: Int, asNumeric: Bool) throws -> Int {
      if asNumeric { return Numeric.compare(try numeric(a), try numeric(b)) }
      let types = (type(a), type(b))
      if types == (SQLITE_INTEGER, SQLITE_INTEGER) {
        return integer(a) < integer(b) ? -1 : integer(a) > integer(b) ? 1 : 0
      }
      if types.0 == SQLITE_TEXT || types.0 == SQLITE_BLOB {
        let x = bytes(a)
        let y = bytes(b)
        return x == y ? 0 : x.lexicographicallyPrecedes(y) ? -1 : 1
      }
      return real(a) < real(b) ? -1 : real(a) > real(b) ? 1 : 0
    }

    func value(_ index: Int) -> Value {
      switch type(index) {
      case SQLITE_INTEGER: .integer(integer(index))
      case SQLITE_FLOAT: .real(real(index))
      case SQLITE_BLOB: .blob(bytes(index))
      case SQLITE_NULL: .null
      default: .text(text(index))
      }
    }
  }

  enum Value {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    static func bool(_ value: Bool) -> Value { .integer(value ? 1 : 0) }
    static func numeric(_ value: Numeric) -> Value { .text(value.description) }

    /// - Throws: ``Refusal`` outside of the years 1 to 9999.
    static func moment(_ value: Int64?) throws -> Value {
      guard let value, let text = Calendar.text(ofMoment: value) else {
        throw Refusal("22008", "timestamp out of range")
      }
      return .text(text)
    }

    static func day(_ value: Int64) throws -> Value {
      guard let text = Calendar.text(ofDay: value) else { throw Refusal("22008", "date out of range") }
      return .text(text)
    }

    fileprivate func set(_ context: OpaquePointer?) {
      switch self {
      case .null: sqlite3_result_null(context)
      case .integer(let value): sqlite3_result_int64(context, value)
      case .real(let value): sqlite3_result_double(context, value)
      case .text(var value):
        value.withUTF8 {
          $0.withMemoryRebound(to: CChar.self) {
            sqlite3_result_text64(context, $0.baseAddress ?? emptyText, UInt64($0.count), copied, UInt8(SQLITE_UTF8))
          }
        }
      case .blob(let bytes):
        bytes.withUnsafeBytes {
          sqlite3_result_blob64(context, $0.baseAddress ?? UnsafeRawPointer(emptyText), UInt64($0.count), copied)
        }
      }
    }
  }

  func register(on database: OpaquePointer) -> Int32 {
    sqlite3_create_function_v2(
      database,
      name,
      argumentCount,
      SQLITE_UTF8 | SQLITE_INNOCUOUS | (isDeterministic ? SQLITE_DETERMINISTIC : 0),
      Unmanaged.passUnretained(self).toOpaque(),
      Self.call,
      nil,
      nil,
      nil
    )
  }

  private static let call: @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void = {
    context,
    count,
    values in
    let function = Unmanaged<SQLFunction>.fromOpaque(sqlite3_user_data(context)).takeUnretainedValue()
    let arguments = Arguments(values: values, count: Int(count))
    if function.isStrict, (0..<Int(count)).contains(where: arguments.isNull) { return sqlite3_result_null(context) }
    do {
      try function.body(arguments).set(context)
    } catch {
      let message = "\(error)"
      sqlite3_result_error(context, message, Int32(message.utf8.count))
    }
  }
}

/// What PostgreSQL would refuse. SQLite carries the text, which begins with the SQLSTATE.
public struct Refusal: Error, CustomStringConvertible {
  public let state: String
  public let message: String

  init(_ state: String, _ message: String) {
    self.state = state
    self.message = message
  }

  public var description: String { "SQLSTATE \(state) \(message)" }

  /// Takes apart what ``description`` put together.
  public init?(description: String) {
    guard description.hasPrefix("SQLSTATE "), description.utf8.count > 15 else { return nil }
    let rest = description.dropFirst(9)
    self.init(String(rest.prefix(5)), String(rest.dropFirst(6)))
  }
}

/// SQLITE_TRANSIENT: SQLite copies before the call returns.
private var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

nonisolated(unsafe) private let emptyText: UnsafePointer<CChar> = {
  let text = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
  text.initialize(to: 0)
  return UnsafePointer(text)
}()
