import Glibc

/// Reads OpenAPI documents. Loading opens only the named file and follows no external reference.
public enum OpenAPILoader {
  /// Loads a file. The document is `nil` when any diagnostic is an error; diagnostics are in document order.
  public static func load(path: String) -> (OpenAPIDocument?, [Diagnostic]) {
    switch readFile(path) {
    case .success(let bytes): return load(bytes: bytes, fileName: path)
    case .failure(let failure):
      let location = Location(source: SourceFile(name: path, bytes: []), line: 1, column: 1)
      let message = "the file cannot be read: \(String(cString: strerror(failure.code)))"
      return (nil, [Diagnostic(.error, ContractRule.fileUnreadable, at: location, message)])
    }
  }

  /// Loads bytes. A name ending in `.json` selects strict JSON, `.yaml` or `.yml` YAML; otherwise a leading `{` means
  /// JSON.
  public static func load(bytes: [UInt8], fileName: String) -> (OpenAPIDocument?, [Diagnostic]) {
    let source = SourceFile(name: fileName, bytes: bytes)
    var findings = Findings()
    guard let root = Node.parse(source, DocumentSyntax(fileName: fileName, bytes: bytes), &findings) else {
      return (nil, findings.sorted)
    }
    let reader = DocumentReader(root: root, findings: findings)
    let document = reader.document()
    return (reader.findings.hasErrors ? nil : document, reader.findings.sorted)
  }

  private struct ReadFailure: Error { let code: Int32 }

  /// One byte more than the limit is enough for the loader to refuse the document.
  private static func readFile(_ path: String) -> Result<[UInt8], ReadFailure> {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return .failure(ReadFailure(code: errno)) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while bytes.count <= DocumentLimits.bytesMax {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      if count < 0 { return .failure(ReadFailure(code: errno)) }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return .success(bytes)
  }
}
