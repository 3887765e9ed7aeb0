/// What PostgreSQL said of one query, and what follows from it: all that a build without a server needs.
struct Answer: Sendable {
  struct Parameter: Sendable, Equatable {
    var name: String
    var type: SQLType
    var isOptional: Bool
    var hasNullElements = false
  }

  var parameters: [Parameter] = []
  var columns: [Column] = []
  /// With the casts that tell the server the user's types.
  var pieces: [Piece] = []
  var isReadOnly = false
  var table: String?
  /// Of each nest, in their order.
  var presences: [[String]] = []
  var copy: CopyTarget?
}

extension QueryDraft {
  /// What the answer was given to: it stays right as long as this and the schema do.
  var signature: String {
    var text = "\(name) \(kind.rawValue) \(batchKind?.rawValue ?? "")\n"
    for piece in pieces { text += "\(piece.condition) \(piece.text.text)\n" }
    for parameter in parameters {
      let elements = parameter.hasNullElements ? "[]" : ""
      text += "\(parameter.name ?? "") \(parameter.index) \(parameter.mark)\(elements)\n"
    }
    for nest in nests {
      text += "\(nest.nest.property) \(nest.nest.key) \(nest.nest.members.map { "\($0.column) \($0.name)" })\n"
    }
    text += embeds.sorted { $0.key < $1.key }.map(\.value).joined(separator: " ")
    return Digest.sha256(text)
  }

  func query(_ answer: Answer) -> Query {
    var nests = nests.map(\.nest)
    for (index, presence) in answer.presences.enumerated() where nests.indices.contains(index) {
      nests[index].presence = presence
    }
    return Query(
      name: name,
      kind: kind,
      batchKind: kind == .batch ? batchKind ?? (answer.columns.isEmpty ? .exec : .many) : nil,
      documentation: documentation,
      location: location,
      pieces: answer.pieces,
      parameters: answer.parameters.enumerated().map { index, parameter in
        Parameter(
          name: parameter.name,
          type: parameter.type,
          isOptional: parameter.isOptional,
          hasNullElements: parameter.hasNullElements,
          index: index + 1
        )
      },
      columns: answer.columns,
      isReadOnly: answer.isReadOnly,
      deadlineMilliseconds: deadlineMilliseconds,
      table: answer.table,
      nests: nests,
      filters: filters,
      sorts: sorts,
      prefetches: prefetches.map(\.prefetch),
      copy: answer.copy,
      fingerprint: String(
        Digest.sha256(answer.pieces.map { "\($0.condition) \($0.text)" }.joined(separator: "\n")).prefix(16)
      )
    )
  }
}
