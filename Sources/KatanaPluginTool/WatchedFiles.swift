import KatanaContract

/// The files that the build watches. A reference to any other is refused: an edit of that file would change nothing,
/// and nobody would be told.
struct WatchedFiles: FileSource {
  let paths: Set<String>

  func read(_ path: String, limit: Int) -> Result<[UInt8], FileFailure> {
    let result = LocalFiles().read(path, limit: limit)
    // That there is no such file is what its author wants to know first.
    guard case .success = result, !paths.contains(path) else { return result }
    return .failure(
      FileFailure(
        "the build watches files of the document's folder that end in .yaml, .yml or .json, and this is another; "
          + "'document' in '\(Settings.fileName)' may name one in a folder above it"))
  }
}
