extension Catalog {
  /// Why a type cannot be used, in words that follow "has the type".
  struct Unsupported: Error {
    let spelling: String
  }

  func spelling(_ oid: UInt32) -> String { types[oid]?.spelling ?? "with the object identifier \(oid)" }

  func sqlType(_ oid: UInt32) throws(Unsupported) -> SQLType {
    if let builtin = BuiltinType(oid: oid) { return .builtin(builtin) }
    guard let entry = types[oid] else { throw Unsupported(spelling: spelling(oid)) }
    if entry.element != 0 { return .array(try sqlType(entry.element)) }
    switch entry.kind {
    case "e": return .enumeration(Self.name(entry))
    case "d": return .domain(Self.name(entry), try sqlType(entry.base))
    case "c":
      guard oid >= Self.userOIDMin, let relation = relations[entry.relation] else { break }
      // The fields of a row travel in their binary form, and no cast reaches them.
      for attribute in relation.attributes {
        let type = try sqlType(attribute.type)
        if type.isTextual || type.elementIsTextual {
          throw Unsupported(spelling: "\(entry.spelling) with a field of type \(spelling(attribute.type))")
        }
      }
      return .composite(Self.name(entry))
    case "r":
      // The range's own identifier tells the run time what it is: there is none for a range of the user's.
      guard oid < Self.userOIDMin, let bound = bounds[oid] else { return .textual(entry.spelling) }
      return .range(try sqlType(bound))
    // citext, of the extension, has the binary form of text.
    case "b": return entry.name == "citext" ? .builtin(.text) : .textual(entry.spelling)
    case "m": return .textual(entry.spelling)
    default: break
    }
    throw Unsupported(spelling: entry.spelling)
  }

  static func name(_ entry: TypeEntry) -> String {
    entry.schema == "public" ? entry.name : "\(entry.schema).\(entry.name)"
  }

  /// The type that a parameter is declared with, and to which the statement casts it then: PostgreSQL's own types are
  /// known without asking; all others are sent as text.
  func wire(_ oid: UInt32) -> (type: UInt32, cast: String?) {
    guard let entry = types[oid] else { return (oid, nil) }
    if oid < Self.userOIDMin {
      let type = try? sqlType(oid)
      guard type?.isTextual == true || type?.elementIsTextual == true else { return (oid, nil) }
    }
    if entry.element != 0 {
      let element = wire(entry.element)
      let array = types.values.first { $0.element == element.type }?.oid ?? 1009
      return (array, entry.spelling)
    }
    if entry.kind == "d" { return (wire(entry.base).type, entry.spelling) }
    return (BuiltinType.text.oid, entry.spelling)
  }

  /// What makes text, or an array of text, of a column whose type has no codec; nil where it has one.
  func reader(_ oid: UInt32, _ column: String) -> String? {
    guard let type = try? sqlType(oid) else { return nil }
    if type.elementIsTextual { return "\(column)::text::text[]" }
    guard type.isTextual else { return nil }
    // A cast of inet adds the mask to every address.
    return oid == Self.inet ? "abbrev(\(column))" : "\(column)::text"
  }

  private static let inet: UInt32 = 869

  /// The user's types that a type leads to.
  func userTypes(_ oid: UInt32, into found: inout [UInt32: UserType]) {
    guard oid >= Self.userOIDMin, found[oid] == nil, let entry = types[oid] else { return }
    if entry.element != 0 { return userTypes(entry.element, into: &found) }
    switch entry.kind {
    case "e":
      found[oid] = UserType(schema: entry.schema, name: Self.name(entry), kind: .enumeration(labels: labels[oid] ?? []))
    case "d":
      guard let base = try? sqlType(entry.base) else { return }
      found[oid] = UserType(
        schema: entry.schema,
        name: Self.name(entry),
        kind: .domain(base: base, isNotNull: isNotNull(domain: oid))
      )
      userTypes(entry.base, into: &found)
    case "c":
      guard let relation = relations[entry.relation] else { return }
      let fields = relation.attributes.compactMap { attribute in
        (try? sqlType(attribute.type)).map { (name: attribute.name, type: $0) }
      }
      found[oid] = UserType(schema: entry.schema, name: Self.name(entry), kind: .composite(fields: fields))
      for attribute in relation.attributes { userTypes(attribute.type, into: &found) }
    default: break
    }
  }

  /// Whether a domain, or one that it is made of, refuses NULL.
  func isNotNull(domain oid: UInt32) -> Bool {
    guard let entry = types[oid], entry.kind == "d" else { return false }
    return entry.isNotNull || isNotNull(domain: entry.base)
  }
}

extension SQLType {
  fileprivate var elementIsTextual: Bool { if case .array(let element) = base { element.isTextual } else { false } }
}
