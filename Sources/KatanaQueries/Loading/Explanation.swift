/// A contract in words: what `katana gen sql --explain` prints, and what the tests of this room compare.
extension QueryContract {
  /// Each query with its parameters and columns, and why each column may be NULL or never is. Ends with a newline
  /// unless it is empty.
  public var explanation: String {
    var text = types.map { $0.explanation }.joined()
    for file in files {
      for query in file.queries { text += query.explanation(file.name) }
    }
    return text
  }
}

extension UserType {
  fileprivate var explanation: String {
    switch kind {
    case .enumeration(let labels): "type \(name): enum of \(labels.map { "'\($0)'" }.joined(separator: ", "))\n"
    case .composite(let fields):
      "type \(name): row of \(fields.map { "\($0.name) \($0.type)" }.joined(separator: ", "))\n"
    case .domain(let base, let isNotNull): "type \(name): domain of \(base)\(isNotNull ? ", NOT NULL" : "")\n"
    }
  }
}

extension Query {
  fileprivate func explanation(_ file: String) -> String {
    let member = batchKind.map { " of \($0.rawValue)" } ?? ""
    var lines = ["", "\(file).\(name) :\(kind.rawValue)\(member)"]
    lines += documentation.map { "  -- \($0)" }
    for piece in pieces {
      let condition =
        switch piece.condition {
        case .none: ""
        case .filter(let index): "[filter \(filters[index].parameters.joined(separator: ", "))] "
        case .sort(let index): "[sort \(sorts[index].name)] "
        }
      let rows = piece.text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }
      for row in rows { lines.append("  | \(condition)\(row)") }
    }
    for parameter in parameters {
      let type = parameter.type.described(parameter.hasNullElements)
      lines.append("  $\(parameter.index) \(parameter.name): \(type)\(parameter.isOptional ? "?" : "")")
    }
    let heads = columns.map { column in
      let embed = column.embed.map { "\($0)." } ?? ""
      return "  \(embed)\(column.name): \(column.type.described(column.hasNullElements))\(column.isNullable ? "?" : "")"
    }
    let width = heads.map(\.count).max() ?? 0
    for (head, column) in zip(heads, columns) {
      let present = column.isNullable && !column.isNullableWhenPresent ? " (not where there is a child)" : ""
      let elements = column.elementProof.map { "; its elements: \($0)" } ?? ""
      lines.append(head + String(repeating: " ", count: width - head.count) + "  \(column.proof)\(present)\(elements)")
    }
    lines += nests.map { nest in
      let members = nest.members.map { $0.column == $0.name ? $0.name : "\($0.column) AS \($0.name)" }
      let presence =
        nest.presence.isEmpty ? "" : "; there is one where \(nest.presence.joined(separator: ", ")) is not NULL"
      return
        "  nest \(nest.property) by \(nest.key.joined(separator: ", ")): \(members.joined(separator: ", "))\(presence)"
    }
    lines += prefetches.map { prefetch in
      let arguments = prefetch.arguments.map { "\($0.parameter): \($0.column)" }.joined(separator: ", ")
      return "  prefetch \(prefetch.property) = \(prefetch.query)(\(arguments)) by \(prefetch.by)"
    }
    if let copy { lines.append("  copy to \(copy.schema).\(copy.table) (\(copy.columns.joined(separator: ", ")))") }
    if let table { lines.append("  rows of \(table)") }
    if let deadlineMilliseconds { lines.append("  deadline \(deadlineMilliseconds) ms") }
    if isReadOnly { lines.append("  read only") }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension SQLType: CustomStringConvertible {
  /// As PostgreSQL's catalog says it: `int4[]`, `mood`, `range of int4`.
  public var description: String {
    switch self {
    case .builtin(let builtin): builtin.rawValue
    case .array(let element): "\(element)[]"
    case .enumeration(let name), .composite(let name), .domain(let name, _): name
    case .range(let bound): "range of \(bound)"
    case .textual(let name): name
    }
  }

  /// `text?[]` where elements of the array may be NULL.
  fileprivate func described(_ hasNullElements: Bool) -> String {
    if hasNullElements, case .array(let element) = base { "\(element)?[]" } else { description }
  }
}
