import KatanaContract

/// The translation of a folder of SQL to SQLite: migrations in their order, then queries against the schema that they
/// make. Each result is compiled by SQLite itself, in memory.
public struct SQLiteTranslation {
  private var schema = SQLiteSchemaTranslator()
  private let compiler = SQLiteCompiler()
  /// A way back that cannot be translated keeps nobody from going forward.
  private var severity = Diagnostic.Severity.error
  public private(set) var diagnostics: [Diagnostic] = []

  public init() {}

  /// Translates a migration and applies it to the schema.
  ///
  /// - Parameter map: where the text stands in the user's file.
  /// - Returns: nil when something in it cannot be translated, of which ``diagnostics`` says what.
  public mutating func migrationUp(_ text: String, map: TextMap) -> String? {
    guard let statements = statements(text, map) else { return nil }
    for (statement, offset) in statements {
      guard let message = compiler.apply(statement) else { continue }
      report(.notCompiled, map.location(of: offset), "SQLite refuses the translation: \(message)", remedy: nil)
      return nil
    }
    return Self.joined(statements.map(\.0))
  }

  /// Translates the way back of the migration that was applied last. The schema stays as it is.
  public mutating func migrationDown(_ text: String, map: TextMap) -> String? {
    let before = schema.schema
    severity = .warning
    defer {
      schema.schema = before
      severity = .error
    }
    return statements(text, map).map { Self.joined($0.map(\.0)) }
  }

  private static func joined(_ statements: [String]) -> String {
    statements.map { "\($0);\n" }.joined()
  }

  private mutating func statements(_ text: String, _ map: TextMap) -> [(String, Int)]? {
    let tree: SyntaxTree
    do {
      tree = try SyntaxTree(parsing: text, map: map)
    } catch {
      report(.notTranslated, error.location, error.message, remedy: nil)
      return nil
    }
    schema.source = Array(text.utf8)
    var translated: [(String, Int)] = []
    var isWhole = true
    for statement in tree.statements {
      let start = Self.start(statement.range, text)
      do throws(Untranslatable) {
        let noted = schema.notes.count
        translated += try schema.translate(statement.node).map { ($0, start) }
        for note in schema.notes[noted...] {
          diagnostics.append(
            Diagnostic(.note, SQLiteRule.leftOut, at: map.location(of: note.offset ?? start), note.message)
          )
        }
      } catch {
        let offset = error.isStatement ? start : error.offset ?? start
        report(.notTranslated, map.location(of: offset), error.message, remedy: error.remedy)
        isWhole = false
      }
    }
    return isWhole ? translated : nil
  }

  /// Behind the white space and comments before the statement.
  private static func start(_ range: Range<Int>, _ text: String) -> Int {
    let bytes = Array(text.utf8)
    var at = range.lowerBound
    while at < range.upperBound {
      if [0x20, 0x0a, 0x0d, 0x09].contains(bytes[at]) {
        at += 1
      } else if at + 1 < range.upperBound, bytes[at] == 0x2d, bytes[at + 1] == 0x2d {
        while at < range.upperBound, bytes[at] != 0x0a { at += 1 }
      } else {
        break
      }
    }
    return at < range.upperBound ? at : range.lowerBound
  }

  private mutating func report(_ rule: SQLiteRule, _ location: Location, _ message: String, remedy: String?) {
    diagnostics.append(Diagnostic(severity, rule, at: location, message, remedy: remedy))
  }

