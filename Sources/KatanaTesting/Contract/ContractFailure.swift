/// A service did not do what its contract says. The description shows the request, the answer and what was expected.
public struct ContractFailure: Error, CustomStringConvertible {
  public let description: String

  init(_ what: String, _ request: TestRequest, _ response: TestResponse) {
    let head = ["\(request.method) \(Self.short(request.target))"] + request.fields.map { "\($0.name): \($0.value)" }
    let content = request.body.map { "\n" + Self.short(String(decoding: $0, as: UTF8.self)) } ?? ""
    description = """
      \(what)
      --- request
      \(head.joined(separator: "\n"))\(content)
      --- answer
      \(response.status)\(response["Allow"].map { "\nAllow: \($0)" } ?? "")
      \(Self.short(response.text))
      """
  }

  private static func short(_ text: String) -> String {
    text.utf8.count <= 2000 ? text : "\(text.prefix(1000)) ... (\(text.utf8.count) bytes)"
  }
}
