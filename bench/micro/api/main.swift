// The service that api_bench measures: the generated API of a catalogue over an array. wire/api_bench.c says
// what is measured.

import CApiBench
import Katana
import Logging

/// As many products as requests ask for; a new one takes the place of an older.
final class Catalogue {
  private var products: [Product]
  private var added = 0

  init() {
    let description =
      "Round table of oiled oak, seats four. Made in Köln, delivered in two parcels, put together in ten minutes "
      + "without a tool."
    products = (1...1024).map { id in
      Product(
        id: id,
        sku: "TABLE-\(1000 + id)",
        name: "Café table \"Oslo\"",
        description: description,
        price: Double(10_000 + id) / 100,
        stock: 12,
        category: .other,
        tags: ["table", "oak", "indoor"]
      )
    }
  }

  var count: Int { products.count }

  func page(limit: Int32, offset: Int64) -> [Product] {
    Array(products.dropFirst(Int(clamping: offset)).prefix(Int(limit)))
  }

  func product(_ id: Int64) -> Product? {
    1...Int64(products.count) ~= id ? products[Int(id) - 1] : nil
  }

  func insert(_ input: ProductInput) -> Product {
    added = added % products.count + 1
    return replace(Int64(added), input)
  }

  func replace(_ id: Int64, _ input: ProductInput) -> Product {
    let description: String? = if case .value(let text) = input.description { text } else { nil }
    let product = Product(
      id: id,
      sku: input.sku,
      name: input.name,
      description: description,
      price: input.price,
      stock: input.stock,
      category: input.category,
      tags: input.tags ?? []
    )
    products[Int(id) - 1] = product
    return product
  }
}

/// The operations that the benchmark asks for.
struct CatalogueService: ProductsAPI {
  let catalogues = ReactorLocal { Catalogue() }

  func listProducts(
    limit: Int32, offset: Int64, cursor: String?, _ context: Context
  ) throws -> ListProducts.Response {
    let catalogue = try catalogues.value(for: context)
    return .ok(ProductList(items: catalogue.page(limit: limit, offset: offset), total: Int64(catalogue.count)))
  }

  func createProduct(body: ProductInput, _ context: Context) throws -> CreateProduct.Response {
    let product = try catalogues.value(for: context).insert(body)
    return .created(product, location: "/products/\(product.id)")
  }

  func getProduct(id: Int64, ifNoneMatch: String?, _ context: Context) throws -> GetProduct.Response {
    guard let product = try catalogues.value(for: context).product(id) else { throw GetProduct.Failure.notFound() }
    return .ok(product, eTag: "\"1\"")
  }
}

var router = Router()
router.register(products: CatalogueService())
router.post("/begin") { context in
  context.respond(204)
  api_bench_begin(CommandLine.argc, CommandLine.unsafeArgv)
}

var configuration = ServerConfiguration()
configuration.port = 0
configuration.reactors = 1
configuration.io = "epoll"  // It has nothing under way on a stream when its place is taken.
configuration.pinsReactors = false
var logger = Logger(label: "api_bench")
logger.logLevel = .warning
let server = try Server(router: router, configuration: configuration, logger: logger)
api_bench_ask(UInt16(server.port))
try await server.run()
