import Katana
import KatanaSQLite

/// The operations of the contract. Statements take microseconds, so they run on the reactor.
struct ProductService: ProductsAPI {
  let stores: ReactorLocal<ProductStore>
  let feed: StockFeed
  /// PUT without If-Match is refused.
  let requiresIfMatch: Bool

  func listProducts(
    limit: Int32, offset: Int64, cursor: String?, _ context: Context
  ) throws -> ListProducts.Response {
    let store = try stores.value(for: context)
    let after = cursor.map { Cursor($0).id } ?? 0
    let page = try store.list(after: after, limit: limit, offset: offset)
    var link: String?
    if !page.isLast, let last = page.items.last {
      link = "</products?cursor=\(Cursor(after: last.id).text)&limit=\(limit)>; rel=\"next\""
    }
    return .ok(ProductList(items: page.items, total: try store.count()), link: link)
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

  func getProduct(id: Int64, ifNoneMatch: String?, _ context: Context) throws -> GetProduct.Response {
    guard let stored = try stores.value(for: context).get(id) else {
      throw GetProduct.Failure.notFound(detail: Self.noProduct(id))
    }
    if let ifNoneMatch, EntityTags(ifNoneMatch).contains(stored.entityTag, weakly: true) {
      return .notModified(eTag: stored.entityTag)
    }
    return .ok(stored.product, eTag: stored.entityTag)
  }

  func replaceProduct(
    id: Int64, ifMatch: String?, body: ProductInput, _ context: Context
  ) throws -> ReplaceProduct.Response {
    let store = try stores.value(for: context)
    var version: Int64?
    if let ifMatch {
      guard let stored = try store.get(id) else { throw ReplaceProduct.Failure.notFound(detail: Self.noProduct(id)) }
      guard EntityTags(ifMatch).contains(stored.entityTag) else { throw Self.changed(stored.version) }
      version = stored.version
    } else if requiresIfMatch {
      throw ReplaceProduct.Failure.preconditionRequired(detail: "send If-Match with the ETag of the product")
    }
    do {
      if let stored = try store.replace(id, body, version: version) {
        feed.publish(stored)
        return .ok(stored.product, eTag: stored.entityTag)
      }
      // Another reactor was faster.
      if version != nil, let stored = try store.get(id) { throw Self.changed(stored.version) }
      throw ReplaceProduct.Failure.notFound(detail: Self.noProduct(id))
    } catch let error as SQLiteError where error.isUniqueViolation {
      throw ReplaceProduct.Failure.conflict(detail: Self.skuTaken(body.sku))
    }
  }

  func deleteProduct(id: Int64, _ context: Context) throws {
    if try !stores.value(for: context).delete(id) { throw DeleteProduct.Failure.notFound(detail: Self.noProduct(id)) }
  }

  func adjustStock(id: Int64, body: StockChange, _ context: Context) throws -> AdjustStock.Response {
    let store = try stores.value(for: context)
    if let stored = try store.adjust(id, by: body.delta) {
      feed.publish(stored)
      return .ok(stored.product, eTag: stored.entityTag)
    }
    guard let stored = try store.get(id) else { throw AdjustStock.Failure.notFound(detail: Self.noProduct(id)) }
    throw AdjustStock.Failure.conflict(
      detail: "the stock is \(stored.product.stock); adding \(body.delta) would leave 0 to 1000000")
  }

  nonisolated(nonsending) func watchStock(_ context: Context) async throws -> ResponseStream<StockEvent> {
    ResponseStream(feed.watch())
  }

  func storeImage(id: Int64, body: [UInt8], _ context: Context) throws {
    // The route lets the contract's types through only.
    let type = ImageType(mediaType: context.request.field("Content-Type")?.text() ?? "")
    if try !stores.value(for: context).storeImage(of: id, type: type.rawValue, body) {
      throw StoreImage.Failure.notFound(detail: Self.noProduct(id))
    }
  }

  func getImage(id: Int64, accepted: GetImage.Accepted, _ context: Context) throws -> GetImage.Response {
    guard let image = try stores.value(for: context).image(of: id) else {
      throw GetImage.Failure.notFound(detail: "there is no image of a product with the id \(id)")
    }
    switch ImageType(mediaType: image.type) {
    case .jpeg: return .okJpeg(image.bytes)
    case .png: return .okPng(image.bytes)
    case .webp: return .okWebp(image.bytes)
    case .other: return .ok(image.bytes)
    }
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
