/// One value of a parsed YAML or JSON document. Both parsers build the same tree.
///
/// A node reached through a YAML alias is the anchored node itself, with the anchor's location.
public struct Node: Sendable {
  public enum Content: Sendable {
    case scalar(Scalar)
    case sequence([Node])
    case mapping(Mapping)
  }

  public let content: Content
  public let location: Location

  public var scalar: Scalar? { if case .scalar(let scalar) = content { scalar } else { nil } }
  public var sequence: [Node]? { if case .sequence(let items) = content { items } else { nil } }
  public var mapping: Mapping? { if case .mapping(let mapping) = content { mapping } else { nil } }

  /// The text of a string scalar; `nil` for `5` and `true`, which are not strings.
  public var string: String? { scalar.flatMap { $0.tag == .string ? $0.text : nil } }
  public var bool: Bool? { scalar?.bool }
  public var number: NumberLiteral? { scalar?.number }
  public var isNull: Bool { scalar?.tag == .null }

  /// What the node is, with an article, for messages: "a mapping", "a string".
  public var kindName: String {
    switch content {
    case .mapping: "a mapping"
    case .sequence: "a sequence"
    case .scalar(let scalar): scalar.tag.kindName
    }
  }
}

/// A leaf of the document: its text as it was meant and what the YAML 1.2 core schema (or JSON) makes of it.
public struct Scalar: Sendable, Equatable {
  public enum Style: Sendable { case plain, singleQuoted, doubleQuoted, literal, folded }

  public enum Tag: Sendable {
    case null, bool, int, float, string

    var kindName: String {
      switch self {
      case .null: "null"
      case .bool: "a boolean"
      case .int: "an integer"
      case .float: "a number"
      case .string: "a string"
      }
    }
  }

  /// Quotes and escapes are already undone; numbers keep their digits as written.
  public let text: String
  public let style: Style
  public let tag: Tag

  public var bool: Bool? {
    tag == .bool ? text.utf8.first == UInt8(ascii: "t") || text.utf8.first == UInt8(ascii: "T") : nil
  }
  public var number: NumberLiteral? { tag == .int || tag == .float ? NumberLiteral(text) : nil }
}
