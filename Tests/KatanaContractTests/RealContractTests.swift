import Foundation
import KatanaContract
import Testing

/// Published contracts that lie beside the checkout; without them the tests are skipped.
enum PublishedContracts {
  static let folder: URL? = {
    let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let candidates = [checkout.appending(path: "../shared/openapi"), checkout.appending(path: "shared/openapi")]
    return candidates.first { FileManager.default.fileExists(atPath: $0.path) }
  }()
}

@Suite(.enabled(if: PublishedContracts.folder != nil)) struct RealContractTests {
  @Test(
    "a published contract loads without errors",
    arguments: [
      ("box.json", 296), ("twilio-conversations.json", 103), ("redocly-museum-3.1.yaml", 8),
      ("swagger-petstore.yaml", 19),
    ]
  )
  func loads(_ name: String, _ operations: Int) throws {
    let path = try #require(PublishedContracts.folder).appending(path: name).path
    let (document, diagnostics) = OpenAPILoader.load(path: path)
    #expect(diagnostics.filter { $0.severity == .error }.map { $0.rendered() } == [])
    #expect(document?.operations.count == operations)
  }

  @Test func `the museum contract cut at many bytes loads or has an error`() throws {
    let path = try #require(PublishedContracts.folder).appending(path: "redocly-museum-3.1.yaml").path
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    for end in stride(from: 0, to: bytes.count, by: 97) {
      let (document, diagnostics) = OpenAPILoader.load(bytes: Array(bytes[..<end]), fileName: "museum.yaml")
      #expect((document == nil) == diagnostics.contains { $0.severity == .error })
    }
  }

  @Test func `references of the museum contract keep their names`() throws {
    let path = try #require(PublishedContracts.folder).appending(path: "redocly-museum-3.1.yaml").path
    let document = try #require(OpenAPILoader.load(path: path).0)
    let hours = try #require(document.operations.first { $0.operationID?.value == "getMuseumHours" })
    #expect(hours.parameters.map(\.componentName) == ["StartDate", "PaginationPage", "PaginationLimit"])
    #expect(hours.responses[0].content[0].schema?.name == "MuseumHours")
    #expect(hours.responses[1].componentName == "BadRequest")
    #expect(hours.location.line == 17)
  }
}
