import Glibc
import KatanaContract

/// A file of generated Swift.
struct Output {
  let path: String

  /// Writes what has changed: what the compiler made of an unchanged file stays.
  func write(_ text: String) throws {
    let bytes = Array(text.utf8)
    if case .success(bytes) = LocalFiles().read(path, limit: bytes.count) { return }
    guard let file = fopen(path, "w") else { throw failure }
    let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
    guard fclose(file) == 0, isWritten else { throw failure }
  }

  private var failure: Failure { Failure("cannot write '\(path)': \(String(cString: strerror(errno)))") }
}
