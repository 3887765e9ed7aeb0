import Katana
import KatanaSQL

/// The operations of the contract.
struct ProductService: ProductsAPI {
  /// The contract gives a search no pages, so its answer has a bound.
  private static let foundMax = 1000

  let products: ProductsRepository
  let reviews: ReviewsRepository
  let feed: StockFeed
  /// PUT without If-Match is refused.
  let requiresIfMatch: Bool

  nonisolated(nonsending) func listProducts(
    limit: Int32, offset: Int64, cursor: String?, _ context: Context
  ) async throws -> ListProducts.Response {
    let after = cursor.map { Cursor($0).id } ?? 0
    // One more than the page has tells whether there is another one.
    var rows = try await products.listProducts(after: after, count: Int64(limit) + 1, skip: offset, context)
    var link: String?
    if rows.count > limit {
      rows.removeLast()
      link = "</products?cursor=\(Cursor(after: rows[rows.count - 1].id).text)&limit=\(limit)>; rel=\"next\""
    }
    let total = try await products.countProducts(context)
    return .ok(ProductList(items: rows.map { Product($0) }, total: total), link: link)
  }

  nonisolated(nonsending) func searchProducts(query: String, _ context: Context) async throws -> ProductList {
    let rows = try await products.searchProducts(text: query, count: Int64(Self.foundMax), context)
    let total = rows.count < Self.foundMax ? Int64(rows.count) : try await products.countFound(text: query, context)
    return ProductList(items: rows.map { Product($0) }, total: total)
  }

  nonisolated(nonsending) func createProduct(
    body: ProductInput, _ context: Context
  ) async throws -> CreateProduct.Response {
    do {
      let row = try await products.createProduct(
        sku: body.sku, name: body.name, description: body.description.value, price: body.price, stock: body.stock,
        category: ProductCategory(body.category), tags: body.tags, context)
      return .created(Product(row), location: "/products/\(row.id)")
    } catch let error as SQLError where error.isUniqueViolation {
      throw CreateProduct.Failure.conflict(detail: Self.skuTaken(body.sku))
    }
  }

  nonisolated(nonsending) func getProduct(
    id: Int64, ifNoneMatch: String?, _ context: Context
  ) async throws -> GetProduct.Response {
    guard let row = try await products.getProduct(id: id, context) else {
      throw GetProduct.Failure.notFound(detail: Self.noProduct(id))
    }
    if let ifNoneMatch, EntityTags(ifNoneMatch).contains(row.entityTag, weakly: true) {
      return .notModified(eTag: row.entityTag)
    }
    return .ok(Product(row), eTag: row.entityTag)
  }

  nonisolated(nonsending) func replaceProduct(
    id: Int64, ifMatch: String?, body: ProductInput, _ context: Context
  ) async throws -> ReplaceProduct.Response {
    var version: Int64?
    if let ifMatch {
      guard let row = try await products.getProduct(id: id, context) else {
        throw ReplaceProduct.Failure.notFound(detail: Self.noProduct(id))
      }
      guard EntityTags(ifMatch).contains(row.entityTag) else { throw Self.changed(row.version) }
      version = row.version
    } else if requiresIfMatch {
      throw ReplaceProduct.Failure.preconditionRequired(detail: "send If-Match with the ETag of the product")
    }
    do {
      let replaced = try await products.replaceProduct(
        sku: body.sku, name: body.name, description: body.description.value, price: body.price, stock: body.stock,
        category: ProductCategory(body.category), tags: body.tags, id: id, expectedVersion: version, context)
      if let replaced {
        feed.publish(replaced)
        return .ok(Product(replaced), eTag: replaced.entityTag)
      }
    } catch let error as SQLError where error.isUniqueViolation {
      throw ReplaceProduct.Failure.conflict(detail: Self.skuTaken(body.sku))
    }
    // Another request was faster.
    if version != nil, let row = try await products.getProduct(id: id, context) { throw Self.changed(row.version) }
    throw ReplaceProduct.Failure.notFound(detail: Self.noProduct(id))
  }

