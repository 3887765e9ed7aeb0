import KatanaContract
import KatanaQueries

/// What the OpenAPI document and the SQL files promise each other.
public struct LinkReport: Sendable {
  /// Each operation with its query, and each field of the response with the column that feeds it and why that may be NULL
  /// or never is.
  public let text: String
  public let diagnostics: [Diagnostic]

  /// An empty text where the document is wrong.
  public static func make(_ document: OpenAPIDocument, _ sql: QueryContract) -> LinkReport {
    let (builder, diagnostics) = ModelBuilder.build(document)
    if diagnostics.contains(where: { $0.severity == .error }) { return LinkReport(text: "", diagnostics: diagnostics) }
    let links = ContractLinks(builder.model, sql)
    var text = ""
    for link in links.links {
      let operation = link.operation
      let handler = link.handler == nil ? "handler by hand" : "handler generated"
      text += "\(operation.method.uppercased()) \(operation.path)  \(operation.name) <- \(link.file.name).\(link.query.name) "
        + ":\(link.query.kind.rawValue)  (\(handler))\n"
      let width = link.lines.map(\.place.count).max() ?? 0
      for line in link.lines {
        text += "  \(line.place)\(String(repeating: " ", count: width - line.place.count))  <- \(line.source)\n"
      }
    }
    for operation in links.unlinked {
      text += "\(operation.method.uppercased()) \(operation.path)  \(operation.name): no query of this name\n"
    }
    return LinkReport(text: text, diagnostics: diagnostics + links.findings)
  }
}
