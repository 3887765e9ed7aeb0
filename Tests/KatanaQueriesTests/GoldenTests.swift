import Glibc
import KatanaContract
import Testing

@testable import KatanaQueries

/// Each folder of Golden is a folder of SQL files. `expected.txt` beside it holds what is said of it: the findings, or
/// the contract in words. KATANA_UPDATE_GOLDEN=1 writes it anew.
@Suite(.serialized)
struct GoldenTests {
  static let folder = #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Golden"

  static let cases = FolderListing.names(in: folder).sorted()

  @Test(arguments: cases)
  func `a folder of SQL files means what it did`(name: String) throws {
    let path = "\(Self.folder)/\(name)"
    let result = QueryLoader.load(folder: path, server: .emptyDatabase(try emptyDatabase()), usesLock: false)
    var text = DiagnosticReport(result.diagnostics).rendered(.text)
    if !text.isEmpty { text += "\n" }
    text += result.contract?.explanation ?? ""
    text = text.split(separator: path + "/").joined()
    let expected = "\(path)/expected.txt"
    if getenv("KATANA_UPDATE_GOLDEN") != nil {
      let file = try #require(fopen(expected, "w"))
      fputs(text, file)
      fclose(file)
      return
    }
    let bytes = try LocalFiles().read(expected, limit: 1 << 24).get()
    #expect(text == String(decoding: bytes, as: UTF8.self))
  }
}
