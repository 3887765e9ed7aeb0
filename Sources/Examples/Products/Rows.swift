import Katana
import KatanaSQL

extension Product {
  init(_ row: ProductsRow) {
    self.init(
      id: row.id, sku: row.sku, name: row.name, description: row.description, price: row.price, stock: row.stock,
      category: Category(row.category), tags: row.tags)
  }
}

extension ProductsRow {
  var entityTag: String { "\"\(version)\"" }
}

extension Category {
  init(_ value: ProductCategory) {
    switch value {
    case .electronics: self = .electronics
    case .books: self = .books
    case .clothing: self = .clothing
    case .food: self = .food
    case .other: self = .other
    }
  }
}

extension ProductCategory {
  init(_ value: Category) {
    switch value {
    case .electronics: self = .electronics
    case .books: self = .books
    case .clothing: self = .clothing
    case .food: self = .food
    case .other: self = .other
    }
  }
}

extension Review {
  init(_ row: ReviewsRow) { self.init(id: row.id, rating: row.rating, text: row.text) }
}

extension ReviewedProduct {
  init(_ row: ReviewsRepository.ListReviewedProductsRow) {
    self.init(id: row.id, sku: row.sku, name: row.name, reviews: row.reviews.map { Review($0) })
  }
}
