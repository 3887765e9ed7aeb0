import KatanaContract

/// Files by path. A path that only begins others is a folder.
struct MemoryFolder: FileSource {
  var files: [String: [UInt8]]

  init(_ files: [String: [UInt8]]) { self.files = files }

  init(_ files: [String: String]) { self.files = files.mapValues { Array($0.utf8) } }

  func read(_ path: String, limit: Int) -> Result<[UInt8], FileFailure> {
    if let bytes = files[path] { return .success(Array(bytes.prefix(limit + 1))) }
    let isFolder = path.isEmpty || files.keys.contains { $0.hasPrefix(path + "/") }
    return .failure(FileFailure(isFolder ? "Is a directory" : "No such file or directory"))
  }
}

/// Counts reads by path.
final class CountingSource: FileSource {
  let folder: MemoryFolder
  private(set) var reads: [String: Int] = [:]

  init(_ folder: MemoryFolder) { self.folder = folder }

  func read(_ path: String, limit: Int) -> Result<[UInt8], FileFailure> {
    reads[path, default: 0] += 1
    return folder.read(path, limit: limit)
  }
}
