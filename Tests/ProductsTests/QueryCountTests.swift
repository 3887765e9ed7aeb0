import Katana
import KatanaTesting
import Testing

@testable import Products

@Suite struct QueryCountTests {
  @Test("products with their reviews are asked for twice, however many there are")
  func reviewed() async throws {
    let recorder = QueryRecorder()
    var router = makeRouter(try openDatabase(nil, named: "counted"))
    router.use { recorder }
    let client = try await TestClient(router)
    for number in 1...20 {
      let product: JSONValue = [
        "sku": .string("SKU-\(number)"), "name": "Lamp", "price": 1.5, "stock": 1, "category": "other",
      ]
      let made = try await client.post("/products", json: product)
      let id = try #require(try made.json["id"]?.int64Value)
      for _ in 0..<number % 4 {
        _ = try await client.post("/products/\(id)/reviews", json: ["rating": 5, "text": "good"])
      }
    }
    _ = recorder.take()
    let response = try await client.get("/products/reviewed?limit=100")
    #expect(recorder.take() == [2])
    let products = try #require(try response.json.arrayValue)
    #expect(products.count == 15)
    for (index, product) in products.enumerated() { #expect(product["reviews"]?.arrayValue?.count == index % 3 + 1) }
    let none = try await client.get("/products/reviewed?after=1000000")
    #expect(recorder.take() == [1])
    #expect(try none.json.arrayValue?.isEmpty == true)
    await client.close()
  }
}
