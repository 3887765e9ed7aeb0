/// Reads OpenAPI documents. Loading opens only the named file and follows no external reference.
public enum OpenAPILoader {
  /// Loads a file. The document is `nil` when any diagnostic is an error; diagnostics are in document order.
  public static func load(path: String) -> (OpenAPIDocument?, [Diagnostic]) {
    (nil, [])
  }

  /// Loads bytes. A name ending in `.json` selects strict JSON, `.yaml` or `.yml` YAML; otherwise a leading `{` decides.
  public static func load(bytes: [UInt8], fileName: String) -> (OpenAPIDocument?, [Diagnostic]) {
    (nil, [])
  }
}
