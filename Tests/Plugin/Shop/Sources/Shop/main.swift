import Katana
import KatanaTesting

struct Items: ItemsAPI {
  nonisolated(nonsending) func addItem(body: Item, _ context: borrowing Context) async throws -> Item { body }
}

var router = Router()
router.register(items: Items())
let client = try await TestClient(router)
let response = try await client.post("/items", json: ["name": "lamp"])
print(response.status, response.text)
print(ProductsRepository.self, Migrations.all.count)
