/// Any JSON value: for schemas that say little about a value, and for content that is only known at run time.
///
/// Equality is that of JSON Schema (§4.2.2): numbers by value, so that `1` and `1.0` are equal; strings by code
/// points, without Unicode normalisation; objects without regard to the order of their members.
///
/// ```swift
/// let order: JSONValue = ["id": 7, "tags": ["new", "gift"], "note": nil]
/// order["tags"]?[0]?.stringValue  // "new"
/// ```
public enum JSONValue: Sendable {
  case null
  case boolean(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

/// A number: an `Int64` when it is integral and fits, else a `Double`.
public struct JSONNumber: Sendable, Hashable {
  private enum Storage: Hashable {
    case integer(Int64)
    /// Never a value that `Int64` has, so that equal numbers are stored alike.
    case double(Double)
  }

  private let storage: Storage

  /// An integer, kept exactly.
  public init(_ value: Int64) { storage = .integer(value) }

  /// Numbers that are not finite are kept, but no JSON can express them: ``JSONWriter/isValid`` turns false.
  public init(_ value: Double) {
    storage = Int64(exactly: value).map { .integer($0) } ?? .double(value)
  }

  /// The number when it is integral and fits.
  public var int64: Int64? {
    if case .integer(let value) = storage { return value }
    return nil
  }

  /// The nearest double.
  public var double: Double {
    switch storage {
    case .integer(let value): Double(value)
    case .double(let value): value
    }
  }
}

/// The members of an object in their order, each name once.
///
/// Looking up a name takes constant time; objects of a few members are searched.
public struct JSONObject: Sendable {
  /// A name and its value.
  public struct Member: Sendable, Hashable {
    public let name: String
    public var value: JSONValue

    public init(name: String, value: JSONValue) {
      self.name = name
      self.value = value
    }

    public static func == (left: Self, right: Self) -> Bool {
      JSONName(left.name) == JSONName(right.name) && left.value == right.value
    }

    public func hash(into hasher: inout Hasher) {
      hasher.combine(JSONName(name))
      hasher.combine(value)
    }
  }

  /// Objects up to this many members have no index.
  private static let searched = 8

  /// In the order in which they were read or appended.
  public private(set) var members: [Member] = []
  private var index: [JSONName: Int] = [:]

  /// An object without members.
  public init() {}

  /// The value of a member. Setting a new one appends it, setting nil removes it.
  public subscript(name: String) -> JSONValue? {
    get { position(of: name).map { members[$0].value } }
    set {
      switch (position(of: name), newValue) {
      case (let at?, let value?): members[at].value = value
      case (nil, let value?): append(name, value)
      case (let at?, nil):
        members.remove(at: at)
        index = [:]
        if members.count > Self.searched { indexAll() }
      case (nil, nil): break
      }
    }
  }

  /// Appends a member with a new name; false when the name is there already.
  @discardableResult
  public mutating func insert(_ name: String, _ value: JSONValue) -> Bool {
    if position(of: name) != nil { return false }
    append(name, value)
    return true
  }

  private mutating func append(_ name: String, _ value: JSONValue) {
    members.append(Member(name: name, value: value))
    if members.count == Self.searched + 1 {
      indexAll()
    } else if members.count > Self.searched {
      index[JSONName(name)] = members.count - 1
    }
  }

  private mutating func indexAll() {
    for (at, member) in members.enumerated() { index[JSONName(member.name)] = at }
  }

  private func position(of name: String) -> Int? {
    let name = JSONName(name)
    if members.count > Self.searched { return index[name] }
    return members.firstIndex { JSONName($0.name) == name }
  }
}

extension JSONObject: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    left.members.count == right.members.count && left.members.allSatisfy { right[$0.name] == $0.value }
  }

  public func hash(into hasher: inout Hasher) {
    // A sum, because the order of the members must not matter.
    var sum = 0
    for member in members { sum &+= member.hashValue }
    hasher.combine(sum)
  }
}

extension JSONObject: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { members.count }
  public subscript(position: Int) -> Member { members[position] }
}

/// A text compared by its code points; `String` holds texts equal that differ in their normalisation.
struct JSONName: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: Self, right: Self) -> Bool {
    left.text.utf8.count == right.text.utf8.count && left.text.utf8.elementsEqual(right.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension JSONValue: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.boolean(let a), .boolean(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): JSONName(a) == JSONName(b)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .boolean(let value): hasher.combine(value)
    case .number(let value): hasher.combine(value)
    case .string(let value): hasher.combine(JSONName(value))
    case .array(let value): hasher.combine(value)
    case .object(let value): hasher.combine(value)
    }
  }
}
