import Katana
import KatanaSQLite

/// The operations of the contract. Statements take microseconds, so they run on the reactor.
struct ProductService: ProductsAPI {
  let stores: ReactorLocal<ProductStore>

  func listProducts(limit: Int32, offset: Int64, _ context: Context) throws -> ProductList {
    let store = try stores.value(for: context)
    return ProductList(items: try store.list(limit: limit, offset: offset), total: try store.count())
  }

  func searchProducts(query: String, _ context: Context) throws -> ProductList {
    try stores.value(for: context).search(query)
  }

  func createProduct(body: ProductInput, _ context: Context) throws -> CreateProduct.Response {
    do {
      let product = try stores.value(for: context).insert(body)
      return .created(product, location: "/products/\(product.id)")
    } catch let error as SQLiteError where error.isUniqueViolation {
      throw CreateProduct.Failure.conflict(detail: Self.skuTaken(body.sku))
    }
  }

  func getProduct(id: Int64, _ context: Context) throws -> Product {
    guard let product = try stores.value(for: context).get(id) else {
      throw GetProduct.Failure.notFound(detail: Self.noProduct(id))
    }
    return product
  }

  func replaceProduct(id: Int64, body: ProductInput, _ context: Context) throws -> Product {
    do {
      guard let product = try stores.value(for: context).replace(id, body) else {
        throw ReplaceProduct.Failure.notFound(detail: Self.noProduct(id))
      }
      return product
    } catch let error as SQLiteError where error.isUniqueViolation {
      throw ReplaceProduct.Failure.conflict(detail: Self.skuTaken(body.sku))
    }
  }

  func deleteProduct(id: Int64, _ context: Context) throws {
    if try !stores.value(for: context).delete(id) { throw DeleteProduct.Failure.notFound(detail: Self.noProduct(id)) }
  }

  func adjustStock(id: Int64, body: StockChange, _ context: Context) throws -> Product {
    let store = try stores.value(for: context)
    if let product = try store.adjust(id, by: body.delta) { return product }
    guard let product = try store.get(id) else { throw AdjustStock.Failure.notFound(detail: Self.noProduct(id)) }
    throw AdjustStock.Failure.conflict(
      detail: "the stock is \(product.stock); adding \(body.delta) would leave 0 to 1000000")
  }

  private static func noProduct(_ id: Int64) -> String { "there is no product with the id \(id)" }
  private static func skuTaken(_ sku: String) -> String { "another product has the sku \(sku)" }
}

struct HealthService: HealthAPI {
  let stores: ReactorLocal<ProductStore>

  func getHealth(_ context: Context) throws -> Health {
    do {
      _ = try stores.value(for: context).count()
      return Health(status: .ok)
    } catch {
      throw GetHealth.Failure.serviceUnavailable(detail: "the database does not answer")
    }
  }
}
