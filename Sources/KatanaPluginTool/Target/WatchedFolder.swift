import Foundation

/// A folder and those in it, without hidden ones.
enum WatchedFolder {
  /// The paths of the files that end in one of `extensions`.
  static func files(in folder: String, endingIn extensions: Set<String>) -> [String] {
    var found: [String] = []
    // Links may lead back to where they are.
    var visited: Set<String> = []
    func visit(_ folder: String) {
      let place = URL(filePath: folder).resolvingSymlinksInPath().path(percentEncoded: false)
      guard visited.insert(place).inserted else { return }
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where !name.hasPrefix(".") {
        let path = "\(folder)/\(name)"
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
        if isFolder.boolValue {
          visit(path)
        } else if extensions.contains(URL(filePath: name).pathExtension) {
          found.append(path)
        }
      }
    }
    visit(folder)
    return found
  }
}
