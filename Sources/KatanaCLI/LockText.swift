import Glibc
import KatanaCommand

/// The text of a lock file and its place.
struct LockText {
  private let text: String
  private let path: String

  init(_ text: String, path: String) {
    self.text = text
    self.path = path
  }

  /// The file appears whole or not at all.
  func write() throws {
    let draft = path + ".new"
    func failure() -> Failure { Failure("cannot write '\(path)': \(String(cString: strerror(errno)))") }
    guard let file = fopen(draft, "w") else { throw failure() }
    let bytes = Array(text.utf8)
    let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
    guard fclose(file) == 0, isWritten, rename(draft, path) == 0 else {
      let problem = failure()
      unlink(draft)
      throw problem
    }
  }
}
