/// Reads OpenAPI documents. Loading opens the named file and the files its references lead to, and nothing else:
/// references to other hosts are errors.
public enum OpenAPILoader {
  /// Loads a file. The document is `nil` when any diagnostic is an error; diagnostics are in document order, those of
  /// other files after or before by their names.
  public static func load(
    path: String,
    from files: some FileSource = LocalFiles()
  ) -> (OpenAPIDocument?, [Diagnostic]) {
    switch files.read(path, limit: DocumentLimits.bytesMax) {
    case .success(let bytes): return load(SourceFile(name: path, bytes: bytes), files)
    case .failure(let failure):
      let location = Location(source: SourceFile(name: path, bytes: []), line: 1, column: 1)
      let message = "the file cannot be read: \(failure.reason)"
      return (nil, [Diagnostic(.error, ContractRule.fileUnreadable, at: location, message)])
    }
  }

  /// Loads bytes; a reference to another file is then an error. A name ending in `.json` selects strict JSON, `.yaml`
  /// or `.yml` YAML; otherwise a leading `{` means JSON.
  public static func load(bytes: [UInt8], fileName: String) -> (OpenAPIDocument?, [Diagnostic]) {
    load(SourceFile(name: fileName, bytes: bytes), nil)
  }

  private static func load(_ source: SourceFile, _ files: (any FileSource)?) -> (OpenAPIDocument?, [Diagnostic]) {
    var findings = Findings()
    var nodesLeft = DocumentLimits.nodesMax
    let syntax = DocumentSyntax(fileName: source.name, bytes: source.bytes)
    guard let root = Node.parse(source, syntax, &nodesLeft, &findings) else { return (nil, findings.sorted) }
    let contractFiles = ContractFiles(source: source, root: root, nodesLeft: nodesLeft, files: files)
    let reader = DocumentReader(root: root, files: contractFiles, findings: findings)
    let document = reader.document()
    return (reader.findings.hasErrors ? nil : document, reader.findings.sorted)
  }
}
