import Glibc

/// Where the loader gets files from: the file system, or a folder in memory.
public protocol FileSource {
  /// The bytes of a file, at most one more than `limit`: that is enough to refuse it. Paths are those the loader was
  /// given, joined with those of `$ref` by the rules of RFC 3986; nothing but `/` separates their parts.
  func read(_ path: String, limit: Int) -> Result<[UInt8], FileFailure>
}

/// Why a file cannot be read, to follow a colon: "No such file or directory".
public struct FileFailure: Error, Sendable {
  public let reason: String

  public init(_ reason: String) { self.reason = reason }
}

/// Regular files of this machine. A pipe or device that a `$ref` names could block the loader or never end.
public struct LocalFiles: FileSource {
  public init() {}

  public func read(_ path: String, limit: Int) -> Result<[UInt8], FileFailure> {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .failure(Self.lastFailure) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return .failure(Self.lastFailure) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: return .failure(FileFailure(String(cString: strerror(EISDIR))))
    default: return .failure(FileFailure("not a regular file"))
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(Int(status.st_size), limit) + 1)
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while bytes.count <= limit {
      let count = Glibc.read(descriptor, &chunk, min(chunk.count, limit + 1 - bytes.count))
      if count < 0, errno == EINTR { continue }
      if count < 0 { return .failure(Self.lastFailure) }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return .success(bytes)
  }

  private static var lastFailure: FileFailure { FileFailure(String(cString: strerror(errno))) }
}
