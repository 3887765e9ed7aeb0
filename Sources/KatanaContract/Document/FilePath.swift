/// Paths as text: no file is looked at, so that the same contract loads alike from any source.
enum FilePath {
  /// Without `.` and, as far as there is something to go back from, without `..` (RFC 3986 section 5.2.4).
  static func normalized(_ path: String) -> String {
    let isAbsolute = path.hasPrefix("/")
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if let last = parts.last, last != ".." {
        parts.removeLast()
      } else if !isAbsolute {
        parts.append(part)
      }
    }
    return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
  }

  /// The path that `reference` means when it is written in `file`.
  static func resolve(_ reference: String, in file: String) -> String {
    let folder = file.lastIndex(of: "/").map { file[...$0] } ?? ""
    return normalized(folder + reference)
  }

  /// `user` of `schemas/user.yaml`.
  static func baseName(_ path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return String(name) }
    return String(name[..<dot])
  }
}
