/// Bounds against hostile or accidental input. A contract is trusted more than a request, but `katana` also runs in
/// editors and CI on whatever a pull request brings.
public enum DocumentLimits {
  /// The largest public contracts (GitHub, Stripe) are below 12 MiB.
  public static let bytesMax = 16 * 1024 * 1024
  /// Files of one contract, the document included. Published contracts that keep each path and schema in a file have
  /// some hundreds.
  public static let filesMax = 2_000
  /// Bytes of all files together.
  public static let totalBytesMax = 64 * 1024 * 1024
  /// Mappings and sequences inside each other, aliases expanded. Parsing and every later walk recurse this deep.
  public static let depthMax = 128
  /// Nodes of all files with aliases expanded, which stops "billion laughs": nine aliases of nine aliases of … in a few
  /// lines. A contract of 1.8 MB has 32,000; each may become a schema of the model, close to a kilobyte.
  public static let nodesMax = 1_000_000
  /// Objects of the standard that are read. Path items are read at each of their uses, so that a large one behind many
  /// references would take hours.
  public static let objectsMax = 500_000
  /// Findings kept; a document with more is not an OpenAPI document.
  public static let diagnosticsMax = 1_000
  /// References that a finding tells of the way to it, the last ones. Each schema of a chain of them has a way of its own.
  public static let referenceStepsMax = 64
  /// Schemas read inside each other, references to unnamed parts followed. Bounds the stack of the loader and of
  /// whoever walks the model.
  public static let schemaDepthMax = 256
}
