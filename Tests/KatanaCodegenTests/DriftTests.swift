import Foundation
import Testing

/// A service that does not do what its contract (Golden/operations) says must not compile, and the compiler must say
/// which operation.
@Suite struct DriftTests {
  private static let service = """
    import Katana
    struct Service: JobsAPI {
      func getJob(id: Int64, ifNoneMatch: String?, _ context: Context) async throws -> GetJob.Response {
        .notModified
      }
      func putJob(id: Int64, body: Job?, _ context: Context) async throws -> PutJob.Response {
        throw PutJob.Failure.status451
      }
      func getLog(extension: String, id: Int64, day: String, _ context: Context) async throws -> String {
        day
      }
    }
    """

  @Test("a service that meets its contract compiles")
  func whole() throws {
    let (status, output) = try compile(Self.service)
    #expect(status == 0, "\(output)")
  }

  @Test("a service that misses an operation is told which one")
  func missing() throws {
    let (status, output) = try compile(Self.service.replacing("func putJob", with: "func placeJob"))
    #expect(status != 0 && output.contains("'JobsAPI'") && output.contains("putJob"), "\(output)")
    #expect(!output.contains("requires function 'getJob"), "\(output)")
  }

  @Test("a status that the contract does not document cannot be answered")
  func undocumented() throws {
    let (status, output) = try compile(Self.service.replacing(".notModified", with: ".imATeapot"))
    #expect(status != 0 && output.contains("'GetJob.Response' has no member 'imATeapot'"), "\(output)")
  }

  @Test("a failure that the contract does not document cannot be thrown")
  func undocumentedFailure() throws {
    let (status, output) = try compile(Self.service.replacing(".status451", with: ".gone"))
    #expect(status != 0 && output.contains("'PutJob.Failure' has no member 'gone'"), "\(output)")
  }

  @Test("a parameter of another type than the contract's is an error that names the operation")
  func changed() throws {
    let (status, output) = try compile(Self.service.replacing("getJob(id: Int64", with: "getJob(id: String"))
    #expect(status != 0 && output.contains("'JobsAPI'") && output.contains("getJob"), "\(output)")
  }

  @Test("a statement that is put together when the program runs does not compile")
  func statements() throws {
    let literal = "import KatanaSQL\nlet statement = SQLStatement(\"s\", [.init(\"SELECT * FROM users\")])"
    let (status, output) = try compile(literal)
    #expect(status == 0, "\(output)")
    for text in ["\"SELECT * FROM \\(table)\"", "\"SELECT * FROM \" + table", "text", "String(text)"] {
      let source = literal.replacing("\"SELECT * FROM users\"", with: text)
      let (status, output) = try compile("let table = \"users\"\nlet text = \"SELECT 1\"\n" + source)
      #expect(status != 0 && output.contains("StaticString"), "\(text): \(output)")
    }
  }

  private func compile(_ source: String) throws -> (status: Int32, output: String) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "katana-drift-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "Service.swift")
    try source.write(to: file, atomically: true, encoding: .utf8)
    let golden = GoldenCase(folder: GoldenCase.root.appending(path: "operations"))
    return try typecheck(golden.expectedFiles + [file.path])
  }
}