  /// Translates a query.
  ///
  /// - Parameter map: where the statement with every filter and the first sort stands; nil: all findings are located at
  ///   the query's name.
  /// - Returns: nil when it cannot be translated, of which ``diagnostics`` says why.
  public mutating func pieces(of query: Query, map: TextMap? = nil) -> [Piece]? {
    func location(_ offset: Int?) -> Location {
      guard let map, let offset else { return query.location }
      return map.location(of: offset)
    }
    for parameter in query.parameters where StorageType(parameter.type) == nil {
      report(
        .notTranslated,
        query.location,
        "the parameter '\(parameter.name)' has a type without a form in SQLite",
        remedy: "use a type that both have, text for one"
      )
      return nil
    }
    var result: [Piece] = []
    do throws(Untranslatable) {
      for sort in 0..<max(query.sorts.count, 1) {
        let (text, order) = try translated(query, sort: sort)
        if query.sorts.isEmpty {
          result = SQLiteTranslator.pieces(text)
        } else {
          // The statements differ in their last ORDER BY only.
          guard let order else { throw Untranslatable(nil, "the order that may be chosen is not found") }
          if sort == 0 { result = SQLiteTranslator.pieces(order.head) }
          result.append(Piece(text: order.text, condition: .sort(sort)))
          if sort == query.sorts.count - 1 { result += SQLiteTranslator.pieces(order.tail) }
        }
      }
    } catch {
      report(.notTranslated, location(error.offset), error.message, remedy: error.remedy)
      return nil
    }
    return check(result, query) ? result : nil
  }

  private struct Order {
    let head, text, tail: String
  }

  private func translated(_ query: Query, sort: Int) throws(Untranslatable) -> (text: String, order: Order?) {
    var text = ""
    var filters: [(Range<Int>, Int)] = []
    for piece in query.pieces {
      switch piece.condition {
      case .none: text += piece.text
      case .filter(let index):
        let start = text.utf8.count
        text += piece.text
        filters.append((start..<text.utf8.count, index))
      case .sort(let index): if index == sort { text += piece.text }
      }
    }
    if text.unicodeScalars.contains(where: { (0x10F8F0...0x10F8F2).contains($0.value) }) {
      throw Untranslatable(nil, "the statement has a character that is nobody's")
    }
    let tree: SyntaxTree
    do { tree = try SyntaxTree(parsing: text) } catch { throw Untranslatable(nil, error.message) }
    guard let statement = tree.statements.first else { throw Untranslatable(nil, "the statement is missing") }
    var translator = SQLiteTranslator(schema: schema.schema, source: Array(text.utf8))
    for parameter in query.parameters.sorted(by: { $0.index < $1.index }) {
      translator.parameters.append(StorageType(parameter.type) ?? .unknown)
    }
    translator.filters = filters.map { (range: $0.0, index: $0.1) }
    let whole = try translator.statement(statement.node)
    // What a filter says must be found again as a part of its own.
    for (_, index) in filters
    where !whole.contains("\(SQLiteTranslator.filterStart)\(index)\(SQLiteTranslator.filterText)") {
      throw Untranslatable(
        nil,
        "a filter stands where SQLite's text has no place for it",
        remedy: "put it into WHERE or ON"
      )
    }
    if query.sorts.isEmpty { return (whole, nil) }
    guard let order = whole.ranges(of: " ORDER BY ").last else { return (whole, nil) }
    let rest = whole[order.upperBound...]
    let end = rest.ranges(of: " LIMIT ").last?.lowerBound ?? rest.endIndex
    return (
      whole,
      Order(head: String(whole[..<order.upperBound]), text: String(rest[..<end]), tail: String(rest[end...]))
    )
  }

  /// Compiles the statement with all filters, without any, and in each order.
  private mutating func check(_ pieces: [Piece], _ query: Query) -> Bool {
    for hasFilters in [true, false] {
      for sort in 0..<max(query.sorts.count, 1) {
        let text = pieces.filter { piece in
          switch piece.condition {
          case .none: true
          case .filter: hasFilters
          case .sort(let index): index == sort
          }
        }.map(\.text).joined()
        let count = query.columns.isEmpty ? nil : query.columns.count
        if let message = compiler.check(text, columnCount: count) {
          report(
            .notCompiled,
            query.location,
            "SQLite refuses the translation: \(message)",
            remedy: "the text was: \(text)"
          )
          return false
        }
      }
    }
    return true
  }
}
