/// A node of PostgreSQL's own parse tree, as libpg_query hands it out. Kinds and fields have the names of
/// `nodes/parsenodes.h`: `SelectStmt` with `targetList`, `A_Expr` with `lexpr`. A field that is zero, false, empty or
/// absent is not there.
public struct SyntaxNode: Sendable {
  public indirect enum Value: Sendable {
    case node(SyntaxNode)
    case list([SyntaxNode])
    case string(String)
    case integer(Int)
    case bool(Bool)
  }

  public let kind: String
  public let fields: [(name: String, value: Value)]

  init(kind: String, fields: [(name: String, value: Value)]) {
    self.kind = kind
    self.fields = fields
  }

  public func value(_ field: String) -> Value? { fields.first { $0.name == field }?.value }

  public func node(_ field: String) -> SyntaxNode? {
    if case .node(let node)? = value(field) { node } else { nil }
  }

  /// Empty when the field is absent.
  public func nodes(_ field: String) -> [SyntaxNode] {
    switch value(field) {
    case .list(let nodes): nodes
    case .node(let node): [node]
    default: []
    }
  }

  /// A text or the word of an enum: `JOIN_LEFT`.
  public func string(_ field: String) -> String? {
    if case .string(let text)? = value(field) { text } else { nil }
  }

  public func integer(_ field: String) -> Int? {
    if case .integer(let number)? = value(field) { number } else { nil }
  }

  public func flag(_ field: String) -> Bool {
    if case .bool(let flag)? = value(field) { flag } else { false }
  }

  /// The texts of a list of `String` nodes: the parts of a qualified name. Other nodes, `A_Star` among them, give nil.
  public func names(_ field: String) -> [String]? {
    var names: [String] = []
    for node in nodes(field) {
      guard node.kind == "String" else { return nil }
      names.append(node.string("sval") ?? "")
    }
    return names
  }

  /// The byte of the statement's text that the parser calls the node's place: an operator's is the operator. Nil for
  /// kinds that have none.
  public var offset: Int? {
    if let offset = integer("location") { return offset < 0 ? nil : offset }
    return Self.kindsWithLocation.contains(kind) ? 0 : nil
  }

  /// The first byte of the text that the node and those in it have a place at.
  public var firstOffset: Int? {
    var first = offset
    for (_, value) in fields {
      switch value {
      case .node(let node): first = Self.earlier(first, node.firstOffset)
      case .list(let nodes): for node in nodes { first = Self.earlier(first, node.firstOffset) }
      default: break
      }
    }
    return first
  }

  /// Calls `body` with this node and all below it, each before its children, in the order of the fields. `body` says
  /// whether to look below the node.
  public func walk(_ body: (SyntaxNode) throws -> Bool) rethrows {
    guard try body(self) else { return }
    for (_, value) in fields {
      switch value {
      case .node(let node): try node.walk(body)
      case .list(let nodes): for node in nodes { try node.walk(body) }
      default: break
      }
    }
  }

  private static func earlier(_ left: Int?, _ right: Int?) -> Int? {
    guard let left, let right else { return left ?? right }
    return min(left, right)
  }

  /// Those for which location 0, which libpg_query leaves out, is a place.
  private static let kindsWithLocation: Set<String> = [
    "A_ArrayExpr", "A_Const", "A_Expr", "BoolExpr", "BooleanTest", "CTECycleClause", "CTESearchClause", "CaseExpr",
    "CaseWhen", "CoalesceExpr", "CollateClause", "ColumnDef", "ColumnRef", "CommonTableExpr", "Constraint", "DefElem",
    "FuncCall", "GroupingFunc", "GroupingSet", "InferClause", "MinMaxExpr", "NamedArgExpr", "NullTest",
    "OnConflictClause", "ParamRef", "PartitionBoundSpec", "PartitionElem", "PartitionSpec", "RangeTableFunc",
    "RangeTableFuncCol", "RangeTableSample", "RangeVar", "ResTarget", "RoleSpec", "RowExpr", "SQLValueFunction",
    "SetToDefault", "SortBy", "SubLink", "TypeCast", "TypeName", "WindowDef", "WithClause", "XmlExpr", "XmlSerialize",
  ]
}
