import KatanaContract

/// Writes PostgreSQL's statements, as its own parser reads them, in SQLite's dialect.
///
/// Types are followed through every expression, since the same sign means different things: `a / b` of whole numbers,
/// of decimals, which SQLite has not, and of floating-point ones; `a + b` of numbers and of moments. What cannot be
/// written so that it gives the same rows is refused at its place.
struct SQLiteTranslator {
  var schema: SQLiteSchema
  /// What was parsed: libpg_query 15 writes every negative whole number as zero, and only the text knows better.
  var source: [UInt8] = []
  /// Types of `$1`, `$2`, …
  var parameters: [StorageType] = []
  /// The bytes of the statement's text that belong to a filter, and its index.
  var filters: [(range: Range<Int>, index: Int)] = []

  /// What an expression became.
  struct Value {
    var text: String
    var type: StorageType
    /// Needs no brackets within an operator.
    var isAtomic = true
    /// A string literal as it was written, while its type is not known.
    var string: String?
    var isNull = false
    var isNotNull = false
    /// A column, of which SQLite knows the collation.
    var isColumn = false
    /// How PostgreSQL calls it where it has no name of its own.
    var name = "?column?"

    var operand: String { isAtomic ? text : "(\(text))" }

    /// With the collation that compares decimals.
    var collated: String { type.isNumeric && !isColumn ? "\(operand) COLLATE pg_numeric" : operand }
  }

  static func function(_ name: String, _ arguments: [Value], _ type: StorageType) -> Value {
    Value(text: "\(name)(\(arguments.map(\.text).joined(separator: ", ")))", type: type, name: name)
  }

  static func binary(_ a: Value, _ sign: String, _ b: Value, _ type: StorageType) -> Value {
    Value(text: "\(a.operand) \(sign) \(b.operand)", type: type, isAtomic: false)
  }

  // Marks in the text that say which part belongs to a filter. Nobody's characters: a
  // statement that has them is refused.

  static let filterStart: Character = "\u{10F8F0}", filterText: Character = "\u{10F8F1}",
    filterEnd: Character = "\u{10F8F2}"

  /// The text without its marks, in pieces.
  static func pieces(_ text: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = text[...]
    func add(_ text: Substring, _ condition: Piece.Condition) {
      if text.isEmpty { return }
      if let last = pieces.indices.last, pieces[last].condition == condition {
        pieces[last].text += text
      } else {
        pieces.append(Piece(text: String(text), condition: condition))
      }
    }
    while let start = rest.firstIndex(of: filterStart) {
      add(rest[..<start], .none)
      guard let middle = rest[start...].firstIndex(of: filterText), let end = rest[middle...].firstIndex(of: filterEnd),
        let index = Int(rest[rest.index(after: start)..<middle])
      else { break }
      add(rest[rest.index(after: middle)..<end], .filter(index))
      rest = rest[rest.index(after: end)...]
    }
    add(rest, .none)
    return pieces
  }

  /// A condition; those of its AND-ed parts that belong to filters are marked.
  func condition(_ node: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> String {
    var parts = [node]
    if node.kind == "BoolExpr", node.string("boolop") == "AND_EXPR" { parts = node.nodes("args") }
    var fixed: [String] = []
    var conditional = ""
    for part in parts {
      let value = try boolean(part, scope)
      if let place = part.firstOffset, let filter = filters.first(where: { $0.range.contains(place) }) {
        conditional += "\(Self.filterStart)\(filter.index)\(Self.filterText) AND \(value.operand)\(Self.filterEnd)"
      } else {
        fixed.append(parts.count > 1 ? value.operand : value.text)
      }
    }
    return (fixed.isEmpty ? "TRUE" : fixed.joined(separator: " AND ")) + conditional
  }

  func boolean(_ node: SyntaxNode, _ scope: SQLiteScope) throws(Untranslatable) -> Value {
    try assigned(try expression(node, scope), to: .bool, node)
  }

  /// One statement of any kind that queries or changes rows.
  func statement(_ node: SyntaxNode) throws(Untranslatable) -> String {
    try statement(node, SQLiteScope()).text
  }

  func statement(
    _ node: SyntaxNode,
    _ scope: SQLiteScope
  ) throws(Untranslatable) -> (text: String, columns: [SQLiteScope.Column]) {
    switch node.kind {
    case "SelectStmt": return try select(node, scope, isOutermost: scope.levels.count == 1)
    case "InsertStmt": return try insert(node, scope)
    case "UpdateStmt": return try update(node, scope)
    case "DeleteStmt": return try delete(node, scope)
    default:
      throw Untranslatable(node, "\(node.kind.replacing("Stmt", with: "").uppercased()) has no equivalent in SQLite")
    }
  }
}
