import KatanaContract

/// Where the migrations make the types of the schema.
enum TypePlaces {
  /// By the name of the type, as ``UserType/name`` has it.
  static func find(in migrations: [MigrationDraft]) -> [String: Location] {
    var places: [String: Location] = [:]
    for migration in migrations {
      let map = TextMap(source: migration.source, origin: migration.upOrigin)
      guard let tree = try? SyntaxTree(parsing: migration.migration.up, map: map) else { continue }
      for statement in tree.statements {
        guard let name = name(statement.node) else { continue }
        places[name] = map.location(of: firstToken(of: statement.range, tree.text))
      }
    }
    return places
  }

  private static func name(_ node: SyntaxNode) -> String? {
    switch node.kind {
    case "CreateEnumStmt": return qualified(node.names("typeName"))
    case "CreateDomainStmt": return qualified(node.names("domainname"))
    case "CompositeTypeStmt": return node.node("typevar").flatMap(relation)
    case "CreateStmt": return node.node("relation").flatMap(relation)
    default: return nil
    }
  }

  private static func relation(_ node: SyntaxNode) -> String? {
    qualified([node.string("schemaname"), node.string("relname")].compactMap { $0 })
  }

  private static func qualified(_ names: [String]?) -> String? {
    guard let names, let last = names.last else { return nil }
    return names.count < 2 || names[0] == "public" ? last : names.suffix(2).joined(separator: ".")
  }

  private static func firstToken(of range: Range<Int>, _ text: String) -> Int {
    let bytes = Array(Array(text.utf8)[range])
    let first = (try? Tokens(scanning: bytes))?.all.first { !$0.isComment }
    return range.lowerBound + (first?.range.lowerBound ?? 0)
  }
}