  nonisolated(nonsending) func deleteProduct(id: Int64, _ context: Context) async throws {
    if try await products.deleteProduct(id: id, context) == 0 {
      throw DeleteProduct.Failure.notFound(detail: Self.noProduct(id))
    }
  }

  nonisolated(nonsending) func adjustStock(
    id: Int64, body: StockChange, _ context: Context
  ) async throws -> AdjustStock.Response {
    if let row = try await products.adjustStock(delta: body.delta, id: id, context) {
      feed.publish(row)
      return .ok(Product(row), eTag: row.entityTag)
    }
    guard let row = try await products.getProduct(id: id, context) else {
      throw AdjustStock.Failure.notFound(detail: Self.noProduct(id))
    }
    throw AdjustStock.Failure.conflict(
      detail: "the stock is \(row.stock); adding \(body.delta) would leave 0 to 1000000")
  }

  nonisolated(nonsending) func watchStock(_ context: Context) async throws -> ResponseStream<StockEvent> {
    ResponseStream(feed.watch())
  }

  nonisolated(nonsending) func storeImage(id: Int64, body: [UInt8], _ context: Context) async throws {
    // The route lets the contract's types through only.
    let type = ImageType(mediaType: context.request.field("Content-Type")?.text() ?? "")
    if try await products.storeImage(type: type.rawValue, bytes: body, product: id, context) == 0 {
      throw StoreImage.Failure.notFound(detail: Self.noProduct(id))
    }
  }

  nonisolated(nonsending) func getImage(
    id: Int64, accepted: GetImage.Accepted, _ context: Context
  ) async throws -> GetImage.Response {
    guard let image = try await products.getImage(product: id, context) else {
      throw GetImage.Failure.notFound(detail: "there is no image of a product with the id \(id)")
    }
    switch ImageType(mediaType: image.type) {
    case .jpeg: return .okJpeg(image.bytes)
    case .png: return .okPng(image.bytes)
    case .webp: return .okWebp(image.bytes)
    case .other: return .ok(image.bytes)
    }
  }

  nonisolated(nonsending) func addReview(
    id: Int64, body: ReviewInput, _ context: Context
  ) async throws -> Review {
    guard let row = try await reviews.addReview(rating: body.rating, text: body.text, id: id, context) else {
      throw AddReview.Failure.notFound(detail: Self.noProduct(id))
    }
    return Review(row)
  }

  nonisolated(nonsending) func listReviewedProducts(
    limit: Int32, after: Int64, _ context: Context
  ) async throws -> [ReviewedProduct] {
    try await reviews.listReviewedProducts(after: after, limit: Int64(limit), context).map { ReviewedProduct($0) }
  }

  private static func changed(_ version: Int64) -> ReplaceProduct.Failure {
    .preconditionFailed(detail: "the product has changed since: its ETag is \"\(version)\"")
  }

  private static func noProduct(_ id: Int64) -> String { "there is no product with the id \(id)" }
  private static func skuTaken(_ sku: String) -> String { "another product has the sku \(sku)" }
}

/// What an image is stored as.
enum ImageType: String {
  case jpeg = "image/jpeg"
  case png = "image/png"
  case webp = "image/webp"
  case other = "application/octet-stream"

  init(mediaType: String) {
    let essence = mediaType.prefix { $0 != ";" && $0 != " " && $0 != "\t" }.lowercased()
    self = ImageType(rawValue: essence) ?? .other
  }
}

struct HealthService: HealthAPI {
  let products: ProductsRepository

  nonisolated(nonsending) func getHealth(_ context: Context) async throws -> Health {
    do {
      _ = try await products.countProducts(context)
      return Health(status: .ok)
    } catch {
      throw GetHealth.Failure.serviceUnavailable(detail: "the database does not answer")
    }
  }
}
